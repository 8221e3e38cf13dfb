"""Every list of the catalog is whole: what is declared is used, what is used is declared, and generated files are fresh."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from codeanatomy.catalog.evidence import EVIDENCE_TABLES
from codeanatomy.catalog.extractors import EXTRACTORS
from codeanatomy.catalog.failures import BY_CODE, FAILURES
from codeanatomy.catalog.graph import EDGE_KINDS, LAYERS, NODE_KINDS
from codeanatomy.catalog.metrics import METRICS
from codeanatomy.catalog.public import PUBLIC_VIEWS
from codeanatomy.catalog.sections import SECTIONS
from codeanatomy.catalog.settings import SETTINGS
from codeanatomy.catalog.spans import SPANS
from codeanatomy.catalog.tables import AUXILIARY_TABLES, EXTRACT_ERRORS, GRAPH_TABLES
from codeanatomy.catalog.views import OUTPUTS, VIEWS, SqlView
from codeanatomy.product import GraphProductBuildRequest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pkg" / "codeanatomy"
PYTHON_FILES = sorted(PACKAGE.rglob("*.py"))
RUST_FILES = sorted((ROOT / "crates").rglob("*.rs"))


def sources(paths: list[Path]) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def test_generated_files_are_fresh():
    done = subprocess.run([sys.executable, ROOT / "bin" / "gen", "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "names",
    [
        [table.name for table in (*EVIDENCE_TABLES, *GRAPH_TABLES, *AUXILIARY_TABLES)],
        [kind.name for layer in LAYERS for kind in layer.nodes],
        [kind.name for layer in LAYERS for kind in layer.edges],
        [failure.code for failure in FAILURES],
        [failure.name for failure in FAILURES],
        [metric.name for metric in METRICS],
        [span.name for span in SPANS],
        [section.key for section in SECTIONS],
        [setting.field for setting in SETTINGS],
        [view.name for view in VIEWS],
        [view.name for view in PUBLIC_VIEWS],
    ],
)
def test_nothing_is_declared_twice(names):
    assert sorted(names) == sorted(set(names))


def test_every_sql_file_belongs_to_a_view():
    semantic = {path.stem for path in (PACKAGE / "catalog" / "views").glob("*.sql")}
    public = {path.stem for path in (PACKAGE / "catalog" / "public").glob("*.sql")}
    assert semantic == {view.name for view in VIEWS if isinstance(view, SqlView)}
    assert public == {view.name for view in PUBLIC_VIEWS}


def test_sql_views_read_what_they_declare():
    names = {table.name for table in (*EVIDENCE_TABLES, EXTRACT_ERRORS)} | {view.name for view in VIEWS}
    for view in VIEWS:
        if isinstance(view, SqlView):
            read = set(re.findall(r'\b(?:FROM|JOIN)\s+"?(\w+)"?', view.sql)) & names
            assert read == set(view.inputs), view.name


def test_every_kind_is_fed_by_its_layer():
    for layer in LAYERS:
        text = "".join(path.read_text() for path in (PACKAGE / "catalog" / "views").glob(f"{layer.name}_*.sql")) + sources(RUST_FILES)
        for kind in (*layer.nodes, *layer.edges):
            assert re.search(rf"""['"]{kind.name}['"]""", text), f"nothing makes {kind.name!r}"


def test_edge_kinds_name_node_kinds():
    for kind in EDGE_KINDS.values():
        assert set(kind.sources) | set(kind.targets) <= NODE_KINDS.keys(), kind.name


def test_properties_name_node_kinds():
    for layer in LAYERS:
        for item in layer.properties:
            assert set(item.kinds) <= NODE_KINDS.keys(), item.key


def test_every_graph_table_is_an_output():
    assert [output.table for output in OUTPUTS] == list(GRAPH_TABLES)


def test_every_evidence_table_has_one_extractor():
    assert sorted(table.name for extractor in EXTRACTORS for table in extractor.tables) == sorted(table.name for table in EVIDENCE_TABLES)


def test_every_setting_is_a_field_of_the_request():
    assert set(fields_of(GraphProductBuildRequest(repo_root="."))) - {"repo_root", "origins"} == {setting.field for setting in SETTINGS}


def test_every_setting_defaults_to_what_the_request_does():
    defaults = fields_of(GraphProductBuildRequest(repo_root="."))
    for setting in SETTINGS:
        assert setting.default == (defaults[setting.field] or None if setting.default is None else defaults[setting.field]), setting.field


def fields_of(part: object, prefix: str = "") -> dict[str, object]:
    """The fields of a request with their values, those of its parts dotted."""
    found: dict[str, object] = {}
    for name in part.__dataclass_fields__:
        value = getattr(part, name)
        found |= fields_of(value, f"{prefix}{name}.") if hasattr(value, "__dataclass_fields__") else {prefix + name: value}
    return found


CODE = re.compile(r"\bCA\d{3}\b")
DECLARATIONS = PACKAGE / "catalog" / "failures.py"


def raised_codes() -> set[str]:
    python = [path for path in PYTHON_FILES if path != DECLARATIONS]
    return set(CODE.findall(sources(python))) | set(CODE.findall(sources(RUST_FILES)))


def test_every_failure_is_raised_and_every_raised_code_is_declared():
    assert raised_codes() == set(BY_CODE)


def rust_tests() -> str:
    """What no Python test can reach: the test folders of the crates, and the test modules of their sources."""
    whole = [path for path in RUST_FILES if path.parent.name == "tests"]
    modules = [re.findall(r"(?sm)^#\[cfg\(test\)\]\nmod .*?^}$", path.read_text(encoding="utf-8")) for path in RUST_FILES]
    return sources(whole) + "".join(module for found in modules for module in found)


def test_every_failure_is_provoked_by_a_test():
    tests = [path for path in (ROOT / "tests").rglob("*") if path.suffix in {".py", ".md"}]
    assert set(BY_CODE) - set(CODE.findall(sources(tests) + rust_tests())) == set()


def test_every_metric_is_recorded():
    text = sources([path for path in PYTHON_FILES if path.name != "metrics.py"])
    names = {"_".join(re.split(r"[.]", metric.name.removeprefix("datafusion."))).upper() for metric in METRICS}
    assert {name for name in names if f"metrics.{name}" not in text} == set()


def test_every_setting_is_named_by_a_test():
    text = sources([*(ROOT / "tests").rglob("*.py")])
    names = {setting.field: (setting.flags[0], setting.field.rpartition(".")[2]) for setting in SETTINGS}
    assert {field for field, (flag, name) in names.items() if not re.search(rf"""{flag}\b|\b{name}=|["']{name}["']""", text)} == set()


def imports(path: Path) -> set[str]:
    """Modules that a file imports, at its top or inside functions, but not under TYPE_CHECKING."""
    found: set[str] = set()
    todo: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            todo.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        todo.extend(ast.iter_child_nodes(node))
    return found


def ours(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imports(path) if name.startswith("codeanatomy.")}


def test_the_catalog_imports_the_standard_library_and_itself():
    for path in (PACKAGE / "catalog").rglob("*.py"):
        for name in imports(path):
            top = name.split(".")[0]
            assert top in sys.stdlib_module_names or name.startswith("codeanatomy.catalog") or name == "__future__", (
                f"{path.name} imports {name}"
            )


def test_the_parent_never_imports_an_extractor():
    for path in PYTHON_FILES:
        if "extract" not in path.relative_to(PACKAGE).parts[:1] and path.name != "worker.py":
            assert "extract" not in ours(path), path


def test_the_child_never_imports_the_parent():
    for path in [
        *(PACKAGE / "extract").glob("*.py"),
        PACKAGE / "sandbox" / "worker.py",
        PACKAGE / "sandbox" / "wire.py",
        PACKAGE / "sandbox" / "confine.py",
    ]:
        assert not {name for name in imports(path) if name.split(".")[0] in {"anyio", "trio", "asyncio"}}, path
        assert not ours(path) & {"build", "engine", "collect", "query", "cli", "semantics", "observe"}, path
        assert ("_engine" in ours(path)) == (path.name in ("captures.py", "forest.py")), path


def test_only_the_sandbox_starts_processes():
    for path in PYTHON_FILES:
        if path.relative_to(PACKAGE).parts[0] != "sandbox":
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"\b(subprocess|open_process|run_process|os\.fork|os\.exec|posix_spawn)\b", text), path


def test_only_the_binding_crate_knows_pyo3():
    assert {path.parent.name for path in (ROOT / "crates").glob("*/Cargo.toml") if "pyo3" in path.read_text()} == {"codeanatomy-python"}


def test_operators_know_no_datafusion():
    manifest = (ROOT / "crates" / "codeanatomy-graph" / "Cargo.toml").read_text()
    assert "datafusion" not in manifest
    assert "arrow" not in manifest


def test_the_engine_knows_no_table_by_name():
    text = sources([path for path in RUST_FILES if path.is_relative_to(ROOT / "crates" / "codeanatomy-engine" / "src")])
    text = re.sub(r"(?s)#\[cfg\(test\)\].*?\n}\n", "", text)
    for table in (*EVIDENCE_TABLES, *GRAPH_TABLES, *AUXILIARY_TABLES):
        assert f'"{table.name}"' not in text
