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
            "An argument to a parameter that it may fill; `label` is its keyword, `position` its place among the positional ones. An operand, an "
            "index, what is stored and what is decorated are arguments, too, where a method or a decorator gets them; these have no position.",
            SYNTAX,
            ("parameter",),
        ),
        EdgeKind(
            "returns_to",
            "A function to where it runs and what it returns comes back: a call, or an operator, a subscript, an attribute, a decorator, a loop, an "
            "item of a `with`, a format that runs it; the site is an expression that it returns.",
            FUNCTIONS,
            SYNTAX,
        ),
        EdgeKind(
            "yields_to",
            "A generator function to where it runs; the site is an expression that it yields, or whose elements it yields.",
            FUNCTIONS,
            SYNTAX,
        ),
    ),
)
