"""Facts of Django 5.2, read in its source by a person, and the promises of the graph over all of it.

Of a hundred resolved calls, read by a person, at least 97 are right, and none changed since it was read. The verdicts are on the graph of the
wheel (96 right). This graph is that of the source distribution, whose tests call Django as well: what the wheel alone does not tell of two
calls, they do.

One file, as its tests share a graph that takes minutes: several processes of pytest share the tests by file.
"""

from pathlib import Path

import pytest
from tests.support.ticking import check
from tests.truth.sampled import COUNT, Sampled, Span, answers, kept

SITES = kept()


def test_a_function_calls_a_function_of_its_module(django):
    # django/shortcuts.py:80: queryset = _get_queryset(klass)
    assert django.rows(
        "SELECT line, col, callee, callee_path, callee_line FROM calls "
        "WHERE caller = 'django.shortcuts.get_object_or_404' AND callee = 'django.shortcuts._get_queryset'"
    ) == [(80, 16, "django.shortcuts._get_queryset", "django/shortcuts.py", 56)]


def test_a_method_calls_a_method_of_self(django):
    # django/core/paginator.py:89 and 94, in Paginator.page
    assert django.rows(
        "SELECT line, callee FROM calls WHERE caller = 'django.core.paginator.Paginator.page' AND callee_path = 'django/core/paginator.py' ORDER BY line"
    ) == [(89, "django.core.paginator.Paginator.validate_number"), (94, "django.core.paginator.Paginator._get_page")]


def test_an_instance_in_a_local_name_is_called(django):
    # django/core/management/__init__.py:441: utility = ManagementUtility(argv); 442: utility.execute()
    assert django.rows(
        "SELECT line, callee, via FROM calls WHERE caller = 'django.core.management.execute_from_command_line' ORDER BY line, via NULLS FIRST"
    ) == [
        (441, "django.core.management.ManagementUtility", None),
        (441, "django.core.management.ManagementUtility.__init__", "constructor"),
        (442, "django.core.management.ManagementUtility.execute", None),
    ]


def test_an_imported_function_and_functions_of_outside_modules_are_called(django):
    # django/utils/crypto.py:65: secrets.compare_digest(force_bytes(val1), force_bytes(val2))
    assert django.rows(
        "SELECT col, callee, callee_kind FROM calls WHERE caller = 'django.utils.crypto.constant_time_compare' ORDER BY col"
    ) == [
        (12, "secrets.compare_digest", "external"),
        (35, "django.utils.encoding.force_bytes", "function"),
        (54, "django.utils.encoding.force_bytes", "function"),
    ]


def test_bases_of_a_class(django):
    # django/contrib/auth/models.py:446: class AbstractUser(AbstractBaseUser, PermissionsMixin)
    assert django.rows(
        "SELECT position, base FROM inherits WHERE \"class\" = 'django.contrib.auth.models.AbstractUser' ORDER BY position"
    ) == [
        (0, "django.contrib.auth.base_user.AbstractBaseUser"),
        (1, "django.contrib.auth.models.PermissionsMixin"),
    ]


def test_method_resolution_order(django):
    # django/views/generic: what ListView.__mro__ says when it is imported, without `object`
    found = django.rows("SELECT ancestor FROM mro WHERE \"class\" = 'django.views.generic.list.ListView' ORDER BY position")
    assert [name for (name,) in found if name != "builtins.object"] == [
        "django.views.generic.list.ListView",
        "django.views.generic.list.MultipleObjectTemplateResponseMixin",
        "django.views.generic.base.TemplateResponseMixin",
        "django.views.generic.list.BaseListView",
        "django.views.generic.list.MultipleObjectMixin",
        "django.views.generic.base.ContextMixin",
        "django.views.generic.base.View",
    ]


def test_an_override(django):
    # django/forms/fields.py: CharField.to_python (291) overrides Field.to_python (182)
    assert (
        django.one("SELECT overridden FROM overrides WHERE method = 'django.forms.fields.CharField.to_python'")
        == "django.forms.fields.Field.to_python"
    )


def test_an_import_means_what_stands_behind_its_chain(django):
    # django/contrib/auth/models.py: from django.db import models; django/db/models/__init__.py:20 re-exports F from expressions
    assert django.one("SELECT target FROM imports WHERE path = 'django/contrib/auth/models.py' AND name = 'models'") == "django.db.models"
    assert (
        django.one("SELECT target FROM imports WHERE path = 'django/db/models/__init__.py' AND name = 'F'")
        == "django.db.models.expressions.F"
    )


def test_references_of_a_function(django):
    # grep over the sources: `_get_queryset` is read in shortcuts.py only, at lines 80, 99, 125 and 148
    assert [
        line
        for (line,) in django.rows(
            "SELECT line FROM refs WHERE target = 'django.shortcuts._get_queryset' AND path = 'django/shortcuts.py' ORDER BY line"
        )
    ] == _lines(django, "django/shortcuts.py", "= _get_queryset(")


def test_control_flow_of_a_loopless_function(django):
    # django/shortcuts.py:56: `if hasattr(…)` on line 64 leads to the return of line 65 or of line 66
    edges = django.rows("SELECT kind, src_line, dst_line FROM cfg WHERE \"function\" = 'django.shortcuts._get_queryset' ORDER BY dst_line")
    assert edges == [("true", 64, 65), ("false", 64, 66)]


def _lines(built, path, text):
    source = (built.repository / path).read_text().split("\n")
    return [number for number, line in enumerate(source, 1) if text in line]


def test_every_end_of_an_edge_exists_and_ids_are_unique(django):
    for end in ("src", "dst"):
        assert django.one(f"SELECT count(*) FROM cpg_edges LEFT ANTI JOIN cpg_nodes ON cpg_edges.{end} = cpg_nodes.id") == 0
    for table in ("cpg_nodes", "cpg_edges"):
        assert django.one(f"SELECT count(*) - count(DISTINCT id) FROM {table}") == 0


def test_every_source_is_in_the_graph(django):
    disk = {
        str(path.relative_to(django.repository))
        for path in django.repository.rglob("*.py")
        if "dist" not in path.parts and "build" not in path.parts
    }
    known = {path for (path,) in django.rows("SELECT path FROM files")}
    assert disk - known <= {path for (path,) in django.rows("SELECT path FROM failures")}
    assert len(known) > 2800


def test_syntax_spans_lie_inside_their_parents(django):
    assert (
        django.one(
            "SELECT count(*) FROM cpg_edges e JOIN cpg_nodes p ON p.id = e.src JOIN cpg_nodes c ON c.id = e.dst "
            "WHERE e.kind = 'child' AND NOT (c.bstart >= p.bstart AND c.bend <= p.bend)"
        )
        == 0
    )


def test_adjacency_holds_every_edge(django):
    edges = django.one("SELECT count(*) FROM cpg_edges")
    for side in ("src", "dst"):
        assert django.one(f"SELECT sum(degree) FROM cpg_edges_by_{side}") == edges


def test_the_event_loop_is_never_blocked_during_the_build(ticked_django):
    graph, ticks = ticked_django
    check(ticks, graph.result)


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
