"""Which test modules of the standard library are run, and which of its modules are watched beside them."""

from __future__ import annotations


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TRACED = _names("""
abc base64 binop bisect bool builtin class colorsys compare configparser contextlib contextlib_async copy csv decorators defaultdict dictviews
dynamicclassattribute enumerate eof exception_group exception_variations except_star fnmatch fractions funcattrs generators genericalias
genericpath getopt glob grammar graphlib heapq html isinstance iter keyword keywordonlyarg metaclass named_expressions numeric_tower opcodes
ordered_dict patma pkgutil positional_only_arg pprint property raise reprlib richcmp shlex string super textwrap typechecks unary userlist
userstring with coroutines asyncgen listcomps
""")
"""Tests of the language and of small modules: every opcode of them may be traced."""

LARGER = _names("""
argparse ast calendar cmd collections dataclasses difflib enum functools htmlparser http_cookies ipaddress json optparse pathlib plistlib queue random
sched tomllib traceback typing urlparse
""")
"""Tests of larger modules that are written in Python."""

SHORT = _names("contextlib fnmatch fractions getopt graphlib ordered_dict optparse shlex string textwrap")
"""A part of both that takes some seconds each."""

LIBRARY = _names("""
argparse ast base64 bisect calendar collections colorsys configparser contextlib copy csv dataclasses decimal _pydecimal difflib email enum fnmatch
fractions functools genericpath getopt glob graphlib heapq html http inspect ipaddress json keyword linecache locale numbers opcode operator optparse
pathlib pkgutil plistlib posixpath pprint queue random reprlib sched shlex string textwrap tokenize tomllib traceback types typing urllib xml
""")
"""Modules whose own calls count as well: those that the tests are about. `unittest` is none, since it calls its tests by computed names."""


def dotted(names: tuple[str, ...]) -> list[str]:
    """The dotted names of test modules."""
    return [f"test.test_{name}" for name in names]
