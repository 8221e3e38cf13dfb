"""The `python_external` extractor: imports that lead out of the repository, and what brings them. It reads no file and imports nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from codeanatomy.catalog.evidence.python_external import PYTHON_EXTERNAL
from codeanatomy.extract.columns import Values
from codeanatomy.extract.combination import Combination
from codeanatomy.extract.distributions import Distributions
from codeanatomy.extract.inside import NAMESPACE, STANDARD_LIBRARY, Repository

_BESIDE_THE_LIBRARY = "test"
"""CPython's own tests, which `sys.stdlib_module_names` leaves out: of the interpreter, where nothing else has the name."""


def open() -> Combination:
    """An extraction, warmed up: nothing is imported later."""
    return Combination("python_external", external, word="lock")


def external(inputs: Mapping[str, pa.Table]) -> Mapping[str, Values]:
    """The columns of `python_external`, by module."""
    distributions = Distributions(
        inputs["installed_distributions"].to_pylist(),
        inputs["declared_dependencies"].to_pylist(),
    )
    importers: dict[str, set[int]] = {}
    for file_id, module in _targets(inputs, distributions):
        importers.setdefault(module, set()).add(file_id)
    rows = [_row(module, len(importers[module]), distributions) for module in sorted(importers)]
    return {column.name: [row[column.name] for row in rows] for column in PYTHON_EXTERNAL.columns}


def _targets(inputs: Mapping[str, pa.Table], distributions: Distributions) -> Iterator[tuple[int, str]]:
    """File and module of every import that leads out of the repository."""
    files = {row["file_id"]: row for row in inputs["repo_files"].select(["file_id", "path", "module", "root"]).to_pylist()}
    repository = Repository((row["path"], row["module"], row["root"]) for row in files.values())
    imports = inputs["python_imports"]
    absolute = imports.filter(pc.equal(imports["level"], 0)).select(["file_id", "absolute", "module", "name"])
    for row in absolute.group_by(absolute.schema.names).aggregate([]).to_pylist():
        folder, module = files[row["file_id"]]["path"].rpartition("/")[0], row["absolute"]
        is_namespace = repository.find(folder, module) == NAMESPACE or distributions.is_shared(module)
        if is_namespace and row["module"] is not None and row["name"] != "*":
            module = f"{module}.{row['name']}"
        if not repository.holds(folder, module):
            yield row["file_id"], module


def _row(module: str, importers: int, distributions: Distributions) -> dict[str, object]:
    top_level = module.partition(".")[0]
    row: dict[str, object] = dict.fromkeys(column.name for column in PYTHON_EXTERNAL.columns)
    row |= {"module": module, "top_level": top_level, "importers": importers}
    if top_level in STANDARD_LIBRARY:
        return row | {"kind": "stdlib"}
    installed = distributions.bringer(module)
    name = installed.name if installed else distributions.namesake(module)
    if name is None:
        return row | {"kind": "stdlib" if top_level == _BESIDE_THE_LIBRARY else "unresolved"}
    row |= {"kind": "installed" if installed else "declared", "distribution": name}
    declared = distributions.declared.get(name)
    if declared:
        row |= {"specifier": declared.specifier, "declared_in": declared.path, "declared_line": declared.line}
        row["version"], row["locked_in"] = declared.locked
    if installed:
        row["environment"] = installed.environment
        if installed.environment == "repository" or row["version"] is None:
            row |= {"version": installed.version, "locked_in": None}
    return row
