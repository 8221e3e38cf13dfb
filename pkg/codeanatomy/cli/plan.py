"""`codeanatomy plan`: what a build would compute, without running it. It works on a repository that was never built."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from codeanatomy.cli.output import print_json, say
from codeanatomy.cli.parser import forms
from codeanatomy.cli.settings import add_settings, configuration_of, some_path

if TYPE_CHECKING:
    from codeanatomy.cli.answers import Planned

NAME = "plan"
HELP = "Say what a build would compute, without running it"

PARTS = {
    "graph": "what is computed from what",
    "schedule": "what runs after what",
    "inferred_deps": "what each view reads, rests on and is needed for",
    "task_graph": "every view with its inputs, readers and columns",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repository", type=some_path, metavar="REPO", help="folder of the repository")
    group = parser.add_argument_group("what to show")
    for part, sentence in PARTS.items():
        group.add_argument(f"--show-{part.replace('_', '-')}", action="store_true", dest=f"show_{part}", help=sentence)
    group.add_argument("--validate", action="store_true", help="what the engine's compiler checks, and what it says")
    add_settings(parser)
    forms(parser, "dot")
    parser.set_defaults(usage=parser.error)


def run(options: argparse.Namespace) -> int:
    """Compile the spec of the build and show it. A spec that the engine refuses ends with the exit code of its failure."""
    if options.validate and options.format == "dot":
        options.usage("--validate cannot be drawn: ask for it as text or json")
    request = configuration_of(options.repository, options).request()
    from codeanatomy.cli import plan_answer, plan_text  # these load the engine, which `--help` does without
    from codeanatomy.plan import plan

    parts = {part for part in PARTS if getattr(options, f"show_{part}")}
    if options.format == "dot" and not parts & {"graph", "schedule", "task_graph"}:
        parts.add("graph")
    answer = plan_answer.answer(plan(request), request, parts, options.validate)
    if options.format == "json":
        print_json(answer)
    else:
        print(plan_text.dot(answer) if options.format == "dot" else plan_text.text(answer), end="")
    if not options.quiet and not parts and options.format == "text":
        say(_more(answer, options.validate))
    return 0


def _more(answer: Planned, validated: bool) -> str:
    flags = ", ".join([*(f"--show-{part.replace('_', '-')}" for part in PARTS), *([] if validated else ["--validate"])])
    return f"More of these {answer.task_count} tasks: {flags}; --output-format dot draws them."
