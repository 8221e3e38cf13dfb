"""What each rulepack does about a breach: the same input under every profile."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from codeanatomy import _engine
from codeanatomy.catalog.defaults import RULEPACK_PROFILES
from codeanatomy.engine.errors import EngineRuleViolationError, EngineValidationError
from tests.engine.specs import EDGE_ROWS, NODE_ROWS, Graph, columns, read, run

CHANGING = ("SELECT id AS n, CAST(random() AS VARCHAR) AS t FROM in_nodes", "CA506", {"view": "v", "function": "random"})
MIXED = (
    "SELECT id AS n, kind || id AS t FROM in_nodes",
    "CA507",
    {"view": "v", "from": "an integer", "to": "a text", "expression": "in_nodes.id"},
)
DECLARED = columns("n int64; t string?")


def outcome(spec: dict[str, Any], profile: str) -> tuple[str, list[str]]:
    """The code that a run under a profile fails with, if any, and the codes that it warns of."""
    try:
        result = run({**spec, "rulepack_profile": profile})
    except EngineRuleViolationError as error:
        return error.error_code, []
    assert result["rulepack"]["profile"] == profile
    assert all(warning["severity"] == "warning" and warning["stage"] == "rule_violation" for warning in result["warnings"])
    return "", [warning["code"] for warning in result["warnings"]]


@pytest.mark.parametrize(("sql", "code", "details"), [CHANGING, MIXED], ids=["not deterministic", "coercion"])
def test_strict_fails_where_default_warns_and_low_latency_is_silent(graph: Graph, sql: str, code: str, details: dict[str, str]) -> None:
    spec = graph.query(sql, DECLARED)
    assert {profile: outcome(spec, profile) for profile in RULEPACK_PROFILES} == {
        "Default": ("", [code]),
        "LowLatency": ("", []),
        "Strict": (code, []),
    }
    [warning] = run(spec)["warnings"]
    assert warning["context"] == details
    assert "view `v`" in warning["message"]


def test_strict_refuses_a_query_before_anything_runs(graph: Graph) -> None:
    spec = {**graph.query(CHANGING[0], DECLARED), "rulepack_profile": "Strict"}
    with pytest.raises(EngineRuleViolationError, match="random"):
        _engine.SemanticPlanCompiler().compile(json.dumps(spec))


@pytest.mark.parametrize(
    ("nodes", "edges", "code", "low_latency"),
    [
        ([*NODE_ROWS, (3, "function", "x")], EDGE_ROWS, "CA501", ["CA501"]),
        (NODE_ROWS, [*EDGE_ROWS, (12, "calls", 99, 3)], "CA503", ["CA503", "CA504"]),
        (NODE_ROWS, [*EDGE_ROWS, (12, "calls", 3, 99)], "CA504", ["CA504"]),
        (NODE_ROWS, [*EDGE_ROWS, (12, "calls", 3, 1)], "CA505", []),
    ],
    ids=["identity", "reference", "end of an edge", "kind of an end"],
)
def test_low_latency_only_warns_of_identity_and_references(
    graph: Graph, nodes: list[tuple[Any, ...]], edges: list[tuple[Any, ...]], code: str, low_latency: list[str]
) -> None:
    graph.put(nodes, edges)
    spec = graph.graph()
    assert (outcome(spec, "Default"), outcome(spec, "Strict")) == ((code, []), (code, []))
    assert outcome(spec, "LowLatency") == ("", low_latency)
    assert len(read(graph.folder / "edges")) == len(edges)
    summary = run({**spec, "rulepack_profile": "LowLatency"})["trace_metrics_summary"]
    assert summary["warning_count_by_code"] == dict(Counter(low_latency))


def test_the_rules_are_part_of_the_envelope_and_not_of_the_spec(graph: Graph) -> None:
    spec = graph.query("SELECT id AS n, kind AS t FROM in_nodes", DECLARED)
    told = {profile: run({**spec, "rulepack_profile": profile}) for profile in RULEPACK_PROFILES}
    assert len({result["spec_hash"] for result in told.values()}) == 1
    assert len({result["rulepack"]["fingerprint"] for result in told.values()}) == len(RULEPACK_PROFILES)
    assert len({result["envelope_hash"] for result in told.values()}) == len(RULEPACK_PROFILES)


def test_a_spec_says_whose_rules_hold_also_in_a_replay(graph: Graph) -> None:
    with pytest.raises(EngineValidationError, match=r"CA301.*Replay"):
        run({**graph.query("SELECT id AS n, kind AS t FROM in_nodes", DECLARED), "rulepack_profile": "Replay"})


def test_kinds_that_nobody_asks_about_are_not_looked_at(graph: Graph) -> None:
    """Ends of no known kind make no warning where the rule is passed over; their existence is asked all the same."""
    graph.put(NODE_ROWS, [(10, "unheard", 2, 3), (11, "unheard", 2, 99)])
    assert outcome(graph.graph(), "Default")[0] == "CA505"
    assert outcome(graph.graph(), "LowLatency") == ("", ["CA504"])
