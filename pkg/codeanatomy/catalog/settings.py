"""Every option of a build, once: its flag, its environment variable, its default and what it changes. The command line is derived from it."""

from __future__ import annotations

from dataclasses import dataclass

from codeanatomy.catalog.defaults import (
    NODE_MAX_OLD_SPACE_MB,
    OTEL_BATCH_DELAY_S,
    OTEL_BATCH_SIZE,
    OTEL_EXPORT_TIMEOUT_S,
    OTEL_METRIC_INTERVAL_S,
    OTEL_SAMPLER,
    SCIP_TIMEOUT_S,
)


@dataclass(frozen=True, slots=True)
class Setting:
    """An option. `type` is `path`, `file`, `text`, `int`, `float`, `share` (0 to 1), `flag`, `switch` (`--enable-x/--no-enable-x`), `globs`, `texts` or `choice`;
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
        "include_errors",
        ("--include-errors",),
        "output",
        "switch",
        "Publish `extract_errors`; without it the public view `failures` is missing, and the graph's `diagnostic` nodes remain.",
        default=True,
    ),
    Setting(
        "include_manifest",
        ("--include-manifest",),
        "output",
        "switch",
        "Publish `run_manifest` and write runs/RUN/manifest.json.",
        default=True,
    ),
    Setting(
        "include_run_bundle",
        ("--include-run-bundle",),
        "output",
        "switch",
        "Write the spec, the plan, the configuration, the log and the report of the run to runs/RUN.",
        default=True,
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
    Setting("otel.enable_traces", ("--enable-traces",), "observability", "switch", "Send the spans of the build by OTLP.", default=False),
    Setting(
        "otel.enable_metrics", ("--enable-metrics",), "observability", "switch", "Send the metrics of the build by OTLP.", default=False
    ),
    Setting("otel.enable_logs", ("--enable-logs",), "observability", "switch", "Send the log of the build by OTLP.", default=False),
    Setting(
        "otel.endpoint",
        ("--otel-endpoint",),
        "observability",
        "text",
        "URL of the OTLP collector. Default: http://localhost:4318, or :4317 for grpc.",
        environment="OTEL_EXPORTER_OTLP_ENDPOINT",
    ),
    Setting(
        "otel.protocol",
        ("--otel-protocol",),
        "observability",
        "choice",
        "How the collector is spoken to.",
        default="http/protobuf",
        choices=("http/protobuf", "grpc"),
        environment="OTEL_EXPORTER_OTLP_PROTOCOL",
    ),
    Setting(
        "otel.headers",
        ("--otel-header",),
        "observability",
        "texts",
        "NAME=VALUE sent with every request, such as a token; may be given again.",
    ),
    Setting(
        "otel.service_name",
        ("--otel-service-name",),
        "observability",
        "text",
        "Name of the service in what is sent.",
        default="codeanatomy",
        environment="OTEL_SERVICE_NAME",
    ),
    Setting(
        "otel.sampler",
        ("--otel-sampler",),
        "observability",
        "choice",
        "Which traces are kept; the parent is that of the environment variable TRACEPARENT, or of the caller.",
        default=OTEL_SAMPLER,
        choices=("always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"),
        environment="OTEL_TRACES_SAMPLER",
    ),
    Setting(
        "otel.sampler_arg",
        ("--otel-sampler-arg",),
        "observability",
        "share",
        "The share of traces that a sampler by ratio keeps, from 0 to 1.",
        default=1.0,
        environment="OTEL_TRACES_SAMPLER_ARG",
    ),
    Setting(
        "otel.batch_size",
        ("--otel-batch-size",),
        "observability",
        "int",
        "Most spans or log records of one request.",
        default=OTEL_BATCH_SIZE,
    ),
    Setting(
        "otel.batch_delay_s",
        ("--otel-batch-delay-s",),
        "observability",
        "float",
        "Seconds after which a batch is sent that is not full.",
        default=OTEL_BATCH_DELAY_S,
    ),
    Setting(
        "otel.export_timeout_s",
        ("--otel-export-timeout-s",),
        "observability",
        "float",
        "Seconds that one request may take, with what is tried again.",
        default=OTEL_EXPORT_TIMEOUT_S,
    ),
    Setting(
        "otel.metric_interval_s",
        ("--otel-metric-interval-s",),
        "observability",
        "float",
        "Seconds between two requests with metrics.",
        default=OTEL_METRIC_INTERVAL_S,
    ),
    Setting(
        "otel.test_mode",
        ("--otel-test-mode",),
        "observability",
        "switch",
        "Write spans, metrics and log records to runs/RUN/otel.",
        default=False,
    ),
)
