"""Every option of a build, once: its flag, its environment variable, its key in a file, its default and what it changes. The command line, the
configuration file and its template are derived from it."""

from __future__ import annotations

from dataclasses import dataclass

from codeanatomy.catalog.defaults import KEPT_GENERATIONS, NODE_MAX_OLD_SPACE_MB, SCIP_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Setting:
    """An option. `type` is `path`, `file`, `text`, `int`, `float`, `flag`, `switch` (`--enable-x/--no-enable-x`), `globs`, `texts` or `choice`;
    `field` is its name in `GraphProductBuildRequest`, dotted inside a part of it; `key` its section and name in a configuration file.

    A file lies in the repository, which is not trusted: what lowers the guard or names a program to run has `in_file` false and is given by
    whoever runs the command. `contradicts` is a field that a stronger source sets back to its default by giving this one. `example` stands in
    the template where there is no default.
    """

    field: str
    flags: tuple[str, ...]
    group: str
    type: str
    sentence: str
    default: object = None
    choices: tuple[str, ...] = ()
    environment: str = ""
    key: str = ""
    in_file: bool = True
    contradicts: str = ""
    example: object = None

    @property
    def section(self) -> str:
        """The section of its key."""
        return self.key.partition(".")[0]

    @property
    def name(self) -> str:
        """Its key inside the section."""
        return self.key.partition(".")[2]


SECTIONS: dict[str, str] = {
    "execution": "How a build runs, and where its tables lie.",
    "engine": "What the Rust engine may use and how it plans.",
    "scope": "Which sources count.",
    "scip": "Symbols of scip-python.",
    "types": "Inferred types of pyrefly.",
    "delta": "Care of the published tables.",
}
"""The sections of a configuration file, in the order of the template."""

GONE: dict[str, str] = {
    "hamilton": "the Rust engine runs the whole plan: [engine] and [execution] say how",
    "plan": "the engine makes its own plan: `codeanatomy plan REPO` shows it, and [engine] says what it may use",
}
"""Sections that there are no more, with what replaces them."""

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "output_dir",
        ("--output-dir", "-o"),
        "output",
        "path",
        "Folder of the graph's tables. Default: REPO/build/codeanatomy.",
        environment="CODEANATOMY_OUTPUT_DIR",
        key="execution.output_dir",
        example="build/codeanatomy",
    ),
    Setting(
        "work_dir",
        ("--work-dir",),
        "output",
        "path",
        "Folder of the evidence tables. Default: OUTPUT/work.",
        environment="CODEANATOMY_WORK_DIR",
        key="execution.work_dir",
        example="build/codeanatomy/work",
    ),
    Setting(
        "workers",
        ("--workers",),
        "execution",
        "int",
        "Workers that run at once. Default: one a core.",
        environment="CODEANATOMY_WORKERS",
        key="execution.workers",
        example=2,
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
        key="engine.profile",
    ),
    Setting(
        "timeout",
        ("--timeout",),
        "execution",
        "float",
        "Seconds after which the build stops with exit code 124.",
        environment="CODEANATOMY_TIMEOUT",
        key="execution.timeout",
        example=3600.0,
    ),
    Setting(
        "strict_extraction",
        ("--strict-extraction",),
        "execution",
        "switch",
        "Stop with exit code 6, and publish nothing, when a source has a failure.",
        default=False,
        environment="CODEANATOMY_STRICT_EXTRACTION",
        key="execution.strict_extraction",
    ),
    Setting(
        "keep_generations",
        ("--keep-generations",),
        "output",
        "int",
        "Generations that stay readable after a build, the new one included.",
        default=KEPT_GENERATIONS,
        environment="CODEANATOMY_KEEP_GENERATIONS",
        key="delta.keep_generations",
    ),
    Setting(
        "require_sandbox",
        ("--require-sandbox",),
        "execution",
        "switch",
        "Stop where the system cannot confine workers and tools completely.",
        default=False,
        key="execution.require_sandbox",
        environment="CODEANATOMY_REQUIRE_SANDBOX",
        contradicts="no_sandbox",
    ),
    Setting(
        "no_sandbox",
        ("--no-sandbox",),
        "execution",
        "flag",
        "Only limit resources; for systems where confinement does harm.",
        default=False,
        environment="CODEANATOMY_NO_SANDBOX",
        key="execution.no_sandbox",
        in_file=False,
        contradicts="require_sandbox",
    ),
    Setting(
        "include_globs",
        ("--include-glob",),
        "repository scope",
        "globs",
        "Only sources whose path matches; may be given again.",
        environment="CODEANATOMY_INCLUDE_GLOB",
        key="scope.include_globs",
        example=("src/**",),
    ),
    Setting(
        "exclude_globs",
        ("--exclude-glob",),
        "repository scope",
        "globs",
        "No sources whose path matches; may be given again.",
        environment="CODEANATOMY_EXCLUDE_GLOB",
        key="scope.exclude_globs",
        example=("tests/**",),
    ),
    Setting(
        "include_untracked",
        ("--include-untracked",),
        "repository scope",
        "switch",
        "Also sources that git does not track and does not ignore.",
        default=False,
        environment="CODEANATOMY_INCLUDE_UNTRACKED",
        key="scope.include_untracked",
    ),
    Setting(
        "include_submodules",
        ("--include-submodules",),
        "repository scope",
        "switch",
        "Also sources of git submodules.",
        default=False,
        environment="CODEANATOMY_INCLUDE_SUBMODULES",
        key="scope.include_submodules",
    ),
    Setting(
        "follow_symlinks",
        ("--follow-symlinks",),
        "repository scope",
        "switch",
        "Also sources behind symbolic links inside the repository.",
        default=False,
        environment="CODEANATOMY_FOLLOW_SYMLINKS",
        key="scope.follow_symlinks",
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
        key="scip.mode",
        contradicts="scip.disabled",
    ),
    Setting(
        "scip.disabled",
        ("--disable-scip",),
        "scip",
        "flag",
        "The same as --scip off.",
        default=False,
        environment="CODEANATOMY_DISABLE_SCIP",
        key="scip.disabled",
        in_file=False,
        contradicts="scip.mode",
    ),
    Setting(
        "scip.output_dir",
        ("--scip-output-dir",),
        "scip",
        "path",
        "Folder that keeps the index that was made, as index.scip.",
        environment="CODEANATOMY_SCIP_OUTPUT_DIR",
        key="scip.output_dir",
        example="build/scip",
    ),
    Setting(
        "scip.index_path_override",
        ("--scip-index-path-override",),
        "scip",
        "file",
        "Read this SCIP index, made elsewhere, instead of running scip-python.",
        environment="CODEANATOMY_SCIP_INDEX_PATH_OVERRIDE",
        key="scip.index_path_override",
        example="index.scip",
    ),
    Setting(
        "scip.scip_python_bin",
        ("--scip-python-bin",),
        "scip",
        "file",
        "The scip-python to run. Default: the one on PATH.",
        environment="CODEANATOMY_SCIP_PYTHON_BIN",
        key="scip.scip_python_bin",
        in_file=False,
    ),
    Setting(
        "scip.target_only",
        ("--scip-target-only",),
        "scip",
        "text",
        "Index only this folder or file of the repository.",
        environment="CODEANATOMY_SCIP_TARGET_ONLY",
        key="scip.target_only",
        example="src",
    ),
    Setting(
        "scip.timeout_s",
        ("--scip-timeout-s",),
        "scip",
        "float",
        "Seconds that scip-python may take in all.",
        default=SCIP_TIMEOUT_S,
        environment="CODEANATOMY_SCIP_TIMEOUT_S",
        key="scip.timeout_s",
    ),
    Setting(
        "scip.env_json",
        ("--scip-env-json",),
        "scip",
        "file",
        "The packages that scip-python takes as installed: a JSON list of objects with name, version and files. Default: none.",
        environment="CODEANATOMY_SCIP_ENV_JSON",
        key="scip.env_json",
        example="environment.json",
    ),
    Setting(
        "scip.node_max_old_space_mb",
        ("--node-max-old-space-mb",),
        "scip",
        "int",
        "Megabytes of heap that Node may use for scip-python.",
        default=NODE_MAX_OLD_SPACE_MB,
        environment="CODEANATOMY_NODE_MAX_OLD_SPACE_MB",
        key="scip.node_max_old_space_mb",
    ),
    Setting(
        "scip.extra_args",
        ("--scip-extra-arg",),
        "scip",
        "texts",
        "Another argument for scip-python; may be given again.",
        environment="CODEANATOMY_SCIP_EXTRA_ARG",
        key="scip.extra_args",
        in_file=False,
    ),
    Setting(
        "scip.identity.project_name",
        ("--scip-project-name",),
        "scip",
        "text",
        "Name of the project in SCIP symbols.",
        environment="CODEANATOMY_SCIP_PROJECT_NAME",
        key="scip.project_name",
        example="name",
    ),
    Setting(
        "scip.identity.project_version",
        ("--scip-project-version",),
        "scip",
        "text",
        "Version of the project in SCIP symbols.",
        environment="CODEANATOMY_SCIP_PROJECT_VERSION",
        key="scip.project_version",
        example="1.0",
    ),
    Setting(
        "scip.identity.project_namespace",
        ("--scip-project-namespace",),
        "scip",
        "text",
        "Namespace put before SCIP symbols.",
        environment="CODEANATOMY_SCIP_PROJECT_NAMESPACE",
        key="scip.project_namespace",
        example="namespace",
    ),
    Setting(
        "types",
        ("--types",),
        "types",
        "choice",
        "Inferred types and call targets of pyrefly: when it is installed (auto), in any case (on), or not (off).",
        default="auto",
        choices=("auto", "on", "off"),
        environment="CODEANATOMY_TYPES",
        key="types.mode",
    ),
    Setting(
        "enable_libcst",
        ("--enable-libcst",),
        "advanced",
        "switch",
        "Comments and exact texts from libcst's concrete tree: the dearest part of the extraction.",
        default=True,
        environment="CODEANATOMY_ENABLE_LIBCST",
        key="execution.enable_libcst",
    ),
    Setting(
        "enable_tree_sitter",
        ("--enable-tree-sitter",),
        "advanced",
        "switch",
        "What tree-sitter says of every file, those that CPython refuses included.",
        default=True,
        environment="CODEANATOMY_ENABLE_TREE_SITTER",
        key="execution.enable_tree_sitter",
    ),
)
