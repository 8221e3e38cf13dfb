"""Layer `evidence`: what tools say about the sources rather than in them: problems that were met, and where a source is not Python."""

from codeanatomy.catalog.graph.kinds import EdgeKind, Layer, NodeKind, Property

REPORTS = ("diagnostic", "syntax_error")

LAYER = Layer(
    "evidence",
    "Problems with sources, and what other tools know of them.",
    nodes=(
        NodeKind("diagnostic", "A problem that was met while a source was read; the name is its code, of which a source has each once."),
        NodeKind("syntax_error", "A place where a source that CPython refuses is not of tree-sitter's grammar."),
    ),
    edges=(EdgeKind("reported_on", "A problem to the source that has it.", REPORTS, ("file",)),),
    properties=(
        Property("message", REPORTS, "string", "What happened."),
        Property("severity", ("diagnostic",), "string", "`error` or `warning`."),
    ),
)
