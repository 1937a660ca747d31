"""Best of k: the worked example, planted shares, a method never chosen, few people."""

from __future__ import annotations

import numpy as np
import pytest

from gan_eval.study.analysing.findings import AnalysisSettings
from gan_eval.study.analysing.kinds.best_of_k import best_of_k
from gan_eval.study.analysing.tables import BestOf

COUNTS = np.array([[4, 1, 0], [3, 1, 1], [2, 2, 1], [3, 0, 2], [1, 3, 1], [4, 1, 0]])
SETTINGS = AnalysisSettings(resamples=300, arrangements=999)


def rows(counts: np.ndarray) -> BestOf:
    """Answers with these counts (P, k); the items are taken in turn."""
    people, k = counts.shape
    chosen = np.concatenate([np.repeat(np.arange(k), row) for row in counts])
    person = np.repeat(np.arange(people), counts.sum(1))
    item = np.concatenate([np.arange(total) for total in counts.sum(1)])
    items = tuple(f"item{n}" for n in range(item.max() + 1))
    return BestOf(("A", "B", "C")[:k], people, items, person, item, np.eye(k)[chosen])


def test_the_worked_example() -> None:
    found = best_of_k(rows(COUNTS), SETTINGS)
    tests = {test.name: test for test in found.tests}
    assert [m.measures[0].estimate.value for m in found.methods] == pytest.approx([17 / 30, 8 / 30, 5 / 30])
    assert [m.measures[1].estimate.value for m in found.methods] == pytest.approx([0.6592, -0.0946, -0.5646], abs=5e-5)
    p = {
        "equal shares (labels permuted within people)": 0.0494,
        "equal shares (Friedman)": 0.0475,
        "equal shares (chi-square)": 0.0202,
        "equal shares (G)": 0.0231,
        "equal shares (exact multinomial)": 0.0271,
    }
    assert {name: tests[name].p_value for name in p} == pytest.approx(p, abs=5e-5)
    assert tests["equal shares (chi-square)"].statistic == pytest.approx(7.8)
    assert tests["equal shares (G)"].statistic == pytest.approx(7.5396, abs=5e-5)
    assert tests["equal shares (Friedman)"].statistic == pytest.approx(6.0952, abs=5e-5)


def test_pairs_of_the_worked_example() -> None:
    found = {(pair.a, pair.b): pair for pair in best_of_k(rows(COUNTS), SETTINGS).pairs}
    assert found["A", "B"].difference.value == pytest.approx(0.3)
    t = found["A", "B"].difference.t
    assert t is not None
    # Student's t of these differences is 1.7719, and the quantile with 5 degrees of freedom 2.5706.
    assert (t.high - t.low) / 2 == pytest.approx(2.5706 * 0.3 / 1.7719, abs=5e-5)
    assert [pair.answer_p for pair in found.values()] == pytest.approx([0.1078, 0.0169, 0.5811], abs=5e-5)


def test_only_the_permutation_test_is_primary_and_people_are_its_unit() -> None:
    tests = best_of_k(rows(COUNTS), SETTINGS).tests
    assert [test.unit for test in tests if test.primary] == ["person"]
    assert {test.unit for test in tests if "chi-square" in test.name or "multinomial" in test.name} == {"answer"}


def test_a_method_never_chosen_is_unbounded_and_says_so() -> None:
    found = best_of_k(rows(np.array([[3, 2, 0]] * 6)), SETTINGS)
    assert all(method.measures[1].unbounded for method in found.methods)
    assert "C was never chosen" in found.warnings[0]
    assert all(np.isfinite(method.measures[1].estimate.value) for method in found.methods)


def test_four_people_are_described_only() -> None:
    found = best_of_k(rows(COUNTS[:4]), SETTINGS)
    assert found.tests == ()
    assert all(pair.p_value is None and pair.difference.interval is None for pair in found.pairs)
    assert all(measure.estimate.interval is None for method in found.methods for measure in method.measures)


def test_shares_of_people_count_alike_however_much_they_answered() -> None:
    found = best_of_k(rows(np.array([[10, 0], [0, 2]])), SETTINGS)
    assert found.methods[0].measures[0].estimate.value == 0.5


def test_items_and_people_are_tabulated() -> None:
    found = best_of_k(rows(COUNTS), SETTINGS)
    assert len(found.items) == 5
    assert found.per_person[0] == pytest.approx((0.8, 0.2, 0.0))
    assert all(sum(row) == pytest.approx(1) for row in found.items.values())  # type: ignore[arg-type]


def test_the_same_settings_give_the_same_findings() -> None:
    many = rows(np.tile(COUNTS, (5, 1)))
    assert best_of_k(many, SETTINGS) == best_of_k(many, SETTINGS)
    assert best_of_k(many, SETTINGS) != best_of_k(many, AnalysisSettings(resamples=300, arrangements=999, seed=1))
