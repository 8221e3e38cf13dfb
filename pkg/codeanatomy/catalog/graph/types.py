"""Layer `types`: what a type checker infers of expressions and functions."""

from codeanatomy.catalog.graph.kinds import SYNTAX, EdgeKind, Layer, NodeKind

LAYER = Layer(
    "types",
    "Inferred types.",
    nodes=(NodeKind("type", "A type; the name is its text, with names of classes dotted from their module on."),),
    edges=(
        EdgeKind("has_type", "An expression to the type that is inferred for it.", SYNTAX, ("type",)),
        EdgeKind("returns_type", "A function to the type that it returns, declared or inferred.", ("function",), ("type",)),
    ),
)
