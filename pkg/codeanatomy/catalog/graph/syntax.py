"""Layer `syntax`: every node of the abstract syntax tree, once. The kind says the role of the node, `syntax` its class."""

from codeanatomy.catalog.graph.kinds import SYNTAX, EdgeKind, Layer, NodeKind, Property

LAYER = Layer(
    "syntax",
    "The abstract syntax tree, and comments. Of a source that CPython refuses: what tree-sitter knows of its definitions, imports and calls.",
    nodes=(
        NodeKind("tree", "The root of a source's syntax (`Module`)."),
        NodeKind("statement", "A statement."),
        NodeKind("expression", "An expression that no other kind names."),
        NodeKind("literal", "A constant."),
        NodeKind("docstring", "The constant that documents a module, class or function."),
        NodeKind("clause", "A part of a statement or expression: arguments, comprehension, keyword, handler, case, with item."),
        NodeKind("pattern", "A pattern of a `match` statement."),
        NodeKind("type_parameter_syntax", "A type parameter as written (PEP 695)."),
        NodeKind("reference", "A name or attribute that is read or deleted."),
        NodeKind("binding", "A name or attribute that is written, or a parameter as written."),
        NodeKind("import", "One imported name (`alias`)."),
        NodeKind("call", "A call expression."),
        NodeKind("comment", "A comment, where libcst ran; its parent is the file."),
    ),
    edges=(
        EdgeKind("syntax_of", "The syntax of a source.", ("file",), ("tree",)),
        EdgeKind("child", "Parent to child; `label` is the field, `position` the index in it.", SYNTAX, SYNTAX),
        EdgeKind("next_statement", "A statement to the next of the same block.", ("statement",), ("statement",)),
    ),
    properties=(
        Property(
            "value",
            ("literal", "docstring", "expression", "statement", "clause", "pattern", "import"),
            "string",
            "What the node says beside its children: the text of a constant, the operators, the names of `global`, the alias of an import.",
        ),
        Property("written", ("docstring",), "string", "The docstring as written, with prefix and quotes."),
        Property("origin", SYNTAX, "string", "`tree_sitter` where that is all that is known of the source; absent elsewhere."),
        Property("text", ("comment",), "string", "The comment, with its `#`."),
        Property(
            "comment_kind",
            ("comment",),
            "string",
            "`shebang`, `encoding`, `type_ignore`, `type`, `noqa`, `pragma`, `tool` (an instruction to a named tool), else `plain`.",
        ),
        Property("own_line", ("comment",), "bool", "Whether nothing but space stands before it on its line."),
    ),
)
