"""Many models against one real set: ranked, with error bars, and a test for every pair.

The models share the real set, so their distances err together, and the interval of a difference is narrower than two
separate intervals suggest. Where a pair's adjusted p-value is not small, the ranking between the two is not evidence.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from gan_eval.errors import InputError
from gan_eval.evaluate import Evaluation, Settings, evaluate_with, provenance
from gan_eval.feature_set import FeatureSet
from gan_eval.features import FeatureReader
from gan_eval.images import Given
from gan_eval.metrics import kernel, relative
from gan_eval.metrics.intervals import holm
from gan_eval.result import Interval, Progress, Provenance, Score
from gan_eval.scoring import Metric, Options, name_of, needs


@dataclass(frozen=True, slots=True)
class Model:
    """One model's scores and its place by the first metric, 1 the best."""

    name: str
    scores: tuple[Score, ...]
    rank: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Model a less model b: negative where a is nearer to the real images.

    p_value: two-sided, of no difference. adjusted_p: Holm's over all pairs of the metric.
    """

    a: str
    b: str
    metric: str
    difference: float
    interval: Interval
    p_value: float
    adjusted_p: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Models in the order of their rank, and all pairs."""

    models: tuple[Model, ...]
    pairs: tuple[Pair, ...]
    provenance: Provenance
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of the command-line contract."""
        described = self.provenance.to_dict()
        seconds = described.pop("seconds")
        return {
            "schema": "gan-eval/1",
            "command": "compare",
            "scores": [_named(model.name, score) for model in self.models for score in model.scores],
            **described,
            "models": [
                {"name": m.name, "scores": [score.to_dict() for score in m.scores], "rank": m.rank} for m in self.models
            ],
            "pairs": [asdict(pair) for pair in self.pairs],
            "warnings": list(self.warnings),
            "seconds": seconds,
        }


def compare(
    real: Given,
    models: Mapping[str, Given],
    metrics: Sequence[Metric] = ("kid", "fid", "prdc"),
    *,
    settings: Settings = Settings(),  # noqa: B008 - an immutable value
    options: Options = Options(),  # noqa: B008
    progress: Progress | None = None,
) -> Comparison:
    """Score every model against `real`, rank them by the first metric, and test every pair by its kernel distance.

    Parameters
    ----------
    real: the real set, any source. models: name → fake set. metrics: any of fid, kid, prdc, is.

    Raises GanEvalError for whatever is the input's fault.
    """
    if not models:
        raise InputError("no models to compare: give at least one as NAME=SOURCE")
    with settings.reader(progress) as reader:
        opened = {name: reader.open(given) for name, given in models.items()}
        wanted = needs(metrics, options)._replace(vectors=True)
        real_set = reader.read(reader.open(real), wanted)
        made = {name: evaluate_with(reader, real_set, given, metrics, options) for name, given in opened.items()}
        fakes = {name: reader.read(given, wanted) for name, given in opened.items()}
        with reader.timed("pairs"):
            pairs = _pairs(real_set, fakes, reader, options)
    return Comparison(
        models=_ranked(made),
        pairs=pairs,
        provenance=_provenance(reader, made),
        warnings=_warnings(made),
    )


def _ranked(made: Mapping[str, Evaluation]) -> tuple[Model, ...]:
    def place(name: str) -> float:
        first = made[name].scores[0]
        return first.value if first.direction == "lower" else -first.value

    order = sorted(made, key=place)
    return tuple(Model(name, made[name].scores, rank) for rank, name in enumerate(order, 1))


def _pairs(
    real: FeatureSet, fakes: Mapping[str, FeatureSet], reader: FeatureReader, options: Options
) -> tuple[Pair, ...]:
    found = []
    for a, b in itertools.combinations(fakes, 2):
        made = kernel_difference(_rows(real), _rows(fakes[a]), _rows(fakes[b]), seed=options.seed)
        name = name_of("kid", reader.network)
        found.append(Pair(a, b, name, made.value, made.interval, made.p_value, made.p_value))
    adjusted = holm([pair.p_value for pair in found])
    return tuple(replace(pair, adjusted_p=p) for pair, p in zip(found, adjusted, strict=True))


def kernel_difference(real: kernel.Rows, a: kernel.Rows, b: kernel.Rows, *, seed: int = 0) -> relative.Difference:
    """MMD²(a, real) - MMD²(b, real) with interval and p-value; past 10,000 images over disjoint blocks of all three."""
    largest = max(side.shape[0] for side in (real, a, b))
    blocks = 1 if largest <= kernel.EXACT_LIMIT else max(1, round(largest / kernel.BLOCK))
    blocks = max(1, min(blocks, *(side.shape[0] // 4 for side in (real, a, b))))
    rng = np.random.default_rng(seed)
    parts = [np.array_split(rng.permutation(side.shape[0]), blocks) for side in (real, a, b)]
    made = []
    for i, j, k in zip(*parts, strict=True):
        x = real[np.sort(i)]
        made.append(
            relative.kernel_difference(kernel.kernel_sums(x, a[np.sort(j)]), kernel.kernel_sums(x, b[np.sort(k)]))
        )
    value = float(np.mean([one.value for one in made]))
    error = float(np.sqrt(np.mean([one.standard_error**2 for one in made]) / blocks))
    return relative.difference(value, error, method=made[0].interval.method)


def _rows(side: FeatureSet) -> kernel.Rows:
    if side.vectors is None:
        raise InputError(f"{side.label}: holds moments only, and every feature vector is needed (give the images)")
    return side.vectors


def _named(name: str, score: Score) -> dict[str, Any]:
    return replace(score, details={**score.details, "model": name}).to_dict()


def _provenance(reader: FeatureReader, made: Mapping[str, Evaluation]) -> Provenance:
    inputs = {"real": next(iter(made.values())).provenance.inputs["real"]}
    return provenance(reader, inputs | {name: one.provenance.inputs["fake"] for name, one in made.items()})


def _warnings(made: Mapping[str, Evaluation]) -> tuple[str, ...]:
    """Each warning once; what concerns some models only is said with their names."""
    seen: dict[str, list[str]] = {}
    for name, one in made.items():
        for warning in one.warnings:
            seen.setdefault(warning, []).append(name)
    return tuple(text if len(names) == len(made) else f"{', '.join(names)}: {text}" for text, names in seen.items())
