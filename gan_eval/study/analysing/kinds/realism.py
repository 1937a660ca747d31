"""What the two realism kinds share: tests of the fooling rate, and plans for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gan_eval.inference.power import share_sd
from gan_eval.study.analysing.findings import AnalysisSettings, SignificanceTest
from gan_eval.study.analysing.kinds.shares import adjust_tests, against, equal_within_people
from gan_eval.study.analysing.kinds.spec import PlannedTest

Floats = NDArray[np.float64]

ALL_METHODS = "all methods"


def fooling_tests(
    names: tuple[str, ...], together: Floats, each: Floats, reference: str, settings: AnalysisSettings
) -> tuple[SignificanceTest, ...]:
    """Tests that fakes are taken for real as often as the reference says; the primary one is of all fakes together.

    together (P,), each (P, k): per person the fooling rate less the reference. With several methods each is tested
    too, adjusted by Holm, and then whether their rates are equal.
    """
    if len(names) == 1:
        return tuple(against(together, f"{names[0]}: {reference}", settings, primary=True))
    own = [test for m, name in enumerate(names) for test in against(each[:, m], f"{name}: {reference}", settings)]
    return (
        *against(together, f"{ALL_METHODS}: {reference}", settings, primary=True),
        *adjust_tests(own),
        *equal_within_people(each, "equal fooling rates (labels permuted within people)", settings),
    )


def planned_fooling(effect: float, k: int, answers: int, rho: float, *, reference_answers: int | None) -> PlannedTest:
    """The primary test: the fooling rate over the fakes of all methods against 50 %, or against real pictures.

    answers: of one person to one method's fakes. reference_answers: of one person to real pictures, of which half
    are taken to be called real; None where the reference is fixed.
    """
    return _planned(ALL_METHODS, effect, answers, rho, methods=k, reference_answers=reference_answers)


def planned_each(
    effect: float, k: int, answers: int, rho: float, *, reference_answers: int | None
) -> PlannedTest | None:
    """The same of a single method, one of k tests; None where there is one method only."""
    if k == 1:
        return None
    return _planned("each method", effect, answers, rho, methods=1, family=k, reference_answers=reference_answers)


def _planned(
    name: str, effect: float, answers: int, rho: float, *, methods: int, reference_answers: int | None, family: int = 1
) -> PlannedTest:
    variance = share_sd(effect, answers, rho) ** 2 / methods
    if reference_answers is not None:
        variance += share_sd(0.5, reference_answers, rho) ** 2
    at_half = reference_answers is None and methods == 1
    return PlannedTest(name, effect - 0.5, float(np.sqrt(variance)), family, at_half=at_half)
