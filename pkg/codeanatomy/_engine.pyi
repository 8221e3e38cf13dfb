"""The Rust module. Private: `codeanatomy.engine` is its face."""

from ast import AST
from collections.abc import Callable, Sequence
from os import PathLike
from types import TracebackType
from typing import Any, final

__all__ = [
    "CancelToken",
    "Captures",
    "CompiledPlan",
    "CpgMaterializer",
    "OutputLock",
    "RunResult",
    "SemanticPlanCompiler",
    "SessionFactory",
    "SyntaxTrees",
    "TableWriter",
    "clean",
    "codes",
    "current",
    "difference",
    "fingerprint",
    "operators",
    "publish",
    "spec_schema",
    "versions",
]

@final
class CancelToken:
    """Stops the run that it is given to. Setting it twice, or after the end, does nothing."""

    def __new__(cls) -> CancelToken: ...
    def cancel(self) -> None: ...
    @property
    def cancelled(self) -> bool: ...

@final
class SessionFactory:
    """Sizes of the session, from this machine."""

    @staticmethod
    def from_class(name: str) -> SessionFactory: ...
    @property
    def profile(self) -> str: ...
    @property
    def partitions(self) -> int: ...
    @property
    def memory_bytes(self) -> int: ...

@final
class SemanticPlanCompiler:
    """Makes plans of specs. It reads no data."""

    def __new__(cls) -> SemanticPlanCompiler: ...
    def compile(self, spec_json: str) -> CompiledPlan: ...

@final
class CompiledPlan:
    """A spec that can be run any number of times."""

    def spec_hash_hex(self) -> str: ...
    def summary_json(self) -> str: ...
    def spec_json(self) -> str: ...
    @property
    def schedule(self) -> str: ...
    @property
    def explain(self) -> str: ...

@final
class CpgMaterializer:
    """Runs compiled specs."""

    def __new__(cls) -> CpgMaterializer: ...
    def execute(
        self,
        factory: SessionFactory,
        compiled: CompiledPlan,
        cancel: CancelToken | None = None,
        timeout_s: float | None = None,
        on_progress: Callable[[str], object] | None = None,
        traceparent: str | None = None,
        now_ns: int | None = None,
    ) -> RunResult: ...

@final
class RunResult:
    """What a run did, in figures of the plans that ran."""

    def to_json(self) -> str: ...

@final
class TableWriter:
    """An open Delta table that gets all its rows from here; `finish` replaces what the table held."""

    def __new__(cls, location: str | PathLike[str], table_json: str) -> TableWriter: ...
    def write_ipc(self, data: bytes) -> int: ...
    def write_arrow(self, data: object) -> int: ...
    def finish(self, metadata_json: str) -> str: ...
    def abort(self) -> None: ...

@final
class SyntaxTrees:
    """Trees of CPython's `ast`, as columns: the nodes of many sources in pre-order. Of one thread.

    `kinds` has (class, [(name, number) of a field that holds nodes], field of the identifier, has a context, has a position) per class of
    nodes; rows name a class, a field and a context by their numbers. `add` returns how many nodes the tree has; with `most` or more it is
    not added. `take` gives the columns of all that was added since: numbers of the machine's layout, texts as Arrow's validity, offsets, data.
    """

    def __new__(
        cls, kinds: Sequence[tuple[type[AST], list[tuple[str, int]], str | None, bool, bool]], contexts: Sequence[type[AST]]
    ) -> SyntaxTrees: ...
    def add(self, tree: AST, utf8: bytes, start: int, most: int) -> int: ...
    @property
    def pending(self) -> int: ...
    def take(self) -> dict[str, Any]: ...

@final
class Captures:
    """What tree-sitter's trees say of many texts: where definitions, calls, imports and errors are. Of one thread.

    `add` parses a text and returns how many of its captures become rows. `take` gives the starts and ends of all captures since the last, by
    their names, as 64-bit numbers of the machine's layout: outer before inner, in the order of the texts as joined with a byte between each two.
    Then the tokens that are missing. Captures of a node and of its parts are equally many: `class`, `class_name`, `class_body`; `function`,
    `function_name`, `function_body`; `call`, `callee`. The others are `decorated` definitions and each `decorator`; `statement`, `module`, `name`
    and `alias` of imports; `error`, `missing`, and inside errors the names behind `class` and `def`: `broken_class`, `broken_function`.
    """

    def __new__(cls) -> Captures: ...
    def add(self, utf8: bytes) -> int: ...
    def take(self) -> tuple[dict[str, tuple[bytes, bytes]], list[str]]: ...

@final
class OutputLock:
    """The right to write into an output folder, until `release`."""

    def __new__(cls, output_dir: str | PathLike[str], wait_s: float = 0.0, cancel: CancelToken | None = None) -> OutputLock: ...
    def release(self) -> None: ...
    def __enter__(self) -> OutputLock: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /) -> None: ...

def publish(output_dir: str | PathLike[str], record_json: str, expected_former: int | None = None) -> int: ...
def current(output_dir: str | PathLike[str]) -> str | None: ...
def clean(output_dir: str | PathLike[str], keep: int = 2) -> int: ...
def fingerprint(location: str | PathLike[str], version: int, cancel: CancelToken | None = None) -> str: ...
def difference(
    one: str | PathLike[str], one_version: int, other: str | PathLike[str], other_version: int, cancel: CancelToken | None = None
) -> str: ...
def versions() -> dict[str, str]: ...
def operators() -> str: ...
def codes() -> list[tuple[str, str, str]]: ...
def spec_schema() -> str: ...
