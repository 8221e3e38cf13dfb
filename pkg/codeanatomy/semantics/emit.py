"""The last step of the IR: `build_execution_spec`, where locations and promises join it. It opens no table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from codeanatomy.catalog.defaults import RULEPACK_PROFILES
from codeanatomy.catalog.evidence import EVIDENCE_TABLES
from codeanatomy.catalog.graph import EDGE_KINDS
from codeanatomy.catalog.resolution import ResolutionLimits
from codeanatomy.catalog.shapes import Column, Table
from codeanatomy.catalog.tables import CPG_EDGES, CPG_NODES, EXTRACT_ERRORS
from codeanatomy.catalog.views import OUTPUTS, VIEWS, Output
from codeanatomy.semantics import interpreter
from codeanatomy.semantics.ir import IR, Node, Ports, compile_views, infer, optimise
from codeanatomy.semantics.spec import (
    SCHEMA_VERSION,
    ColumnSpec,
    EdgeEnds,
    EndKinds,
    InputRelation,
    OperatorTransform,
    OutputTarget,
    Promise,
    RuntimeConfig,
    SemanticExecutionSpec,
    SqlTransform,
    ViewDefinition,
)

RELATIONS = (*EVIDENCE_TABLES, EXTRACT_ERRORS)
"""The tables that views may read."""

PARAMETERS: Mapping[str, Callable[[], dict[str, Any]]] = {"resolve": interpreter.names, "control_flow": interpreter.instructions}
"""What each operator is told of the interpreter, beside its inputs."""


def semantic_ir(ports: Ports) -> IR:
    """The IR of a whole build. `ports` are the engine's operators: `codeanatomy.engine.operator_ports()`."""
    return optimise(infer(compile_views(RELATIONS, VIEWS, OUTPUTS, ports)))


def build_execution_spec(
    ir: IR,
    evidence: Mapping[str, tuple[Path, int]],
    output_dir: Path,
    runtime: RuntimeConfig,
    limits: Mapping[str, int] | None = None,
    rulepack_profile: str = RULEPACK_PROFILES[0],
) -> SemanticExecutionSpec:
    """The spec of an IR over evidence: `evidence[name]` is the folder of a Delta table and the version to read. `limits` are those of `resolve`,
    without which they are the defaults under the rulepack profile.

    Raises `KeyError` for a relation without evidence: the caller collects all that the IR lists.
    """
    parameters = {name: told() for name, told in PARAMETERS.items() if any(node.operator == name for node in ir.nodes)}
    if "resolve" in parameters:
        parameters["resolve"]["limits"] = ResolutionLimits().under(rulepack_profile) if limits is None else dict(limits)
    return SemanticExecutionSpec(
        SCHEMA_VERSION,
        [_relation(table, *evidence[table.name]) for table in ir.relations],
        [_view(node) for node in ir.nodes],
        [_target(output, output_dir) for output in ir.outputs],
        runtime,
        parameters,
        rulepack_profile,
    )


def columns_of(table: Table) -> list[ColumnSpec]:
    """The columns of a table as a spec says them."""
    return _columns(table.columns)


def _columns(columns: tuple[Column, ...]) -> list[ColumnSpec]:
    return [ColumnSpec(column.name, column.type, column.nullable) for column in columns]


def _relation(table: Table, location: Path, version: int) -> InputRelation:
    return InputRelation(table.name, str(location), version, _columns(table.columns))


def _view(node: Node) -> ViewDefinition:
    if node.sql is not None:
        return ViewDefinition(node.name, "sql", list(node.inputs), _columns(node.columns), SqlTransform(node.sql))
    assert node.operator is not None, f"view {node.name!r} is neither SQL nor an operator"
    assert node.port is not None, f"view {node.name!r} names no port"
    transform = OperatorTransform(node.operator, dict(node.ports), node.port)
    return ViewDefinition(node.name, "operator", list(node.inputs), _columns(node.columns), transform)


def _target(output: Output, output_dir: Path) -> OutputTarget:
    table = output.table
    return OutputTarget(
        table.name, output.view, str(output_dir / table.name), _columns(table.columns), list(output.order_by), _promises(table)
    )


def _promises(table: Table) -> list[Promise]:
    promises = [Promise(unique=list(table.key)), Promise(not_null=[column.name for column in table.columns if not column.nullable])]
    if table is CPG_EDGES:
        allowed = {name: EndKinds(list(kind.sources), list(kind.targets)) for name, kind in EDGE_KINDS.items()}
        promises.append(Promise(edge_ends=EdgeEnds("src", "dst", "kind", CPG_NODES.name, "id", "kind", allowed)))
    return promises
