"""The sections of the diagnostics report, once: key, title, and what stands in it. What fills them is in `observe.report`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """A section: its key in `report.json`, its title for people, and what it tells."""

    key: str
    title: str
    sentence: str


SECTIONS: tuple[Section, ...] = (
    Section("slow_spans", "Slowest spans", "The spans of the run that took longest, stages left out."),
    Section(
        "stage_breakdown", "Stages", "Wall time of every stage, its share of the build, and how many things ran in it at once on average."
    ),
    Section("idle_gaps", "Idle gaps", "Times inside extraction and engine in which no shard, supply, operator or output was running."),
    Section("metrics", "Metrics", "Every metric of the run up to this report."),
    Section("log_summary", "Log", "Lines of the run's log by level and event."),
    Section(
        "dataset_readiness", "Inputs of the engine", "Every table that the engine was given: present, with how many rows, at which version."
    ),
    Section("provider_modes", "Extractors", "Who made each evidence table, how, and at what cost."),
    Section("delta_log_health", "Delta tables on disk", "Commits, checkpoints, live and dead data files of every table."),
    Section("plan_execution_diff", "Plan against execution", "Outputs and operators that the plan names against those that ran."),
    Section("plan_phase_summary", "Phases of the engine", "Wall time of each phase of the engine's run."),
    Section("datafusion_execution", "Operators", "Figures of every operator of the plans that ran, the dearest first."),
    Section("scan_pruning", "What the engine read", "Data files, row groups and bytes of every table that the engine read."),
    Section("runtime_capabilities", "Machine and tools", "Interpreter, cores, memory, versions, and what confined workers and tools."),
    Section(
        "diagnostic_categories", "Failures and warnings", "Failures and warnings by severity and code, and the sources that have them."
    ),
)
