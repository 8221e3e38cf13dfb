"""Control flow against CPython's own execution: test modules of the standard library run with every opcode traced, and rewritten so that they say what is finished."""

import dis
import json
import shutil
import subprocess
import sys
import sysconfig
from collections import defaultdict
from itertools import accumulate
from pathlib import Path

import anyio
import pyarrow.compute as pc
from bench.accuracy.cpython.modules import LIBRARY, TRACED, dotted
from deltalake import DeltaTable, write_deltalake
from tests.truth.conftest import BuiltGraph, build
from tests.truth.stepped import Steps
from tests.truth.successions import Syntax, successions

from codeanatomy import engine
from codeanatomy.catalog.shapes import Column, Table
from codeanatomy.catalog.views import VIEWS, OperatorView, Output
from codeanatomy.semantics.emit import RELATIONS, build_execution_spec
from codeanatomy.semantics.ir import compile_views, infer, optimise
from codeanatomy.semantics.spec import RuntimeConfig

EXTENDED_ARG = dis.opmap["EXTENDED_ARG"]
REWRITTEN = """
argparse bisect configparser contextlib csv shlex textwrap test.test_argparse test.test_asyncgen test.test_augassign test.test_configparser
test.test_contextlib test.test_contextlib_async test.test_csv test.test_decorators test.test_dictcomps test.test_except_star test.test_generators
test.test_genexps test.test_grammar test.test_listcomps test.test_named_expressions test.test_patma test.test_scope test.test_setcomps
test.test_shlex test.test_textwrap test.test_unpack test.test_unpack_ex test.test_with
"""
OF_THE_LANGUAGE = (
    "asyncgen",
    "contextlib_async",
    "coroutines",
    "except_star",
    "exceptions",
    "generators",
    "grammar",
    "patma",
    "unpack_ex",
    "with",
)
INSTRUCTIONS = Table(
    "instructions",
    "Decoded instructions with the block of each; too large to publish, so the test asks the engine for them.",
    tuple(
        Column(name, kind, name, nullable=True)
        for name, kind in (("code_id", "int64"), ("offset", "int32"), ("opcode", "int32"), ("block", "int32"))
    ),
    key=("code_id", "offset"),
)


def computed(built, output: Path, *tables: Table, evidence: dict[str, Path] | None = None) -> dict[str, list[dict]]:
    """Views of control flow that the engine computes of the evidence of a build, some of it replaced."""
    flow = next(view for view in VIEWS if isinstance(view, OperatorView) and view.operator == "control_flow")
    view = OperatorView("instructions", "Instructions.", "control_flow", "instructions", flow.inputs)
    outputs = tuple(Output(table, table.name) for table in tables)
    ir = optimise(infer(compile_views(RELATIONS, (*VIEWS, view), outputs, engine.operator_ports())))
    kept = {name: (built.output / "work" / "extract" / name, table["version"]) for name, table in built.result["evidence"].items()}
    replaced = {name: (location, 0) for name, location in (evidence or {}).items()}
    spec = build_execution_spec(ir, kept | replaced, output, RuntimeConfig())
    anyio.run(engine.run, spec.to_json())
    return {table.name: DeltaTable(str(output / table.name)).to_pyarrow_table().to_pylist() for table in tables}


def shape(name: str, key: str, /, **columns: str) -> Table:
    """A view as a table that a test may ask the engine for."""
    return Table(
        name, "A view.", tuple(Column(column, kind, column, nullable=True) for column, kind in columns.items()), tuple(key.split())
    )


DRAWN = (
    shape(
        "compiled_code",
        "id",
        id="int64",
        number="int32",
        kind="string",
        name="string",
        path="string",
        file_id="int64",
        bstart="int32",
        bend="int32",
    ),
    shape("blocks", "id", id="int64", code_id="int64", entry="bool", exit="bool"),
    shape("flow", "src_id dst_id kind", src_id="int64", dst_id="int64", kind="string", origin="string"),
    shape("steps", "block_id seq", block_id="int64", node_id="int64", seq="int32"),
)


def executed(script: str, modules: list[str], folder: Path) -> dict:
    """What a script of this folder prints of the modules that it runs."""
    command = [sys.executable, "-W", "ignore", Path(__file__).with_name(script), *modules]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder).stdout)


def built(paths: list[str], folder: Path) -> BuiltGraph:
    """The graph of files of the standard library."""
    for path in paths:
        copy = folder / "repository" / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(sysconfig.get_paths()["stdlib"]) / path, copy)
    return build(folder / "repository", folder / "graph", "--scip", "off", "--types", "off")


def test_every_executed_transition_is_in_a_block_or_on_an_edge(tmp_path):
    found = executed("traced.py", dotted(TRACED), tmp_path)
    graph = built(sorted(found), tmp_path)
    codes = code_objects(graph)
    blocks: dict[int, dict[int, int]] = defaultdict(dict)
    prefixes: dict[int, set[int]] = defaultdict(set)
    for row in computed(graph, tmp_path / "out", INSTRUCTIONS)["instructions"]:
        blocks[row["code_id"]][row["offset"]] = row["block"]
        if row["opcode"] == EXTENDED_ARG:
            prefixes[row["code_id"]].add(row["offset"])
    edges = set(graph.rows(EDGES))
    ids = {(code, int(name)): block for code, name, block in graph.rows(BLOCKS)}
    transitions = 0
    missing = []
    for path, executed_codes in found.items():
        for name, line, pairs in executed_codes:
            candidates = codes[path, name, line]
            assert candidates, f"{path}:{line}: no code object {name}"
            transitions += len(pairs)
            absent = min((list(unexplained(pairs, blocks[code], prefixes[code], code, ids, edges)) for code in candidates), key=len)
            missing += [(path, name, line, *pair) for pair in absent]
    assert len(TRACED) >= 50
    assert transitions > 100_000
    assert missing == []


def test_what_is_finished_has_a_step_and_follows_the_steps_before_it(tmp_path):
    found = executed("evaluated.py", REWRITTEN.split(), tmp_path)
    graph = built(sorted(found), tmp_path)
    successions = 0
    unfinished, wrong = [], []
    for path, of in found.items():
        steps = Steps(graph.rows, path)
        places = [tuple(place) for place in of["places"]]
        said = set(places)
        unfinished += [(path, places[number]) for _, number in of["pairs"] if places[number] not in steps.of_place]
        for last, number in of["pairs"]:
            successions += 1
            if not steps.may_follow(places[number], None if last is None else places[last], said):
                wrong.append((path, None if last is None else places[last], places[number]))
    assert successions > 40_000
    assert unfinished == []
    # `try: continue; finally: …` passes the step of its `try`, though the statement is left and not finished.
    assert len(wrong) * 10_000 <= successions, wrong


def test_what_is_drawn_from_syntax_is_what_the_compiler_makes(tmp_path):
    root = Path(sysconfig.get_paths()["stdlib"])
    modules = [path for name in LIBRARY for path in (root / f"{name}.py", *sorted((root / name).rglob("*.py"))) if path.is_file()]
    modules += [root / "test" / f"test_{name}.py" for name in OF_THE_LANGUAGE]
    graph = built([path.relative_to(root).as_posix() for path in modules], tmp_path)
    extracted = graph.output / "work" / "extract"
    syntax = Syntax(
        DeltaTable(str(extracted / "ast_nodes")).to_pyarrow_table(columns=["file_id", "node", "parent", "kind", "field"]).to_pylist()
    )
    lost = tmp_path / "lost"
    write_deltalake(str(lost), DeltaTable(str(extracted / "bytecode_objects")).to_pyarrow_table().slice(0, 0))
    compiled = successions(computed(graph, tmp_path / "compiled", *DRAWN), syntax)
    tables = computed(graph, tmp_path / "drawn", *DRAWN, evidence={"bytecode_objects": lost})
    assert {row["origin"] for row in tables["flow"]} == {"syntax"}
    drawn = successions(tables, syntax)
    assert len(modules) >= 50
    assert len(compiled) > 5_000
    assert set(drawn) == set(compiled)
    both = sum(len(drawn[code] & compiled[code]) for code in compiled)
    either = sum(len(drawn[code] | compiled[code]) for code in compiled)
    missing = sum(len(compiled[code] - drawn[code]) for code in compiled)
    assert either > 50_000
    assert both >= 0.99 * either, (both, either)
    assert missing <= 0.005 * either, (missing, either)


def test_only_the_file_whose_bytecode_is_lost_is_drawn_from_its_syntax(tmp_path):
    graph = built(["bisect.py", "shlex.py"], tmp_path)
    lost = tmp_path / "lost"
    bytecode = DeltaTable(str(graph.output / "work" / "extract" / "bytecode_objects")).to_pyarrow_table()
    file = graph.one("SELECT file_id FROM cpg_nodes WHERE kind = 'code_object' AND path = 'shlex.py' LIMIT 1")
    write_deltalake(str(lost), bytecode.filter(pc.field("file_id") != file))
    edges = shape("flow", "src_id dst_id kind", src_id="int64", dst_id="int64", path="string", kind="string", origin="string")
    found = computed(graph, tmp_path / "out", edges, evidence={"bytecode_objects": lost})["flow"]
    assert {(row["path"], row["origin"]) for row in found} == {("bisect.py", "bytecode"), ("shlex.py", "syntax")}
    ways = graph.one("SELECT count(*) FROM cfg WHERE path = 'bisect.py'")
    assert sum(row["path"] == "bisect.py" for row in found) == ways


EDGES = "SELECT src, dst FROM cpg_edges WHERE kind IN ('next', 'true', 'false', 'exception', 'yields', 'awaits')"
BLOCKS = "SELECT e.src, n.name, n.id FROM cpg_edges e JOIN cpg_nodes n ON n.id = e.dst WHERE e.kind = 'has_block'"


def code_objects(graph: BuiltGraph) -> dict[tuple[str, str, int], list[int]]:
    """Ids of code objects by path, name and first line; several where one line holds several of a name."""
    found: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for code, path, name, line in graph.rows("SELECT id, path, name, line FROM cpg_nodes WHERE kind = 'code_object'"):
        found[path, name, line].append(code)
    return found


def unexplained(pairs, blocks, prefixes, code, ids, edges):
    # Whether an instruction behind EXTENDED_ARG is traced too hangs on how the interpreter was compiled: both count as one.
    steps = accumulate(offset - 2 not in prefixes for offset in sorted(blocks))
    order = dict(zip(sorted(blocks), steps, strict=True))
    for source, target in pairs:
        if source not in blocks or target not in blocks:
            yield source, target
        elif blocks[source] == blocks[target] and order[target] - order[source] in (0, 1):
            continue
        elif (ids[code, blocks[source]], ids[code, blocks[target]]) not in edges:
            yield source, target
