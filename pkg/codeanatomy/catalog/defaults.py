"""Default values that a setting and the request share. Settings without one default to null or to what their sentence says."""

SCIP_TIMEOUT_S = 1800.0
NODE_MAX_OLD_SPACE_MB = 4096
KEPT_GENERATIONS = 2
"""Generations that stay readable."""
