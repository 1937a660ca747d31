"""Two alternatives: a real and a generated picture stand side by side, and the person picks the real one.

The fooling rate is the share of trials in which the fake was picked. One half is what guessing gives; above it the
fakes look more real than the real pictures, and the number is not cut off there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gan_eval.inference.detection import two_alternative
from gan_eval.inference.persons import dependence, estimate, mean_estimates, resamples
from gan_eval.inference.unbounded import pair_sensitivity_limit
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
from gan_eval.study.analysing.tables import Doubles, RowIndex, TrialAnswer
from gan_eval.study.schema.trials import REAL

Floats = NDArray[np.float64]


def tabulate(index: RowIndex, answers: Sequence[TrialAnswer], methods: Mapping[str, int]) -> Doubles:
    """One row per answer: whose fake stood there, and whether it was taken for the real picture."""
    source = np.array([max(methods[source] for source in answer.sources if source != REAL) for answer in answers])
    return Doubles(*index, source, np.array([answer.source != REAL for answer in answers]))


def two_alternative_forced(rows: Doubles, settings: AnalysisSettings) -> Findings:
    """Fooling rate and d′ of each method; tests against one half; comparisons."""
    k, level = len(rows.methods), settings.level
    is_source = (rows.source[:, None] == np.arange(k)).astype(np.float64)
    taken = is_source * rows.fooled[:, None]
    fooled, shown = rows.sums(taken), rows.sums(is_source)
    rates = ratio(fooled, shown)
    weights = resamples(rows.people, settings.resamples, settings.rng("bootstrap"))
    share = mean_estimates(rates, weights=weights, level=level, bounds=(0, 1))
    d_primes = estimate(
        lambda w: two_alternative(w @ (shown - fooled), w @ shown), rows.people, weights=weights, level=level
    )
    n, hits = shown.sum(0), fooled.sum(0)
    seen_by = (shown > 0).sum(0)
    limits = [pair_sensitivity_limit(n[m] - hits[m], n[m], int(seen_by[m]), level=level) for m in range(k)]
    items = other_items(rows, taken, is_source, settings)
    methods = tuple(
        MethodFinding(
            name,
            (
                Measure("fooling_rate", share[m], int(n[m]), pooled(hits[m], n[m], settings), items[m]),
                bounded(Measure("d_prime", d_primes[m], int(n[m])), limits[m]),
            ),
        )
        for m, name in enumerate(rows.methods)
    )
    return Findings(
        methods=methods,
        tests=fooling_tests(
            rows.methods,
            ratio(fooled.sum(1), shown.sum(1)) - 0.5,
            rates - 0.5,
            "the fake is taken for real in 50 % of trials",
            settings,
        ),
        pairs=compare(rows.methods, lambda a, b: rates[:, a] - rates[:, b], weights, settings),
        chance=0.5,
        items=by_item(rows, taken, is_source),
        per_person=known(rates),
        dependence=dependence(fooled, shown),
    )


def _probabilities(sources: tuple[str, ...], planted: Mapping[str, float], real_error: float) -> Floats:
    return np.array([1 - planted[fake_of(sources)] if source == REAL else planted[source] for source in sources])


def fake_of(sources: tuple[str, ...]) -> str:
    """The source of a trial that is not the real one."""
    [fake] = [source for source in sources if source != REAL]
    return fake


SPEC = KindSpec(
    name="two-alternative",
    trial=TrialSpec(
        meetings=lambda methods: [(method, REAL) for method in methods],
        truth=lambda sources: REAL,
        practice=8,
        # CycleGAN's protocol: both pictures for one second, then as long as one likes.
        exposure_ms=1000,
    ),
    analysis=AnalysisSpec(
        tabulate=tabulate,
        find=two_alternative_forced,
        measures=("fooling_rate",),
        score=("d_prime", "sensitivity d′ to the difference from real pictures: 0 means that the fakes cannot be told"),
    ),
    plan=PlanSpec(
        chance=lambda k: 0.5,
        usual=lambda k: 0.4,
        effect="fooling rate",
        upward=False,
        cell=lambda k, trials: trials // k,
        primary=lambda effect, k, trials, rho: planned_fooling(effect, k, trials // k, rho, reference_answers=None),
        others=lambda effect, k, trials, rho: planned_each(effect, k, trials // k, rho, reference_answers=None),
    ),
    simulation=SimulationSpec("fooling rate", usual=0.3, least=0, most=1, probabilities=_probabilities),
    report=ReportSpec(
        task="In each trial a real and a generated picture were shown{time}, sides counterbalanced, and the real one "
        "was to be chosen",
        verbs={"fooling_rate": "was taken for real in"},
        reference="50.0\u00a0% would mean that fakes cannot be told from real pictures",
        verdicts=(
            "Over all fakes the fooling rate differs from 50\u00a0%",
            "Over all fakes the fooling rate was not shown to differ from 50\u00a0%",
        ),
        better="fooled more often than",
        notes="The fooling rate counts fakes taken for real, not cut off at 50\u00a0%: above it the fakes look more "
        "real than real pictures. d′ is √2 times the normal quantile of the share of right answers.",
        model=lambda first: ('(correct == 0) ~ 0 + ifelse(method_1 == "real", method_2, method_1)', ""),
    ),
)
