"""What a build computes, before it does: the spec of a request, compiled, and what there is to see in it. It reads no source and runs nothing."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec

from codeanatomy import _engine
from codeanatomy.catalog.defaults import PREVIEW_ROWS, REPLAY
from codeanatomy.catalog.tables import EXTRACT_ERRORS
from codeanatomy.determinism import model
from codeanatomy.engine import operator_ports
from codeanatomy.engine.generation import current_generation
from codeanatomy.product import GraphProductBuildRequest
from codeanatomy.semantics.emit import build_execution_spec, semantic_ir
from codeanatomy.semantics.ir import IR, Node
from codeanatomy.semantics.spec import RuntimeConfig, SemanticExecutionSpec, TracingConfig


def execution_spec(ir: IR, versions: Mapping[str, int], request: GraphProductBuildRequest) -> SemanticExecutionSpec:
    """The spec of that build: its evidence tables at these versions. What it computes, and so its hash, is the same for all versions."""
    rulepack_profile, limits = _rules(request)
    return build_execution_spec(ir, locations(versions, request), request.output, runtime(request), limits, rulepack_profile)


def runtime(request: GraphProductBuildRequest) -> RuntimeConfig:
    """How that build runs, as far as it changes no row."""
    return RuntimeConfig(
        spill_directory=str(request.scratch),
        canonical=request.determinism_tier == "canonical",
        compliance_capture=request.enable_compliance,
        tracing=_tracing(request),
    )


def _rules(request: GraphProductBuildRequest) -> tuple[str, Mapping[str, int]]:
    """The rulepack and the limits: for a replay those of what is replayed. Raises CA160 where there is nothing to replay."""
    if request.rulepack_profile != REPLAY:
        return request.rulepack_profile, request.resolution.under(request.rulepack_profile)
    earlier = model(request.output, current_generation(request.output))
    return earlier.rulepack_profile, earlier.limits


def _tracing(request: GraphProductBuildRequest) -> TracingConfig:
    return TracingConfig(
        preset=request.tracing_preset,
        rule_tracing=request.enable_rule_tracing,
        preview_limit=PREVIEW_ROWS if request.enable_plan_preview else 0,
        preview_redaction=request.plan_preview_redaction,
        instrument_object_store=request.instrument_object_store,
    )


def locations(versions: Mapping[str, int], request: GraphProductBuildRequest) -> dict[str, tuple[Path, int]]:
    """Folder and version of every table that the engine may read, by the tables' versions."""
    folders = {name: request.evidence_folder(name) for name in versions} | {EXTRACT_ERRORS.name: request.errors_folder}
    return {name: (folders[name], version) for name, version in versions.items()}


@dataclass(frozen=True)
class Plan:
    """A compiled spec. Names of relations, views and outputs are those of the catalog."""

    ir: IR
    spec: SemanticExecutionSpec
    compiled: _engine.CompiledPlan

    @property
    def signature(self) -> str:
        """The spec hash of every build that computes this."""
        return self.compiled.spec_hash_hex()

    @cached_property
    def jobs(self) -> list[dict[str, Any]]:
        """What the engine runs: operators, then outputs, each with the numbers of the operator runs and the outputs it waits for."""
        jobs: list[dict[str, Any]] = json.loads(self.compiled.schedule)
        return jobs

    @cached_property
    def inputs(self) -> Mapping[str, tuple[str, ...]]:
        """What each view reads, in the order of computation."""
        return {node.name: node.inputs for node in self.ir.nodes}

    @cached_property
    def readers(self) -> Mapping[str, tuple[str, ...]]:
        """The views that read each relation or view."""
        found: dict[str, list[str]] = defaultdict(list)
        for view, inputs in self.inputs.items():
            for name in inputs:
                found[name].append(view)
        return {name: tuple(views) for name, views in found.items()}

    def evidence(self, name: str) -> tuple[str, ...]:
        """The relations that a view rests on, through whatever it reads."""
        seen: dict[str, None] = {}
        todo = [name]
        while todo:
            for other in self.inputs.get(todo.pop(), ()):
                if other not in seen:
                    seen[other] = None
                    todo.append(other)
        return tuple(table.name for table in self.ir.relations if table.name in seen)

    def outputs(self, name: str) -> tuple[str, ...]:
        """The published tables that a view is needed for."""
        seen, todo = {name}, [name]
        while todo:
            for reader in self.readers.get(todo.pop(), ()):
                if reader not in seen:
                    seen.add(reader)
                    todo.append(reader)
        return tuple(output.table.name for output in self.ir.outputs if output.view in seen)

    def groups(self) -> list[list[str]]:
        """The jobs by steps: those of one step wait for none of the same or a later one."""
        steps: dict[str, int] = {}
        waiting = {job_name(job): job for job in self.jobs}
        names = {job["run"]: job_name(job) for job in self.jobs if "run" in job}
        needs = {name: waits_for(job, names) for name, job in waiting.items()}
        while waiting:
            for name in [name for name in waiting if steps.keys() >= set(needs[name])]:
                steps[name] = max((steps[need] + 1 for need in needs[name]), default=0)
                del waiting[name]
        return [[name for name, step in steps.items() if step == number] for number in range(max(steps.values(), default=-1) + 1)]


def plan(request: GraphProductBuildRequest) -> Plan:
    """The plan of that build. Raises `EngineError` where the engine finds something wrong with the spec."""
    ir = semantic_ir(operator_ports())
    spec = execution_spec(ir, {table.name: 0 for table in ir.relations} | {EXTRACT_ERRORS.name: 0}, request)
    # The folders of a build are not there yet, and what the engine may use is no part of what it computes.
    spec = msgspec.structs.replace(spec, runtime=RuntimeConfig())
    return Plan(ir, spec, compile_spec(spec.to_json()))


def compile_spec(text: str) -> _engine.CompiledPlan:
    """A spec as the engine takes it: validated, every view planned over empty tables of the declared columns."""
    return _engine.SemanticPlanCompiler().compile(text)


def job_kind(job: Mapping[str, Any]) -> Literal["operator", "view", "output"]:
    """What a job is: a run of an operator, a view that is computed for several, or a table that is written."""
    if "run" in job:
        return "operator"
    return "view" if "view" in job else "output"


def job_name(job: Mapping[str, Any]) -> str:
    """The table that a job writes, the view that it computes for several, or the operator it runs with its number."""
    if "output" in job:
        return str(job["output"])
    return _shared_name(job["view"]) if "view" in job else f"{job['operator']} #{job['run']}"


def waits_for(job: Mapping[str, Any], runs: Mapping[int, str]) -> list[str]:
    """Names of the jobs that must be done before; those of runs of operators by their numbers."""
    return [*(runs[run] for run in job["needs"]), *job["reads"], *map(_shared_name, job["shares"])]


def _shared_name(view: str) -> str:
    return f"view {view}"


def kind_of(node: Node) -> Literal["sql", "operator"]:
    """`sql` or `operator`."""
    return "sql" if node.operator is None else "operator"
