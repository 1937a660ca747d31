"""Realism: the worked example, what guessing and habits give, a single method."""

from __future__ import annotations

import numpy as np
import pytest

from gan_eval.study.analysing.findings import AnalysisSettings
from gan_eval.study.analysing.kinds.real_fake import real_fake
from gan_eval.study.analysing.kinds.two_alternative import two_alternative_forced
from gan_eval.study.analysing.tables import Doubles, Labels

SETTINGS = AnalysisSettings(resamples=300, arrangements=999)


def labels(said_real: dict[int, list[int]], shown: int, people: int) -> Labels:
    """Each person sees `shown` pictures of each source and calls so many of them real."""
    source, person, said = [], [], []
    for which, counts in said_real.items():
        for who, count in enumerate(counts):
            source += [which] * shown
            person += [who] * shown
            said += [True] * count + [False] * (shown - count)
    item = np.arange(len(source)) % shown
    methods = tuple("ABC"[: max(said_real) + 1])
    names = tuple(f"item{n}" for n in range(shown))
    return Labels(methods, people, names, np.array(person), item, np.array(source), np.array(said))


def test_the_worked_example() -> None:
    # Five people, each 10 real pictures (41 called real in all) and 10 fakes (19 called real).
    rows = labels({-1: [9, 8, 8, 8, 8], 0: [4, 4, 4, 4, 3]}, 10, 5)
    found = real_fake(rows, SETTINGS)
    [method] = found.methods
    values = {measure.name: measure.estimate.value for measure in method.measures}
    assert values == pytest.approx(
        {"fooling_rate": 0.38, "hype_infinity": 0.28, "d_prime": 1.1910, "criterion": 0.2962}, abs=5e-5
    )
    overall = {measure.name: measure for measure in found.overall}
    assert overall["real_error"].estimate.value == pytest.approx(0.18)
    assert overall["balanced_accuracy"].estimate.value == pytest.approx(0.72)
    pooled = overall["hype_infinity"].pooled
    assert pooled is not None
    assert (pooled.low, pooled.high) == pytest.approx((0.2014, 0.3749), abs=5e-5)


def test_who_calls_everything_real_is_fooled_and_has_no_sensitivity() -> None:
    found = real_fake(labels({-1: [8] * 6, 0: [8] * 6}, 8, 6), SETTINGS)
    values = {measure.name: measure.estimate.value for measure in found.methods[0].measures}
    assert (values["fooling_rate"], values["hype_infinity"], values["d_prime"]) == (1, 0.5, 0)
    assert values["criterion"] > 1


def test_fakes_more_real_than_real_are_not_cut_off() -> None:
    found = real_fake(labels({-1: [3, 4, 2, 3, 4], 0: [8, 7, 8, 8, 7]}, 10, 5), SETTINGS)
    values = {measure.name: measure.estimate.value for measure in found.methods[0].measures}
    assert values["hype_infinity"] > 0.5
    assert values["d_prime"] < 0


def test_single_method_is_tested_against_real_pictures() -> None:
    found = real_fake(labels({-1: [9, 9, 8, 9, 9, 8], 0: [3, 2, 4, 2, 3, 3]}, 10, 6), SETTINGS)
    assert [test.name for test in found.tests if test.primary] == ["A: called real as often as real pictures"]
    assert {test.p_value for test in found.tests} == {2 / 64}


def test_who_calls_everything_real_half_of_the_time_tells_nothing_apart() -> None:
    found = real_fake(labels({-1: [8, 9, 8, 9, 8, 9], 0: [9, 8, 9, 8, 9, 8]}, 10, 6), SETTINGS)
    [test] = found.tests
    assert test.p_value == 1


def test_methods_are_compared_within_people() -> None:
    found = real_fake(labels({-1: [9] * 6, 0: [5, 6, 5, 7, 6, 5], 1: [2, 3, 2, 4, 2, 1]}, 10, 6), SETTINGS)
    [pair] = found.pairs
    assert pair.p_value == 2 / 64
    assert pair.difference.value == pytest.approx(20 / 60)
    assert [test.name for test in found.tests if test.primary] == ["all methods: called real as often as real pictures"]
    assert found.tests[-1].name == "equal fooling rates (labels permuted within people)"


def test_tests_of_several_methods_are_adjusted() -> None:
    found = real_fake(labels({-1: [9] * 6, 0: [5, 6, 5, 7, 6, 5], 1: [2, 3, 2, 4, 2, 1]}, 10, 6), SETTINGS)
    each = [test for test in found.tests if test.name[:2] in ("A:", "B:")]
    assert len(each) == 2
    assert all(test.adjusted_p is not None and test.adjusted_p >= test.p_value for test in each)
    assert min(test.p_value for test in each) * 2 == pytest.approx(each[1].adjusted_p)


def test_two_alternative_reference() -> None:
    fooled = np.zeros(1000, bool)
    fooled[:268] = True
    rows = Doubles(("A",), 1, ("i",), np.zeros(1000, int), np.zeros(1000, int), np.zeros(1000, int), fooled)
    found = two_alternative_forced(rows, SETTINGS)
    rate, d_prime = found.methods[0].measures
    assert rate.estimate.value == 0.268
    assert rate.pooled is not None
    assert (rate.pooled.low, rate.pooled.high) == pytest.approx((0.2415, 0.2963), abs=5e-5)
    assert d_prime.estimate.value == pytest.approx(0.8752, abs=5e-5)


def test_items_that_are_real_only_have_no_fooling_rate() -> None:
    rows = labels({-1: [5] * 5, 0: [2] * 5}, 6, 5)
    names = tuple(f"photo{n}" for n in range(6)) + tuple(f"item{n}" for n in range(6))
    item = np.where(rows.source == -1, rows.item, rows.item + 6)
    found = real_fake(Labels(rows.methods, 5, names, rows.person, item, rows.source, rows.said_real), SETTINGS)
    assert list(found.items) == [f"item{n}" for n in range(6)]
