"""Layer `calls`: who calls whom, and what is known of every written call."""

from codeanatomy.catalog.graph.kinds import CALLERS, EXTERNALS, FUNCTIONS, EdgeKind, Layer, Property

CALLEES = (*FUNCTIONS, "class", *EXTERNALS)

LAYER = Layer(
    "calls",
    "Calls between definitions.",
    nodes=(),
    edges=(
        EdgeKind("calls", "Caller to callee of a written call; `label` says by what detour, if any.", CALLERS, CALLEES),
        EdgeKind("calls_implicitly", "Caller to callee where no call is written; `label` says what makes the call.", CALLERS, CALLEES),
        EdgeKind(
            "disputes_call",
            "Caller to what a type checker says that a written call runs, where the values say otherwise: see `disagreements`.",
            CALLERS,
            FUNCTIONS,
        ),
    ),
    properties=(
        Property("callee_text", ("call",), "string", "What is called, as dotted text."),
        Property("status", ("call",), "string", "`resolved`, `ambiguous`, `external`, `builtin` or `unresolved`."),
        Property("reason", ("call",), "string", "Why an unresolved call is unresolved."),
        Property("targets", ("call",), "int", "Number of possible callees, where it is not one (none, of an unresolved call)."),
        Property("caller", ("call",), "int", "Id of the definition in which the call runs."),
    ),
)
