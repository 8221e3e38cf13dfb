"""The tables of each extractor, one module per extractor. Shapes only: the parent reads them without importing a parser."""

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

EVIDENCE_TABLES: tuple[Table, ...] = (
    *repo_scan.TABLES,
    *ast.TABLES,
    *symtable.TABLES,
    *bytecode.TABLES,
    *libcst.TABLES,
    *tree_sitter.TABLES,
    *dependencies.TABLES,
    *python_imports.TABLES,
    *python_external.TABLES,
    external_interfaces.EXTERNAL_NAMES,
    external_interfaces.EXTERNAL_INTERFACES,
    *scip.TABLES,
    *types.TABLES,
)
