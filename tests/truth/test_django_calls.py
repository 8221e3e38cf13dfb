"""A hundred resolved calls of Django 5.2, read by a person: at least 97 are right, and none changed since it was read.

The verdicts are on the graph of the wheel (96 right). This graph is that of the source distribution, whose tests call Django as well: what
the wheel alone does not tell of two calls, they do.
"""

from pathlib import Path

import pytest
from tests.truth.sampled import COUNT, Sampled, Span, answers, kept

SITES = kept()


@pytest.fixture(scope="module")
def found(django) -> dict[Span, set[str]]:
    return answers(django.graph)


def test_the_sample_is_whole_and_each_verdict_is_on_its_targets():
    assert len({site.span for site in SITES}) == COUNT
    for site in SITES:
        assert site.reason
        assert site.targets <= site.right | site.wrong, site.span
        assert not site.right & site.wrong, site.span
        assert (site.verdict == "right") == site.is_right(site.targets), site.span


def test_the_sampled_lines_are_those_that_were_read(django):
    for site in SITES:
        source = Path(django.repository, site.span.path).read_text("utf-8").split("\n")
        assert source[site.span.line - 1].strip() == site.text, site.span


def test_no_sampled_call_has_an_answer_that_nobody_read(found):
    changed = [_told(site, found[site.span]) for site in SITES if site.must_be_read_again(found[site.span])]
    assert not changed, "read these calls again and put what you find into django_calls.json:\n" + "\n".join(changed)


def _told(site: Sampled, targets: set[str]) -> str:
    unread = sorted(targets - site.right - site.wrong)
    wrong = sorted(targets & site.wrong)
    news = [f"new: {', '.join(unread)}"] * bool(unread) + [f"wrong: {', '.join(wrong)}"] * bool(wrong)
    return f"{site.span} {site.callee}(…): {'; '.join(news) or 'no target any more'}. Known to be right: {', '.join(sorted(site.right))}"


def test_at_least_97_of_100_are_right(found):
    wrong = [f"{site.span}: {site.reason}" for site in SITES if not site.is_right(found[site.span])]
    assert len(wrong) <= COUNT - 97, "\n".join(wrong)


def test_a_changed_answer_is_told_with_its_place():
    site = next(site for site in SITES if site.verdict == "wrong")
    right, wrong = sorted(site.right)[:1], sorted(site.wrong)[:1]
    assert not site.must_be_read_again(right)
    assert not site.must_be_read_again(right + wrong)
    for answer in ([], [*right, "shop.money.add:3"]):
        assert site.must_be_read_again(answer)
        assert str(site.span) in _told(site, set(answer))
    good = next(site for site in SITES if site.verdict == "right")
    assert good.must_be_read_again([*good.targets, "shop.money.add:3"])
    assert "new: shop.money.add:3" in _told(good, {*good.targets, "shop.money.add:3"})
