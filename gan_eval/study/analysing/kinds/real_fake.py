"""Real or fake: a single picture is shown, and the person says which it is.

The fooling rate is the share of fakes taken for real. It says little alone, since a person who calls everything real
is "fooled" always: it is to be read against the rate at which that person calls real pictures real. HYPE-infinity (the
mean of both errors; with as many fakes as real pictures the share of all errors) and d′ stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gan_eval.inference.detection import d_prime_many
from gan_eval.inference.persons import FEW, Estimate, Statistic, dependence, estimate, mean_estimates, resamples
from gan_eval.inference.unbounded import ShareRange, criterion_limit, sensitivity_limit
from gan_eval.study.analysing.findings import AnalysisSettings, Findings, Measure, MethodFinding, bounded
from gan_eval.study.analysing.kinds.realism import fooling_tests, planned_each, planned_fooling
from gan_eval.study.analysing.kinds.shares import by_item, compare, known, other_items, pooled, ratio
from gan_eval.study.analysing.kinds.spec import (
    AnalysisSpec,
    KindSpec,
    PlanSpec,
    ReportSpec,
    SimulationSpec,
    TrialSpec,
)
from gan_eval.study.analysing.tables import Labels, RowIndex, TrialAnswer
from gan_eval.study.schema.trials import REAL

Floats = NDArray[np.float64]


def tabulate(index: RowIndex, answers: Sequence[TrialAnswer], methods: Mapping[str, int]) -> Labels:
    """One row per answer: whose picture it was (−1: a real one), and whether it was called real."""
    source = np.array([methods[answer.sources[0]] for answer in answers])
    return Labels(*index, source, np.array([answer.answer == "real" for answer in answers]))


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
        return mean_estimates(table, weights=weights, level=level, bounds=(0, 1))

    hype = shares((fooling + real_error[:, None]) / 2)
    fooled = shares(fooling)
    d_primes = estimate(_yes_no(said, shown, 0), rows.people, weights=weights, level=level)
    criteria = estimate(_yes_no(said, shown, 1), rows.people, weights=weights, level=level)
    n, hits = shown.sum(0), said.sum(0)
    ranges = _ranges(1 - rates, shown - said, shown, level)
    fakes = is_source[:, 1:].astype(np.float64)
    taken = fakes * rows.said_real[:, None]
    items = other_items(rows, taken, fakes, settings)
    methods = tuple(
        MethodFinding(
            name,
            (
                Measure("fooling_rate", fooled[m], int(n[m + 1]), pooled(hits[m + 1], n[m + 1], settings), items[m]),
                Measure("hype_infinity", hype[m], int(n[0] + n[m + 1])),
                *_detection(d_primes[m], criteria[m], int(n[0] + n[m + 1]), ranges[m + 1], ranges[0]),
            ),
        )
        for m, name in enumerate(rows.methods)
    )
    seen = rows.source >= 0
    [called_real] = shares(rates[:, :1])
    return Findings(
        methods=methods,
        tests=fooling_tests(
            rows.methods,
            ratio(said[:, 1:].sum(1), shown[:, 1:].sum(1)) - rates[:, 0],
            fooling - rates[:, :1],
            "called real as often as real pictures",
            settings,
        ),
        pairs=compare(rows.methods, lambda a, b: fooling[:, a] - fooling[:, b], weights, settings),
        chance=called_real.value,
        reference=Measure("called_real", called_real, int(n[0]), pooled(hits[0], n[0], settings)),
        overall=_overall(rows, said, shown, weights, settings),
        per_person=known(fooling),
        dependence=dependence(said, shown),
        items={i: v for i, v in by_item(rows, taken, fakes).items() if seen[rows.item == rows.items.index(i)].any()},
    )


def _ranges(called_fake: Floats, fake: Floats, shown: Floats, level: float) -> list[ShareRange]:
    """Of each column how often it was called fake: pooled, and ends that hold over people together with another's."""
    weights = np.ones((1, len(called_fake)))
    ends = mean_estimates(called_fake, weights=weights, level=1 - (1 - level) / 2, bounds=(0, 1))
    pooled_shares = ratio(fake.sum(0), shown.sum(0))
    spans = [(one.t.low, one.t.high) if one.t and one.people >= FEW else (np.nan, np.nan) for one in ends]
    return [ShareRange(float(share), *span) for share, span in zip(pooled_shares, spans, strict=True)]


def _detection(
    d_prime: Estimate, criterion: Estimate, answers: int, hits: ShareRange, alarms: ShareRange
) -> tuple[Measure, Measure]:
    """d′ and criterion, with their limits where they are infinite."""
    return (
        bounded(Measure("d_prime", d_prime, answers), sensitivity_limit(hits, alarms)),
        bounded(Measure("criterion", criterion, answers), criterion_limit(hits, alarms)),
    )


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
    shares = mean_estimates(table, weights=weights, level=level, bounds=(0, 1))
    d_prime, criterion = estimate(_pooled_d(said, shown), rows.people, weights=weights, level=level)
    together = np.stack([shown[:, 0], shown[:, 1:].sum(1)], axis=1)
    said_fake = together - np.stack([said[:, 0], said[:, 1:].sum(1)], axis=1)
    alarms, hits = _ranges(ratio(said_fake, together), said_fake, together, level)
    n, reals, fooled = len(rows.person), float(shown[:, 0].sum()), float(said[:, 1:].sum())
    missed = reals - float(said[:, 0].sum())
    return (
        Measure("real_error", shares[0], int(reals), pooled(missed, reals, settings)),
        Measure("fooling_rate", shares[1], n - int(reals), pooled(fooled, n - reals, settings)),
        Measure("hype_infinity", shares[2], n, pooled(missed + fooled, n, settings)),
        Measure("balanced_accuracy", shares[3], n),
        *_detection(d_prime, criterion, n, hits, alarms),
    )


def _probabilities(sources: tuple[str, ...], planted: Mapping[str, float], real_error: float) -> Floats:
    said_real = 1 - real_error if sources == (REAL,) else planted[sources[0]]
    return np.array([said_real, 1 - said_real])


SPEC = KindSpec(
    name="real-fake",
    trial=TrialSpec(
        meetings=lambda methods: [(source,) for method in methods for source in (method, REAL)],
        labels=("real", "fake"),
        truth=lambda sources: "real" if REAL in sources else "fake",
        spoilt="fake",
        practice=4,
    ),
    analysis=AnalysisSpec(
        tabulate=tabulate,
        find=real_fake,
        measures=("fooling_rate",),
        score=("d_prime", "sensitivity d′ to the difference from real pictures: 0 means that the fakes cannot be told"),
    ),
    plan=PlanSpec(
        chance=lambda k: 0.5,
        usual=lambda k: 0.4,
        effect="fooling rate",
        upward=False,
        cell=lambda k, trials: trials // (2 * k),
        primary=lambda effect, k, trials, rho: planned_fooling(
            effect, k, trials // (2 * k), rho, reference_answers=trials // 2
        ),
        others=lambda effect, k, trials, rho: planned_each(
            effect, k, trials // (2 * k), rho, reference_answers=trials // 2
        ),
    ),
    simulation=SimulationSpec("fooling rate", usual=0.3, least=0, most=1, probabilities=_probabilities),
    report=ReportSpec(
        task="In each trial a single picture was shown{time}, half of them real, and was to be called real or fake",
        verbs={"fooling_rate": "was taken for real in"},
        reference="real pictures were called real in {reference}, which fakes that cannot be told would reach",
        verdicts=(
            "Fakes were not called real as often as real pictures",
            "Fakes were not shown to be called real at another rate than real pictures",
        ),
        better="fooled more often than",
        notes="The fooling rate counts fakes taken for real, not cut off at 50\u00a0%. It says little alone, since "
        "who calls everything real is always fooled: it is tested against the rate at which the same people call real "
        "pictures real. HYPE-infinity is the mean of the errors on fakes and on real pictures; d′ (log-linear "
        "correction) and the criterion separate sensitivity from the habit of saying “real”.",
        model=lambda first: ('(label == "real") ~ 0 + method_1', 'label != "" & method_1 != "real"'),
    ),
)
