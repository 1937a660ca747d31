"""Realism: is a single picture real or fake, and which of two pictures is the real one.

The fooling rate is the share of fakes taken for real. Of single pictures it says little alone, since a person who
calls everything real is "fooled" always: the error on real pictures, HYPE-infinity (the mean of both errors; with as
many fakes as real pictures the share of all errors) and d′ stand beside it. One half is what guessing gives; above it
the fakes look more real than the real pictures, and the number is not cut off there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gan_eval.inference.detection import d_prime_many, two_alternative
from gan_eval.inference.persons import Estimate, Statistic, dependence, estimate, person_mean, resamples
from gan_eval.study.analysing.findings import AnalysisSettings, Findings, Measure, MethodFinding, SignificanceTest
from gan_eval.study.analysing.kinds.shares import (
    adjust_tests,
    against,
    by_item,
    compare,
    equal_within_people,
    known,
    other_items,
    pooled,
    ratio,
)
from gan_eval.study.analysing.tables import Doubles, Labels

Floats = NDArray[np.float64]


def real_fake(rows: Labels, settings: AnalysisSettings) -> Findings:
    """Fooling rate, HYPE-infinity, d′ and criterion of each method; error on real pictures; tests; comparisons."""
    k, level = len(rows.methods), settings.level
    is_source = rows.source[:, None] == np.arange(-1, k)
    said = rows.sums(is_source * rows.said_real[:, None].astype(np.float64))
    shown = rows.sums(is_source.astype(np.float64))
    rates = ratio(said, shown)
    fooling, real_error = rates[:, 1:], 1 - rates[:, 0]
    weights = resamples(rows.people, settings.resamples, settings.rng("bootstrap"))

    def shares(table: Floats) -> list[Estimate]:
        return estimate(person_mean(table), rows.people, weights=weights, level=level, bounds=(0, 1))

    hype = shares((fooling + real_error[:, None]) / 2)
    fooled = shares(fooling)
    d_primes = estimate(_yes_no(said, shown, 0), rows.people, weights=weights, level=level)
    criteria = estimate(_yes_no(said, shown, 1), rows.people, weights=weights, level=level)
    n, hits = shown.sum(0), said.sum(0)
    fakes = is_source[:, 1:].astype(np.float64)
    taken = fakes * rows.said_real[:, None]
    items = other_items(rows, taken, fakes, settings)
    methods = tuple(
        MethodFinding(
            name,
            (
                Measure("fooling_rate", fooled[m], int(n[m + 1]), pooled(hits[m + 1], n[m + 1], settings), items[m]),
                Measure("hype_infinity", hype[m], int(n[0] + n[m + 1])),
                Measure("d_prime", d_primes[m], int(n[0] + n[m + 1])),
                Measure("criterion", criteria[m], int(n[0] + n[m + 1])),
            ),
        )
        for m, name in enumerate(rows.methods)
    )
    seen = rows.source >= 0
    return Findings(
        methods=methods,
        tests=_tests(rows.methods, fooling, settings, said_real_of_real=rates[:, 0]),
        pairs=compare(rows.methods, lambda a, b: fooling[:, a] - fooling[:, b], weights, settings),
        chance=0.5,
        overall=_overall(rows, said, shown, weights, settings),
        per_person=known(fooling),
        dependence=dependence(said, shown),
        items={i: v for i, v in by_item(rows, taken, fakes).items() if seen[rows.item == rows.items.index(i)].any()},
    )


def two_alternative_forced(rows: Doubles, settings: AnalysisSettings) -> Findings:
    """Fooling rate and d′ of each method; tests against one half; comparisons."""
    k, level = len(rows.methods), settings.level
    is_source = (rows.source[:, None] == np.arange(k)).astype(np.float64)
    taken = is_source * rows.fooled[:, None]
    fooled, shown = rows.sums(taken), rows.sums(is_source)
    rates = ratio(fooled, shown)
    weights = resamples(rows.people, settings.resamples, settings.rng("bootstrap"))
    share = estimate(person_mean(rates), rows.people, weights=weights, level=level, bounds=(0, 1))
    d_primes = estimate(
        lambda w: two_alternative(w @ (shown - fooled), w @ shown), rows.people, weights=weights, level=level
    )
    n, hits = shown.sum(0), fooled.sum(0)
    items = other_items(rows, taken, is_source, settings)
    methods = tuple(
        MethodFinding(
            name,
            (
                Measure("fooling_rate", share[m], int(n[m]), pooled(hits[m], n[m], settings), items[m]),
                Measure("d_prime", d_primes[m], int(n[m])),
            ),
        )
        for m, name in enumerate(rows.methods)
    )
    return Findings(
        methods=methods,
        tests=_tests(rows.methods, rates, settings),
        pairs=compare(rows.methods, lambda a, b: rates[:, a] - rates[:, b], weights, settings),
        chance=0.5,
        items=by_item(rows, taken, is_source),
        per_person=known(rates),
        dependence=dependence(fooled, shown),
    )


def _tests(
    names: tuple[str, ...], rates: Floats, settings: AnalysisSettings, *, said_real_of_real: Floats | None = None
) -> tuple[SignificanceTest, ...]:
    """Each method against one half (Holm), all alike, and fakes called real as often as real pictures are (Holm)."""
    half = [
        t for m, name in enumerate(names) for t in against(rates[:, m] - 0.5, f"{name}: fooling rate is 50 %", settings)
    ]
    found = adjust_tests([_as_primary(t, len(names) == 1) for t in half])
    if len(names) > 1:
        found = [
            *equal_within_people(rates, "equal fooling rates (labels permuted within people)", settings, primary=True),
            *found,
        ]
    if said_real_of_real is not None:
        told = [
            t
            for m, name in enumerate(names)
            for t in against(
                rates[:, m] - said_real_of_real, f"{name}: called real as often as real pictures", settings
            )
        ]
        found += adjust_tests(told)
    return tuple(found)


def _as_primary(one: SignificanceTest, primary: bool) -> SignificanceTest:
    return SignificanceTest(one.name, one.statistic, one.p_value, one.unit, one.n, one.method, primary)


def _yes_no(said: Floats, shown: Floats, which: int) -> Statistic:
    """d′ (which = 0) or criterion (1) of each method, from weighted counts; column 0 holds the real pictures."""

    def statistic(weights: Floats) -> Floats:
        real, n = weights @ said, weights @ shown
        hits, alarms = n[:, 1:] - real[:, 1:], n[:, :1] - real[:, :1]
        return d_prime_many(hits, n[:, 1:], alarms, n[:, :1])[which]

    return statistic


def _pooled_d(said: Floats, shown: Floats) -> Statistic:
    """d′ and criterion over the fakes of all methods together."""
    real = np.stack([said[:, 0], said[:, 1:].sum(1)], axis=1)
    n = np.stack([shown[:, 0], shown[:, 1:].sum(1)], axis=1)
    return lambda weights: np.hstack([_yes_no(real, n, 0)(weights), _yes_no(real, n, 1)(weights)])


def _overall(
    rows: Labels, said: Floats, shown: Floats, weights: Floats, settings: AnalysisSettings
) -> tuple[Measure, ...]:
    """Error on real pictures, HYPE-infinity, balanced accuracy, d′ and criterion over the fakes of all methods."""
    level = settings.level
    real_error = 1 - ratio(said[:, 0], shown[:, 0])
    fooling = ratio(said[:, 1:].sum(1), shown[:, 1:].sum(1))
    hype = (real_error + fooling) / 2
    table = np.stack([real_error, fooling, hype, 1 - hype], axis=1)
    shares = estimate(person_mean(table), rows.people, weights=weights, level=level, bounds=(0, 1))
    d_prime, criterion = estimate(_pooled_d(said, shown), rows.people, weights=weights, level=level)
    n, reals, fooled = len(rows.person), float(shown[:, 0].sum()), float(said[:, 1:].sum())
    missed = reals - float(said[:, 0].sum())
    return (
        Measure("real_error", shares[0], int(reals), pooled(missed, reals, settings)),
        Measure("fooling_rate", shares[1], n - int(reals), pooled(fooled, n - reals, settings)),
        Measure("hype_infinity", shares[2], n, pooled(missed + fooled, n, settings)),
        Measure("balanced_accuracy", shares[3], n),
        Measure("d_prime", d_prime, n),
        Measure("criterion", criterion, n),
    )
