"""From two feature sets to scores: the rows of `metrics.table` computed, and their numbers named.

Numbers are called FID, KID and IS only when they come from a network that these are defined on; otherwise they have the
names that the table gives them elsewhere: `fd`, `kd`, `score_is`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Unpack, cast, get_args

from gan_eval.errors import InputError
from gan_eval.extractors import Network
from gan_eval.feature_set import FeatureSet, check_comparable
from gan_eval.metrics.sides import EstimatorPlan, MetricEstimate, Needs
from gan_eval.metrics.table import TABLE, MetricName, MetricOptions, MetricRow, number_rows
from gan_eval.options import checked, option_rows, shown
from gan_eval.result import Score
from gan_eval.settings import EstimatorOptions, Like, ReadingOptions

METRICS: tuple[MetricName, ...] = get_args(MetricName)


@dataclass(frozen=True, slots=True, init=False)
class Options:
    """Choices of the metrics.

    Parameters
    ----------
    like : str or None, default None
        Follow that tool's estimators and constants; None for ours.
    interval : bool, default True
        Error bars.
    seed : int, default 0
        Seed of everything random.
    group : str or None, default None
        Rule that tells which images belong together; see `gan_eval.grouping.groups_of`.
    **own
        The metrics' own options, by name: the keywords of `gan_eval.fid`, `kid`, `inception_score` and `prdc`.

    Raises
    ------
    InputError
        For a value that does not fit; it names the parameter.
    """

    plan: EstimatorPlan
    own: Mapping[str, Any]

    def __init__(
        self,
        *,
        like: Like | None = None,
        interval: bool = True,
        seed: int = 0,
        group: str | None = None,
        **own: Unpack[MetricOptions],
    ) -> None:
        like = option_rows(ReadingOptions)["like"].check(like)
        plan = EstimatorPlan(like, **checked(EstimatorOptions, {"interval": interval, "seed": seed, "group": group}))
        object.__setattr__(self, "plan", plan)
        object.__setattr__(self, "own", checked(MetricOptions, own))

    def own_of(self, row: MetricRow) -> dict[str, Any]:
        """The values of one metric's own options."""
        return {name: self.own[name] for name in option_rows(row.options)}


def check_metrics(metrics: Iterable[str]) -> tuple[MetricName, ...]:
    """Return the names, each a known metric's. Raises InputError, which names the parameter, for anything else."""
    known = ", ".join(TABLE)
    if isinstance(metrics, (str, bytes, Mapping, Set)) or not isinstance(metrics, Iterable):
        raise InputError(f"metrics={shown(metrics)}: use a list of names, any of {known}")
    names = tuple(metrics)
    if not names:
        raise InputError(f"metrics={metrics!r}: name at least one of {known}")
    for name in names:
        if not isinstance(name, str) or name not in TABLE:
            near = difflib.get_close_matches(str(name), TABLE, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {known}"
            raise InputError(f"metrics: no metric is called {shown(name)}; {hint}")
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InputError(f"metrics: {twice[0]!r} is named twice")
    return cast("tuple[MetricName, ...]", names)


def needs(metrics: Iterable[MetricName], options: Options) -> Needs:
    """What the metrics must have beside moments."""
    rows = [TABLE[name] for name in check_metrics(metrics)]
    each = [row.needs(options.plan, options.own_of(row)) for row in rows]
    return Needs(any(one.vectors for one in each), any(one.logits for one in each))


def scores(
    real: FeatureSet | None, fake: FeatureSet, metrics: Iterable[MetricName], network: Network, options: Options
) -> list[Score]:
    """The metrics' scores, in the order asked for.

    Raises MismatchError for sets that must not be compared, TooFewError for sets that are too small, InputError for
    a metric that needs a real set where there is none.
    """
    rows = [TABLE[name] for name in check_metrics(metrics)]
    if real is not None:
        check_comparable(real, fake)
    found: list[Score] = []
    for row in rows:
        if real is None and row.sides == "both":
            raise InputError(f"{row.name}: needs a real set to compare with")
        estimates = row.estimate(real, fake, options.plan, options.own_of(row))
        found += _named(estimates, real, fake, network)
    return found


def name_of(number: str, network: Network) -> str:
    """Identifier of a number from this network: `fid`, or `fd` where it may not be called FID."""
    row = number_rows()[number]
    if row.spatially is not None and network.is_spatial_reference:
        return row.spatially[0]
    if row.defined_on != "inception":
        return row.name if network.verified and network.name == row.defined_on else row.renamed().name
    return row.name if network.is_reference else row.renamed().name


def label_of(network: Network) -> str:
    """The network as scores name it, with what is unusual: a layer, an input size, a precision."""
    layer = f"layer {network.layer}" if network.layer else ""
    size = f"{network.size} pixels" if network.size else ""
    unusual = [part for part in (layer, size, network.precision) if part not in ("", "fp32")]
    return f"{network.name} ({', '.join(unusual)})" if unusual else network.name


def _named(
    estimates: Sequence[MetricEstimate], real: FeatureSet | None, fake: FeatureSet, network: Network
) -> list[Score]:
    """A metric's numbers as scores. What is said of all its numbers begins with the names of all."""
    names = [name_of(estimate.number, network) for estimate in estimates]
    common = set.intersection(*(set(estimate.warnings) for estimate in estimates))
    return [
        Score(
            metric=name,
            value=estimate.value,
            direction=number_rows()[name].direction,
            n_real=(real.n or 0) if real else 0,
            n_fake=fake.n or 0,
            features=label_of(network),
            interval=estimate.interval,
            unit=number_rows()[name].unit,
            details=estimate.details,
            warnings=tuple(f"{', '.join(names) if w in common else name}: {w}" for w in estimate.warnings),
        )
        for name, estimate in zip(names, estimates, strict=True)
    ]
