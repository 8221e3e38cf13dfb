"""What is declared of callables outside the repository, so that the value analysis can go on behind a call of them."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Callback:
    """What is handed to `name` and called: at that position or under that keyword. It is called with `nothing`, with the `rest` of the
    positional arguments, with the elements of the tuple given as `args`, or with the `elements` of each of the rest; or not it `itself`, but
    its methods.

    What the call `gives` of what the callable gives: `nothing`, its `result`, what that gives when it is `awaited`, an `awaitable` of it, a
    `future` of it, or an iterable with such results as `elements`.

    `then` the methods of what it gives are called, or of what was handed over itself; `x*` are all whose names begin so."""

    name: str
    position: int
    keyword: str | None
    passes: str
    gives: str = "nothing"
    then: tuple[str, ...] = ()


_BY_KEYWORD = 99
"""A position that no call has: what is called is handed over under its keyword alone."""

_ARGUMENTS_OF = ("", "add_argument_group.", "add_mutually_exclusive_group.", "add_subparsers.add_parser.")
_ACTION = ("__call__", "format_usage")
_JSON_HOOKS = ("object_hook", "object_pairs_hook", "parse_constant", "parse_float", "parse_int")
_CONNECTING = [
    "connect_read_pipe",
    "connect_write_pipe",
    "create_connection",
    "create_datagram_endpoint",
    "create_server",
    "create_unix_connection",
    "create_unix_server",
    "subprocess_exec",
    "subprocess_shell",
]
_PROTOCOL = [
    "connection_made",
    "connection_lost",
    "pause_writing",
    "resume_writing",
    "data_received",
    "eof_received",
    "get_buffer",
    "buffer_updated",
    "datagram_received",
    "error_received",
    "pipe_data_received",
    "pipe_connection_lost",
    "process_exited",
]
_CONTENT = [
    "setDocumentLocator",
    "startDocument",
    "endDocument",
    "startPrefixMapping",
    "endPrefixMapping",
    "startElement",
    "endElement",
    "startElementNS",
    "endElementNS",
    "characters",
    "ignorableWhitespace",
    "processingInstruction",
    "skippedEntity",
]

CALLBACKS: tuple[Callback, ...] = (
    Callback("threading.Thread", 1, "target", "args"),
    Callback("threading.Timer", 1, "function", "args"),
    Callback("multiprocessing.Process", 1, "target", "args"),
    Callback("multiprocessing.context.Process", 1, "target", "args"),
    Callback("concurrent.futures.ThreadPoolExecutor.submit", 0, "fn", "rest", "future"),
    Callback("concurrent.futures.ProcessPoolExecutor.submit", 0, "fn", "rest", "future"),
    Callback("concurrent.futures.thread.ThreadPoolExecutor.submit", 0, "fn", "rest", "future"),
    Callback("concurrent.futures.process.ProcessPoolExecutor.submit", 0, "fn", "rest", "future"),
    Callback("concurrent.futures.ThreadPoolExecutor.map", 0, "fn", "elements", "elements"),
    Callback("concurrent.futures.ProcessPoolExecutor.map", 0, "fn", "elements", "elements"),
    Callback("concurrent.futures.thread.ThreadPoolExecutor.map", 0, "fn", "elements", "elements"),
    Callback("concurrent.futures.process.ProcessPoolExecutor.map", 0, "fn", "elements", "elements"),
    Callback("multiprocessing.Pool.map", 0, "func", "elements", "elements"),
    Callback("multiprocessing.Pool.imap", 0, "func", "elements", "elements"),
    Callback("multiprocessing.Pool.imap_unordered", 0, "func", "elements", "elements"),
    Callback("asyncio.Future.add_done_callback", 0, "fn", "nothing"),
    Callback("asyncio.Task.add_done_callback", 0, "fn", "nothing"),
    Callback("concurrent.futures.Future.add_done_callback", 0, "fn", "nothing"),
    Callback("asyncio.to_thread", 0, "func", "rest", "awaitable"),
    Callback("asyncio.AbstractEventLoop.run_in_executor", 1, "func", "rest", "awaitable"),
    Callback("asyncio.AbstractEventLoop.call_soon", 0, "callback", "rest"),
    Callback("asyncio.AbstractEventLoop.call_soon_threadsafe", 0, "callback", "rest"),
    Callback("asyncio.AbstractEventLoop.call_later", 1, "callback", "rest"),
    Callback("asyncio.AbstractEventLoop.call_at", 1, "callback", "rest"),
    Callback("asyncio.AbstractEventLoop.add_reader", 1, "callback", "rest"),
    Callback("asyncio.AbstractEventLoop.add_writer", 1, "callback", "rest"),
    Callback("asyncio.AbstractEventLoop.add_signal_handler", 1, "callback", "rest"),
    Callback("asyncio.AbstractEventLoop.set_exception_handler", 0, "handler", "nothing"),
    *(Callback(f"asyncio.AbstractEventLoop.{name}", 0, "protocol_factory", "nothing", then=(*_PROTOCOL,)) for name in _CONNECTING),
    Callback("asyncio.start_server", 0, "client_connected_cb", "nothing"),
    Callback("asyncio.start_unix_server", 0, "client_connected_cb", "nothing"),
    Callback("anyio.run", 0, "func", "rest", "awaited"),
    Callback("anyio.from_thread.run", 0, "func", "rest", "awaited"),
    Callback("anyio.from_thread.run_sync", 0, "func", "rest", "result"),
    Callback("anyio.to_thread.run_sync", 0, "func", "rest", "awaitable"),
    Callback("anyio.to_process.run_sync", 0, "func", "rest", "awaitable"),
    Callback("anyio.create_task_group.start_soon", 0, "func", "rest"),
    Callback("anyio.create_task_group.start", 0, "func", "rest"),
    Callback("trio.run", 0, "async_fn", "rest", "awaited"),
    Callback("trio.to_thread.run_sync", 0, "sync_fn", "rest", "awaitable"),
    Callback("trio.from_thread.run", 0, "afn", "rest", "awaited"),
    Callback("trio.from_thread.run_sync", 0, "fn", "rest", "result"),
    Callback("trio.open_nursery.start_soon", 0, "async_fn", "rest"),
    Callback("trio.open_nursery.start", 0, "async_fn", "rest"),
    Callback("atexit.register", 0, "func", "rest"),
    Callback("contextlib.ExitStack.callback", 0, "callback", "rest"),
    Callback("contextlib.AsyncExitStack.callback", 0, "callback", "rest"),
    Callback("contextlib.AsyncExitStack.push_async_callback", 0, "callback", "rest"),
    Callback("weakref.finalize", 1, "func", "rest"),
    Callback("contextvars.copy_context.run", 0, "callable", "rest", "result"),
    Callback("contextvars.Context.run", 0, "callable", "rest", "result"),
    Callback("signal.signal", 1, "handler", "nothing"),
    Callback("re.sub", 1, "repl", "nothing"),
    Callback("re.subn", 1, "repl", "nothing"),
    Callback("re.compile.sub", 0, "repl", "nothing"),
    Callback("re.compile.subn", 0, "repl", "nothing"),
    Callback("re.Pattern.sub", 0, "repl", "nothing"),
    Callback("re.Pattern.subn", 0, "repl", "nothing"),
    Callback("sched.scheduler.enter", 2, "action", "args"),
    *(Callback(f"json.{name}", _BY_KEYWORD, "default", "nothing") for name in ("dump", "dumps")),
    *(Callback(f"json.{name}", _BY_KEYWORD, "cls", "nothing", then=("default", "encode", "iterencode")) for name in ("dump", "dumps")),
    *(Callback(f"json.{load}", _BY_KEYWORD, hook, "nothing") for load in ("load", "loads") for hook in _JSON_HOOKS),
    Callback("json.dump", 1, "fp", "itself", then=("write",)),
    Callback("json.load", 0, "fp", "itself", then=("read",)),
    Callback("pickle.dump", 1, "file", "itself", then=("write",)),
    Callback("pickle.load", 0, "file", "itself", then=("read", "readinto", "readline")),
    Callback("csv.writer", 0, None, "itself", then=("write",)),
    Callback("csv.DictWriter", 0, "f", "itself", then=("write",)),
    Callback("shutil.copyfileobj", 0, "fsrc", "itself", then=("read",)),
    Callback("shutil.copyfileobj", 1, "fdst", "itself", then=("write",)),
    Callback("pprint.pprint", 1, "stream", "itself", then=("write",)),
    Callback("traceback.print_exc", _BY_KEYWORD, "file", "itself", then=("write",)),
    Callback("logging.StreamHandler", 0, "stream", "itself", then=("flush", "write")),
    Callback("logging.getLogger.addHandler", 0, "hdlr", "itself", then=("createLock", "emit", "filter", "format", "handle")),
    Callback("logging.getLogger.addFilter", 0, "filter", "itself", then=("filter",)),
    Callback("xml.sax.parse", 1, "handler", "itself", then=(*_CONTENT,)),
    Callback("xml.sax.parseString", 1, "handler", "itself", then=(*_CONTENT,)),
    Callback("xml.sax.make_parser.setContentHandler", 0, "handler", "itself", then=(*_CONTENT,)),
    Callback("optparse.OptionParser.add_option", _BY_KEYWORD, "callback", "nothing"),
    *(Callback(f"argparse.ArgumentParser.{name}add_argument", _BY_KEYWORD, "type", "nothing") for name in _ARGUMENTS_OF),
    *(Callback(f"argparse.ArgumentParser.{name}add_argument", _BY_KEYWORD, "action", "nothing", then=_ACTION) for name in _ARGUMENTS_OF),
    Callback("http.server.HTTPServer", 1, "RequestHandlerClass", "nothing"),
    Callback("http.server.ThreadingHTTPServer", 1, "RequestHandlerClass", "nothing"),
    Callback("socketserver.TCPServer", 1, "RequestHandlerClass", "nothing"),
    Callback("socketserver.ThreadingTCPServer", 1, "RequestHandlerClass", "nothing"),
    Callback("socketserver.ThreadingUDPServer", 1, "RequestHandlerClass", "nothing"),
    Callback("socketserver.UDPServer", 1, "RequestHandlerClass", "nothing"),
    Callback("sys.settrace", 0, None, "nothing"),
    Callback("sys.setprofile", 0, None, "nothing"),
    Callback("threading.settrace", 0, "func", "nothing"),
    Callback("threading.setprofile", 0, "func", "nothing"),
    Callback("weakref.ref", 1, None, "nothing"),
    Callback("timeit.timeit", 0, "stmt", "nothing"),
    Callback("timeit.repeat", 0, "stmt", "nothing"),
    Callback("unittest.TestCase.addCleanup", 0, None, "rest"),
    Callback("unittest.TestCase.addClassCleanup", 0, None, "rest"),
    Callback("unittest.TestCase.assertRaises", 1, None, "rest"),
    Callback("unittest.TestCase.assertRaisesRegex", 2, None, "rest"),
    Callback("unittest.TestCase.assertWarns", 1, None, "rest"),
    Callback("unittest.TestCase.assertWarnsRegex", 2, None, "rest"),
    Callback("pytest.raises", 1, "func", "rest"),
    Callback("pytest.warns", 1, "func", "rest"),
    Callback("pytest.deprecated_call", 0, "func", "rest"),
)


def _spelled_out(names: str) -> list[str]:
    """`a.{b c}.d` is `a.b.d` and `a.c.d`."""
    found = re.findall(r"([^\s{]+)(?:\{([^}]*)\}(\S*))?", names)
    return [f"{before}{name}{behind}" for before, inside, behind in found for name in inside.split() or [""]]


_PARSED = "handle_starttag handle_startendtag handle_endtag handle_data handle_comment handle_decl handle_pi unknown_decl"
_LOGGED = "critical debug error exception info log warning"
_HOOKS: dict[str, str] = {
    "argparse.ArgumentParser.{parse_args parse_known_args}": "convert_arg_line_to_args error exit format_help",
    "ast.NodeVisitor.{visit generic_visit}": "visit_* visit generic_visit",
    "bdb.Bdb.{run runcall runctx runeval set_trace}": "dispatch_call dispatch_exception dispatch_line dispatch_return user_call user_exception user_line user_return",
    "cmd.Cmd.cmdloop": "preloop precmd onecmd postcmd postloop",
    "cmd.Cmd.onecmd": "default do_* emptyline",
    "code.InteractiveConsole.interact": "push raw_input write",
    "code.InteractiveConsole.push": "runsource",
    "code.InteractiveInterpreter.runsource": "runcode showsyntaxerror",
    "configparser.RawConfigParser.{get getboolean getfloat getint has_option read read_dict read_file read_string remove_option set}": "optionxform",
    "html.parser.HTMLParser.{close feed}": _PARSED,
    "http.server.BaseHTTPRequestHandler.__init__": "setup handle finish do_* log_message log_request",
    "http.server.BaseHTTPRequestHandler.{log_error log_request}": "log_message",
    "http.server.BaseHTTPRequestHandler.{send_error send_response}": "log_message log_request",
    "json.JSONEncoder.{encode iterencode}": "default",
    "logging.Formatter.format": "formatException formatMessage formatStack formatTime usesTime",
    "logging.Handler.handle": "emit",
    f"logging.LoggerAdapter.{{{_LOGGED}}}": "process",
    "multiprocessing.Process.start": "run",
    "pickle.Pickler.dump": "persistent_id reducer_override",
    "pickle.Unpickler.load": "find_class persistent_load",
    "pprint.PrettyPrinter.{pformat pprint}": "format",
    "queue.Queue.{get get_nowait}": "_get _qsize",
    "queue.Queue.{put put_nowait}": "_put _qsize",
    "socketserver.BaseRequestHandler.__init__": "setup handle finish",
    "socketserver.BaseServer.{handle_request serve_forever}": "finish_request handle_error process_request service_actions verify_request",
    "string.Formatter.{format vformat}": "check_unused_args convert_field format_field get_field get_value parse",
    "threading.Thread.start": "run",
}


def _by_class(hooks: dict[str, str]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for names, called in hooks.items():
        for name in _spelled_out(names):
            owner, _, method = name.rpartition(".")
            found.setdefault(owner, {})[method] = called.split()
    return found


HOOKS = _by_class(_HOOKS)
"""What methods of classes of the standard library call of the objects of their heirs, by class and method; `x*` are all whose names begin so."""

PASSED_THROUGH: dict[str, int] = {
    "asgiref.sync.async_to_sync": 0,
    "asgiref.sync.markcoroutinefunction": 0,
    "asgiref.sync.sync_to_async": 0,
    "asyncio.shield": 0,
    "asyncio.wait_for": 0,
    "functools.total_ordering": 0,
    "inspect.unwrap": 0,
    "types.coroutine": 0,
    "types.MappingProxyType": 0,
    "typing.final": 0,
    "typing.no_type_check": 0,
    "typing.runtime_checkable": 0,
    "abc.abstractmethod": 0,
    "enum.member": 0,
    "enum.unique": 0,
    "weakref.proxy": 0,
}
"""Calls that give back one of their arguments, or what runs it: its position."""

FIXTURES: dict[str, str] = {
    "cache": "pytest.Cache",
    "capfd": "pytest.CaptureFixture",
    "capfdbinary": "pytest.CaptureFixture",
    "caplog": "pytest.LogCaptureFixture",
    "capsys": "pytest.CaptureFixture",
    "capsysbinary": "pytest.CaptureFixture",
    "doctest_namespace": "builtins.dict",
    "monkeypatch": "pytest.MonkeyPatch",
    "pytestconfig": "pytest.Config",
    "pytester": "pytest.Pytester",
    "recwarn": "pytest.WarningsRecorder",
    "request": "pytest.FixtureRequest",
    "tmp_path": "pathlib.Path",
    "tmp_path_factory": "pytest.TempPathFactory",
}
"""The fixtures that pytest brings: the class of what they give."""

_PATHS = "abspath basename dirname expanduser expandvars join normcase normpath realpath relpath"
_DIGESTS = "blake2b blake2s md5 new sha1 sha224 sha256 sha384 sha512"

_RESULTS: dict[str, str] = {
    "builtins.str": f"""
        getpass.getpass getpass.getuser html.escape html.unescape inspect.cleandoc inspect.getsource io.StringIO.getvalue json.dumps
        os.fsdecode os.getcwd os.path.{{{_PATHS}}} platform.{{machine node platform python_version release system version}} re.escape re.sub
        hashlib.{{{_DIGESTS}}}.hexdigest secrets.token_hex secrets.token_urlsafe socket.gethostname string.capwords tempfile.gettempdir
        textwrap.{{dedent fill indent shorten}} time.asctime time.ctime time.strftime traceback.format_exc unicodedata.normalize
        urllib.parse.{{quote quote_plus unquote unquote_plus urlencode urljoin urlunparse urlunsplit}} urllib.parse.{{ParseResult SplitResult}}.geturl
        http.cookies.SimpleCookie.output
        email.utils.{{formataddr formatdate format_datetime}} gettext.{{gettext ngettext npgettext pgettext}}
        gettext.NullTranslations.{{gettext ngettext npgettext pgettext}} gettext.GNUTranslations.{{gettext ngettext npgettext pgettext}}
        datetime.date.{{ctime isoformat strftime}} datetime.datetime.{{ctime isoformat strftime tzname}} datetime.time.{{isoformat strftime tzname}}
    """,
    "builtins.bytes": f"""
        base64.{{b16decode b16encode b32decode b32encode b64decode b64encode urlsafe_b64decode urlsafe_b64encode}} binascii.hexlify
        binascii.unhexlify gzip.compress gzip.decompress hashlib.{{{_DIGESTS}}}.digest io.BytesIO.getvalue os.fsencode os.urandom
        pickle.dumps secrets.token_bytes struct.pack urllib.parse.unquote_to_bytes zlib.compress zlib.decompress
    """,
    "builtins.int": """
        math.{ceil comb factorial floor gcd isqrt lcm} os.getpid os.getppid os.path.getsize random.{getrandbits randint randrange} struct.calcsize
        sys.getrefcount sys.getsizeof time.{monotonic_ns perf_counter_ns time_ns} zlib.adler32 zlib.crc32
        datetime.date.{isoweekday toordinal weekday} datetime.datetime.{isoweekday toordinal weekday}
    """,
    "builtins.float": """
        math.{atan2 cos exp fabs hypot log log10 log2 pow radians sin sqrt tan} os.path.{getatime getctime getmtime}
        random.{gauss random uniform} time.{monotonic perf_counter process_time time} datetime.datetime.timestamp datetime.timedelta.total_seconds
    """,
    "builtins.bool": """
        dataclasses.is_dataclass fnmatch.fnmatch fnmatch.fnmatchcase inspect.{isabstract isasyncgenfunction isawaitable isbuiltin isclass
        iscoroutine iscoroutinefunction isfunction isgenerator isgeneratorfunction ismethod ismodule isroutine} keyword.iskeyword
        math.{isclose isfinite isinf isnan} os.access os.path.{exists isabs isdir isfile islink ismount lexists samefile}
    """,
    "asyncio.AbstractEventLoop": "asyncio.{get_event_loop get_running_loop}",
    "datetime.date": "datetime.date.{fromisocalendar fromisoformat fromordinal fromtimestamp replace today} datetime.datetime.date",
    "datetime.datetime": """
        datetime.datetime.{astimezone combine fromisocalendar fromisoformat fromordinal fromtimestamp now replace strptime today utcfromtimestamp
        utcnow}
    """,
    "datetime.time": "datetime.time.{fromisoformat replace} datetime.datetime.{time timetz}",
    "datetime.timedelta": "datetime.datetime.{dst utcoffset} datetime.time.{dst utcoffset}",
    "decimal.Decimal": """
        decimal.Context.{create_decimal create_decimal_from_float} decimal.Decimal.{canonical copy_abs copy_negate copy_sign exp from_float ln
        log10 max min normalize quantize rotate scaleb shift sqrt to_integral to_integral_value}
    """,
    "gettext.NullTranslations": "gettext.translation",
    "http.cookies.Morsel": "http.cookies.SimpleCookie.get",
    "urllib.parse.ParseResult": "urllib.parse.urlparse urllib.parse.ParseResult._replace",
    "urllib.parse.SplitResult": "urllib.parse.urlsplit urllib.parse.SplitResult._replace",
}
"""What calls of the standard library give, by its class: names with alternatives in braces. Where it is bytes only for bytes, it is a text."""


RESULTS = {name: result for result, names in _RESULTS.items() for name in _spelled_out(names)}
"""Class of what a call gives, by the dotted name of what is called; both of the standard library."""

_URL_PARTS = "fragment hostname netloc password path query scheme username"
_ATTRIBUTES: dict[str, str] = {
    "builtins.str": f"""
        http.cookies.Morsel.{{coded_value key value}} urllib.parse.ParseResult.{{params {_URL_PARTS}}} urllib.parse.SplitResult.{{{_URL_PARTS}}}
    """,
    "builtins.int": """
        datetime.date.{day month year} datetime.datetime.{day hour microsecond minute month second year}
        datetime.time.{hour microsecond minute second} datetime.timedelta.{days microseconds seconds} urllib.parse.{ParseResult SplitResult}.port
        uuid.UUID.int
    """,
}
ATTRIBUTES = {name: result for result, names in _ATTRIBUTES.items() for name in _spelled_out(names)}
"""Class of what an attribute of an object holds, by the dotted name of its class and its own."""

BARE = ("abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Generic", "typing_extensions.Protocol")
"""Classes that are inherited for what they mean: of names they give special ones only."""

_COLLECTIONS = """
asyncio.{LifoQueue PriorityQueue Queue} contextvars.ContextVar collections.{ChainMap Counter OrderedDict defaultdict deque} queue.{LifoQueue PriorityQueue Queue SimpleQueue}
weakref.{WeakKeyDictionary WeakSet WeakValueDictionary}
"""
COLLECTIONS: tuple[str, ...] = tuple(_spelled_out(_COLLECTIONS))
"""Classes whose objects are followed as those of `dict` and `list` are: what they have is asked of the interpreter."""

_INHERITED = """
builtins _ast _ctypes _frozen_importlib_external _io _socket binascii select zlib
argparse ast asyncio collections collections.abc concurrent.futures configparser contextlib ctypes datetime
decimal email.message enum html.parser http.server io json logging logging.handlers numbers pathlib queue
socket socketserver ssl string tarfile threading types typing unittest urllib.error zipfile
"""
INHERITED: tuple[str, ...] = tuple(_INHERITED.split())
"""Modules of the standard library with classes that programs inherit from: what those inherit is asked of the interpreter, as far as it has them."""

_DESCRIBED = """
csv fractions gettext http.client http.cookies ipaddress random re struct tempfile unittest.mock urllib.parse urllib.request uuid
"""
DESCRIBED: tuple[str, ...] = (*INHERITED, *_DESCRIBED.split())
"""Modules of the standard library with classes whose objects programs use: which of what these have are methods is asked of the interpreter."""
