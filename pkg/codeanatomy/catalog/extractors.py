"""The extractors: who makes what, at which stage, into which tables. Modules are named as text: the parent never imports a parser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from codeanatomy.catalog.evidence import (
    ast,
    bytecode,
    dependencies,
    external_interfaces,
    libcst,
    python_external,
    python_imports,
    repo_scan,
    scip,
    symtable,
    tree_sitter,
    types,
)
from codeanatomy.catalog.shapes import Table


@dataclass(frozen=True, slots=True)
class Extractor:
    """One extractor: its name, its module, its stage (a barrier lies between stages), its tables in the order of the wire."""

    name: str
    module: str
    stage: int
    tables: tuple[Table, ...]
    sentence: str
    inputs: tuple[Table, ...] = ()
    """Tables of earlier stages that it reads instead of sources."""
    loss: Literal["error", "warning"] = "error"
    """Severity of a failure where its worker dies over what it reads: a warning where that is no source."""


# Inside a stage the dearest comes first: workers take shards in this order, and the short ones fill the end.
EXTRACTORS = (
    Extractor("repo_scan", "codeanatomy.scan", 0, repo_scan.TABLES, "Lists the sources. Runs in the parent: it parses nothing."),
    Extractor(
        "scip",
        "codeanatomy.extract.scip",
        1,
        scip.TABLES,
        "Symbols and occurrences of scip-python, where it is installed, or of an index made elsewhere.",
    ),
    Extractor(
        "types",
        "codeanatomy.extract.types",
        1,
        types.TABLES,
        "Inferred types and call targets of pyrefly, where it is installed.",
    ),
    Extractor(
        "libcst",
        "codeanatomy.extract.libcst",
        1,
        libcst.TABLES,
        "What only a concrete tree tells: comments and exact texts. Ten times dearer than any other.",
    ),
    Extractor("ast", "codeanatomy.extract.ast", 1, ast.TABLES, "CPython's abstract syntax tree, with spans in bytes."),
    Extractor("bytecode", "codeanatomy.extract.bytecode", 1, bytecode.TABLES, "What CPython's compiler makes of a source, undecoded."),
    Extractor("symtable", "codeanatomy.extract.symtable", 1, symtable.TABLES, "CPython's symbol table: scopes and their names."),
    Extractor(
        "tree_sitter",
        "codeanatomy.extract.tree_sitter",
        1,
        tree_sitter.TABLES,
        "Definitions, calls and imports also of sources that CPython refuses, and where the syntax errors are.",
    ),
    Extractor(
        "dependencies",
        "codeanatomy.extract.dependencies",
        1,
        dependencies.TABLES,
        "What project, requirements and lock files declare, and what is installed, by metadata alone.",
        loss="warning",
    ),
    Extractor(
        "python_imports",
        "codeanatomy.extract.python_imports",
        2,
        python_imports.TABLES,
        "Imports as `ast`, libcst and tree-sitter have them, merged.",
        inputs=(repo_scan.REPO_FILES, ast.AST_IMPORTS, libcst.CST_IMPORTS, tree_sitter.TS_IMPORTS),
    ),
    Extractor(
        "python_external",
        "codeanatomy.extract.python_external",
        3,
        python_external.TABLES,
        "Imports that lead out of the repository: standard library, distribution and version, or unresolved.",
        inputs=(repo_scan.REPO_FILES, *python_imports.TABLES, *dependencies.TABLES),
    ),
    Extractor(
        "external_names",
        "codeanatomy.extract.external_names",
        4,
        (external_interfaces.EXTERNAL_NAMES,),
        "Names that the modules of imported, installed packages bind, by their stubs or sources. Off by default.",
        inputs=(dependencies.INSTALLED_DISTRIBUTIONS, *python_external.TABLES),
        loss="warning",
    ),
    Extractor(
        "external_interfaces",
        "codeanatomy.extract.external_interfaces",
        5,
        (external_interfaces.EXTERNAL_INTERFACES,),
        "Public names of what is imported from outside, re-exports followed. Off by default.",
        inputs=(external_interfaces.EXTERNAL_NAMES, *python_external.TABLES),
        loss="warning",
    ),
)
