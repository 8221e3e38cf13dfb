"""Layer `control_flow`: code objects, their basic blocks, what each evaluates, and how control passes between them."""

from codeanatomy.catalog.graph.kinds import SCOPE_OWNERS, EdgeKind, Layer, NodeKind, Property

STEPS = ("statement", "expression", "literal", "docstring", "reference", "binding", "import", "call")
"""The syntax that is evaluated."""

LAYER = Layer(
    "control_flow",
    "Control flow inside code objects, from CPython's bytecode; from the syntax of a file that has no bytecode.",
    nodes=(
        NodeKind("code_object", "What the compiler made of a module, class body, function, lambda or comprehension, or would make."),
        NodeKind(
            "block",
            "Instructions that run one after the other; the name is its number, the entry block has the lowest. Its lines are the smallest and largest of its instructions; it has no columns.",
        ),
    ),
    edges=(
        EdgeKind("code_of", "A code object to the definition it was made of.", ("code_object",), SCOPE_OWNERS),
        EdgeKind("has_block", "A code object to its block.", ("code_object",), ("block",)),
        EdgeKind("next", "Control passes on without a condition.", ("block",), ("block",)),
        EdgeKind("true", "Control passes when the condition holds, or an iteration has a next item.", ("block",), ("block",)),
        EdgeKind("false", "Control passes when the condition does not hold, or an iteration is done.", ("block",), ("block",)),
        EdgeKind("exception", "Control passes to a handler when the block raises.", ("block",), ("block",)),
        EdgeKind("yields", "Control leaves the generator with a value and comes back on resumption.", ("block",), ("block",)),
        EdgeKind("awaits", "Control leaves the coroutine to wait and comes back on resumption.", ("block",), ("block",)),
        EdgeKind(
            "evaluates",
            "A block to an expression or statement that is finished in it; the position is the order in the block, the line that of the node, or of its `def` or `class`.",
            ("block",),
            STEPS,
        ),
        EdgeKind(
            "dominates",
            "A block to those whose immediate dominator it is: the last before them on every way from the entry.",
            ("block",),
            ("block",),
        ),
        EdgeKind(
            "post_dominates",
            "A block to those whose immediate post-dominator it is: the first behind them on every way out; a loop without a way out ends in itself.",
            ("block",),
            ("block",),
        ),
        EdgeKind(
            "control_depends",
            "A block to those that run or not by the way control leaves it; the label is the kind of the edge that makes sure of them.",
            ("block",),
            ("block",),
        ),
    ),
    properties=(
        Property("entry", ("block",), "bool", "True where control enters the code object; absent elsewhere."),
        Property("exit", ("block",), "bool", "True where control leaves the code object; absent elsewhere."),
    ),
)
