"""What CPython's compiler made of each source: its code objects, undecoded. The engine decodes them; nothing is executed."""

from codeanatomy.catalog.shapes import Column, Table

CODE_OBJECTS = Table(
    "bytecode_objects",
    "One row per code object, with its instructions, position table and exception table as the interpreter stores them.",
    (
        Column("file_id", "int64", "The source."),
        Column("code", "int32", "Pre-order number in the file, children in the order of `co_consts`; the module is 0."),
        Column("parent", "int32", "Number of the code object whose constants hold this one; -1 for the module."),
        Column("constant", "int32", "Index in the parent's `co_consts`; -1 for the module."),
        Column("name", "string", "`co_name`."),
        Column("qualname", "string", "`co_qualname`."),
        Column("first_line", "int32", "`co_firstlineno`."),
        Column("flags", "int32", "`co_flags`."),
        Column("arg_count", "int32", "`co_argcount`."),
        Column("positional_only_count", "int32", "`co_posonlyargcount`."),
        Column("keyword_only_count", "int32", "`co_kwonlyargcount`."),
        Column("stack_size", "int32", "`co_stacksize`."),
        Column("constant_count", "int32", "Length of `co_consts`."),
        Column("names", "list<string>", "`co_names`."),
        Column("instructions", "binary", "`co_code`: two bytes a unit, caches included."),
        Column("positions", "binary", "`co_linetable`: the location table, lines and columns in bytes."),
        Column("exceptions", "binary", "`co_exceptiontable`."),
    ),
    key=("file_id", "code"),
)

TABLES = (CODE_OBJECTS,)
