"""Pairwise: the worked example, ties, sides, separation."""

from __future__ import annotations

import numpy as np
import pytest

from gan_eval.study.analysing.findings import AnalysisSettings
from gan_eval.study.analysing.kinds.pairwise import pairwise, win_tables
from gan_eval.study.analysing.tables import Pairs

WINS = np.array([[0, 13, 15, 17], [7, 0, 12, 14], [5, 8, 0, 11], [3, 6, 9, 0]])
SETTINGS = AnalysisSettings(resamples=300, arrangements=999)


def rows(wins: np.ndarray, *, people: int = 6, ties: int = 0, left: float = 0.5) -> Pairs:
    """Answers with these wins, dealt to people in turn; each pair with `ties` ties more."""
    k = len(wins)
    answers = []
    for i in range(k):
        for j in range(i + 1, k):
            answers += [(i, j, 1.0)] * wins[i, j] + [(i, j, 0.0)] * wins[j, i] + [(i, j, 0.5)] * ties
    a, b, won = (np.array(column) for column in zip(*answers, strict=True))
    number = np.arange(len(a))
    items = tuple(f"item{n}" for n in range(10))
    a_left = (number % 10) < round(10 * left)
    return Pairs(("A", "B", "C", "D")[:k], people, items, number % people, number % 10, a, b, won, a_left)


def test_the_worked_example() -> None:
    found = pairwise(rows(WINS), SETTINGS)
    tests = {test.name: test for test in found.tests}
    assert [m.measures[0].estimate.value for m in found.methods] == pytest.approx(
        [0.8454, 0.1569, -0.3314, -0.6710], abs=5e-5
    )
    ratio, deviance = tests["equal strengths (likelihood ratio)"], tests["fit of Bradley-Terry (deviance)"]
    assert (ratio.statistic, deviance.statistic) == pytest.approx((21.8736, 0.3015), abs=5e-5)
    assert (ratio.p_value, deviance.p_value) == pytest.approx((6.9302e-05, 0.9598), rel=1e-3)
    assert found.wins is not None
    assert found.wins.elo == pytest.approx((1646.8624, 1527.2638, 1442.4315, 1383.4424), abs=5e-5)
    assert [pair.answer_p for pair in found.pairs] == pytest.approx(
        [0.2632, 0.0414, 0.0026, 0.5034, 0.1153, 0.8238], abs=5e-5
    )


def test_win_shares_of_the_worked_example() -> None:
    assert win_tables(rows(WINS)).sum(0) == pytest.approx(WINS.astype(float))
    found = pairwise(rows(WINS, people=1), SETTINGS)
    shares = [method.get("share") for method in found.methods]
    assert [one.estimate.value for one in shares if one] == pytest.approx([0.75, 0.55, 0.40, 0.30])


def test_ties_count_half_and_davidson_is_fitted() -> None:
    found = pairwise(rows(WINS, ties=3), SETTINGS)
    assert found.wins is not None
    assert found.wins.ties[0][1] == found.wins.ties[1][0] == 3
    assert found.wins.wins[0][1] == 13
    assert found.wins.log_nu is not None
    assert pairwise(rows(WINS), SETTINGS).wins.log_nu is None  # type: ignore[union-attr]


def test_a_left_bias_is_measured() -> None:
    wins = np.array([[0, 30], [30, 0]])
    biased = rows(wins)
    left = np.where(biased.won == 1, np.arange(60) % 5 > 0, np.arange(60) % 5 == 0)
    found = pairwise(Pairs(*(getattr(biased, name) for name in _FIELDS), left), SETTINGS)
    assert found.wins is not None
    assert found.wins.left_advantage is not None
    assert found.wins.left_advantage[0] == pytest.approx(np.log(4), abs=1e-6)
    [side] = [test for test in found.tests if "left" in test.name]
    assert side.p_value < 0.05


_FIELDS = ("methods", "people", "items", "person", "item", "a", "b", "won")


def test_separation_is_said_and_half_wins_are_shown() -> None:
    wins = np.array([[0, 10, 10], [0, 0, 6], [0, 4, 0]])
    found = pairwise(rows(wins), SETTINGS)
    assert "A won every comparison with B and C" in found.warnings[0]
    assert [m.measures[0].estimate.value for m in found.methods] == pytest.approx([2.0383, -0.8503, -1.1880], abs=5e-5)
    assert all(method.measures[0].unbounded for method in found.methods)
    assert found.wins is not None
    assert found.wins.components == (("A",), ("B", "C"))
    assert not [test for test in found.tests if "likelihood" in test.name]


def test_ranks_are_chances() -> None:
    found = pairwise(rows(WINS), SETTINGS)
    assert found.wins is not None
    assert np.sum(found.wins.ranks, axis=0) == pytest.approx(np.ones(4))
    assert found.wins.ranks[0][0] > 0.9


def test_people_who_never_saw_a_pair_are_left_out_of_it() -> None:
    only_ab = Pairs(
        ("A", "B", "C"), 6, ("i",), np.arange(12) % 6, np.zeros(12, int),
        np.array([0] * 6 + [1] * 6), np.array([1] * 6 + [2] * 6), np.ones(12), np.ones(12, bool),
    )  # fmt: skip
    assert [(pair.a, pair.b) for pair in pairwise(only_ab, SETTINGS).pairs] == [("A", "B"), ("B", "C")]
