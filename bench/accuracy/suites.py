"""The suites, in the order in which they run and are shown. A suite's own file says what is compared and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.accuracy import beniget, jedi, peers, pycg, pyflakes
from bench.accuracy.cases import Outcome
from bench.accuracy.cpython import calls, mro, variables


@dataclass(frozen=True, slots=True)
class Suite:
    """A truth to hold the graph against. `of` says what is judged, `source` where the truth comes from."""

    name: str
    of: str
    source: str
    run: Callable[[], Outcome]


SUITES = (
    Suite("pycg", "call edges", "pycg 0.0.8, micro-benchmark", pycg.run),
    Suite("pycg-by-pycg", "call edges, by PyCG 0.0.8", "pycg 0.0.8, micro-benchmark", peers.pycg_itself),
    Suite("pycg-by-pyrefly", "call edges, by pyrefly 1.4.1", "pycg 0.0.8, micro-benchmark", peers.pyrefly),
    Suite("jedi-references", "references", "jedi 0.20.1, test/completion `#<`", jedi.references),
    Suite("jedi-goto", "definitions of names", "jedi 0.20.1, test/completion `#!`", jedi.goto),
    Suite("beniget", "definition-use pairs", "beniget 0.5.0, tests", beniget.run),
    Suite("pyflakes", "undefined and unused names", "pyflakes 4.1.0, tests", pyflakes.run),
    Suite("cpython-calls", "executed calls", "CPython on 87 test modules", calls.run),
    Suite("cpython-mro", "bases and ancestors", "CPython on its standard library", mro.run),
    Suite("cpython-locals", "executed store → load pairs", "CPython on 64 test modules", variables.run),
)
BY_NAME = {suite.name: suite for suite in SUITES}
