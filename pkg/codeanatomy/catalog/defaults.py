"""Default values that a setting and the request share. Settings without one default to null or to what their sentence says."""

SCIP_TIMEOUT_S = 1800.0
NODE_MAX_OLD_SPACE_MB = 4096
KEPT_GENERATIONS = 2
"""Generations that stay readable."""
KEPT_RUNS = 20
"""Runs whose files stay, besides those of kept generations."""
OTEL_SAMPLER = "parentbased_always_on"
OTEL_BATCH_SIZE = 512
OTEL_BATCH_DELAY_S = 5.0
OTEL_EXPORT_TIMEOUT_S = 10.0
OTEL_METRIC_INTERVAL_S = 60.0

DETERMINISM_TIERS = ("best_effort", "reproducible", "canonical")
"""How far a build is held to what an earlier one said of the same inputs; the first is the default."""

ENGINE_PROFILES = ("small", "medium", "large")
"""What the engine may use of the machine."""
ENGINE_PROFILE = "medium"

TRACING_PRESETS = ("ProductionLean", "MaximalNoData", "Maximal")
"""How much of the engine a trace holds; the first is the default."""
PREVIEW_REDACTIONS = ("none", "text")
"""What previews of rows hide; the first is the default."""
PREVIEW_ROWS = 5
"""Rows of a preview."""

RULEPACK_PROFILES = ("Default", "LowLatency", "Strict")
"""How strictly the engine is held to its promises; the first is the default."""
REPLAY = "Replay"
"""Held to what the current generation is: its evidence, its rulepack, its hashes and rows."""

RUNTIME_PROFILES: dict[str, dict[str, str]] = {
    "laptop": {"engine_profile": "small", "rulepack_profile": "Default"},
    "interactive": {"engine_profile": "medium", "rulepack_profile": "LowLatency"},
    "ci": {"engine_profile": "medium", "rulepack_profile": "Strict"},
    "server": {"engine_profile": "large", "rulepack_profile": "Default"},
}
"""Named bundles: what each says of other settings, by their fields."""
