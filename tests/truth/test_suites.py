"""Truths that others wrote: the graph agrees with no suite less than the figures that are kept, and the README shows those."""

from __future__ import annotations

import pytest
from bench.accuracy.cases import agreement, differences
from bench.accuracy.results import kept, shown, table
from bench.accuracy.suites import BY_NAME, SUITES

QUICK = ("jedi-references", "jedi-goto", "beniget", "pyflakes")
"""PyCG's programs are a build each: `make accuracy` runs them."""


@pytest.mark.parametrize("name", QUICK)
def test_no_suite_gets_worse(name):
    (former,) = (suite for suite in kept().suites if suite.suite == name)
    outcome = BY_NAME[name].run()
    agreed = agreement(outcome.cases)
    differing = "\n".join(differences(outcome.cases))
    assert (agreed.cases, agreed.crashes) == (former.cases, former.crashes)
    assert agreed.exact >= former.exact, differing


def test_the_readme_shows_the_figures_that_are_kept():
    assert [suite.suite for suite in kept().suites] == [suite.name for suite in SUITES]
    assert shown() == table(kept().suites)
