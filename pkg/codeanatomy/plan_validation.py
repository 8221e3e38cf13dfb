"""The validation of a spec: what the engine's compiler says of it, and whether its hash is what a hash must be. It runs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec

from codeanatomy import _engine
from codeanatomy.engine.errors import EngineError, EngineValidationError
from codeanatomy.plan import compile_spec
from codeanatomy.semantics.spec import SemanticExecutionSpec

NAMES, PLANS, SAME, HASH = "names and columns", "plans", "spec as read", "hash"


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that was checked: `ok`, `fail`, or `warn` where another failure left it unchecked."""

    what: str
    status: Literal["ok", "warn", "fail"]
    detail: str


@dataclass(frozen=True, slots=True)
class Validation:
    """The outcome for one spec: every check, the hash, and what the engine refused, if anything."""

    checks: tuple[Checked, ...]
    spec_hash: str | None = None
    error: EngineError | None = None

    @property
    def valid(self) -> bool:
        """Whether the engine would run it, and it is what was meant."""
        return all(check.status == "ok" for check in self.checks)


def validate(spec: SemanticExecutionSpec) -> Validation:
    """Compile the spec, and compile it again for another place."""
    try:
        compiled = compile_spec(spec.to_json())
    except EngineError as error:
        return Validation(tuple(_refused(error)), error=error)
    return Validation(tuple(_accepted(spec, compiled)), compiled.spec_hash_hex())


def _refused(error: EngineError) -> Iterator[Checked]:
    names = isinstance(error, EngineValidationError)
    yield Checked(NAMES, "fail" if names else "ok", str(error) if names else "every name is declared, every type fits")
    yield Checked(PLANS, "warn" if names else "fail", "not reached" if names else str(error))
    yield from (Checked(what, "warn", "not reached") for what in (SAME, HASH))


def _accepted(spec: SemanticExecutionSpec, compiled: _engine.CompiledPlan) -> Iterator[Checked]:
    promises = sum(len(target.promises) for target in spec.output_targets)
    yield Checked(NAMES, "ok", f"every name is declared and every type fits in {len(spec.view_definitions)} views and {promises} promises")
    yield Checked(PLANS, "ok", "DataFusion plans every view over empty tables and yields the columns that are declared")
    read = msgspec.json.decode(compiled.spec_json())
    same = read == msgspec.to_builtins(spec)
    yield Checked(
        SAME, "ok" if same else "fail", "the engine reads what was written" if same else "the engine read another spec than was written"
    )
    other = compile_spec(elsewhere(spec).to_json()).spec_hash_hex()
    same = other == compiled.spec_hash_hex()
    yield Checked(
        HASH, "ok" if same else "fail", "the same in another folder and for other versions" if same else f"{other} in another folder"
    )


def elsewhere(spec: SemanticExecutionSpec) -> SemanticExecutionSpec:
    """The same computation over other tables, into another folder, with other limits."""
    replace = msgspec.structs.replace
    return replace(
        spec,
        input_relations=[replace(table, location=f"/elsewhere/{table.name}", version=table.version + 1) for table in spec.input_relations],
        output_targets=[replace(target, location=f"/elsewhere/{target.table}") for target in spec.output_targets],
        runtime=replace(spec.runtime, memory_bytes=1 << 40, spill_directory=None),
    )
