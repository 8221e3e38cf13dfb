"""The answer of `plan`, made from a compiled plan. Nothing is decided here and nothing printed."""

from __future__ import annotations

from codeanatomy.cli.answers import (
    UNSET,
    Checked,
    GraphEdge,
    GraphNode,
    InferredDeps,
    PlanGraph,
    PlanJob,
    Planned,
    PlanOutput,
    PlanSchedule,
    PlanSummary,
    PlanTask,
    PlanValidation,
    TaskColumn,
)
from codeanatomy.cli.output import problem
from codeanatomy.engine import versions
from codeanatomy.plan import Plan, job_kind, job_name, kind_of, waits_for
from codeanatomy.plan_validation import validate
from codeanatomy.product import GraphProductBuildRequest
from codeanatomy.semantics.ir import Node


def answer(plan: Plan, request: GraphProductBuildRequest, parts: set[str], validated: bool) -> Planned:
    """What was asked for: always the head, and these parts of `graph`, `schedule`, `inferred_deps`, `task_graph`."""
    return Planned(
        plan_signature=plan.signature,
        task_count=len(plan.spec.view_definitions),
        repository=str(request.repository),
        output_targets=[
            PlanOutput(target.table, target.view, target.location, [column.name for column in target.columns], len(target.promises))
            for target in plan.spec.output_targets
        ],
        summary=_summary(plan),
        graph=_graph(plan) if "graph" in parts else UNSET,
        schedule=_schedule(plan) if "schedule" in parts else UNSET,
        inferred_deps=_dependencies(plan) if "inferred_deps" in parts else UNSET,
        task_graph=_tasks(plan) if "task_graph" in parts else UNSET,
        validation=_validation(plan) if validated else UNSET,
    )


def _summary(plan: Plan) -> PlanSummary:
    kinds = [kind_of(node) for node in plan.ir.nodes]
    return PlanSummary(
        spec_hash=plan.signature,
        input_relation_count=len(plan.spec.input_relations),
        view_count=len(kinds),
        sql_view_count=kinds.count("sql"),
        operator_view_count=kinds.count("operator"),
        operator_run_count=sum("run" in job for job in plan.jobs),
        output_target_count=len(plan.spec.output_targets),
        promise_count=sum(len(target.promises) for target in plan.spec.output_targets),
        pruned_view_count=len(plan.ir.pruned),
    )


def _graph(plan: Plan) -> PlanGraph:
    nodes = [GraphNode(table.name, "relation") for table in plan.ir.relations]
    nodes += [GraphNode(node.name, "view") for node in plan.ir.nodes]
    nodes += [GraphNode(output.table.name, "output") for output in plan.ir.outputs]
    edges = [GraphEdge(name, view) for view, inputs in plan.inputs.items() for name in inputs]
    return PlanGraph(nodes, [*edges, *(GraphEdge(output.view, output.table.name) for output in plan.ir.outputs)])


def _schedule(plan: Plan) -> PlanSchedule:
    names = {job["run"]: job_name(job) for job in plan.jobs if "run" in job}
    jobs = [PlanJob(job_name(job), job_kind(job), waits_for(job, names), job["views"]) for job in plan.jobs]
    return PlanSchedule(plan.groups(), jobs, list(plan.inputs))


def _dependencies(plan: Plan) -> dict[str, InferredDeps]:
    return {view: InferredDeps(list(inputs), list(plan.evidence(view)), list(plan.outputs(view))) for view, inputs in plan.inputs.items()}


def _tasks(plan: Plan) -> list[PlanTask]:
    return [*(_task(plan, node, False) for node in plan.ir.nodes), *(_task(plan, node, True) for node in plan.ir.pruned)]


def _task(plan: Plan, node: Node, pruned: bool) -> PlanTask:
    readers = [*plan.readers.get(node.name, ()), *(output.table.name for output in plan.ir.outputs if output.view == node.name)]
    columns = [TaskColumn(column.name, column.type, column.nullable) for column in node.columns]
    return PlanTask(node.name, kind_of(node), node.operator, node.port, list(node.inputs), readers, columns, pruned)


def _validation(plan: Plan) -> PlanValidation:
    found = validate(plan.spec)
    checks = [Checked(check.what, check.status, check.detail) for check in found.checks]
    error = None if found.error is None else problem(found.error)
    return PlanValidation(found.valid, found.spec_hash, plan.spec.schema_version, versions(), checks, error)
