"""The functions of the Python API: any source in, a `Score` out. They print nothing."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from gan_eval.evaluate import Evaluation, Settings, evaluate, evaluate_with
from gan_eval.feature_set import FeatureSet
from gan_eval.features import Needs
from gan_eval.hardware import Precision
from gan_eval.images import ArraySource, Given, OnBadImage, StreamSource
from gan_eval.resize import Like
from gan_eval.result import Progress, Score
from gan_eval.scoring import Metric, Options, needs


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
    real: folder, .zip, .tar shards, `@list.txt`, .npz, uint8 array (N, H, W, 3), tensor (N, 3, H, W) uint8 or 0–1, list
        of paths, or an iterable of batches.
    features: auto, inception, efficientnet-lite0 or timm:MODEL. weights: file of that network's weights.
    like: follow that tool's preprocessing, estimators and constants; None for clean-fid's preprocessing and ours.
    batch_size, workers, device, precision, on_bad_image, cache: as the command line's options.
    seed: of everything random. interval: whether scores carry error bars.
    progress: called with (what, done, total).

    Raises
    ------
    GanEvalError: InputError, BadImagesError, WeightsError and so on, for whatever is the input's fault. The real set
        is looked at here, and goes through the network at the first score.
    """

    def __init__(
        self,
        real: Given,
        *,
        features: str = "auto",
        weights: str | os.PathLike[str] | None = None,
        like: Like | None = None,
        batch_size: int = 32,
        workers: int | None = None,
        device: str = "auto",
        precision: Precision = "fp32",
        on_bad_image: OnBadImage = "fail",
        cache: bool = True,
        seed: int = 0,
        interval: bool = True,
        progress: Progress | None = None,
    ) -> None:
        settings = _settings(features, weights, like, batch_size, workers, device, precision, on_bad_image, cache)
        self._options = Options(like=like, seed=seed, interval=interval)
        self._reader = settings.reader(progress)
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
        """The real set, read once; again only where a metric needs more than was kept."""
        wanted = needs(metrics, options)
        if self._read is None or wanted.vectors > self._has.vectors or wanted.logits > self._has.logits:
            if self._real.contents is None:  # an iterator comes once, so all that any metric may need is kept
                wanted = Needs(True, self._reader.network.has_logits)
            self._read, self._has = self._reader.read(self._real, wanted), wanted
        return self._read


def fid(
    real: Given,
    fake: Given,
    *,
    infinity: bool = False,
    features: str = "auto",
    weights: str | os.PathLike[str] | None = None,
    like: Like | None = None,
    batch_size: int = 32,
    workers: int | None = None,
    device: str = "auto",
    precision: Precision = "fp32",
    on_bad_image: OnBadImage = "fail",
    cache: bool = True,
    seed: int = 0,
    interval: bool = True,
    progress: Progress | None = None,
) -> Score:
    """Fréchet inception distance between two sets of images. Lower is better; at least 0; no unit.

    |μ₁ - μ₂|² + tr(Σ₁ + Σ₂ - 2 (Σ₁ Σ₂)^½) of the network's features (Heusel et al. 2017, eq. 6), covariances with
    ddof 1. With `like` it reproduces that tool's number; with fewer than D images on a side the tools themselves err
    in the fourth to fifth digit, since they take the root of a rank-deficient, non-symmetric product.

    real, fake and all options but one: as for `Reference`. infinity: also extrapolate to infinitely many images, in
    `details["infinity"]`.

    Returns a Score named `fid`, or `fd` where the network is not the verified 2015 Inception; `float(score)` is the
    value. Its interval is for the expectation at these numbers of images.
    Raises GanEvalError for whatever is the input's fault.
    """
    settings = _settings(features, weights, like, batch_size, workers, device, precision, on_bad_image, cache)
    options = Options(like=like, seed=seed, interval=interval, infinity=infinity)
    made = evaluate(real, fake, ["fid"], settings=settings, options=options, progress=progress)
    return made.scores[0]


def kid(
    real: Given,
    fake: Given,
    *,
    exact: bool = False,
    subsets: int | None = None,
    subset_size: int = 1000,
    features: str = "auto",
    weights: str | os.PathLike[str] | None = None,
    like: Like | None = None,
    batch_size: int = 32,
    workers: int | None = None,
    device: str = "auto",
    precision: Precision = "fp32",
    on_bad_image: OnBadImage = "fail",
    cache: bool = True,
    seed: int = 0,
    interval: bool = True,
    progress: Progress | None = None,
) -> Score:
    """Kernel inception distance between two sets of images: MMD² itself, not × 100. Lower is better; unbiased.

    Kernel (x·y/D + 1)³ (Bińkowski et al. 2018), over all pairs; past 10,000 images over disjoint blocks that use every
    image once.

    real, fake and the other options: as for `Reference`. exact: all pairs whatever the number. subsets: the mean over
    so many random subsets of subset_size, as the peers compute it; so too where `like` names a tool that has a KID.

    Returns a Score named `kid`, or `kd` where the network is not the verified 2015 Inception.
    Raises GanEvalError for whatever is the input's fault.
    """
    settings = _settings(features, weights, like, batch_size, workers, device, precision, on_bad_image, cache)
    options = Options(like=like, seed=seed, interval=interval, exact=exact, subsets=subsets, subset_size=subset_size)
    made = evaluate(real, fake, ["kid"], settings=settings, options=options, progress=progress)
    return made.scores[0]


def inception_score(
    fake: Given,
    *,
    real: Given | None = None,
    splits: int | None = None,
    features: str = "auto",
    weights: str | os.PathLike[str] | None = None,
    like: Like | None = None,
    batch_size: int = 32,
    workers: int | None = None,
    device: str = "auto",
    precision: Precision = "fp32",
    on_bad_image: OnBadImage = "fail",
    cache: bool = True,
    seed: int = 0,
    interval: bool = True,
    progress: Progress | None = None,
) -> Score:
    """Inception score of a set of images. Higher means sharper and more varied labels, not nearer to your data.

    exp E KL(p(y|x) ‖ p(y)) over 1008 logits without bias (Salimans et al. 2016), shuffled as torch-fidelity does.

    fake and the other options: as for `Reference`. real: a set whose own score goes to `details["real"]`. splits: parts
    that are scored apart and averaged; None for 10 from 5,000 images on and 1 below.

    Returns a Score named `is`, or `score_is` where the network is not the verified 2015 Inception.
    Raises GanEvalError for whatever is the input's fault, a network without class scores among it.
    """
    settings = _settings(features, weights, like, batch_size, workers, device, precision, on_bad_image, cache)
    options = Options(like=like, seed=seed, interval=interval, splits=splits)
    made = evaluate(real, fake, ["is"], settings=settings, options=options, progress=progress)
    return made.scores[0]


def prdc(
    real: Given,
    fake: Given,
    *,
    nearest: int = 5,
    features: str = "auto",
    weights: str | os.PathLike[str] | None = None,
    like: Like | None = None,
    batch_size: int = 32,
    workers: int | None = None,
    device: str = "auto",
    precision: Precision = "fp32",
    on_bad_image: OnBadImage = "fail",
    cache: bool = True,
    seed: int = 0,
    interval: bool = True,
    progress: Progress | None = None,
) -> PRDC:
    """Precision, recall, density and coverage of `fake` against `real`. Higher is better.

    Precision and recall by Kynkäänniemi et al. (2019), density and coverage by Naeem et al. (2020), with balls to the
    `nearest`-th neighbour; the numbers are the `prdc` package's.

    real, fake and the other options: as for `Reference`.
    Raises GanEvalError for whatever is the input's fault.
    """
    settings = _settings(features, weights, like, batch_size, workers, device, precision, on_bad_image, cache)
    options = Options(like=like, seed=seed, interval=interval, nearest=nearest)
    made = evaluate(real, fake, ["prdc"], settings=settings, options=options, progress=progress)
    return PRDC(*made.scores)


def score(
    real: Given,
    fake: Given,
    *,
    metrics: Sequence[Metric] = ("fid", "kid", "prdc"),
    features: str = "auto",
    weights: str | os.PathLike[str] | None = None,
    like: Like | None = None,
    batch_size: int = 32,
    workers: int | None = None,
    device: str = "auto",
    precision: Precision = "fp32",
    on_bad_image: OnBadImage = "fail",
    cache: bool = True,
    seed: int = 0,
    interval: bool = True,
    progress: Progress | None = None,
) -> tuple[Score, ...]:
    """Several metrics of `fake` against `real` from one pass over the images.

    metrics: any of fid, kid, prdc (which gives four scores) and is. real, fake and the other options: as for
    `Reference`. Raises GanEvalError for whatever is the input's fault.
    """
    settings = _settings(features, weights, like, batch_size, workers, device, precision, on_bad_image, cache)
    options = Options(like=like, seed=seed, interval=interval)
    made = evaluate(real, fake, metrics, settings=settings, options=options, progress=progress)
    return made.scores


def _settings(
    features: str,
    weights: str | os.PathLike[str] | None,
    like: Like | None,
    batch_size: int,
    workers: int | None,
    device: str,
    precision: Precision,
    on_bad_image: OnBadImage,
    cache: bool,
) -> Settings:
    return Settings(
        features=features,
        weights=Path(weights) if weights is not None else None,
        like=like or "clean-fid",
        batch_size=batch_size,
        workers=workers,
        device=device,
        precision=precision,
        on_bad_image=on_bad_image,
        cache=cache,
    )
