"""What CPython's symbol table says: every scope and what each name is in it. It has no positions but lines."""

from codeanatomy.catalog.shapes import Column, Table

SYMTABLE_SCOPES = Table(
    "symtable_scopes",
    "One row per block of the symbol table.",
    (
        Column("file_id", "int64", "The source."),
        Column("scope", "int32", "Pre-order number in the file, children in CPython's order; the module is 0."),
        Column("parent", "int32", "Number of the enclosing block; -1 for the module."),
        Column("kind", "string", "`module`, `class`, `function`, or the annotation and type-parameter kinds of newer interpreters."),
        Column(
            "name", "string", "Name of the block: `top`, the definition's name, `lambda`, `listcomp`, `setcomp`, `dictcomp`, `genexpr`."
        ),
        Column("line", "int32", "Line of the block's statement or expression; 0 for the module."),
        Column("nested", "bool", "Whether the block lies in a function."),
    ),
    key=("file_id", "scope"),
)

SYMTABLE_SYMBOLS = Table(
    "symtable_symbols",
    "One row per name of a block, with every flag of the symbol table. Private names are mangled, as in the symbol table.",
    (
        Column("file_id", "int64", "The source."),
        Column("scope", "int32", "The block."),
        Column("name", "string", "The name."),
        Column("scope_kind", "string", "`local`, `cell`, `free`, `global_explicit` or `global_implicit`."),
        Column("is_referenced", "bool", "Whether the block reads it."),
        Column("is_assigned", "bool", "Whether the block binds it."),
        Column("is_parameter", "bool", "Whether it is a parameter."),
        Column("is_imported", "bool", "Whether an import binds it."),
        Column("is_annotated", "bool", "Whether it is annotated."),
        Column("is_global", "bool", "Whether a `global` statement names it."),
        Column("is_nonlocal", "bool", "Whether a `nonlocal` statement names it."),
        Column("is_namespace", "bool", "Whether a function or class statement binds it: a child block has its name."),
    ),
    key=("file_id", "scope", "name"),
)

TABLES = (SYMTABLE_SCOPES, SYMTABLE_SYMBOLS)
