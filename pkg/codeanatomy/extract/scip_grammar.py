"""The messages of a SCIP index that are read, as classes of the protobuf runtime. Fields that are not listed are skipped by it.

Names and numbers are those of `scip.proto` (github.com/sourcegraph/scip).
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FIELD = descriptor_pb2.FieldDescriptorProto
_TYPES = {"string": _FIELD.TYPE_STRING, "int32": _FIELD.TYPE_INT32, "bool": _FIELD.TYPE_BOOL, "enum": _FIELD.TYPE_INT32}

# Message → field: number, type (a scalar or a message), whether it is repeated. An open enumeration is read as its number.
MESSAGES: dict[str, dict[str, tuple[int, str, bool]]] = {
    "Relationship": {
        "symbol": (1, "string", False),
        "is_reference": (2, "bool", False),
        "is_implementation": (3, "bool", False),
        "is_type_definition": (4, "bool", False),
        "is_definition": (5, "bool", False),
    },
    "Diagnostic": {
        "severity": (1, "enum", False),
        "code": (2, "string", False),
        "message": (3, "string", False),
        "source": (4, "string", False),
    },
    "SymbolInformation": {
        "symbol": (1, "string", False),
        "documentation": (3, "string", True),
        "relationships": (4, "Relationship", True),
        "kind": (5, "enum", False),
        "display_name": (6, "string", False),
        "enclosing_symbol": (8, "string", False),
    },
    "Occurrence": {
        "range": (1, "int32", True),
        "symbol": (2, "string", False),
        "symbol_roles": (3, "int32", False),
        "diagnostics": (6, "Diagnostic", True),
    },
    "Document": {
        "relative_path": (1, "string", False),
        "occurrences": (2, "Occurrence", True),
        "symbols": (3, "SymbolInformation", True),
        "language": (4, "string", False),
        "position_encoding": (6, "enum", False),
    },
    "Index": {"external_symbols": (3, "SymbolInformation", True)},
}


def _classes() -> dict[str, type[Any]]:
    file = descriptor_pb2.FileDescriptorProto(name="scip.proto", package="scip", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind, repeated) in fields.items():
            label = _FIELD.LABEL_REPEATED if repeated else _FIELD.LABEL_OPTIONAL
            declared = message.field.add(name=field, number=number, label=label)
            if kind in _TYPES:
                declared.type = _TYPES[kind]
            else:
                declared.type, declared.type_name = _FIELD.TYPE_MESSAGE, f".scip.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"scip.{name}")) for name in MESSAGES}


_CLASSES = _classes()
Document, Index = _CLASSES["Document"], _CLASSES["Index"]
