"""The call graph in PyCG's JSON: `{caller: [callees]}`, a key for every module, function, lambda and callee. It finds no calls of its own.

Left out is what PyCG does not count as a call: that of a class of the repository (its `__init__` is called), a builtin that only an
operator or protocol calls, and guesses by name.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import IO

from codeanatomy.query.graph import OpenGraph

TYPES = {"str": "PyStr", "dict": "PyDict", "list": "PyList", "tuple": "PyTuple", "set": "PySet", "int": "PyNum", "float": "PyNum"}
"""Builtin types that have a name of PyCG's: a method of one is `<**PyStr**>.join`, of another `<**bytes**>.join`, a function `<builtin>.len`."""


def write_pycg(graph: OpenGraph, file: IO[bytes]) -> None:
    """Write the call graph, one line a caller, sorted."""
    rows = (row for batch in graph.batches(_SQL) for row in batch.to_pylist())
    mark = b"{"
    for node, edges in groupby(rows, key=lambda row: row["node"]):
        callees = [edge["callee"] for edge in edges if edge["callee"] is not None]
        file.write(mark + f"\n  {_text(node)}: {_text(callees)}".encode())
        mark = b","
    file.write(b"\n}\n" if mark == b"," else b"{}\n")


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


_TYPE = " ".join(f"WHEN '{name}' THEN '{pycg}'" for name, pycg in TYPES.items())

_SQL = f"""
WITH edges AS (
    SELECT DISTINCT caller AS node, callee, callee_kind
    FROM calls
    WHERE callee_kind <> 'class' AND NOT (implicit AND callee_kind = 'builtin') AND coalesce(resolution, '') <> 'name_match'
),
builtin AS (
    SELECT node, regexp_replace(callee, '^builtins\\.(.*\\.)?[^.]*$', '\\1') AS owner, regexp_replace(callee, '^.*\\.', '') AS name
    FROM edges WHERE callee_kind = 'builtin'
),
named AS (
    SELECT node, callee FROM edges WHERE callee_kind <> 'builtin'
    UNION
    SELECT node, CASE owner WHEN '' THEN '<builtin>.' || name
                 ELSE '<**' || CASE rtrim(owner, '.') {_TYPE} ELSE rtrim(owner, '.') END || '**>.' || name END AS callee
    FROM builtin
)
SELECT node, callee FROM named
UNION
SELECT callee AS node, NULL AS callee FROM named
UNION
SELECT qualified_name AS node, NULL AS callee FROM cpg_nodes WHERE kind IN ('module', 'function', 'lambda')
ORDER BY node, callee
"""
