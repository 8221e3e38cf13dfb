"""The exceptions of the engine, by stage. They carry codes; no decision is ever made by the text of a message."""

from __future__ import annotations

from codeanatomy.failure import Coded


class EngineError(Coded):
    """A coded failure of the engine: what happened, what to do, and where (view, table, column, operator)."""

    def __init__(self, error_code: str, error_stage: str, message: str, hint: str, details: dict[str, object]) -> None:
        super().__init__(error_code, message, hint, details)
        self.args = (error_code, error_stage, message, hint, details)
        self.error_code = error_code
        self.error_stage = error_stage


class EngineValidationError(EngineError):
    """The spec, or the declaration of a table, is wrong in itself."""


class EngineCompileError(EngineError):
    """A view cannot be planned, or an input is not what it is declared to be."""


class EngineRuleViolationError(EngineError):
    """Rows break a promise; nothing was published."""


class EngineRuntimeError(EngineError):
    """A plan, an operator, a file or a commit failed."""


class EngineCancelled(EngineError):
    """The run was cancelled."""


class EngineTimeout(EngineError):
    """The run took longer than its timeout."""
