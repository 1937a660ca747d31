"""The functions of the Python API: any source in, a `Score` out. They print nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Unpack

from gan_eval.evaluate import Evaluation, evaluate, evaluate_with
from gan_eval.feature_set import FeatureSet
from gan_eval.features import Needs
from gan_eval.features import reader as feature_reader
from gan_eval.images import ArraySource, Given, StreamSource
from gan_eval.options import checked, takes_options
from gan_eval.result import Progress, Score
from gan_eval.scoring import Metric, Options, needs
from gan_eval.settings import ScoringOptions, settings_of


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

    @takes_options(ScoringOptions)
    def __init__(self, real: Given, *, progress: Progress | None = None, **options: Unpack[ScoringOptions]) -> None:
        values = checked(ScoringOptions, options)
        self._options = _estimators(values)
        self._reader = feature_reader(settings_of(values), progress)
        self._real = self._reader.open(real)
        self._read: FeatureSet | None = None
        self._has = Needs()

    def fid(self, fake: Given) -> Score:
        """Fréchet (inception) distance of `fake`; see `gan_eval.fid`."""
        return self.evaluate(fake, ["fid"]).scores[0]

    def kid(self, fake: Given) -> Score:
        """Kernel (inception) distance of `fake`; see `gan_eval.kid`."""
        return self.evaluate(fake, ["kid"]).scores[0]

    def prdc(self, fake: Given) -> PRDC:
        """Precision, recall, density and coverage of `fake`; see `gan_eval.prdc`."""
        return PRDC(*self.evaluate(fake, ["prdc"]).scores)

    def inception_score(self, fake: Given) -> Score:
        """Inception score of `fake`, the real set's own in its details; see `gan_eval.inception_score`."""
        return self.evaluate(fake, ["is"]).scores[0]

    def evaluate(self, fake: Given, metrics: Sequence[Metric], options: Options | None = None) -> Evaluation:
        """Scores of `fake` from one pass over it, with provenance and warnings.

        metrics: any of fid, kid, prdc, is. options: estimators other than the ones chosen at the beginning. Nothing of
        arrays, tensors and iterators is kept in the cache: a training run's images never come again.
        """
        options = options or self._options
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

    def _real_set(self, metrics: Sequence[Metric], options: Options) -> FeatureSet:
        """Read the real set once, and again only where a metric needs more than was kept."""
        wanted = needs(metrics, options)
        if self._read is None or wanted.vectors > self._has.vectors or wanted.logits > self._has.logits:
            if self._real.contents is None:  # an iterator comes once, so all that any metric may need is kept
                wanted = Needs(True, self._reader.network.has_logits)
            self._read, self._has = self._reader.read(self._real, wanted), wanted
        return self._read


@takes_options(ScoringOptions)
def fid(
    real: Given,
    fake: Given,
    *,
    infinity: bool = False,
    progress: Progress | None = None,
    **options: Unpack[ScoringOptions],
) -> Score:
    """Fréchet inception distance between two sets of images. Lower is better; at least 0; no unit.

    |μ₁ - μ₂|² + tr(Σ₁ + Σ₂ - 2 (Σ₁ Σ₂)^½) of the network's features (Heusel et al. 2017, eq. 6), covariances with
    ddof 1. With `like` it reproduces that tool's number; with fewer than D images on a side the tools themselves err
    in the fourth to fifth digit, since they take the root of a rank-deficient, non-symmetric product.

    Parameters
    ----------
    real, fake : source
        The two sets; see `Reference` for what a source is.
    infinity : bool, default False
        Also extrapolate to infinitely many images, in `details["infinity"]`.
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
    return _scores(real, fake, ["fid"], options, progress, infinity=infinity)[0]


@takes_options(ScoringOptions)
def kid(
    real: Given,
    fake: Given,
    *,
    exact: bool = False,
    subsets: int | None = None,
    subset_size: int = 1000,
    progress: Progress | None = None,
    **options: Unpack[ScoringOptions],
) -> Score:
    """Kernel inception distance between two sets of images: MMD² itself, not × 100. Lower is better; unbiased.

    Kernel (x·y/D + 1)³ (Bińkowski et al. 2018), over all pairs; past 10,000 images over disjoint blocks that use every
    image once.

    Parameters
    ----------
    real, fake : source
        The two sets; see `Reference` for what a source is.
    exact : bool, default False
        All pairs, whatever the number of images.
    subsets : int or None, default None
        The mean over so many random subsets of `subset_size`, as the peers compute it; so too where `like` names a
        tool that has a KID.
    subset_size : int, default 1000
        Images in each subset.
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
    own = {"exact": exact, "subsets": subsets, "subset_size": subset_size}
    return _scores(real, fake, ["kid"], options, progress, **own)[0]


@takes_options(ScoringOptions)
def inception_score(
    fake: Given,
    *,
    real: Given | None = None,
    splits: int | None = None,
    progress: Progress | None = None,
    **options: Unpack[ScoringOptions],
) -> Score:
    """Inception score of a set of images. Higher means sharper and more varied labels, not nearer to your data.

    exp E KL(p(y|x) ‖ p(y)) over 1008 logits without bias (Salimans et al. 2016), shuffled as torch-fidelity does.

    Parameters
    ----------
    fake : source
        The set; see `Reference` for what a source is.
    real : source or None, default None
        A set whose own score goes to `details["real"]`.
    splits : int or None, default None
        Parts that are scored apart and averaged; None for 10 from 5,000 images on and 1 below.
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
    return _scores(real, fake, ["is"], options, progress, splits=splits)[0]


@takes_options(ScoringOptions)
def prdc(
    real: Given,
    fake: Given,
    *,
    nearest: int = 5,
    progress: Progress | None = None,
    **options: Unpack[ScoringOptions],
) -> PRDC:
    """Precision, recall, density and coverage of `fake` against `real`. Higher is better.

    Precision and recall by Kynkäänniemi et al. (2019), density and coverage by Naeem et al. (2020), with balls to the
    `nearest`-th neighbour; the numbers are the `prdc` package's.

    Parameters
    ----------
    real, fake : source
        The two sets; see `Reference` for what a source is.
    nearest : int, default 5
        The neighbour that a ball reaches to.
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
    return PRDC(*_scores(real, fake, ["prdc"], options, progress, nearest=nearest))


@takes_options(ScoringOptions)
def score(
    real: Given,
    fake: Given,
    *,
    metrics: Sequence[Metric] = ("fid", "kid", "prdc"),
    progress: Progress | None = None,
    **options: Unpack[ScoringOptions],
) -> tuple[Score, ...]:
    """Several metrics of `fake` against `real` from one pass over the images.

    Parameters
    ----------
    real, fake : source
        The two sets; see `Reference` for what a source is.
    metrics : sequence of names, default ('fid', 'kid', 'prdc')
        Any of fid, kid, prdc (which gives four scores) and is.
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


def _scores(
    real: Given | None,
    fake: Given,
    metrics: Sequence[Metric],
    options: Mapping[str, Any],
    progress: Progress | None,
    **own: Any,
) -> tuple[Score, ...]:
    values = checked(ScoringOptions, options)
    estimators = _estimators(values, **own)
    return evaluate(real, fake, metrics, settings=settings_of(values), options=estimators, progress=progress).scores


def _estimators(values: Mapping[str, Any], **own: Any) -> Options:
    return Options(like=values["like"], seed=values["seed"], interval=values["interval"], **own)
