"""JSON Schemas of the documents that a run leaves behind: made of their structs, kept in `schemas/` by `bin/gen`. No document is made here."""

from __future__ import annotations

import msgspec

from codeanatomy.observe.artifacts import ARTIFACTS
from codeanatomy.observe.manifest import RunManifest
from codeanatomy.observe.report.account import DiagnosticsReport

DOCUMENTS: dict[str, type[msgspec.Struct]] = {
    **{artifact.KIND.removeprefix("codeanatomy."): artifact for artifact in ARTIFACTS},
    "manifest": RunManifest,
    "report": DiagnosticsReport,
}
"""The struct of each document, by the name of its schema."""


def schema(name: str) -> str:
    """The JSON Schema of a document, as its file holds it."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"codeanatomy.{name}"}
    return msgspec.json.format(msgspec.json.encode(head | msgspec.json.schema(DOCUMENTS[name])), indent=2).decode() + "\n"
