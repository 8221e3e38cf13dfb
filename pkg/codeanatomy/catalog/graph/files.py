"""Layer `files`: the repository, its folders and sources."""

from codeanatomy.catalog.graph.kinds import EdgeKind, Layer, NodeKind, Property

LAYER = Layer(
    "files",
    "The repository, its packages and its sources.",
    nodes=(
        NodeKind("repository", "The repository; there is one."),
        NodeKind("package", "A folder that can be imported: with an `__init__` or as a namespace package."),
        NodeKind("module", "What a source defines when it is imported."),
        NodeKind("file", "A source: one file of the scan."),
    ),
    edges=(
        EdgeKind("contains", "A folder holds a folder or a file.", ("repository", "package"), ("package", "file")),
        EdgeKind("module_of_file", "The module that a file defines.", ("file",), ("module",)),
    ),
    properties=(
        Property("bytes", ("file",), "int", "Size on disk."),
        Property("sha256", ("file",), "string", "SHA-256 of the bytes."),
        Property("encoding", ("file",), "string", "Encoding by BOM, cookie or default."),
        Property("newline", ("file",), "string", "Line ends in use."),
        Property("lines", ("file",), "int", "Number of lines."),
        Property(
            "parser", ("file",), "string", "Where its syntax is from: `ast`, or `tree_sitter` if CPython refuses it; absent if it has none."
        ),
        Property("indent", ("file",), "string", "The indentation it uses most."),
        Property("is_test", ("file",), "bool", "Whether it lies under a test path or is named like a test."),
    ),
)
