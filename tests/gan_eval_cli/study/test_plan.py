"""`gan-eval study plan`."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import Result

Invoke = Callable[..., Result]


def test_plan_prints_people_minutes_and_cost(invoke: Invoke) -> None:
    result = invoke("study", "plan", "--kind", "pairwise", "--methods", 2, "--trials", 20, "--pay", 12)
    assert result.exit_code == 0, result.stderr
    assert "people to ask" in result.stdout
    assert "minutes per person" in result.stdout
    assert "rho = 0.05 is an assumption" in result.stderr


@pytest.mark.parametrize("kind", ["best-of-k", "pairwise", "real-fake", "two-alternative"])
def test_plan_json(invoke: Invoke, kind: str) -> None:
    result = invoke("study", "plan", "--kind", kind, "--methods", 3, "--trials", 30, "--json")
    document = json.loads(result.stdout)
    assert document["schema"] == "gan-eval-study-plan/1"
    assert document["advised_people"] >= 20
    assert [choice["people"] for choice in document["choices"]] == sorted(c["people"] for c in document["choices"])


def test_plan_refuses_an_effect_that_is_none(invoke: Invoke) -> None:
    result = invoke("study", "plan", "--kind", "pairwise", "--methods", 2, "--effect", 0.5)
    assert result.exit_code == 3
    assert "is none" in result.stderr
