"""A plan for people, and as Graphviz draws it. Both show what the answer holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from codeanatomy.cli.answers import InferredDeps, PlanGraph, Planned, PlanSchedule, PlanTask, PlanValidation, Unset

Part = tuple[str, Any, Callable[[Any], Iterable[str]]]
"""The title of a part, the part or nothing, and what makes lines of it."""

SHAPES = {"relation": "cylinder", "view": "box", "output": "box3d", "sql": "box", "operator": "hexagon"}


def text(answer: Planned) -> str:
    """The plan as lines."""
    return "\n".join(_lines(answer)) + "\n"


def _lines(answer: Planned) -> Iterator[str]:
    summary = answer.summary
    yield f"plan {answer.plan_signature}"
    yield (
        f"{answer.task_count} tasks: {summary.sql_view_count} SQL views and {summary.operator_view_count} views of "
        f"{summary.operator_run_count} operator runs, from {summary.input_relation_count} evidence tables"
    )
    yield f"{summary.output_target_count} output targets with {summary.promise_count} promises; {summary.pruned_view_count} views pruned"
    for target in answer.output_targets:
        yield f"  {target.table} from {target.view} ({len(target.columns)} columns) in {target.location}"
    parts: tuple[Part, ...] = (
        ("graph", answer.graph, _graph),
        ("schedule", answer.schedule, _schedule),
        ("inferred dependencies", answer.inferred_deps, _dependencies),
        ("task graph", answer.task_graph, _tasks),
        ("validation", answer.validation, _validation),
    )
    for title, part, lines in parts:
        if not isinstance(part, Unset):
            yield from ("", title)
            yield from (f"  {line}" for line in lines(part))


def _graph(graph: PlanGraph) -> Iterator[str]:
    for edge in graph.edges:
        yield f"{edge.source} -> {edge.target}"


def _schedule(schedule: PlanSchedule) -> Iterator[str]:
    waits = {job.name: job.waits_for for job in schedule.jobs}
    for number, group in enumerate(schedule.groups, 1):
        yield f"step {number}"
        for name in group:
            yield f"  {name}" + (f" after {', '.join(waits[name])}" if waits[name] else "")


def _dependencies(dependencies: dict[str, InferredDeps]) -> Iterator[str]:
    for view, found in dependencies.items():
        yield f"{view} reads {', '.join(found.reads) or 'nothing'}"
        yield f"  rests on {', '.join(found.evidence) or 'nothing'}; needed for {', '.join(found.outputs)}"


def _tasks(tasks: Iterable[PlanTask]) -> Iterator[str]:
    for task in tasks:
        how = f"{task.operator}.{task.port}" if task.operator else task.kind
        yield f"{task.name} ({how}{', pruned' if task.pruned else ''}) from {', '.join(task.inputs)}"
        yield f"  columns {', '.join(f'{column.name} {column.type}' for column in task.columns)}"
        yield f"  read by {', '.join(task.readers) or 'nobody'}"


def _validation(validation: PlanValidation) -> Iterator[str]:
    for check in validation.checks:
        yield f"{check.status:4} {check.what}: {check.detail}"


def dot(answer: Planned) -> str:
    """A digraph for each part that can be drawn."""
    parts: tuple[Part, ...] = (
        ("task graph", answer.task_graph, _drawn_tasks),
        ("schedule", answer.schedule, _drawn_schedule),
        ("graph", answer.graph, _drawn_graph),
    )
    drawn = [(title, draw(part)) for title, part, draw in parts if not isinstance(part, Unset)]
    return "".join(_digraph(f"{title} {answer.plan_signature}", lines) for title, lines in drawn)


def _digraph(title: str, lines: Iterable[str]) -> str:
    body = "".join(f"  {line};\n" for line in lines)
    return f"digraph {_quoted(title)} {{\n  rankdir=LR;\n  node [fontname=monospace];\n{body}}}\n"


def _drawn_graph(graph: PlanGraph) -> Iterator[str]:
    for node in graph.nodes:
        yield f"{_quoted(node.name)} [shape={SHAPES[node.kind]}]"
    yield from (_arrow(edge.source, edge.target) for edge in graph.edges)


def _drawn_schedule(schedule: PlanSchedule) -> Iterator[str]:
    for group in schedule.groups:
        yield f"{{ rank=same; {' '.join(f'{_quoted(name)};' for name in group)} }}"
    for job in schedule.jobs:
        yield f"{_quoted(job.name)} [shape={SHAPES[job.kind]}]"
        yield from (_arrow(other, job.name) for other in job.waits_for)


def _drawn_tasks(tasks: Iterable[PlanTask]) -> Iterator[str]:
    for task in tasks:
        label = "\n".join([task.name, *(f"{column.name} {column.type}" for column in task.columns)])
        style = ", style=dashed" if task.pruned else ""
        yield f"{_quoted(task.name)} [shape={SHAPES[task.kind]}, label={_quoted(label)}{style}]"
        yield from (_arrow(name, task.name) for name in task.inputs)


def _arrow(source: str, target: str) -> str:
    return f"{_quoted(source)} -> {_quoted(target)}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
