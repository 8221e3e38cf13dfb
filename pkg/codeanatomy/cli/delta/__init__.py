"""`codeanatomy delta`: care of the published tables, generation by generation. Nothing changes without `--apply`."""

from __future__ import annotations

from codeanatomy.cli.delta import checkpoint, cleanup_log, export, history, optimize, restore, vacuum

NAME = "delta"
HELP = "Look after the published tables and their generations"
COMMANDS = (history, vacuum, checkpoint, cleanup_log, optimize, restore, export)
