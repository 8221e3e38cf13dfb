"""What is declared of callables outside the repository, so that the value analysis can go on behind a call of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Callback:
    """A callable that is handed to `name`: at that position or under that keyword. It is called with `nothing`, with the `rest` of the
    positional arguments, or with the elements of the tuple given as `args`."""

    name: str
    position: int
    keyword: str | None
    passes: str


CALLBACKS: tuple[Callback, ...] = (
    Callback("threading.Thread", 1, "target", "args"),
    Callback("threading.Timer", 1, "function", "args"),
    Callback("multiprocessing.Process", 1, "target", "args"),
    Callback("multiprocessing.context.Process", 1, "target", "args"),
    Callback("concurrent.futures.ThreadPoolExecutor.submit", 0, "fn", "rest"),
    Callback("concurrent.futures.ProcessPoolExecutor.submit", 0, "fn", "rest"),
    Callback("concurrent.futures.thread.ThreadPoolExecutor.submit", 0, "fn", "rest"),
    Callback("concurrent.futures.process.ProcessPoolExecutor.submit", 0, "fn", "rest"),
    Callback("asyncio.to_thread", 0, "func", "rest"),
    Callback("asyncio.get_event_loop.run_in_executor", 1, "func", "rest"),
    Callback("asyncio.get_running_loop.run_in_executor", 1, "func", "rest"),
    Callback("asyncio.get_event_loop.call_soon", 0, "callback", "rest"),
    Callback("asyncio.get_running_loop.call_soon", 0, "callback", "rest"),
    Callback("asyncio.get_event_loop.call_soon_threadsafe", 0, "callback", "rest"),
    Callback("asyncio.get_running_loop.call_soon_threadsafe", 0, "callback", "rest"),
    Callback("asyncio.get_event_loop.call_later", 1, "callback", "rest"),
    Callback("asyncio.get_running_loop.call_later", 1, "callback", "rest"),
    Callback("anyio.run", 0, "func", "rest"),
    Callback("anyio.from_thread.run", 0, "func", "rest"),
    Callback("anyio.from_thread.run_sync", 0, "func", "rest"),
    Callback("anyio.to_thread.run_sync", 0, "func", "rest"),
    Callback("anyio.to_process.run_sync", 0, "func", "rest"),
    Callback("anyio.create_task_group.start_soon", 0, "func", "rest"),
    Callback("anyio.create_task_group.start", 0, "func", "rest"),
    Callback("trio.run", 0, "async_fn", "rest"),
    Callback("trio.to_thread.run_sync", 0, "sync_fn", "rest"),
    Callback("trio.from_thread.run", 0, "afn", "rest"),
    Callback("trio.from_thread.run_sync", 0, "fn", "rest"),
    Callback("trio.open_nursery.start_soon", 0, "async_fn", "rest"),
    Callback("trio.open_nursery.start", 0, "async_fn", "rest"),
    Callback("atexit.register", 0, "func", "rest"),
    Callback("contextlib.ExitStack.callback", 0, "callback", "rest"),
    Callback("weakref.finalize", 1, "func", "rest"),
    Callback("contextvars.copy_context.run", 0, "callable", "rest"),
    Callback("contextvars.Context.run", 0, "callable", "rest"),
    Callback("signal.signal", 1, "handler", "nothing"),
    Callback("re.sub", 1, "repl", "nothing"),
    Callback("sched.scheduler.enter", 2, "action", "args"),
)

PASSED_THROUGH: dict[str, int] = {
    "asgiref.sync.async_to_sync": 0,
    "asgiref.sync.markcoroutinefunction": 0,
    "asgiref.sync.sync_to_async": 0,
    "asyncio.create_task": 0,
    "asyncio.ensure_future": 0,
    "asyncio.shield": 0,
    "asyncio.wait_for": 0,
    "asyncio.TaskGroup.create_task": 0,
    "asyncio.get_event_loop.create_task": 0,
    "asyncio.get_running_loop.create_task": 0,
    "copy.copy": 0,
    "copy.deepcopy": 0,
    "dataclasses.replace": 0,
    "functools.total_ordering": 0,
    "functools.update_wrapper": 0,
    "inspect.unwrap": 0,
    "types.coroutine": 0,
    "types.MappingProxyType": 0,
    "typing.cast": 1,
    "typing.final": 0,
    "typing.no_type_check": 0,
    "typing.runtime_checkable": 0,
    "abc.abstractmethod": 0,
    "enum.unique": 0,
    "weakref.proxy": 0,
}
"""Calls that give back one of their arguments, or what runs it: its position."""

BARE = ("abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Generic", "typing_extensions.Protocol")
"""Classes that are inherited for what they mean: of names they give special ones only."""

_INHERITED = """
builtins _ast _ctypes _frozen_importlib_external _io _socket binascii select zlib
argparse ast asyncio collections collections.abc concurrent.futures configparser contextlib ctypes datetime
decimal email.message enum html.parser http.server io json logging logging.handlers numbers pathlib queue
socket socketserver ssl string tarfile threading types typing unittest urllib.error zipfile
"""
INHERITED: tuple[str, ...] = tuple(_INHERITED.split())
"""Modules of the standard library with classes that programs inherit from: what those inherit is asked of the interpreter, as far as it has them."""
