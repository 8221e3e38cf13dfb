"""Control flow against CPython's own execution: test modules of the standard library run with every opcode traced."""

import dis
import json
import subprocess
import sys
from collections import defaultdict
from itertools import accumulate
from pathlib import Path

import anyio
from deltalake import DeltaTable

from codeanatomy import engine
from codeanatomy.catalog.shapes import Column, Table
from codeanatomy.catalog.views import VIEWS, OperatorView, Output
from codeanatomy.semantics.emit import RELATIONS, build_execution_spec
from codeanatomy.semantics.ir import compile_views, infer, optimise
from codeanatomy.semantics.spec import RuntimeConfig

EXTENDED_ARG = dis.opmap["EXTENDED_ARG"]
MODULES = (
    "test.test_bisect",
    "test.test_contextlib",
    "test.test_enumerate",
    "test.test_exception_group",
    "test.test_generators",
    "test.test_heapq",
    "test.test_patma",
    "test.test_shlex",
    "test.test_textwrap",
    "test.test_with",
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


def instructions(built, output: Path) -> list[dict]:
    """What the engine decodes of the evidence of a build."""
    flow = next(view for view in VIEWS if isinstance(view, OperatorView) and view.operator == "control_flow")
    view = OperatorView("instructions", "Instructions.", "control_flow", "instructions", flow.inputs)
    ir = optimise(infer(compile_views(RELATIONS, (*VIEWS, view), (Output(INSTRUCTIONS, "instructions"),), engine.operator_ports())))
    evidence = {name: (built.output / "work" / "extract" / name, table["version"]) for name, table in built.result["evidence"].items()}
    spec = build_execution_spec(ir, evidence, output, RuntimeConfig())
    anyio.run(engine.run, spec.to_json())
    return DeltaTable(str(output / "instructions")).to_pyarrow_table().to_pylist()


def test_every_executed_transition_is_in_a_block_or_on_an_edge(standard_library, tmp_path):
    script = Path(__file__).with_name("traced.py")
    traced = subprocess.run([sys.executable, "-W", "ignore", script, *MODULES], capture_output=True, text=True, check=True, cwd=tmp_path)
    executed = json.loads(traced.stdout)
    codes = code_objects(standard_library)
    blocks: dict[int, dict[int, int]] = defaultdict(dict)
    prefixes: dict[int, set[int]] = defaultdict(set)
    for row in instructions(standard_library, tmp_path / "out"):
        blocks[row["code_id"]][row["offset"]] = row["block"]
        if row["opcode"] == EXTENDED_ARG:
            prefixes[row["code_id"]].add(row["offset"])
    edges = set(standard_library.rows("SELECT e.src, e.dst FROM cpg_edges e WHERE e.kind IN ('next', 'true', 'false', 'exception')"))
    ids = {(code, int(name)): block for code, name, block in standard_library.rows(BLOCKS)}
    transitions = 0
    missing = []
    for path, functions in executed.items():
        for function, pairs in functions.items():
            candidates = codes.get((path, function.rsplit(":", 1)[0].replace(".<locals>", "")), [])
            assert candidates, f"{path}: no code object for {function}"
            transitions += len(pairs)
            found = min((list(unexplained(pairs, blocks[code], prefixes[code], code, ids, edges)) for code in candidates), key=len)
            missing += [(path, function, *pair) for pair in found]
    assert transitions > 20_000
    assert missing == []


BLOCKS = "SELECT e.src, n.name, n.id FROM cpg_edges e JOIN cpg_nodes n ON n.id = e.dst WHERE e.kind = 'has_block'"


def code_objects(built) -> dict[tuple[str, str], list[int]]:
    """Ids of code objects by path and qualified name in the file; several where the name is defined again."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    modules = dict(built.rows("SELECT path, module FROM files"))
    for code, path, qualified in built.rows("SELECT id, path, qualified_name FROM cpg_nodes WHERE kind = 'code_object'"):
        module = modules[path]
        inside = "<module>" if qualified == module else qualified.removeprefix(f"{module}.")
        found[path, unnumbered(inside)].append(code)
    return found


def unnumbered(name: str) -> str:
    """CPython calls every lambda `<lambda>`; the graph numbers them."""
    return ".".join("<lambda>" if part.startswith("<lambda") else part for part in name.split("."))


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
