"""Every option of a build, once: its flag, its environment variable, its default and what it changes. The command line is derived from it."""

from __future__ import annotations

from dataclasses import dataclass

from codeanatomy.catalog.extractors import ON_REQUEST


@dataclass(frozen=True, slots=True)
class Setting:
    """An option. `type` is `path`, `int`, `float`, `flag`, `globs`, `names` or `choice`; `field` is its name in `GraphProductBuildRequest`."""

    field: str
    flags: tuple[str, ...]
    group: str
    type: str
    sentence: str
    default: object = None
    choices: tuple[str, ...] = ()
    environment: str = ""


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "output_dir",
        ("--output-dir", "-o"),
        "output",
        "path",
        "Folder of the graph's tables. Default: REPO/build/codeanatomy.",
        environment="CODEANATOMY_OUTPUT_DIR",
    ),
    Setting(
        "work_dir",
        ("--work-dir",),
        "output",
        "path",
        "Folder of the evidence tables. Default: OUTPUT/work.",
        environment="CODEANATOMY_WORK_DIR",
    ),
    Setting(
        "workers", ("--workers",), "execution", "int", "Workers that run at once. Default: one a core.", environment="CODEANATOMY_WORKERS"
    ),
    Setting(
        "engine_profile",
        ("--engine-profile",),
        "execution",
        "choice",
        "What the engine may use of the machine.",
        default="medium",
        choices=("small", "medium", "large"),
        environment="CODEANATOMY_ENGINE_PROFILE",
    ),
    Setting(
        "extractors",
        ("--extractor",),
        "execution",
        "names",
        "Also run this extractor and keep its evidence; may be given again.",
        choices=ON_REQUEST,
    ),
    Setting(
        "timeout",
        ("--timeout",),
        "execution",
        "float",
        "Seconds after which the build stops with exit code 124.",
        environment="CODEANATOMY_TIMEOUT",
    ),
    Setting(
        "require_sandbox",
        ("--require-sandbox",),
        "execution",
        "flag",
        "Stop where the system cannot confine workers and tools completely.",
        default=False,
    ),
    Setting(
        "no_sandbox",
        ("--no-sandbox",),
        "execution",
        "flag",
        "Only limit resources; for systems where confinement does harm.",
        default=False,
    ),
    Setting("include_globs", ("--include-glob",), "repository scope", "globs", "Only sources whose path matches; may be given again."),
    Setting("exclude_globs", ("--exclude-glob",), "repository scope", "globs", "No sources whose path matches; may be given again."),
    Setting(
        "include_untracked",
        ("--include-untracked",),
        "repository scope",
        "flag",
        "Also sources that git does not track and does not ignore.",
        default=False,
    ),
    Setting("include_submodules", ("--include-submodules",), "repository scope", "flag", "Also sources of git submodules.", default=False),
    Setting(
        "follow_symlinks",
        ("--follow-symlinks",),
        "repository scope",
        "flag",
        "Also sources behind symbolic links inside the repository.",
        default=False,
    ),
)
