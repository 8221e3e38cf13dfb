"""Layer `definitions`: what the code defines, independent of where it is used."""

from codeanatomy.catalog.graph.kinds import DEFINITIONS, EXTERNALS, FUNCTIONS, SCOPE_OWNERS, SYNTAX, EdgeKind, Layer, NodeKind, Property

LAYER = Layer(
    "definitions",
    "Classes, functions, parameters, variables and attributes, and how classes inherit.",
    nodes=(
        NodeKind("class", "A `class` statement."),
        NodeKind("function", "A `def` or `async def` statement."),
        NodeKind("lambda", "A lambda expression."),
        NodeKind("parameter", "A parameter of a function or lambda."),
        NodeKind("variable", "A name that a module or function binds by anything but a definition or an import."),
        NodeKind("attribute", "A name that a class body binds, or that a method sets on its instance."),
        NodeKind("type_parameter", "A type parameter (PEP 695)."),
    ),
    edges=(
        EdgeKind(
            "defines",
            "The definition in which another stands; the site is the name token.",
            SCOPE_OWNERS,
            tuple(d for d in DEFINITIONS if d != "module"),
        ),
        EdgeKind("declares", "The syntax that makes a definition.", SYNTAX, DEFINITIONS),
        EdgeKind(
            "has_parameter",
            "A function to its parameter; `label` is the parameter's kind, `position` its index.",
            FUNCTIONS,
            ("parameter",),
        ),
        EdgeKind("has_default", "A parameter to its default expression; `label` and span are its text as written.", ("parameter",), SYNTAX),
        EdgeKind(
            "has_annotation",
            "A definition to the annotation written for it, or a further target that is annotated; `label` and span are its text as written.",
            (*DEFINITIONS, *SYNTAX),
            SYNTAX,
        ),
        EdgeKind(
            "has_return_annotation",
            "A function to the annotation of its result; `label` and span are its text as written.",
            ("function",),
            SYNTAX,
        ),
        EdgeKind(
            "decorates",
            "A decorator to what it decorates, outermost first by `position`; `label` and span are its text as written.",
            SYNTAX,
            ("class", "function"),
        ),
        EdgeKind("documents", "A docstring to what it documents.", ("docstring",), SCOPE_OWNERS),
        EdgeKind("inherits", "A class to a base, by `position`; the site is the base as written.", ("class",), ("class", *EXTERNALS)),
        EdgeKind(
            "mro", "A class to a class of its method resolution order, by `position`; 0 is itself.", ("class",), ("class", *EXTERNALS)
        ),
        EdgeKind(
            "overrides",
            "A method to the next definition of its name in the method resolution order.",
            ("function",),
            ("function", "class", "attribute"),
        ),
    ),
    properties=(
        Property("def_line", DEFINITIONS, "int", "Line of the `def` or `class` keyword; of the name for the others."),
        Property("docstring", SCOPE_OWNERS, "string", "The docstring as Python evaluates it, not cleaned."),
        Property("decorators", ("class", "function"), "string", "The decorators as dotted text, outermost first, separated by `, `."),
        Property("is_async", FUNCTIONS, "bool", "Whether it is written with `async`."),
        Property("is_generator", FUNCTIONS, "bool", "Whether its body yields."),
        Property(
            "limits_reached",
            SCOPE_OWNERS,
            "string",
            "The limits of `[resolution]` that the analysis reached in it, or in telling its calls or objects apart: names, separated by spaces.",
        ),
        Property("origin", DEFINITIONS, "string", "`tree_sitter` where that is all that is known of the source; absent elsewhere."),
    ),
)
