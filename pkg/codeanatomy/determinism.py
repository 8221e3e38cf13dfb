"""Whether a build says what an earlier one said of the same inputs: which that is, and the first table and rows that differ. It runs and publishes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anyio import to_thread

from codeanatomy import engine
from codeanatomy.catalog.defaults import DETERMINISM_TIERS
from codeanatomy.catalog.evidence.dependencies import DECLARED_DEPENDENCIES, INSTALLED_DISTRIBUTIONS
from codeanatomy.catalog.evidence.repo_scan import REPO_FILES, SCOPE_MANIFEST
from codeanatomy.catalog.tables import EXTRACT_ERRORS, RUN_MANIFEST
from codeanatomy.engine import EngineError
from codeanatomy.engine.generation import Generation
from codeanatomy.failure import Coded
from codeanatomy.product import Determinism
from codeanatomy.query.generation import generation_of, recorded

INPUTS = (REPO_FILES.name, SCOPE_MANIFEST.name, DECLARED_DEPENDENCIES.name, INSTALLED_DISTRIBUTIONS.name)
"""The evidence that only repeats what a build was given: sources, what is near them, and what they depend on. All other follows from it."""
DIFFERS = ("CA161", "CA162", "CA163")
"""What a build is refused with that says something else than an earlier one, or that would."""


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table at a version, and the fingerprint that was given to it then."""

    folder: Path
    version: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a run came to: its hashes, and every table but the one that tells of runs, evidence first."""

    spec_hash: str
    envelope_hash: str
    tables: Mapping[str, StoredTable]

    @property
    def inputs(self) -> dict[str, str | None]:
        """Fingerprints of the inputs."""
        return {name: self.tables[name].fingerprint if name in self.tables else None for name in INPUTS}


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """The run that a generation was made by. `evidence` names the tables that the engine read or may have read."""

    generation: int
    run_id: str
    rulepack_profile: str
    limits: Mapping[str, int]
    said: Said
    evidence: frozenset[str]


def earlier_runs(output: Path, current: Generation | None) -> Iterator[EarlierRun]:
    """Those of the generations that are there, the current one first. A record that does not say its hashes and limits is of an older version, and left out."""
    last = current.number if current else 0
    for number in reversed(recorded(output)):
        if number <= last and (found := earlier_run(output, Generation(number, generation_of(output, number).record))):
            yield found


def earlier_run(output: Path, generation: Generation) -> EarlierRun | None:
    """The run that made a generation, if its record says what is needed to compare another with it."""
    record = generation.record
    if not {"spec_hash", "envelope_hash", "rulepack_profile", "limits", "evidence", "work_dir"} <= record.keys():
        return None
    tables = stored(Path(record["work_dir"]) / "extract", record["evidence"]) | stored(output, record["tables"])
    tables.pop(RUN_MANIFEST.name, None)
    said = Said(record["spec_hash"], record["envelope_hash"], tables)
    read = frozenset({*record["evidence"], EXTRACT_ERRORS.name})
    return EarlierRun(generation.number, record["run_id"], record["rulepack_profile"], record["limits"], said, read)


def model(output: Path, current: Generation | None) -> EarlierRun:
    """The run to be replayed: that of the current generation. Raises CA160 where there is none, or where its record does not say enough."""
    hint = "`codeanatomy build REPO` makes one; the next can be a replay of it"
    if current is None:
        raise Coded("CA160", f"there is no generation in {output} to replay", hint, {"output_dir": str(output)})
    found = earlier_run(output, current)
    if found is None:
        message = f"the record of generation {current.number} in {output} does not say its hashes and limits: an older version wrote it"
        raise Coded("CA160", message, hint, {"output_dir": str(output), "generation": current.number})
    return found


def stored(folder: Path, tables: Mapping[str, Mapping[str, Any]]) -> dict[str, StoredTable]:
    """Tables of a record, which lie in that folder."""
    return {name: StoredTable(folder / name, table["version"], table["fingerprint"]) for name, table in tables.items()}


async def verify(tier: str, output: Path, current: Generation | None, said: Said) -> Determinism:
    """The verdict of a tier on a run that is not published yet. Raises CA161 and CA162 where an earlier run said something else."""
    if tier == DETERMINISM_TIERS[0]:
        return Determinism(tier, "recorded")
    found = await to_thread.run_sync(lambda: next((run for run in earlier_runs(output, current) if run.said.inputs == said.inputs), None))
    if found is None:
        return Determinism(tier, "no_earlier_run")
    await compare(found, said)
    return Determinism(tier, "verified", found.generation, found.run_id)


async def compare(earlier: EarlierRun, said: Said, hint: str = "") -> None:
    """Raises CA161 for the first table with other content than that of the earlier run, else CA162 for a hash that is another."""
    then, differing = earlier.said, list(_differing(earlier.said, said))
    model = f"generation {earlier.generation} (run {earlier.run_id})"
    hashes = {
        name: [getattr(then, name), getattr(said, name)]
        for name in ("spec_hash", "envelope_hash")
        if getattr(then, name) != getattr(said, name)
    }
    details: dict[str, object] = {"generation": earlier.generation, "run_id": earlier.run_id, "tables": differing, **hashes}
    if differing:
        text, facts = await _rows(differing[0], then.tables.get(differing[0]), said.tables.get(differing[0]))
        more = f"; {len(differing) - 1} more tables differ: {', '.join(differing[1:])}" if differing[1:] else ""
        details |= {"table": differing[0], **facts}
        raise Coded("CA161", f"`{differing[0]}` is not what {model} says of the same inputs: {text}{more}", hint or HINT, details)
    if hashes:
        what = " and ".join(name.replace("_", " ") for name in hashes)
        raise Coded("CA162", f"every table is that of {model}, but not the {what}", hint or HINT, details)


HINT = (
    "give the same settings and versions as then; if the new graph is the right one, build with --determinism-tier best_effort: "
    "later builds are held to it"
)


def _differing(then: Said, now: Said) -> Iterator[str]:
    """Names of the tables whose fingerprints differ, or that only one of the runs has, in the order in which tables are made."""
    for name in dict.fromkeys((*now.tables, *then.tables)):
        one, other = then.tables.get(name), now.tables.get(name)
        if one is None or other is None or one.fingerprint != other.fingerprint:
            yield name


async def _rows(name: str, then: StoredTable | None, now: StoredTable | None) -> tuple[str, dict[str, object]]:
    """How a table differs, in words and as facts: how many rows are new, how many gone, and the first of them."""
    if then is None or now is None:
        return ("there was no such table" if then is None else "there is no such table any more"), {}
    try:
        found = await engine.difference((then.folder, then.version), (now.folder, now.version))
    except EngineError as failure:
        return f"its rows cannot be compared: {failure.message}", {}
    if "columns" in found:
        return "it has other columns", found
    gone, new = found["only_one"], found["only_other"]
    if not gone and not new:
        return f"it has the same rows, but was recorded as {then.fingerprint}, and is {now.fingerprint}", {}
    facts = {"rows_gone": gone, "rows_new": new, "gone": found["one"], "new": found["other"]}
    shown = [
        f"{word} {json.dumps(rows[0], ensure_ascii=False)}" for word, rows in (("gone", found["one"]), ("new", found["other"])) if rows
    ]
    return f"{gone:,} rows are gone and {new:,} are new; the first are {', '.join(shown)}", facts
