"""The functions of the Python API: any source in, a `Score` out. They print nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, NamedTuple, Unpack

from gan_eval.arguments import check_instance, check_source
from gan_eval.comparison import Comparison
from gan_eval.comparison import compare as compare_models
from gan_eval.evaluate import Evaluation, evaluate, evaluate_with
from gan_eval.feature_set import FeatureSet
from gan_eval.features import Needs
from gan_eval.features import reader as feature_reader
from gan_eval.images import ArraySource, Given, StreamSource
from gan_eval.metrics.kid import of_halves
from gan_eval.metrics.sides import rows_of
from gan_eval.metrics.table import (
    TABLE,
    FidOptions,
    InceptionOptions,
    KidOptions,
    MetricName,
    MetricOptions,
    MetricRow,
    PrdcOptions,
)
from gan_eval.options import checked, option_rows, takes_options
from gan_eval.result import Progress, Score
from gan_eval.scoring import Options, check_metrics, needs
from gan_eval.settings import EstimatorOptions, ScoringOptions, settings_of
from gan_eval.training_runs import TrainingRuns


class FidCall(ScoringOptions, FidOptions, total=False):
    """The options of `fid`."""


class KidCall(ScoringOptions, KidOptions, total=False):
    """The options of `kid`."""


class InceptionCall(ScoringOptions, InceptionOptions, total=False):
    """The options of `inception_score`."""


class PrdcCall(ScoringOptions, PrdcOptions, total=False):
    """The options of `prdc`."""


class ScoreCall(ScoringOptions, MetricOptions, total=False):
    """The options of `score`: of reading, and of every metric."""


class PRDC(NamedTuple):
    """Precision, recall, density and coverage."""

    precision: Score
    recall: Score
    density: Score
    coverage: Score


class Reference:
    """A real set that many fake sets are scored against, as in a training loop.

    The network is loaded once and the real images go through it once; each call costs the fake images alone.

        reference = gan_eval.Reference("data/testB")
        for step in ...:
            print(float(reference.kid(fakes)))          # fakes: (N, 3, H, W) in 0–1, or any other source

    Parameters
    ----------
    real : source
        A folder, .zip, .tar shards, `@list.txt`, .npz, uint8 array (N, H, W, 3), tensor (N, 3, H, W) uint8 or float in
        0–1, list of paths, or an iterable of batches. It is looked at here, and goes through the network at the first
        score.
    progress : callable or None, default None
        Called with (step, done, total or None).
    **options
        The options of `gan_eval.score` but `metrics`.

    Raises
    ------
    GanEvalError
        InputError, BadImagesError, WeightsError and so on, for whatever is the input's fault.
    """

    @takes_options(ScoreCall)
    def __init__(self, real: Given, *, progress: Progress | None = None, **options: Unpack[ScoreCall]) -> None:
        check_source("real", real)
        values = checked(ScoreCall, options)
        self._options = options_of(values)
        self._reader = feature_reader(settings_of(values), progress)
        self._real = self._reader.open(real)
        self._read: FeatureSet | None = None
        self._has = Needs()

    def fid(self, fake: Given) -> Score:
        """Fréchet (inception) distance of `fake`; see `gan_eval.fid`."""
        return self.evaluate(fake, ["fid"]).scores[0]

    def kid(self, fake: Given, *, splits: int = 0) -> Score:
        """Kernel (inception) distance of `fake`; see `gan_eval.kid`.

        splits: number of random splits of both sets in two; `details["halves"]` then holds the distance of each half,
        from which `gan_eval.inference.selection.cross_fit` scores the best of several checkpoints honestly.
        """
        if not splits:
            return self.evaluate(fake, ["kid"]).scores[0]
        check_source("fake", fake)
        with contextlib.ExitStack() as stack:
            read = self._reader.read(self._reader.open(fake), needs(["kid"], self._options), rooms=stack)
            real = self._real_set(["kid"], self._options)
            score = evaluate_with(self._reader, real, read, ["kid"], self._options, rooms=stack).scores[0]
            halves = of_halves(rows_of(real), rows_of(read), splits=splits, seed=self._options.plan.seed)
        return replace(score, details={**score.details, "halves": halves.tolist()})

    def prdc(self, fake: Given) -> PRDC:
        """Precision, recall, density and coverage of `fake`; see `gan_eval.prdc`."""
        return PRDC(*self.evaluate(fake, ["prdc"]).scores)

    def inception_score(self, fake: Given) -> Score:
        """Inception score of `fake`, the real set's own in its details; see `gan_eval.inception_score`."""
        return self.evaluate(fake, ["is"]).scores[0]

    def evaluate(self, fake: Given, metrics: Sequence[MetricName], options: Options | None = None) -> Evaluation:
        """Scores of `fake` from one pass over it, with provenance and warnings.

        metrics: any of fid, kid, prdc, is. options: estimators other than the ones chosen at the beginning. Nothing of
        arrays, tensors and iterators is kept in the cache: a training run's images never come again.
        """
        check_source("fake", fake)
        metrics = check_metrics(metrics)
        options = self._options if options is None else options
        check_instance("options", options, Options)
        opened = self._reader.open(fake)
        real = self._real_set(metrics, options)
        with contextlib.ExitStack() as stack:
            rooms = stack if isinstance(opened.source, (ArraySource, StreamSource)) else None
            return evaluate_with(self._reader, real, opened, metrics, options, rooms=rooms)

    def close(self) -> None:
        """Let go of the network and of temporary files."""
        self._reader.close()

    def __enter__(self) -> Reference:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _real_set(self, metrics: Sequence[MetricName], options: Options) -> FeatureSet:
        """Read the real set once, and again only where a metric needs more than was kept."""
        wanted = needs(metrics, options)
        if self._read is None or wanted.vectors > self._has.vectors or wanted.logits > self._has.logits:
            if self._real.contents is None:  # an iterator comes once, so all that any metric may need is kept
                wanted = Needs(True, self._reader.network.has_logits)
            self._read, self._has = self._reader.read(self._real, wanted), wanted
        return self._read


@takes_options(FidCall)
def fid(
    real: Given,
    fake: Given,
    *,
    progress: Progress | None = None,
    **options: Unpack[FidCall],
) -> Score:
    """Fréchet inception distance between two sets of images. Lower is better; at least 0; no unit.

    |μ₁ - μ₂|² + tr(Σ₁ + Σ₂ - 2 (Σ₁ Σ₂)^½) of the network's features (Heusel et al. 2017, eq. 6), covariances with
    ddof 1. With `like` it reproduces that tool's number; with fewer than D images on a side the tools themselves err
    in the fourth to fifth digit, since they take the root of a rank-deficient, non-symmetric product.

    Parameters
    ----------
    real, fake : source
        The two sets; see `Reference` for what a source is.
    progress : callable or None, default None
        Called with (step, done, total or None).

    Returns
    -------
    Score
        Named `fid`, or `fd` where the network is not the verified 2015 Inception; `float(score)` is the value. Its
        interval is for the expectation at these numbers of images.

    Raises
    ------
    GanEvalError
        For whatever is the input's fault.
    """
    return _scores(real, fake, ["fid"], options, progress)[0]


@takes_options(KidCall)
def kid(
    real: Given,
    fake: Given,
    *,
    progress: Progress | None = None,
    **options: Unpack[KidCall],
) -> Score:
    """Kernel inception distance between two sets of images: MMD² itself, not × 100. Lower is better; unbiased.

    Kernel (x·y/D + 1)³ (Bińkowski et al. 2018), over all pairs; past 10,000 images over disjoint blocks that use every
    image once.

    Parameters
    ----------
    real, fake : source
        The two sets; see `Reference` for what a source is.
    progress : callable or None, default None
        Called with (step, done, total or None).

    Returns
    -------
    Score
        Named `kid`, or `kd` where the network is not the verified 2015 Inception.

    Raises
    ------
    GanEvalError
        For whatever is the input's fault.
    """
    return _scores(real, fake, ["kid"], options, progress)[0]


@takes_options(InceptionCall)
def inception_score(
    fake: Given,
    *,
    real: Given | None = None,
    progress: Progress | None = None,
    **options: Unpack[InceptionCall],
) -> Score:
    """Inception score of a set of images. Higher means sharper and more varied labels, not nearer to your data.

    exp E KL(p(y|x) ‖ p(y)) over 1008 logits without bias (Salimans et al. 2016), shuffled as torch-fidelity does.

    Parameters
    ----------
    fake : source
        The set; see `Reference` for what a source is.
    real : source or None, default None
        A set whose own score goes to `details["real"]`.
    progress : callable or None, default None
        Called with (step, done, total or None).

    Returns
    -------
    Score
        Named `is`, or `score_is` where the network is not the verified 2015 Inception.

    Raises
    ------
    GanEvalError
        For whatever is the input's fault, a network without class scores among it.
    """
    return _scores(real, fake, ["is"], options, progress)[0]


@takes_options(PrdcCall)
def prdc(
    real: Given,
    fake: Given,
    *,
    progress: Progress | None = None,
    **options: Unpack[PrdcCall],
) -> PRDC:
    """Precision, recall, density and coverage of `fake` against `real`. Higher is better.

    Precision and recall by Kynkäänniemi et al. (2019), density and coverage by Naeem et al. (2020), with balls to the
    `nearest`-th neighbour; the numbers are the `prdc` package's.

    Parameters
    ----------
    real, fake : source
        The two sets; see `Reference` for what a source is.
    progress : callable or None, default None
        Called with (step, done, total or None).

    Returns
    -------
    PRDC
        Four scores.

    Raises
    ------
    GanEvalError
        For whatever is the input's fault.
    """
    return PRDC(*_scores(real, fake, ["prdc"], options, progress))


@takes_options(ScoreCall)
def score(
    real: Given,
    fake: Given,
    *,
    metrics: Sequence[MetricName] = ("fid", "kid", "prdc"),
    progress: Progress | None = None,
    **options: Unpack[ScoreCall],
) -> tuple[Score, ...]:
    """Several metrics of `fake` against `real` from one pass over the images.

    Parameters
    ----------
    real, fake : source
        The two sets; see `Reference` for what a source is.
    metrics : sequence of names, default ('fid', 'kid', 'prdc')
        Names of the table in `docs/metrics.md`: fid, kid, is, prdc (which gives four scores), …
    progress : callable or None, default None
        Called with (step, done, total or None).

    Returns
    -------
    tuple of Score
        In the order of `metrics`.

    Raises
    ------
    GanEvalError
        For whatever is the input's fault.
    """
    return _scores(real, fake, metrics, options, progress)


@takes_options(ScoreCall)
def compare(
    real: Given,
    models: Mapping[str, Given | TrainingRuns],
    *,
    metrics: Sequence[MetricName] = ("kid", "fid", "prdc"),
    margin: float | None = None,
    progress: Progress | None = None,
    **options: Unpack[ScoreCall],
) -> Comparison:
    """Rank several models' images against one real set, with a test for every pair.

    Models whose images show the same inputs (by their `translation.json`, else by equal file names) are tested in
    pairs of images.

    Parameters
    ----------
    real : source
        The real set; see `Reference` for what a source is.
    models : mapping of name to source
        The fake set of each model; `TrainingRuns("s0/", "s1/")` for several training runs of one model, which are then
        compared as recipes.
    metrics : sequence of names, default ('kid', 'fid', 'prdc')
        Metrics of the table; the first one ranks.
    margin : float or None, default None
        A difference of the first metric that does not matter, in its unit (of KID itself, not × 100). Each pair is then
        tested for being closer than that.
    progress : callable or None, default None
        Called with (step, done, total or None).

    Returns
    -------
    Comparison
        Models by rank, and all pairs with simultaneous intervals and p-values adjusted by Holm's method.

    Raises
    ------
    GanEvalError
        For whatever is the input's fault.
    """
    values = checked(ScoreCall, options)
    settings, estimators = settings_of(values), options_of(values)
    return compare_models(
        real, models, metrics, settings=settings, options=estimators, margin=margin, progress=progress
    )


def _scores(
    real: Given | None,
    fake: Given,
    metrics: Sequence[MetricName],
    options: Mapping[str, Any],
    progress: Progress | None,
) -> tuple[Score, ...]:
    values = checked(ScoreCall, options)
    metrics = check_metrics(metrics)
    settings, estimators = settings_of(values), options_of(values)
    if real is not None or any(TABLE[name].sides == "both" for name in metrics):
        check_source("real", real)
    check_source("fake", fake)
    return evaluate(real, fake, metrics, settings=settings, options=estimators, progress=progress).scores


def options_of(values: Mapping[str, Any]) -> Options:
    """Those of the values, by name, that are options of metrics, as `Options`."""
    names = ("like", *option_rows(EstimatorOptions), *option_rows(MetricOptions))
    return Options(**{name: values[name] for name in names if name in values})


def metric_function(name: str) -> Callable[..., Score | tuple[Score, ...]]:
    """The function of a metric of the table, for one that has none written out here.

    It gives the metric's score, or, where the metric has several numbers, their scores in the table's order.

    It takes `real` and `fake` (or `fake`, and `real` by name, for a metric of the fake set alone), `progress`, the
    options of reading and the metric's own.
    """
    row = TABLE[name]
    if row.sides == "both":

        def of_two(
            real: Given, fake: Given, *, progress: Progress | None = None, **options: Any
        ) -> Score | tuple[Score, ...]:
            return _single(_scores(real, fake, [row.name], options, progress))

        return _presented(of_two, row)

    def of_one(
        fake: Given, *, real: Given | None = None, progress: Progress | None = None, **options: Any
    ) -> Score | tuple[Score, ...]:
        return _single(_scores(real, fake, [row.name], options, progress))

    return _presented(of_one, row)


def _single(scores: tuple[Score, ...]) -> Score | tuple[Score, ...]:
    return scores[0] if len(scores) == 1 else scores


def _presented(
    function: Callable[..., Score | tuple[Score, ...]], row: MetricRow
) -> Callable[..., Score | tuple[Score, ...]]:
    """A metric's function with its name, its documentation and its options."""
    function.__name__ = function.__qualname__ = row.function or row.name
    function.__doc__ = f"{row.help}\n\nParameters\n----------\nreal, fake : source\n    The sets."
    return takes_options(ScoringOptions, row.options)(function)
