"""Models that were trained several times: what is said of the recipe rather than of one checkpoint.

Every run is scored as a model of its own. A recipe's score is the mean over its runs, with Student's interval over
them; two recipes are compared by Welch's test of their runs' scores. How far two runs of one recipe differ through
their images alone follows from the test of that pair, in which the real images, and inputs that both show, cancel.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from gan_eval.arguments import check_source
from gan_eval.errors import InputError, TooFewError
from gan_eval.extractors import Network
from gan_eval.images import Given
from gan_eval.inference.runs import recipe, welch
from gan_eval.metrics.relative import Difference, student_difference
from gan_eval.metrics.sides import Matches, PairTests, Side
from gan_eval.metrics.table import TABLE, MetricName, MetricRow, NumberRow, number_rows
from gan_eval.pairs import Pair, PairTable, family_of
from gan_eval.result import Score
from gan_eval.scoring import Options, name_of
from gan_eval.strict_json import canonical_sha256

METHOD = "Welch's t over training runs"
#: TrainingRuns of a recipe that may be compared with another.
LEAST = 2
_ONE_RUN = "one training run says nothing of how far retraining moves a score"


@dataclass(frozen=True, slots=True, init=False)
class TrainingRuns:
    """The image sets of one model's training runs.

    Parameters
    ----------
    *sources : source
        One set of images for each training run; see `Reference` for what a source is.

    Raises
    ------
    InputError
        Without a run, or for what is no source.
    """

    sources: tuple[Given, ...]

    def __init__(self, *sources: Given) -> None:
        if not sources:
            raise InputError("TrainingRuns(): give the images of at least one training run")
        for place, source in enumerate(sources, 1):
            check_source(f"run {place}", source)
        object.__setattr__(self, "sources", sources)


@dataclass(frozen=True, slots=True)
class ModelRun:
    """One training run of a model. label: its name among the inputs. scores: in the order of the metrics."""

    label: str
    scores: tuple[Score, ...]


class ScoredModel(NamedTuple):
    """A model's scores, and those of its training runs where there are several."""

    scores: tuple[Score, ...]
    runs: tuple[ModelRun, ...] = ()


class PairJob(NamedTuple):
    """What the tests of pairs depend on beside the sets.

    matches: rows of two runs that show the same inputs. labels: of each model's runs. margin: see `Comparison`.
    """

    network: Network
    metrics: Sequence[MetricName]
    options: Options
    matches: Matches
    labels: Mapping[str, tuple[str, ...]]
    margin: float | None = None

    def digest(self) -> str:
        """Hash of the matched rows, and of which models they belong to."""
        pairs = [[*map(ascii, pair), rows.a.tolist(), rows.b.tolist()] for pair, rows in self.matches.items()]
        return canonical_sha256(pairs)

    def name(self, number: str) -> str:
        """What a number is called with this network."""
        return name_of(number, self.network)

    def rows(self) -> list[MetricRow]:
        """The metrics that pairs are tested by, the kernel distance among them."""
        rows = [row for row in TABLE.values() if row.pairs == "always"]
        asked = [TABLE[name] for name in dict.fromkeys(self.metrics)]
        return rows + [row for row in asked if row.pairs == "asked" and self.options.plan.interval]

    def margin_of(self, row: MetricRow) -> float | None:
        """The margin, for the metric that ranks."""
        return self.margin if row.name == self.metrics[0] else None


def labels_of(models: Mapping[str, Given | TrainingRuns]) -> dict[str, tuple[str, ...]]:
    """For each model a name for each of its runs; a model with one run gives its own name."""
    labels: dict[str, tuple[str, ...]] = {}
    for name, given in models.items():
        count = len(given.sources) if isinstance(given, TrainingRuns) else 1
        labels[name] = (name,) if count == 1 else tuple(f"{name} (run {place})" for place in range(1, count + 1))
    every = [label for of_model in labels.values() for label in of_model]
    twice = [label for label in dict.fromkeys(every) if every.count(label) > 1]
    if twice:
        raise InputError(f"models: {twice[0]!r} is a run of one model and the name of another (rename the latter)")
    return labels


def sources_of(models: Mapping[str, Given | TrainingRuns]) -> dict[str, Given]:
    """Every run's label and source."""
    every = {name: given.sources if isinstance(given, TrainingRuns) else (given,) for name, given in models.items()}
    return {
        label: source
        for name, of_model in labels_of(models).items()
        for label, source in zip(of_model, every[name], strict=True)
    }


def recipes_of(
    real: Side, fakes: Mapping[str, Side], job: PairJob, scores: Mapping[str, tuple[Score, ...]]
) -> tuple[PairTable, dict[str, ScoredModel]]:
    """Every pair of recipes, and every model with the mean scores of its runs.

    fakes, scores: of each run, by its label.
    """
    errors = _image_errors(real, fakes, job)
    models = {}
    for name, labels in job.labels.items():
        by_number = list(zip(*(scores[label] for label in labels), strict=True))
        means = tuple(mean_score(of_number, errors.get((name, of_number[0].metric))) for of_number in by_number)
        runs = tuple(ModelRun(label, scores[label]) for label in labels)
        models[name] = ScoredModel(means, runs if len(runs) > 1 else ())
    return _recipe_pairs(job, scores), models


def _image_errors(real: Side, fakes: Mapping[str, Side], job: PairJob) -> dict[tuple[str, str], float]:
    """What runs' scores vary by through their images alone, by model and number."""
    errors = {}
    for row in job.rows():
        for name, labels in job.labels.items():
            if len(labels) < LEAST:
                continue
            runs = {label: fakes[label] for label in labels}
            tests = row.differences(real, runs, plan=job.options.plan, matches=job.matches, own=job.options.own_of(row))
            for number, error in image_errors(row, tests, labels).items():
                errors[name, job.name(number)] = error
    return errors


def _recipe_pairs(job: PairJob, scores: Mapping[str, tuple[Score, ...]]) -> PairTable:
    """Every pair of recipes by every number of the scores; notes name the number."""
    pairs: list[Pair] = []
    notes: list[str] = []
    count = len(next(iter(scores.values())))
    for place in range(count):
        runs = {name: [scores[label][place] for label in labels] for name, labels in job.labels.items()}
        number = next(iter(runs.values()))[0].metric
        differences, reasons = recipe_differences(number_rows()[number], runs)
        margin = job.margin if place == 0 else None
        pairs += family_of(number, differences, margin=margin, of="training runs")
        notes += [reason if reason.endswith(_ONE_RUN) else f"{number}: {reason}" for reason in reasons]
    return PairTable(tuple(pairs), tuple(dict.fromkeys(notes)))


def image_errors(row: MetricRow, tests: PairTests, labels: Sequence[str]) -> dict[str, float]:
    """For each number, what scores of a recipe's runs vary by through their images alone; none where it was not tested.

    Half the mean square of the standard errors of the runs' differences, rooted.
    """
    pairs = list(itertools.combinations(labels, 2))
    errors = {
        number.name: [tests.differences[number.name][pair].standard_error for pair in pairs]
        for number in row.numbers
        if number.name in tests.differences
    }
    return {number: float(np.sqrt(np.mean(np.square(found)) / 2)) for number, found in errors.items()}


def mean_score(scores: Sequence[Score], image_error: float | None) -> Score:
    """A recipe's score by one number from those of its runs; a single run's score as it is.

    image_error: what runs vary by through their images alone, None where that is not known.
    """
    if len(scores) == 1:
        return scores[0]
    values = [score.value for score in scores]
    errors = None if image_error is None else [image_error] * len(values)
    found = recipe(values, standard_errors=errors)
    runs = {
        "count": len(values),
        "values": values,
        "spread": float(np.std(values, ddof=1)),
        "sigma_train": found.sigma_train if errors else None,
        "sigma_sample": found.sigma_sample,
    }
    counts = {score.n_fake for score in scores}
    warnings = tuple(dict.fromkeys(warning for score in scores for warning in score.warnings))
    return replace(
        scores[0],
        value=found.mean,
        interval=found.interval,
        n_fake=min(counts),
        details={**_shared_details(scores), "runs": runs},
        warnings=warnings,
    )


def _shared_details(scores: Sequence[Score]) -> dict[str, Any]:
    """The details that are the same for all runs."""
    first, *others = (score.details for score in scores)
    return {key: value for key, value in first.items() if all(other.get(key) == value for other in others)}


def recipe_differences(
    number: NumberRow, runs: Mapping[str, Sequence[Score]]
) -> tuple[dict[tuple[str, str], Difference], tuple[str, ...]]:
    """Welch's test for every two recipes of at least two runs, and why others are not tested.

    runs: model → its runs' scores by this number.
    """
    single = [name for name, scores in runs.items() if len(scores) < LEAST]
    tested = {name: scores for name, scores in runs.items() if len(scores) >= LEAST}
    notes = [f"no pair with {listed_runs} is tested: {_ONE_RUN}"] if (listed_runs := ", ".join(single)) else []
    try:
        values = {name: [_comparable(number, score) for score in scores] for name, scores in tested.items()}
        _check_sizes(number, tested)
    except TooFewError as error:
        return {}, (*notes, str(error))
    differences = {}
    for a, b in itertools.combinations(values, 2):
        found = welch(values[a], values[b])
        differences[a, b] = student_difference(found.value, found.standard_error, found.freedom, method=METHOD)
    return differences, tuple(notes)


def _comparable(number: NumberRow, score: Score) -> float:
    """The value that recipes are compared by: at infinitely many images where the number tells its bias."""
    if number.compared_at != "infinitely many":
        return score.value
    bias = score.details.get("bias")
    if bias is None or score.details.get("bias_is_a_lower_bound"):
        raise TooFewError("recipes are not tested, since the bias of a run cannot be told")
    return score.value - float(bias)


def _check_sizes(number: NumberRow, runs: Mapping[str, Sequence[Score]]) -> None:
    """Raise TooFewError where runs differ in their numbers of images and the value depends on them."""
    sizes = sorted({score.n_fake for scores in runs.values() for score in scores})
    if len(sizes) > 1 and number.compared_at == "equal n":
        raise TooFewError(
            f"recipes are not tested, since the value depends on the number of images ({sizes[0]} to {sizes[-1]} here)"
        )
