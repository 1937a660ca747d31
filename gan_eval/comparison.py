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

from gan_eval.arguments import check_instance, check_margin, check_models, check_source
from gan_eval.errors import InputError
from gan_eval.evaluate import Evaluation, evaluate_with, grouped, network_of, result_key
from gan_eval.feature_set import FeatureSet
from gan_eval.features import FeatureReader, Opened
from gan_eval.features import reader as feature_reader
from gan_eval.files import read_document, write_json
from gan_eval.frames import SCORE_COLUMNS, data_frame, score_row
from gan_eval.images import Column, Given
from gan_eval.inference.families import RankSet
from gan_eval.metrics import kernel_error
from gan_eval.metrics.sides import MatchedRows
from gan_eval.metrics.table import MetricName
from gan_eval.pairing import Pairing, image_names, matched_rows, pairing
from gan_eval.pairs import Pair, PairTable, pairs_of, ranks_of
from gan_eval.provenance import Provenance
from gan_eval.result import Progress, Score
from gan_eval.scoring import Options, check_metrics, needs
from gan_eval.settings import Settings
from gan_eval.statistics_file import StatisticsFile
from gan_eval.strict_json import DocumentFormat
from gan_eval.training_runs import ModelRun, PairJob, ScoredModel, TrainingRuns, labels_of, recipes_of, sources_of


@dataclass(frozen=True, slots=True)
class Model:
    """One model's scores and its place by the first metric, 1 the best.

    scores: of one checkpoint, or means over the training runs. ranks: the ranks that the tests of that metric leave
    open, simultaneously at 95 %; None where it was not tested. runs: the training runs, where there are several.
    """

    name: str
    scores: tuple[Score, ...]
    rank: int
    ranks: RankSet | None = None
    runs: tuple[ModelRun, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Models in the order of their rank, and all pairs.

    pairing: which models' images show the same inputs; None where no two of them do, or where that is not known.
    margin: differences of the first metric below which two models count as alike; None where none was given.
    """

    models: tuple[Model, ...]
    pairs: tuple[Pair, ...]
    provenance: Provenance
    warnings: tuple[str, ...]
    pairing: Pairing | None = None
    margin: float | None = None

    def to_dataframe(self) -> Any:
        """The scores as a pandas DataFrame, one row for each score of each model.

        Raises InputError where pandas is not installed.
        """
        rows = [score_row(model.name, model.rank, score) for model in self.models for score in model.scores]
        return data_frame(rows, SCORE_COLUMNS)

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
                {
                    "name": model.name,
                    "scores": [score.to_dict() for score in model.scores],
                    "rank": model.rank,
                    "ranks": list(model.ranks) if model.ranks else None,
                    "runs": [
                        {"label": run.label, "scores": [score.to_dict() for score in run.scores]} for run in model.runs
                    ],
                }
                for model in self.models
            ],
            "pairs": [asdict(pair) for pair in self.pairs],
            "pairing": self.pairing.to_dict() if self.pairing else None,
            "margin": self.margin,
            "warnings": list(self.warnings),
            "seconds": seconds,
        }


def compare(
    real: Given,
    models: Mapping[str, Given | TrainingRuns],
    metrics: Sequence[MetricName] = ("kid", "fid", "prdc"),
    *,
    settings: Settings = Settings(),  # noqa: B008 - an immutable value
    options: Options = Options(),  # noqa: B008
    margin: float | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Score every model against `real`, rank them by the first metric, and test every pair.

    Pairs are tested by their kernel distance and by those of `metrics` that have a test. With several training runs of
    a model (`TrainingRuns`) it is recipes that are compared: by the mean over their runs, and by Welch's test of them.

    Parameters
    ----------
    real : source
        The real set.
    models : mapping of name to source
        The fake set of each model, or its training runs as `TrainingRuns`.
    metrics : sequence of names, default ('kid', 'fid', 'prdc')
        Metrics of the table; the first one ranks.
    settings : Settings
        How images become features.
    options : Options
        Choices of the metrics.
    margin : float or None, default None
        A difference of the first metric that does not matter; pairs are tested for being closer than that.
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
    check_source("real", real)
    flat = sources_of(models) if isinstance(models, Mapping) else models
    check_models(flat)
    check_instance("options", options, Options)
    check_margin(margin)
    if not models:
        raise InputError("no models to compare: give at least one as NAME=SOURCE")
    with feature_reader(settings, progress) as reader:
        opened = {name: reader.open(given) for name, given in flat.items()}
        wanted = needs(metrics, options)._replace(vectors=True)
        opened_real = reader.open(real)
        rule = options.plan.group
        real_set = grouped(reader.read(opened_real, wanted), opened_real, rule)
        fakes = {name: grouped(reader.read(source, wanted), source, rule) for name, source in opened.items()}
        # A file tells more of itself than what was read from it; images are not read again.
        real_side = _side(opened_real, real_set)
        sides = {name: _side(source, fakes[name]) for name, source in opened.items()}
        evaluations = {name: evaluate_with(reader, real_side, side, metrics, options) for name, side in sides.items()}
        network = network_of([real_side, *sides.values()], reader.network)
        shared, notes = _pairing(flat, reader.column)
        labels = labels_of(models)
        job = PairJob(network, metrics, options, _matches(shared, opened, fakes), labels, margin)
        sets = [real_set, *fakes.values()]
        key = result_key(sets, metrics, network, options, [one.groups for one in sets])
        with reader.timed("pairs"):
            if len(labels) < len(flat):
                tests, scored = recipes_of(
                    real_set, fakes, job, {name: one.scores for name, one in evaluations.items()}
                )
            else:
                tests = _pairs(real_set, fakes, job, reader, key)
                scored = {name: ScoredModel(evaluations[name].scores) for name in labels}
    return Comparison(
        models=_ranked(scored, tests.pairs),
        pairs=tests.pairs,
        provenance=_provenance(reader, evaluations),
        warnings=(*notes, *tests.notes, *_warnings(evaluations)),
        pairing=shared,
        margin=margin,
    )


def _side(source: Opened, read: FeatureSet) -> Opened | FeatureSet:
    return source if isinstance(source.source, StatisticsFile) else read


def _matches(
    shared: Pairing | None, opened: Mapping[str, Opened], fakes: Mapping[str, FeatureSet]
) -> dict[tuple[str, str], MatchedRows]:
    """For each pair of models that show the same inputs, the rows of their images."""
    if shared is None:
        return {}
    paired = {name for group in shared.groups for name in group.models}
    names = {name: image_names(opened[name].source, fakes[name].bad, fakes[name].n or 0) for name in paired}
    matches = {}
    for a, b in itertools.combinations(opened, 2):
        first, second = names.get(a), names.get(b)
        if shared.between(a, b) is None or first is None or second is None:
            continue
        rows = MatchedRows(*(np.array(found, np.intp) for found in matched_rows(first, second)))
        if len(rows.a) >= kernel_error.LEAST:
            matches[a, b] = rows
    return matches


def _pairing(models: Mapping[str, Given], column: Column | None) -> tuple[Pairing | None, tuple[str, ...]]:
    """Tell which models share their inputs; a record that cannot be read becomes a warning."""
    try:
        return pairing(models, column), ()
    except InputError as error:
        return None, (f"which models share their inputs is not known: {error}",)


def _ranked(scored: Mapping[str, ScoredModel], pairs: Sequence[Pair]) -> tuple[Model, ...]:
    def place(name: str) -> float:
        first = scored[name].scores[0]
        return first.value if first.direction == "lower" else -first.value

    order = sorted(scored, key=place)
    ranks = ranks_of(order, pairs, scored[order[0]].scores[0].metric) or {}
    return tuple(
        Model(name, scored[name].scores, place_of, ranks.get(name), scored[name].runs)
        for place_of, name in enumerate(order, 1)
    )


def _pairs(
    real: FeatureSet,
    fakes: Mapping[str, FeatureSet],
    job: PairJob,
    reader: FeatureReader,
    key: Mapping[str, Any] | None,
) -> PairTable:
    """Every pair, from the cache where it has them; key: what the scores depend on, None where that is not known."""
    key = key and {**key, "what": "pairs", "models": list(fakes), "matches": job.digest(), "margin": job.margin}
    cached = reader.cache.read(key, lambda entry: read_document(entry / "pairs.json", CACHED_PAIRS)) if key else None
    if cached is not None:
        return PairTable(cached.pairs, cached.notes)
    tables = _tested(real, fakes, job) if len(fakes) > 1 else []
    pairs = tuple(pair for table in tables for pair in table.pairs)
    notes = tuple(note for table in tables for note in table.notes)
    if key:
        document = CACHED_PAIRS.encode(CachedPairs(pairs, notes))
        reader.cache.add(key, lambda room: write_json(room / "pairs.json", document))
    return PairTable(pairs, notes)


def _tested(real: FeatureSet, fakes: Mapping[str, FeatureSet], job: PairJob) -> list[PairTable]:
    """The pairs by each metric that tests them."""
    return [
        pairs_of(
            row,
            real,
            fakes,
            names=job.name,
            plan=job.options.plan,
            matches=job.matches,
            own=job.options.own_of(row),
            margin=job.margin_of(row),
        )
        for row in job.rows()
    ]


@dataclass(frozen=True, slots=True)
class CachedPairs:
    """Pairs as the cache keeps them, with why some are not tested."""

    pairs: tuple[Pair, ...]
    notes: tuple[str, ...] = ()


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
