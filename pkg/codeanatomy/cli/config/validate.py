"""`codeanatomy config validate`: everything that is wrong with the configuration of a repository, not only the first thing."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from codeanatomy.cli.output import counted, print_json, say
from codeanatomy.cli.parser import forms
from codeanatomy.cli.settings import some_path
from codeanatomy.failure import Coded

if TYPE_CHECKING:
    from codeanatomy.cli.answers import ConfigProblem
    from codeanatomy.configuration.file import ConfigurationFile

NAME = "validate"
HELP = "Check the configuration file of a repository and the environment"

WRONG = 78


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "repository", nargs="?", type=some_path, default=Path(), metavar="REPO", help="folder of the repository [default: .]"
    )
    forms(parser)


def run(options: argparse.Namespace) -> int:
    """Print every problem; exit code 78 if there is one. Raises CA110 where there is no repository."""
    from codeanatomy.cli.answers import ConfigValidated
    from codeanatomy.configuration.file import read_file
    from codeanatomy.scan import check_repository

    check_repository(options.repository)
    file: ConfigurationFile | None = None
    try:
        file = read_file(options.repository)
        problems = [*_of_file(file), *_of_environment(file)]
    except Coded as failure:
        problems = [_of_failure(failure)]
    if options.format == "json":
        print_json(ConfigValidated(not problems, str(file.path) if file else None, problems))
    for problem in problems:
        say(f"{problem.place}: {problem.code}: {problem.message}; {problem.hint}")
    if not problems and options.format == "text" and not options.quiet:
        print(
            f"{file.path}: {counted(len(file.said), 'setting')}, nothing wrong"
            if file
            else f"there is no configuration file in {options.repository}"
        )
    return WRONG if problems else 0


def _of_file(file: ConfigurationFile | None) -> list[ConfigProblem]:
    from codeanatomy.cli.answers import ConfigProblem

    if file is None:
        return []
    return [
        ConfigProblem(problem.code, f"{file.path}:{problem.line}" if problem.line else str(file.path), problem.message, problem.hint)
        for problem in file.problems
    ]


def _of_environment(file: ConfigurationFile | None) -> list[ConfigProblem]:
    from codeanatomy.configuration.effective import environment_problems

    return [_of_failure(failure) for failure in environment_problems(os.environ, file)]


def _of_failure(failure: Coded) -> ConfigProblem:
    from codeanatomy.cli.answers import ConfigProblem

    place = str(failure.details.get("variable") or failure.details.get("file"))
    return ConfigProblem(failure.code, place, failure.message.removeprefix(f"{place}: "), failure.hint)
