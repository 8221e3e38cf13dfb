"""What modules outside the repository offer, by their stubs or sources. Empty unless a build is told to look that deep."""

from codeanatomy.catalog.shapes import Column, Table

_SAID = (
    Column("signature", "string", "Parameters and return annotation of a function or method; of overloads one line each.", nullable=True),
    Column("annotation", "string", "Annotation of a variable, or what a function, method or property returns.", nullable=True),
    Column("bases", "list<string>", "Bases of a class, as text."),
    Column("is_async", "bool", "Whether it is an `async def`."),
    Column("docstring", "string", "First line of its docstring.", nullable=True),
)
_PLACE = (
    Column("path", "string", "File, relative to the repository, or to its environment with that named before it: `<active>/`."),
    Column("line", "int32", "Line, from 1."),
)

EXTERNAL_NAMES = Table(
    "external_names",
    "One row per name that a module of an installed package binds, as it is written there: re-exports are not followed.",
    (
        Column("module", "string", "Dotted name of the module."),
        Column("number", "int32", "Position among the rows of that file, from 0, which is the module itself."),
        Column("name", "string", "The name, `Class.name` inside a class; empty for the module itself, its stars and names of `__all__`."),
        Column("kind", "string", "`module`, `class`, `function`, `method`, `property`, `variable`, `re-export`, `star` or `all`."),
        *_SAID,
        Column("target_module", "string", "Absolute module that a re-export or star takes from.", nullable=True),
        Column("target_name", "string", "The name that it takes there, or an item of `__all__`.", nullable=True),
        *_PLACE,
    ),
    key=("path", "number"),
)

EXTERNAL_INTERFACES = Table(
    "external_interfaces",
    "One row per public name of a module outside the repository that is imported and installed.",
    (
        Column("module", "string", "Dotted name of the module that is imported."),
        Column("qualified_name", "string", "Dotted name, as the graph names what is outside."),
        Column(
            "kind",
            "string",
            "`module`, `class`, `function`, `method`, `property`, `variable`, or `re-export` that leads out of what is read.",
        ),
        *_SAID,
        Column("defined_in", "string", "Module that defines it, or to which its re-export leads."),
        *_PLACE,
        Column("is_stub", "bool", "Whether it was read from a stub."),
        Column("distribution", "string", "What brings the module; null for the standard library.", nullable=True),
        Column("version", "string", "Its version as in `python_external`.", nullable=True),
    ),
    key=("qualified_name",),
)
