"""Layer `data_flow`: where values go, inside functions and between them."""

from codeanatomy.catalog.graph.kinds import FUNCTIONS, SYNTAX, EdgeKind, Layer

LAYER = Layer(
    "data_flow",
    "From the places that bind or store a value to those that read it.",
    nodes=(),
    edges=(
        EdgeKind(
            "reaches",
            "A binding or store to a read that may see it; `label` is `local` (a class body is part of what is around it), `captured`, `global` or "
            "`attribute`, the site is the read.",
            SYNTAX,
            SYNTAX,
        ),
        EdgeKind(
            "argument_to_parameter",
            "An argument to a parameter that it may fill; `label` is its keyword, `position` its place among the positional ones.",
            SYNTAX,
            ("parameter",),
        ),
        EdgeKind("returns_to", "A function to a call of it; the site is an expression that it returns.", FUNCTIONS, ("call",)),
    ),
)
