"""The checked-in JSON Schemas, and which of them a printed object must satisfy. A validator that knows nothing of us compares."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).parents[2] / "pkg" / "codeanatomy" / "cli" / "schemas"
VALIDATORS = {path.stem: Draft202012Validator(json.loads(path.read_text(encoding="utf-8"))) for path in SCHEMAS.glob("*.json")}

WITH_PARTS = {"ask", "config", "delta"}


def schema_of(arguments: Sequence[str], answer: Any) -> str:
    """The name of the schema for what these arguments print; a failure has one of its own, except that of a build."""
    command, *more = [word for word in arguments if word not in ("-q", "-v", "--quiet", "--verbose")]
    if command in WITH_PARTS:
        command = f"{command}-{more.pop(0)}"
    if command != "build" and isinstance(answer, dict) and answer.get("status") == "failed":
        return "failed"
    if command == "query" and "--describe" in more:
        return "query-describe"
    return "explain-all" if command == "explain" and len(answer) > 1 and "code" not in answer else command


def check(arguments: Sequence[str], text: str) -> str:
    """Hold what was printed against its schema; returns the name of the schema."""
    answer = json.loads(text)
    name = schema_of(arguments, answer)
    VALIDATORS[name].validate(answer)
    return name
