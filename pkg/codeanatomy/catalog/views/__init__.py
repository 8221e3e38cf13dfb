"""The semantic views that the engine computes: a row per view here, the SQL of each in the file of its name.

Operator views take their columns from the operator's own ports; SQL views name the columns of their table that they fill.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from string import Template

from codeanatomy.catalog.evidence.ast import AST_NODES
from codeanatomy.catalog.evidence.python_external import PYTHON_EXTERNAL
from codeanatomy.catalog.evidence.scip import SCIP_OCCURRENCES
from codeanatomy.catalog.evidence.tree_sitter import TS_CALLS, TS_DEFINITIONS, TS_ERRORS, TS_IMPORTS
from codeanatomy.catalog.graph import LAYERS
from codeanatomy.catalog.resolution import IN_SQL
from codeanatomy.catalog.shapes import Column, Table
from codeanatomy.catalog.tables import CPG_EDGES, CPG_EDGES_BY_DST, CPG_EDGES_BY_SRC, CPG_NODES, CPG_PROPS, CPG_PROPS_MAP


@dataclass(frozen=True, slots=True)
class OperatorView:
    """A view that is an output port of a graph operator. `inputs` maps the operator's input ports to relations or views."""

    name: str
    sentence: str
    operator: str
    port: str
    inputs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SqlView:
    """A view that is a query over relations and views; its SQL is in `<name>.sql`, with names for numbers that the catalog declares."""

    name: str
    sentence: str
    inputs: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def sql(self) -> str:
        return Template((Path(__file__).parent / f"{self.name}.sql").read_text(encoding="utf-8")).substitute(IN_SQL)


@dataclass(frozen=True, slots=True)
class UnionView:
    """All rows of its inputs, which fill some or all columns of one table; a column that an input does not fill is null there."""

    name: str
    sentence: str
    inputs: tuple[str, ...]
    table: Table

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.table.columns


View = OperatorView | SqlView | UnionView


_EVIDENCE_OF_NAMES = (
    ("files", "repo_files"),
    ("lines", "file_lines"),
    ("syntax", "ast_nodes"),
    ("scopes", "symtable_scopes"),
    ("symbols", "symtable_symbols"),
    ("outline_definitions", "outline_definitions"),
    ("outline_calls", "outline_calls"),
    ("outline_imports", "outline_imports"),
)
_EVIDENCE_OF_FLOW = (
    ("files", "repo_files"),
    ("lines", "file_lines"),
    ("code", "bytecode_objects"),
    ("definitions", "definitions"),
    ("comparisons", "comparisons"),
    ("syntax", "ast_nodes"),
    ("uncompiled", "uncompiled"),
)


def _resolved(name: str, sentence: str) -> OperatorView:
    return OperatorView(name, sentence, "resolve", name, _EVIDENCE_OF_NAMES)


def _flow(name: str, port: str, sentence: str) -> OperatorView:
    return OperatorView(name, sentence, "control_flow", port, _EVIDENCE_OF_FLOW)


def _adjacency(port: str, sentence: str) -> OperatorView:
    return OperatorView(port, sentence, "adjacency", port, (("edges", "edges"),))


def _part(table: Table, name: str, inputs: str, without: str = "") -> SqlView:
    """A view that fills the columns of a table, but those named in `without`."""
    columns = tuple(column for column in table.columns if column.name not in without.split())
    return SqlView(name, f"Rows of `{table.name}` from layer `{name.rsplit('_', 1)[0]}`.", tuple(inputs.split()), columns)


_NO_SITE = "site_id file_id path bstart bend line col end_line end_col"
_NO_RESOLUTION = "resolution confidence ambiguity_group"


def _outline(name: str, table: Table, columns: str) -> SqlView:
    """A view of what tree-sitter says of sources that have no syntax tree."""
    sentence = f"Rows of `{table.name}` of sources that CPython refuses."
    return SqlView(name, sentence, (table.name, "ast_nodes"), tuple(table.column(column) for column in columns.split()))


VIEWS: tuple[View, ...] = (
    _outline("outline_definitions", TS_DEFINITIONS, "file_id definition parent kind bstart bend name name_bstart name_bend"),
    _outline("outline_calls", TS_CALLS, "file_id call definition bstart bend callee_bstart callee_bend callee"),
    _outline(
        "outline_imports",
        TS_IMPORTS,
        "file_id import definition bstart bend level module module_bstart module_bend name name_bstart name_bend alias alias_bend",
    ),
    SqlView(
        "spans",
        "Spans that no operator has given lines yet: comments, texts as written, syntax errors, diagnostics.",
        ("libcst_comments", "libcst_texts", "tree_sitter_errors", "ast_nodes", "scip_diagnostics"),
        (
            Column("id", "int64", "Id of what has the span."),
            Column("kind", "string", "What it is."),
            Column("text", "string", "What it says."),
            *(TS_ERRORS.column(name) for name in ("file_id", "bstart", "bend")),
        ),
    ),
    OperatorView(
        "located",
        "The same spans with lines and columns.",
        "locate",
        "located",
        (("files", "repo_files"), ("lines", "file_lines"), ("spans", "spans")),
    ),
    _resolved("modules", "Packages and modules with their dotted names."),
    _resolved("syntax", "Syntax nodes with their role and position."),
    _resolved("definitions", "Definitions with their qualified names."),
    _resolved("scopes", "Scopes, tied to the syntax that opens them."),
    _resolved("captures", "Variables of enclosing functions that a scope uses."),
    _resolved("bindings", "Every place that binds a name."),
    _resolved("references", "Every use of a name or attribute with what it may mean."),
    _resolved("externals", "What the code names outside the repository, and builtins."),
    _resolved("imports", "Imported names and what they finally mean."),
    _resolved("calls", "Callers and callees."),
    _resolved("call_sites", "Every written call with what became of it."),
    _resolved("data_flow", "Reads with the bindings and stores that reach them, what runs functions with what they return or yield."),
    _resolved("arguments", "Arguments and the parameters that they may fill."),
    _resolved("inherits", "Classes and their bases."),
    _resolved("mro", "Method resolution orders."),
    _resolved("overrides", "Methods and what they override."),
    SqlView(
        "comparisons",
        "Comparisons with the names of their operators: bytecode does not say them all.",
        ("ast_nodes",),
        (*(AST_NODES.column(name) for name in ("file_id", "bstart", "bend", "value")),),
    ),
    SqlView(
        "uncompiled",
        "Syntax of files that have no bytecode: what control hangs on beside kinds and spans.",
        ("ast_nodes", "bytecode_objects"),
        (
            *(AST_NODES.column(name) for name in ("file_id", "node", "name")),
            Column("text", "string", "Its value; the kind of an asynchronous statement, a `try` with groups or a pattern.", nullable=True),
        ),
    ),
    SqlView(
        "scip_definitions",
        "SCIP symbols and the definitions that they are, by the place of the name.",
        ("scip_occurrences", "definitions"),
        (
            Column("symbol", "string", "The symbol."),
            Column("definition_id", "int64", "The definition."),
        ),
    ),
    SqlView(
        "scip_references",
        "What names mean by SCIP: the definitions of their symbols.",
        ("scip_occurrences", "scip_definitions", "definitions"),
        (
            *(SCIP_OCCURRENCES.column(name) for name in ("file_id", "bstart", "bend")),
            Column("definition_id", "int64", "The definition."),
        ),
    ),
    SqlView(
        "scip_uses",
        "What attributes and names of keyword arguments mean by SCIP, where the values say nothing or something else.",
        ("scip_references", "ast_nodes", "definitions", "references", "overrides", "syntax"),
        (
            Column("syntax_id", "int64", "The attribute expression or the keyword."),
            Column("definition_id", "int64", "The definition."),
            *(AST_NODES.column(name) for name in ("name", "access")),
            *(CPG_EDGES.column(name) for name in ("file_id", "path", "bstart", "bend", "line", "col", "end_line", "end_col")),
            Column("is_disputed", "bool", "Whether the values say something else."),
        ),
    ),
    SqlView(
        "checked_calls",
        "What a type checker says that written calls run: definitions, and where the values say nothing, names outside the repository.",
        ("call_sites", "types_calls", "types_functions", "definitions"),
        (
            Column("site_id", "int64", "The call."),
            Column("callee_id", "int64", "What it may run."),
            Column("name", "string", "Dotted name of that, outside the repository.", nullable=True),
        ),
    ),
    SqlView(
        "call_facts",
        "Every written call with what became of it, by values and by types.",
        ("call_sites", "checked_calls"),
        (
            Column("site_id", "int64", "The call."),
            Column("caller_id", "int64", "Definition in which it runs."),
            Column("callee_text", "string", "What is called, as dotted text.", nullable=True),
            Column("status", "string", "What became of it."),
            Column("reason", "string", "Why it is not known.", nullable=True),
            Column("targets", "int32", "How many callees it may have."),
        ),
    ),
    SqlView(
        "distributions",
        "Distributions that bring what is imported from outside the repository.",
        ("python_external",),
        (
            Column("id", "int64", "Id of the node."),
            Column("name", "string", "Canonical name (PEP 503)."),
            Column("found", "string", "`installed` or `declared`."),
            *(PYTHON_EXTERNAL.column(name) for name in ("version", "specifier", "declared_in", "declared_line")),
        ),
    ),
    _flow("compiled_code", "code_objects", "Code objects, tied to the definitions they were made of."),
    _flow("blocks", "blocks", "Basic blocks."),
    _flow("flow", "flow", "Control flow between blocks."),
    _flow("steps", "steps", "Expressions and statements in the blocks that finish them."),
    _flow("dominance", "dominance", "Dominators, post-dominators and control dependence of blocks."),
    _part(CPG_NODES, "files_nodes", "modules", "syntax"),
    _part(CPG_NODES, "syntax_nodes", "syntax located"),
    _part(CPG_NODES, "definitions_nodes", "definitions", "syntax"),
    _part(CPG_NODES, "names_nodes", "scopes", "syntax"),
    _part(CPG_NODES, "imports_nodes", "externals distributions checked_calls", f"syntax parent_id {_NO_SITE}"),
    _part(CPG_NODES, "control_flow_nodes", "compiled_code blocks", "syntax"),
    _part(CPG_NODES, "evidence_nodes", "located extract_errors repo_files scip_definitions scip_relationships", "syntax"),
    _part(CPG_NODES, "types_nodes", "types_expressions types_functions", f"qualified_name {_NO_SITE} parent_id syntax"),
    _part(CPG_EDGES, "files_edges", "modules", f"{_NO_SITE} label position {_NO_RESOLUTION}"),
    _part(CPG_EDGES, "syntax_edges", "syntax", f"{_NO_SITE} {_NO_RESOLUTION}"),
    _part(CPG_EDGES, "definitions_edges", "definitions inherits mro overrides syntax located", "ambiguity_group confidence resolution"),
    _part(CPG_EDGES, "names_edges", "scopes captures bindings imports references scip_references scip_uses"),
    _part(CPG_EDGES, "imports_edges", "imports externals python_external", "position confidence ambiguity_group"),
    _part(CPG_EDGES, "calls_edges", "calls call_sites call_facts checked_calls overrides", "position"),
    _part(
        CPG_EDGES,
        "control_flow_edges",
        "compiled_code blocks flow steps dominance",
        f"site_id file_id bstart bend col end_line end_col {_NO_RESOLUTION}",
    ),
    _part(CPG_EDGES, "data_flow_edges", "data_flow arguments", _NO_RESOLUTION),
    _part(
        CPG_EDGES,
        "evidence_edges",
        "located extract_errors repo_files scip_definitions scip_relationships",
        f"{_NO_SITE} position {_NO_RESOLUTION}",
    ),
    _part(CPG_EDGES, "types_edges", "types_expressions types_functions syntax definitions", f"label position {_NO_RESOLUTION}"),
    _part(CPG_PROPS, "files_properties", "repo_files syntax libcst_modules"),
    _part(CPG_PROPS, "syntax_properties", "syntax libcst_comments libcst_docstrings"),
    _part(CPG_PROPS, "definitions_properties", "definitions"),
    _part(CPG_PROPS, "names_properties", "scopes"),
    _part(CPG_PROPS, "imports_properties", "imports distributions imports_nodes external_interfaces"),
    _part(CPG_PROPS, "calls_properties", "call_facts"),
    _part(CPG_PROPS, "control_flow_properties", "blocks"),
    _part(CPG_PROPS, "evidence_properties", "located extract_errors repo_files"),
    UnionView("nodes", "All nodes.", tuple(f"{layer.name}_nodes" for layer in LAYERS if layer.nodes), CPG_NODES),
    UnionView("edges", "All edges.", tuple(f"{layer.name}_edges" for layer in LAYERS), CPG_EDGES),
    UnionView("properties", "All properties.", tuple(f"{layer.name}_properties" for layer in LAYERS if layer.properties), CPG_PROPS),
    SqlView(
        "property_texts",
        "Properties with their values as text.",
        ("properties",),
        (
            *(CPG_PROPS.column(name) for name in ("entity_id", "entity", "key")),
            Column("text", "string", "The value as text.", nullable=True),
        ),
    ),
    OperatorView(
        "properties_map", "All properties of a node or edge in one row.", "gather", "entities", (("properties", "property_texts"),)
    ),
    _adjacency("by_src", "Edges by their source."),
    _adjacency("by_dst", "Edges by their target."),
)


@dataclass(frozen=True, slots=True)
class Output:
    """A table of the graph and the view it is written from, with the columns that order it on disk."""

    table: Table
    view: str
    order_by: tuple[str, ...] = ()


OUTPUTS: tuple[Output, ...] = (
    Output(CPG_NODES, "nodes"),
    Output(CPG_EDGES, "edges"),
    Output(CPG_PROPS, "properties"),
    Output(CPG_PROPS_MAP, "properties_map"),
    Output(CPG_EDGES_BY_SRC, "by_src"),
    Output(CPG_EDGES_BY_DST, "by_dst"),
)
