"""CPython itself as truth, on a part of the modules that `make accuracy` runs: executed calls, bases and ancestors, executed uses of variables."""

import pytest
from bench.accuracy.cases import Outcome, agreement, differences
from bench.accuracy.cpython import calls, mro, static, variables
from bench.accuracy.cpython.modules import SHORT, dotted
from bench.accuracy.results import kept

from codeanatomy.catalog.resolution import confidence

IMPORTED = """
argparse asyncio collections concurrent.futures configparser ctypes decimal email.message enum http.client http.server io json json.decoder logging
logging.handlers pathlib queue shelve socketserver ssl tarfile threading typing unittest.mock urllib.request xml.dom.minidom xml.sax zipfile
"""
USED = "contextlib fnmatch fractions generators getopt graphlib html listcomps ordered_dict patma shlex string textwrap with"


def told(outcome: Outcome) -> str:
    return "\n".join(differences(outcome.cases))


def test_executed_calls_are_in_the_graph():
    """No fewer than were found when this was written: of these modules 98.1 % of the explicit ones, of all that `make accuracy` runs 94.6 %."""
    outcome = calls.outcome(dotted(SHORT))
    agreed, facts = agreement(outcome.cases), outcome.facts
    assert agreed.right + agreed.missing > 2_500
    assert agreed.recall >= 0.975, told(outcome)
    assert facts["implicit found"] / facts["implicit executed"] >= 0.79
    judged = {way: count for way, count in facts.items() if way.endswith(": named") and "one of several" not in way and count >= 100}
    assert {"attribute: named", "lexical: named", "global: named"} <= judged.keys()
    for way, count in judged.items():
        assert facts[way.replace("named", "called")] / count >= stated(way) - 0.02, way


def stated(way: str) -> float:
    """The confidence of the rows that a fact is of."""
    resolution, _, rivals = way.removesuffix(": named").partition(", ")
    alone, one_of_several = confidence()[resolution]
    return one_of_several if rivals else alone


def test_confidence_is_what_the_last_run_of_all_measured():
    facts = next(suite.facts for suite in kept().suites if suite.suite == "cpython-calls")
    judged = [way for way, count in facts.items() if way.endswith(": named") and count >= 100]
    assert len(judged) >= 7
    for way in judged:
        assert facts[way.replace("named", "called")] / facts[way] == pytest.approx(stated(way), abs=0.05), way


def test_bases_and_ancestors_are_those_of_cpython():
    """Bases and method resolution orders, through builtins and classes of modules in C."""
    outcome = mro.outcome(IMPORTED.split())
    facts = outcome.facts
    assert facts["not importable"] == 0
    assert facts["static"] > 500
    assert facts["bases right"] == facts["static"], told(outcome)
    assert facts["mro right"] == facts["static"], told(outcome)


def test_executed_uses_of_variables_have_their_definitions():
    outcome = variables.outcome(dotted(tuple(USED.split())))
    agreed = agreement(outcome.cases)
    assert agreed.right > 8_000
    assert not agreed.missing, told(outcome)


def test_a_call_is_known_by_its_span_and_its_callee():
    site, callee = calls.Site("a.py", 3, 5, 3, 9), calls.Callee("b.py", 7)
    known = calls.Known()
    known.callees[site].add(callee)
    known.spans["a.py", callee].append((3, 3))
    assert known.has(calls.Executed(site, "function", callee, "f"))
    for other in (site._replace(col=6), site._replace(path="b.py"), site._replace(end_col=10)):
        assert not known.has(calls.Executed(other, "function", callee, "f"))
        assert known.has(calls.Executed(other, "implicit", callee, "f")) == (other.path == "a.py")
    assert not known.has(calls.Executed(site, "function", callee._replace(line=8), "f"))


@pytest.mark.parametrize(
    ("module", "name", "is_static"),
    [
        ("argparse", "Namespace", True),
        ("json", "JSONDecodeError", True),
        ("typing", "collections.abc.Mapping", True),
        ("zipfile", "Exception", True),
        ("enum", "Enum", True),
        ("pickle", "Pickler", False),  # from _pickle in a `try`, else its own
        ("collections", "OrderedDict", False),
        ("urllib.parse", "_SplitResultBase", False),  # what namedtuple(…) gave
        ("dis", "_Instruction", False),
    ],
)
def test_a_base_is_static_where_its_name_means_one_class(module, name, is_static):
    assert static.means_one(module, name) == is_static
