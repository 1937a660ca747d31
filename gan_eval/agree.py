"""Which metric orders methods as people do.

For each metric: Kendall's τ-b between its order and that of the people, with an interval over people, since another
group of people would order them a little differently; and of the pairs that people tell apart, how many the metric puts
in the same order, and which it does not. The metric's own error does not enter. A high τ over the methods at hand says
nothing of methods of another kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gan_eval.errors import InputError
from gan_eval.inference.ordering import tau_b
from gan_eval.inference.persons import FEW, person_mean, resamples
from gan_eval.result import Interval
from gan_eval.study.analysing.analysis import Analysis, main_measures
from gan_eval.study.votes.metric_table import Direction, MetricColumn, MetricTable
from gan_eval.study.votes.standing import Standing, ToldPair

#: Fewer methods than this have no order worth a number.
LEAST = 3


@dataclass(frozen=True, slots=True)
class MetricAgreement:
    """One metric against people.

    Parameters
    ----------
    metric : str
        Its name.
    better : str
        Which way is better.
    values : mapping
        Method → the metric, of the methods that people judged.
    tau : float
        τ-b with the people's order; NaN where either orders nothing.
    interval : Interval or None
        Of τ-b, over people; None with too few.
    told : int
        Pairs of these methods that people tell apart.
    alike : int
        Of those, ordered by the metric as by people.
    wrong : tuple of ToldPair
        Of those, ordered the other way round.
    tied : int
        Of those, of equal value by the metric.
    """

    metric: str
    better: Direction
    values: Mapping[str, float]
    tau: float
    interval: Interval | None
    told: int
    alike: int
    wrong: tuple[ToldPair, ...]
    tied: int


@dataclass(frozen=True, slots=True)
class PeopleAndMetrics:
    """People's standing of the methods of one set, and every metric against it, the most alike first."""

    set_name: str
    standing: Standing
    metrics: tuple[MetricAgreement, ...]
    notes: tuple[str, ...]


def agree(standing: Standing, table: MetricTable, *, set_name: str = "", level: float = 0.95) -> PeopleAndMetrics:
    """Hold every metric of a set against people.

    Parameters
    ----------
    standing : Standing
        The people's.
    table : MetricTable
        Metrics of the same methods, by the same names.
    set_name : str
        Which part of the table.
    level : float
        Of intervals.

    Raises
    ------
    InputError
        Fewer than 3 methods are in both.
    """
    columns = [column for column in table.columns if column.set_name == set_name]
    judged = set(standing.methods)
    measured = {name for column in columns for name in column.values}
    shared = judged & measured
    if len(shared) < LEAST:
        raise InputError(
            f"{len(shared)} methods have both votes and metrics, {LEAST} are needed (votes: "
            f"{', '.join(sorted(judged)[:8])}; metrics: {', '.join(sorted(measured)[:8])})"
        )
    notes = [
        f"{what} of {', '.join(sorted(names))}: left out"
        for what, names in (("no metric", judged - measured), ("no votes", measured - judged))
        if names
    ]
    held = [_held(standing, column, level) for column in columns if len(shared & column.values.keys()) >= LEAST]
    held.sort(key=lambda one: (np.isnan(one.tau), -one.tau))
    return PeopleAndMetrics(set_name, standing, tuple(held), (*standing.notes, *notes))


def _held(standing: Standing, column: MetricColumn, level: float) -> MetricAgreement:
    """One metric against people, over the methods that have both."""
    places = [place for place, name in enumerate(standing.methods) if name in column.values]
    names = [standing.methods[place] for place in places]
    sign = -1.0 if column.better == "lower" else 1.0
    quality = sign * np.array([column.values[name] for name in names])
    people = np.array(standing.values)[places]
    tau = float(tau_b(quality, people[None])[0])
    units = standing.answers if standing.people is None else standing.people
    interval = _interval(tau_b(quality, standing.replicates[:, places]), standing, level) if units >= FEW else None
    of = dict(zip(names, quality, strict=True))
    told = [pair for pair in standing.told() if pair.a in of and pair.b in of]
    # Above zero where the metric prefers the method that people prefer.
    leads = [(pair, of[pair.better or pair.a] - of[pair.b if pair.better == pair.a else pair.a]) for pair in told]
    return MetricAgreement(
        metric=column.metric,
        better=column.better,
        values={name: column.values[name] for name in names},
        tau=tau,
        interval=interval,
        told=len(told),
        alike=sum(bool(lead > 0) for _, lead in leads),
        wrong=tuple(pair for pair, lead in leads if lead < 0),
        tied=sum(bool(lead == 0) for _, lead in leads),
    )


def _interval(taus: np.ndarray[tuple[int], np.dtype[np.float64]], standing: Standing, level: float) -> Interval | None:
    known = taus[~np.isnan(taus)]
    if not len(known):
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    of = "people" if standing.unit == "person" else "votes"
    return Interval(float(low), float(high), level, f"bootstrap over {of} (percentiles, {len(known)} resamples)")


def standing_of(analysis: Analysis, *, count: int = 2000) -> Standing:
    """The standing of a study's methods: its main measure, its people and its tests of pairs."""
    findings = analysis.findings
    measures = {method.name: method.measures for method in findings.methods}
    known = [name for name, main in main_measures(analysis).items() if main.estimate.value == main.estimate.value]
    shares = np.array(findings.per_person, dtype=np.float64)
    places = [place for place, method in enumerate(findings.methods) if method.name in known]
    statistic = person_mean(shares[:, places])
    replicates = statistic(resamples(len(shares), count, analysis.settings.rng("agree")))
    first = analysis.spec.analysis.measures[0]
    values = {name: next(m for m in measures[name] if m.name == first) for name in known}
    pairs = tuple(
        ToldPair(pair.a, pair.b, pair.p_value, pair.adjusted_p, _better(pair.difference.value, pair.a, pair.b))
        if pair.adjusted_p is not None and pair.adjusted_p < 1 - analysis.settings.level
        else ToldPair(pair.a, pair.b, pair.p_value, pair.adjusted_p, None)
        for pair in findings.pairs
    )
    return Standing(
        measure=first.replace("_", " "),
        methods=tuple(known),
        values=tuple(values[name].estimate.value for name in known),
        intervals=tuple(values[name].estimate.interval for name in known),
        replicates=replicates,
        pairs=pairs,
        unit="person",
        people=analysis.people,
        answers=analysis.answers,
        notes=(),
    )


def _better(difference: float, a: str, b: str) -> str | None:
    return a if difference > 0 else b if difference < 0 else None


def matched_set(stem: str, table: MetricTable) -> str:
    """The set of the table that votes named `stem` belong to: the only one, or the one whose name is in it.

    Raises InputError where none is, or several are.
    """
    if len(table.sets) == 1:
        return table.sets[0]
    found = [name for name in table.sets if name.lower() in stem.lower()]
    if len(found) != 1:
        raise InputError(
            f"{stem}: the metrics are of {', '.join(table.sets)}; name the votes as SET=FILE to say which they go with"
        )
    return found[0]


def to_dict(results: Sequence[PeopleAndMetrics]) -> dict[str, object]:
    """The JSON document."""
    return {"schema": "gan-eval-agree/1", "sets": [set_document(result) for result in results]}


def set_document(result: PeopleAndMetrics) -> dict[str, object]:
    """One set of the JSON document."""
    people = result.standing
    return {
        "set": result.set_name,
        "measure": people.measure,
        "unit": people.unit,
        "people": people.people,
        "answers": people.answers,
        "methods": [
            {"name": name, "value": value, "interval": None if bar is None else [bar.low, bar.high]}
            for name, value, bar in zip(people.methods, people.values, people.intervals, strict=True)
        ],
        "pairs": len(people.pairs),
        "pairs_told_apart": len(people.told()),
        "metrics": [_metric(one) for one in result.metrics],
        "notes": list(result.notes),
    }


def _metric(one: MetricAgreement) -> dict[str, object]:
    return {
        "metric": one.metric,
        "better": one.better,
        "methods": len(one.values),
        "tau_b": None if np.isnan(one.tau) else one.tau,
        "interval": None if one.interval is None else [one.interval.low, one.interval.high],
        "told_apart": one.told,
        "alike": one.alike,
        "tied": one.tied,
        "wrong": [{"better": pair.better, "worse": pair.b if pair.better == pair.a else pair.a} for pair in one.wrong],
    }
