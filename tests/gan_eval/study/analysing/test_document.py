"""The JSON document: the contract's fields, no NaN, the same bytes from the same answers."""

from __future__ import annotations

import json

import pytest

from gan_eval.study.analysing.document import to_dict
from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval.study.schema.trials import Kind
from tests.gan_eval.study.drawn import NAMES, analysis

CONTRACT = {"schema", "kind", "participants", "excluded", "answers", "methods", "tests", "pairs"}
CONTRACT |= {"agreement", "checks", "warnings"}


@pytest.mark.parametrize("kind", KINDS)
def test_contract(kind: Kind) -> None:
    document = to_dict(analysis(kind, people=12, careless=0.1))
    assert document.keys() >= CONTRACT
    assert (document["schema"], document["kind"]) == ("gan-eval-study/1", kind)
    assert all(one.keys() >= {"session", "reason"} for one in document["excluded"])
    assert [one["name"] for one in document["methods"]] == list(NAMES)
    assert all(test.keys() >= {"name", "statistic", "p_value", "unit"} for test in document["tests"])
    wanted = {"a", "b", "difference", "interval", "p_value", "adjusted_p"}
    assert all(pair.keys() >= wanted for pair in document["pairs"])


@pytest.mark.parametrize("kind", KINDS)
def test_no_nan_and_the_same_bytes(kind: Kind) -> None:
    first, again = (json.dumps(to_dict(analysis(kind, people=7)), allow_nan=False) for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    ("kind", "present", "absent"),
    [
        ("best-of-k", {"share", "strength", "strength_interval"}, {"fooling_rate", "d_prime"}),
        ("pairwise", {"share", "strength", "strength_interval"}, {"fooling_rate", "d_prime"}),
        ("real-fake", {"fooling_rate", "d_prime", "hype_infinity"}, {"share", "strength"}),
        ("two-alternative", {"fooling_rate", "d_prime"}, {"share", "strength"}),
    ],
)
def test_methods_have_what_their_kind_has(kind: Kind, present: set[str], absent: set[str]) -> None:
    for method in to_dict(analysis(kind))["methods"]:
        assert method.keys() >= present
        assert not method.keys() & absent
        assert method["interval"].keys() == {"low", "high", "level", "method"}


def test_too_few_people_have_null_intervals() -> None:
    document = to_dict(analysis("best-of-k", people=3))
    assert all(method["interval"] is None for method in document["methods"])
    assert document["tests"] == []
    assert all(pair["p_value"] is None for pair in document["pairs"])


def test_every_measure_says_how_many_people_and_answers() -> None:
    for method in to_dict(analysis("real-fake"))["methods"]:
        assert all(measure["people"] == 22 and measure["answers"] > 0 for measure in method["measures"].values())
