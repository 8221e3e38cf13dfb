"""`codeanatomy config`: what is configured, whether it is right, and a file to start from."""

from __future__ import annotations

from codeanatomy.cli.config import init, show, validate

NAME = "config"
HELP = "Show, check or start the configuration of a repository"
COMMANDS = (show, validate, init)
