"""Layer `names`: scopes, and what each name in the source means."""

from codeanatomy.catalog.graph.kinds import DEFINITIONS, EXTERNALS, SCOPE_OWNERS, SYNTAX, EdgeKind, Layer, NodeKind, Property

MEANINGS = (*DEFINITIONS, *EXTERNALS, "package")

LAYER = Layer(
    "names",
    "Lexical scopes as CPython's symbol table has them, bindings and references.",
    nodes=(NodeKind("scope", "A block of the symbol table."),),
    edges=(
        EdgeKind("scope_parent", "A scope to the scope that encloses it.", ("scope",), ("scope",)),
        EdgeKind("scope_of", "A scope to the definition that owns it.", ("scope",), DEFINITIONS),
        EdgeKind("captures", "A scope to a variable of an enclosing function that it uses; `label` is the name.", ("scope",), DEFINITIONS),
        EdgeKind(
            "binds", "Syntax to the definition whose name it binds; `label` says how, the site is the name token.", SYNTAX, DEFINITIONS
        ),
        EdgeKind(
            "binds_import",
            "An imported name to the scope that holds it, or to the definition in a source that CPython refuses; `label` is the name it has there.",
            ("import",),
            ("scope", *SCOPE_OWNERS),
        ),
        EdgeKind("reads", "A reference to what it may mean.", SYNTAX, MEANINGS),
        EdgeKind("writes", "A name that is assigned to what is assigned.", SYNTAX, MEANINGS),
        EdgeKind("deletes", "A name that is deleted to what is deleted.", SYNTAX, MEANINGS),
        EdgeKind("global", "A name in a `global` statement to the variable of the module that it means from there on.", SYNTAX, MEANINGS),
        EdgeKind("nonlocal", "A name in a `nonlocal` statement to the variable of the enclosing function that it means.", SYNTAX, MEANINGS),
        EdgeKind(
            "disputes_reference",
            "An attribute, or the name of a keyword argument, to what SCIP says that it means, where the values say otherwise: see `disagreements`.",
            SYNTAX,
            DEFINITIONS,
        ),
    ),
    properties=(
        Property("scope_kind", ("scope",), "string", "`module`, `class`, `function`, `lambda`, `comprehension` or an annotation scope."),
        Property(
            "symbols", ("scope",), "string", "Its names with what the symbol table says of each: `name:kind`, sorted, separated by spaces."
        ),
    ),
)
