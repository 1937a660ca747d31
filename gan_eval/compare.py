"""Many models against one real set: ranked, with error bars, and a test for every pair.

The models share the real set, so their distances err together, and the interval of a difference is narrower than two
separate intervals suggest. Where a pair's adjusted p-value is not small, the ranking between the two is not evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from gan_eval.errors import InputError
from gan_eval.evaluate import Evaluation, evaluate_with, result_key
from gan_eval.feature_set import FeatureSet
from gan_eval.features import FeatureReader
from gan_eval.features import reader as feature_reader
from gan_eval.files import read_document, write_json
from gan_eval.images import Given
from gan_eval.metrics.table import TABLE, MetricName
from gan_eval.pairing import Pairing, pairing
from gan_eval.pairs import Pair, pairs_of
from gan_eval.provenance import Provenance
from gan_eval.result import Progress, Score
from gan_eval.scoring import Options, check_metrics, name_of, needs
from gan_eval.settings import Settings
from gan_eval.statistics_file import StatisticsFile
from gan_eval.strict_json import DocumentFormat


@dataclass(frozen=True, slots=True)
class Model:
    """One model's scores and its place by the first metric, 1 the best."""

    name: str
    scores: tuple[Score, ...]
    rank: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Models in the order of their rank, and all pairs.

    pairing: which models' images show the same inputs; None where no two of them do, or where that is not known.
    """

    models: tuple[Model, ...]
    pairs: tuple[Pair, ...]
    provenance: Provenance
    warnings: tuple[str, ...]
    pairing: Pairing | None = None

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
            "pairing": self.pairing.to_dict() if self.pairing else None,
            "warnings": list(self.warnings),
            "seconds": seconds,
        }


def compare(
    real: Given,
    models: Mapping[str, Given],
    metrics: Sequence[MetricName] = ("kid", "fid", "prdc"),
    *,
    settings: Settings = Settings(),  # noqa: B008 - an immutable value
    options: Options = Options(),  # noqa: B008
    progress: Progress | None = None,
) -> Comparison:
    """Score every model against `real`, rank them by the first metric, and test every pair.

    Pairs are tested by their kernel distance and, where `metrics` has it, by their Fréchet distance.

    Parameters
    ----------
    real : source
        The real set.
    models : mapping of name to source
        The fake set of each model.
    metrics : sequence of names, default ('kid', 'fid', 'prdc')
        Metrics of the table; the first one ranks.
    settings : Settings
        How images become features.
    options : Options
        Choices of the metrics.
    progress : callable or None, default None
        Called with (step, done, total or None).

    Returns
    -------
    Comparison
        Models by rank, and all pairs.

    Raises
    ------
    GanEvalError
        For whatever is the input's fault.
    """
    check_metrics(metrics)
    if not models:
        raise InputError("no models to compare: give at least one as NAME=SOURCE")
    with feature_reader(settings, progress) as reader:
        opened = {name: reader.open(given) for name, given in models.items()}
        wanted = needs(metrics, options)._replace(vectors=True)
        real_set = reader.read(reader.open(real), wanted)
        fakes = {name: reader.read(given, wanted) for name, given in opened.items()}
        made = {
            # A file tells more of itself than what was read from it; images are not read again.
            name: evaluate_with(
                reader, real_set, given if isinstance(given.source, StatisticsFile) else fakes[name], metrics, options
            )
            for name, given in opened.items()
        }
        key = result_key([real_set, *fakes.values()], metrics, reader.network, options)
        with reader.timed("pairs"):
            pairs = _pairs(real_set, fakes, metrics, reader, options, key)
    shared, notes = _pairing(models)
    return Comparison(
        models=_ranked(made),
        pairs=pairs,
        provenance=_provenance(reader, made),
        warnings=(*notes, *_warnings(made)),
        pairing=shared,
    )


def _pairing(models: Mapping[str, Given]) -> tuple[Pairing | None, tuple[str, ...]]:
    """Tell which models share their inputs; a record that cannot be read becomes a warning."""
    try:
        return pairing(models), ()
    except InputError as error:
        return None, (f"which models share their inputs is not known: {error}",)


def _ranked(made: Mapping[str, Evaluation]) -> tuple[Model, ...]:
    def place(name: str) -> float:
        first = made[name].scores[0]
        return first.value if first.direction == "lower" else -first.value

    order = sorted(made, key=place)
    return tuple(Model(name, made[name].scores, rank) for rank, name in enumerate(order, 1))


def _pairs(
    real: FeatureSet,
    fakes: Mapping[str, FeatureSet],
    metrics: Sequence[MetricName],
    reader: FeatureReader,
    options: Options,
    key: Mapping[str, Any] | None,
) -> tuple[Pair, ...]:
    """Every pair, from the cache where it has them; key: what the scores depend on, None where that is not known."""
    key = key and {**key, "what": "pairs", "models": list(fakes)}
    cached = reader.cache.read(key, lambda entry: read_document(entry / "pairs.json", CACHED_PAIRS)) if key else None
    if cached is not None:
        return cached.pairs
    rows = [row for row in TABLE.values() if row.pairs == "always"]
    rows += [TABLE[name] for name in dict.fromkeys(metrics) if TABLE[name].pairs == "asked" and options.plan.interval]
    pairs = [
        pair
        for row in rows
        for pair in pairs_of(
            row, real, fakes, name=name_of(row.numbers[0].name, reader.network), seed=options.plan.seed
        )
    ]
    if key:
        document = CACHED_PAIRS.encode(CachedPairs(tuple(pairs)))
        reader.cache.add(key, lambda room: write_json(room / "pairs.json", document))
    return tuple(pairs)


@dataclass(frozen=True, slots=True)
class CachedPairs:
    """Pairs as the cache keeps them."""

    pairs: tuple[Pair, ...]


CACHED_PAIRS = DocumentFormat("gan-eval-cached-pairs", CachedPairs)


def _named(name: str, score: Score) -> dict[str, Any]:
    return replace(score, details={**score.details, "model": name}).to_dict()


def _provenance(reader: FeatureReader, made: Mapping[str, Evaluation]) -> Provenance:
    inputs = {"real": next(iter(made.values())).provenance.inputs["real"]}
    return reader.provenance(inputs | {name: one.provenance.inputs["fake"] for name, one in made.items()})


def _warnings(made: Mapping[str, Evaluation]) -> tuple[str, ...]:
    """Each warning once; a warning about some models only carries their names."""
    seen: dict[str, list[str]] = {}
    for name, one in made.items():
        for warning in one.warnings:
            seen.setdefault(warning, []).append(name)
    return tuple(text if len(names) == len(made) else f"{', '.join(names)}: {text}" for text, names in seen.items())
