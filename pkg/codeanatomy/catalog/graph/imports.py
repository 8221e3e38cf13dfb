"""Layer `imports`: what each import statement brings, and what lies outside the repository."""

from codeanatomy.catalog.graph.kinds import DEFINITIONS, EXTERNALS, EdgeKind, Layer, NodeKind, Property

_OUTSIDE = ("external_package", "external_symbol")

LAYER = Layer(
    "imports",
    "Imported names and the world outside the repository.",
    nodes=(
        NodeKind("external_package", "A top-level package outside the repository."),
        NodeKind("external_symbol", "Something inside an external package, by its dotted path."),
        NodeKind("builtin", "A builtin function, class or method."),
        NodeKind("distribution", "What is installed to get external packages, by its canonical name (PEP 503)."),
    ),
    edges=(
        EdgeKind(
            "imports",
            "An imported name to what it finally means; `label` is the name, `resolution` the kind of target.",
            ("import",),
            (*DEFINITIONS, *EXTERNALS, "package"),
        ),
        EdgeKind(
            "provided_by",
            "Something outside the repository to the distribution that brings it.",
            ("external_package", "external_symbol"),
            ("distribution",),
        ),
    ),
    properties=(
        Property("module", ("import",), "string", "Dotted module, absolute where the statement is relative."),
        Property("imported", ("import",), "string", "The name after `import` of a from-import; `*` for all."),
        Property("alias", ("import",), "string", "The name after `as`."),
        Property("version", ("distribution",), "string", "Exact version, where it is installed, locked or pinned."),
        Property("found", ("distribution",), "string", "`installed`, or `declared` if it is not."),
        Property("specifier", ("distribution",), "string", "Versions that its declaration allows."),
        Property("declared_in", ("distribution",), "string", "File that declares it."),
        Property("declared_line", ("distribution",), "int", "Line of that declaration, from 1."),
        Property("interface_kind", _OUTSIDE, "string", "What it is by its stub or source, with `--external-interface-depth full`."),
        Property("signature", _OUTSIDE, "string", "Its parameters and return annotation; of overloads one line each."),
        Property("annotation", _OUTSIDE, "string", "Its annotation, or that of what it returns."),
        Property("defined_in", _OUTSIDE, "string", "Module that defines it, where re-exports lead there."),
        Property("external_path", _OUTSIDE, "string", "Stub or source in which it stands."),
        Property("external_line", _OUTSIDE, "int", "Line of it there, from 1."),
        Property("docstring", _OUTSIDE, "string", "First line of its docstring."),
    ),
)
