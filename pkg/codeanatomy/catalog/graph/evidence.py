"""Layer `evidence`: what tools say about the sources rather than in them: problems that were met, and where a source is not Python."""

from codeanatomy.catalog.graph.kinds import DEFINITIONS, EdgeKind, Layer, NodeKind, Property

REPORTS = ("diagnostic", "syntax_error")

LAYER = Layer(
    "evidence",
    "Problems with sources, and what other tools know of them.",
    nodes=(
        NodeKind("diagnostic", "A problem that was met while a source was read (the name is its code), or that a SCIP indexer reports."),
        NodeKind("scip_symbol", "A symbol of the SCIP index that is defined in the repository or related to one; the name is the symbol."),
        NodeKind("syntax_error", "A place where a source that CPython refuses is not of tree-sitter's grammar."),
    ),
    edges=(
        EdgeKind("reported_on", "A problem to the source that has it.", REPORTS, ("file",)),
        EdgeKind("same_entity_as", "A SCIP symbol to the definition that it is.", ("scip_symbol",), DEFINITIONS),
        EdgeKind(
            "scip_relationship",
            "A SCIP symbol to a related one; `label` is `implementation`, `reference`, `type` or `definition`.",
            ("scip_symbol",),
            ("scip_symbol",),
        ),
    ),
    properties=(
        Property("message", REPORTS, "string", "What happened."),
        Property("severity", ("diagnostic",), "string", "`error` or `warning`."),
    ),
)
