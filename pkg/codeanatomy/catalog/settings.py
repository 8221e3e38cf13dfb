"""Every option of a build, once: its flag, its environment variable, its default and what it changes. The command line is derived from it."""

from __future__ import annotations

from dataclasses import dataclass

from codeanatomy.catalog.defaults import NODE_MAX_OLD_SPACE_MB, SCIP_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Setting:
    """An option. `type` is `path`, `file`, `text`, `int`, `float`, `flag`, `switch` (`--enable-x/--no-enable-x`), `globs`, `texts` or `choice`;
    `field` is its name in `GraphProductBuildRequest`, dotted inside a part of it."""

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
    Setting(
        "scip.mode",
        ("--scip",),
        "scip",
        "choice",
        "Symbols of scip-python: when it is installed (auto), in any case (on), or not (off).",
        default="auto",
        choices=("auto", "on", "off"),
        environment="CODEANATOMY_SCIP",
    ),
    Setting("scip.disabled", ("--disable-scip",), "scip", "flag", "The same as --scip off.", default=False),
    Setting("scip.output_dir", ("--scip-output-dir",), "scip", "path", "Folder that keeps the index that was made, as index.scip."),
    Setting(
        "scip.index_path_override",
        ("--scip-index-path-override",),
        "scip",
        "file",
        "Read this SCIP index, made elsewhere, instead of running scip-python.",
    ),
    Setting(
        "scip.scip_python_bin",
        ("--scip-python-bin",),
        "scip",
        "file",
        "The scip-python to run. Default: the one on PATH.",
        environment="CODEANATOMY_SCIP_PYTHON_BIN",
    ),
    Setting("scip.target_only", ("--scip-target-only",), "scip", "text", "Index only this folder or file of the repository."),
    Setting("scip.timeout_s", ("--scip-timeout-s",), "scip", "float", "Seconds that scip-python may take in all.", default=SCIP_TIMEOUT_S),
    Setting(
        "scip.env_json",
        ("--scip-env-json",),
        "scip",
        "file",
        "The packages that scip-python takes as installed: a JSON list of objects with name, version and files. Default: none.",
    ),
    Setting(
        "scip.node_max_old_space_mb",
        ("--node-max-old-space-mb",),
        "scip",
        "int",
        "Megabytes of heap that Node may use for scip-python.",
        default=NODE_MAX_OLD_SPACE_MB,
    ),
    Setting("scip.extra_args", ("--scip-extra-arg",), "scip", "texts", "Another argument for scip-python; may be given again."),
    Setting("scip.identity.project_name", ("--scip-project-name",), "scip", "text", "Name of the project in SCIP symbols."),
    Setting("scip.identity.project_version", ("--scip-project-version",), "scip", "text", "Version of the project in SCIP symbols."),
    Setting("scip.identity.project_namespace", ("--scip-project-namespace",), "scip", "text", "Namespace put before SCIP symbols."),
    Setting(
        "types",
        ("--types",),
        "types",
        "choice",
        "Inferred types and call targets of pyrefly: when it is installed (auto), in any case (on), or not (off).",
        default="auto",
        choices=("auto", "on", "off"),
        environment="CODEANATOMY_TYPES",
    ),
    Setting(
        "enable_libcst",
        ("--enable-libcst",),
        "advanced",
        "switch",
        "Comments and exact texts from libcst's concrete tree: the dearest part of the extraction.",
        default=True,
    ),
    Setting(
        "enable_tree_sitter",
        ("--enable-tree-sitter",),
        "advanced",
        "switch",
        "What tree-sitter says of every file, those that CPython refuses included.",
        default=True,
    ),
)
