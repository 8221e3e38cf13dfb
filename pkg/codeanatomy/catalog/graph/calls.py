"""Layer `calls`: who calls whom, and what is known of every written call."""

from codeanatomy.catalog.graph.kinds import CALLERS, EXTERNALS, FUNCTIONS, EdgeKind, Layer, Property

CALLEES = (*FUNCTIONS, "class", *EXTERNALS)

CALLEE_TEXT = (
    "What is called, as dotted text; what is no name is told by its form: `<call>()` is the result of a call, `<subscript>` an item (`x[0]`), "
    "likewise `<constant>`, `<string>` (an f-string), `<list>`, `<dict>`, `<set>`, `<tuple>`, `<lambda>`, `<await>`, else `<expression>`."
)
STATUS = (
    "`resolved`: by value or type, to one callee, or to several that are alternatives (one `ambiguity_group`), one at least in the repository; "
    "`external`: by value or type, to nothing in the repository; `builtin`: to members of `builtins` only; `ambiguous`: guessed by class hierarchy or by "
    "name, to one callee or several; `unresolved`: to none."
)
REASON = "Why no value says what an unresolved or ambiguous call runs; null for the others."

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
        Property("callee_text", ("call",), "string", CALLEE_TEXT),
        Property("status", ("call",), "string", STATUS),
        Property("reason", ("call",), "string", REASON),
        Property("targets", ("call",), "int", "Number of possible callees, where it is not one (none, of an unresolved call)."),
        Property("caller", ("call",), "int", "Id of the definition in which the call runs."),
    ),
)
