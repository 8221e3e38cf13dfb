"""Sources and paths that a build has to survive: `SOURCES`, bytes by name, and `PATHS`, what else may lie in a repository. It judges nothing:
what CPython says of a source is asked in `oracle`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def _text(code: str, encoding: str = "utf-8") -> Callable[[], bytes]:
    return lambda: code.encode(encoding)


def _bytes(code: bytes) -> Callable[[], bytes]:
    return lambda: code


def _nested(opening: str, inner: str, closing: str, depth: int, before: str = "x = ") -> Callable[[], bytes]:
    return lambda: f"{before}{opening * depth}{inner}{closing * depth}\n".encode()


def _repeated(before: str, part: str, times: int, after: str = "\n") -> Callable[[], bytes]:
    return lambda: (before + part * times + after).encode()


def _indented(depth: int) -> Callable[[], bytes]:
    return lambda: "".join(f"{' ' * level}if a:\n" for level in range(depth)).encode() + b" " * depth + b"pass\n"


def _loops(depth: int) -> Callable[[], bytes]:
    return lambda: "".join(f"{' ' * level}for a in b:\n" for level in range(depth)).encode() + b" " * depth + b"pass\n"


def _dedents(pairs: int) -> Callable[[], bytes]:
    return lambda: b"if a:\n b\n" * pairs


ENCODINGS: dict[str, Callable[[], bytes]] = {
    "bom": _bytes(b"\xef\xbb\xbfx = '\xc3\xa9'\n"),
    "bom_and_cookie": _bytes(b"\xef\xbb\xbf# coding: utf-8\nx = 1\n"),
    "bom_and_other_cookie": _bytes(b"\xef\xbb\xbf# coding: latin-1\nx = 1\n"),
    "cookie_latin": _text("# coding: latin-1\nx = 'é'\n", "latin-1"),
    "cookie_second_line": _text("#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '€'\n", "cp1252"),
    "cookie_third_line": _bytes(b"\n\n# coding: latin-1\nx = '\xe9'\n"),
    "cookie_shift_jis": _text("# coding: shift_jis\nx = '日本'\n", "shift_jis"),
    "cookie_wrong": _bytes(b"# coding: ascii\nx = '\xe9'\n"),
    "cookie_unknown": _bytes(b"# coding: klingon\nx = 1\n"),
    "cookie_no_text": _bytes(b"# coding: base64\nx = 1\n"),
    "cookie_utf7": _bytes(b"# coding: utf-7\nx = '+AOk-'\n"),
    "latin_without_cookie": _bytes(b"x = '\xe9'\n"),
    "null_byte": _bytes(b"x = 1\0\n"),
    "null_bytes_alone": _bytes(b"\0" * 1000),
    "utf16": _text("x = 1\n", "utf-16"),
    "utf16_bare": _text("x = 1\n", "utf-16-le"),
    "utf32": _text("x = 1\n", "utf-32"),
    "surrogate": _bytes(b"x = '\xed\xa0\x80'\n"),
    "random": _bytes(bytes((number * 7919) % 251 for number in range(10_000))),
    "nfkc": _text("ﬁ = 1\nprint(fi, ℌ := 2, H)\nclass ª: ℂ = 1\n"),
    "wide_names": _text("".join(f"变量{number} = '𝔘'\n" for number in range(1000))),
}

LINES: dict[str, Callable[[], bytes]] = {
    "empty": _bytes(b""),
    "newline_alone": _bytes(b"\n"),
    "comment_alone": _bytes(b"# nothing"),
    "no_final_newline": _bytes(b"if a:\n    b"),
    "cr": _bytes(b"a = 1\rif a:\r    b = 2\r"),
    "crlf": _bytes(b"a = 1\r\nif a:\r\n    b = 2\r\n"),
    "mixed_line_ends": _bytes(b"a = 1\r\nb = 2\nc = 3\rd = '''\r\n\r\n'''\n"),
    "form_feeds": _bytes(b"\x0cdef f():\n    return 1\n\x0c\n\x0cx = 1\n"),
    "tabs_and_spaces": _bytes(b"if a:\n\tb\n        c\n"),
    "tabs_like_eight": _bytes(b"if a:\n        b\n\tc\n"),
    "deep_dedent": _bytes(b"if a:\n    b\n  c\n"),
    "continuation_at_end": _bytes(b"x = 1 \\"),
    "open_string": _bytes(b"x = '''abc\n"),
    "open_bracket": _bytes(b"x = (1,\n"),
    "closed_bracket": _bytes(b"x = 1)\n"),
    "control_z": _bytes(b"x = 1\n\x1a"),
}

LARGE: dict[str, Callable[[], bytes]] = {
    "cookie_of_a_slow_codec": _bytes(b"# coding: punycode\n" + b"a-bcde" * 200_000),
    "literal_of_10_mb": _repeated('x = "', "a", 10_000_000, '"\n'),
    "list_of_100000": _repeated("x = [", "1, ", 100_000, "]\n"),
    "function_of_70000_lines": _repeated("def f():\n", "    x = 1\n", 70_000),
    "line_of_1_mb": _repeated("x = 1", "; x = 1", 150_000),
    "comment_of_1_mb": _repeated("# ", "a", 1_000_000),
    "names_10000": lambda: "".join(f"name_{number} = {number}\n" for number in range(10_000)).encode(),
    "integer_of_4000_digits": _repeated("x = ", "7", 4_000),
    "integer_of_5000_digits": _repeated("x = ", "7", 5_000),
    "integer_of_50000_hex_digits": _repeated("x = 0x", "7", 50_000),
    "float_too_large": _bytes(b"x = 1e999999\ny = 1e-999999j\n"),
    "arguments_300": _repeated("f(", "a, ", 300, ")\n"),
    "parameters_5000": lambda: f"def f({', '.join(f'p{number}' for number in range(5_000))}): pass\n".encode(),
    "decorators_2000": _repeated("", "@d\n", 2_000, "def f(): pass\n"),
    "strings_side_by_side": _repeated("x = ", "'a' ", 50_000),
    "comparisons_20000": _repeated("x = a", " < a", 20_000),
    "targets_5000": _repeated("", "x = ", 5_000, "1\n"),
    "global_names_10000": lambda: ("def f():\n    global " + ", ".join(f"g{number}" for number in range(10_000)) + "\n").encode(),
    "semicolons_50000": _repeated("", "a;", 50_000),
    "with_items_200": _repeated("with ", "a, ", 199, "a: pass\n"),
}

DEEP: dict[str, Callable[[], bytes]] = {
    "parentheses_199": _nested("(", "1", ")", 199),
    "parentheses_200": _nested("(", "1", ")", 200),
    "parentheses_201": _nested("(", "1", ")", 201),
    "unary_1000": _nested("-", "1", "", 1_000),
    "unary_20000": _nested("-", "1", "", 20_000),
    "not_20000": _nested("not ", "1", "", 20_000),
    "attributes_1000": _repeated("a", ".b", 1_000),
    "attributes_20000": _repeated("a", ".b", 20_000),
    "sum_of_100000": _repeated("x = ", "1 + ", 100_000, "1\n"),
    "powers_3000": _repeated("x = ", "1 ** ", 3_000, "1\n"),
    "indents_99": _indented(99),
    "indents_101": _indented(101),
    "loops_19": _loops(19),
    "loops_25": _loops(25),
    "functions_90": lambda: "".join(f"{' ' * level}def f():\n" for level in range(90)).encode() + b" " * 90 + b"pass\n",
    "comprehensions_60": _nested("[x for x in ", "y", "]", 60),
    "fstrings": _text("x = f'{f\"{f'''{1}'''}\"}'\n"),
    "fstring_format_deep": _text("x = f'{a:{b:{c}}}'\n"),
    "string_annotations": _repeated("x: '", "a.", 1_000, "b'\n"),
    "string_annotation_of_20000_lists": lambda: f"def f(x: '{'list[' * 20_000}int{']' * 20_000}'): return x[0].real\n".encode(),
}

REFUSED: dict[str, Callable[[], bytes]] = {
    "return_outside": _bytes(b"return 1\n"),
    "break_outside": _bytes(b"break\n"),
    "await_outside": _bytes(b"def f():\n    await a\n"),
    "nonlocal_at_top": _bytes(b"nonlocal a\n"),
    "global_after_use": _bytes(b"def f():\n    a = 1\n    global a\n"),
    "duplicate_argument": _bytes(b"def f(a, a): pass\n"),
    "star_in_function": _bytes(b"def f():\n    from a import *\n"),
    "future_late": _bytes(b"import a\nfrom __future__ import annotations\n"),
    "future_unknown": _bytes(b"from __future__ import soup\n"),
    "default_except_first": _bytes(b"try: pass\nexcept: pass\nexcept A: pass\n"),
    "starred_alone": _bytes(b"*a\n"),
    "yield_in_comprehension": _bytes(b"def f():\n    [(yield a) for a in b]\n"),
    "named_in_iterable": _bytes(b"[a for a in (b := c)]\n"),
    "pattern_bound_twice": _bytes(b"match a:\n    case (b, b): pass\n"),
    "debug_assigned": _bytes(b"__debug__ = 1\n"),
    "python2": _bytes(b"print 'hello'\nexec 'a' in b\nraise A, 'b'\n"),
    "python2_tokens": _bytes(b"x = 0777L\ny = ur'a'\nz = `a`\nif a <> b: pass\n"),
    "newer_grammar": _bytes(b"type A[T] = list[T]\ndef f[T](a: T) -> T: return a\n"),
    "newer_fstring": _bytes(b"x = f'{a['b']}'\n"),
    "newest_grammar": _bytes(b"x = t'{a}'\ntry: pass\nexcept A, B: pass\n"),
    "barry": _bytes(b"from __future__ import barry_as_FLUFL\na <> b\n"),
    "merge_conflict": _bytes(b"<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> other\n"),
    "template": _bytes(b"{% for a in b %}\nx = {{ a }}\n{% endfor %}\n"),
    "notebook": _bytes(b"%matplotlib inline\n!ls\nx = 1\n"),
    "html": _bytes(b"<html><body>404</body></html>\n"),
    "annotated_parentheses": _bytes(b"(x): int = 1\n"),
}

KILLERS: dict[str, Callable[[], bytes]] = {
    "clauses": _repeated("x = [0 ", "for a in b ", 50_000, "]\n"),
    "lambda_defaults_600": _nested("lambda x=", "0", ": x", 600),
    "lambdas_700": _nested("lambda: ", "0", "", 700),
    "parentheses_1296": _nested("(", "1", ")", 1_296),
    "parentheses_open_1296": _nested("(", "1", "", 1_296),
    "brackets_1296": _nested("[", "1", "]", 1_296),
    "brackets_open_1296": _nested("[", "1", "", 1_296),
    "dicts_3000": _nested("{1: ", "1", "}", 3_000),
    "tuples_3000": _nested("(1, ", "1", ")", 3_000),
    "subscripts_3000": _nested("a[", "1", "]", 3_000),
    "calls_3000": _nested("a(", "1", ")", 3_000),
    "elifs_4000": _repeated("if a:\n    pass\n", "elif a:\n    pass\n", 4_000),
    "elifs_8640": _repeated("if a:\n    pass\n", "elif a:\n    pass\n", 8_640),
    "cases_of_lists": _nested("[", "", "]", 25, "match a:\n    case "),
    "cases_of_classes": lambda: f"match a:\n    case {'A(' * 25}{')' * 25}:\n        pass\n".encode(),
    "cases_of_lists_whole": lambda: f"match a:\n    case {'[' * 25}{']' * 25}:\n        pass\n".encode(),
    "continuations": _repeated("x = 1 ", "\\\n", 30_000),
    "attributes_3000": _repeated("a", ".b", 3_000),
    "results_called_3000": _repeated("a", "()", 3_000),
    "sum_of_3000": _repeated("x = a", " + a", 3_000),
    "ternaries_3000": _repeated("x = ", "a if b else ", 3_000, "c\n"),
    "brackets_100000": _nested("[", "1", "]", 100_000),
    "brackets_open_100000": _nested("[", "1", "", 100_000),
    "unary_100000": _nested("-", "1", "", 100_000),
    "powers_100000": _repeated("x = ", "1 ** ", 100_000, "1\n"),
    "method_chain_100000": _repeated("a", ".b()", 100_000),
    "import_of_300000": _repeated("import a", ".a", 300_000),
    "dedents_300000": _dedents(300_000),
    "type_comments_300000": _repeated("x = 1\n", "# type: int\n", 300_000),
    "decorators_open": _repeated("", "@", 10_000),
    "stars_10000": _repeated("f(", "*", 10_000, "a)\n"),
    "open_strings_10000": _repeated("", "f'{", 10_000),
    "quotes_100000": _repeated("", "'", 99_999),
    "backslashes": _repeated("x = '", "\\", 100_001, "'\n"),
    "broken_classes_10000": _repeated("", "class A(\n", 10_000),
    "broken_functions_10000": _repeated("", "def f(\n", 10_000),
}

SOURCES = {**ENCODINGS, **LINES, **LARGE, **DEEP, **REFUSED, **KILLERS}
"""Bytes by name; they are made when they are asked for."""


@dataclass(frozen=True)
class Nasty:
    """A path that is no good source: how it is made in a folder, as which path its failure is told, and the code (null: no failure)."""

    make: Callable[[Path], None]
    told: str
    code: str | None


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate((64 << 20) + 1)


PATHS: dict[str, Nasty] = {
    "fifo": Nasty(lambda folder: os.mkfifo(folder / "fifo.py"), "fifo.py", "CA103"),
    "folder": Nasty(lambda folder: (folder / "folder.py").mkdir(), "folder.py", "CA103"),
    "socket": Nasty(lambda folder: _socket(folder / "socket.py"), "socket.py", "CA103"),
    "dangling": Nasty(lambda folder: (folder / "dangling.py").symlink_to("missing.py"), "dangling.py", "CA104"),
    "loop": Nasty(lambda folder: (folder / "loop.py").symlink_to("loop.py"), "loop.py", "CA104"),
    "escape": Nasty(lambda folder: (folder / "escape.py").symlink_to("/etc/passwd"), "escape.py", "CA104"),
    "up": Nasty(lambda folder: (folder / "up").symlink_to("..", target_is_directory=True), "up", None),
    "huge": Nasty(lambda folder: _huge(folder / "huge.py"), "huge.py", "CA105"),
    "not_utf8": Nasty(
        lambda folder: (folder / os.fsdecode(b"not\xffutf8.py")).write_bytes(b"x = 1\n") and None, "not\\xffutf8.py", "CA107"
    ),
    "newline": Nasty(lambda folder: (folder / "new\nline.py").write_text("x = 1\n") and None, "new\nline.py", None),
    "quotes": Nasty(lambda folder: (folder / "quo\"te's.py").write_text("x = 1\n") and None, "quo\"te's.py", None),
    "long": Nasty(lambda folder: (folder / ("n" * 252 + ".py")).write_text("x = 1\n") and None, "n" * 252 + ".py", None),
    "case_twin": Nasty(lambda folder: (folder / "Twin.py").write_text("x = 1\n") and None, "Twin.py", None),
    "case_twin_other": Nasty(lambda folder: (folder / "twin.py").write_text("x = 1\n") and None, "twin.py", None),
    "dots": Nasty(lambda folder: (folder / "...py").write_text("x = 1\n") and None, "...py", None),
    "option": Nasty(lambda folder: (folder / "--help.py").write_text("x = 1\n") and None, "--help.py", None),
}
