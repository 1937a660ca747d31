"""From two feature sets to scores: each metric's choice of estimator, error bar and warnings.

Numbers are called FID, KID and IS only when they come from the verified 2015 Inception weights; otherwise they are the
Fréchet and kernel distance and the score of that network: `fd`, `kd`, `score_is`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from gan_eval.errors import InputError
from gan_eval.extractors import Network
from gan_eval.feature_set import FeatureSet, check_comparable
from gan_eval.features import Needs
from gan_eval.metrics import frechet, frechet_error, kernel, manifold, manifold_error
from gan_eval.metrics import inception_score as inception
from gan_eval.resize import Like
from gan_eval.result import Direction, Score
from gan_eval.vectors import Vectors

Metric = Literal["fid", "kid", "is", "prdc"]
METRICS: tuple[Metric, ...] = get_args(Metric)

#: What a number is called when it does not come from the verified 2015 Inception.
OTHER_NAMES = {"fid": "fd", "kid": "kd", "is": "score_is"}

#: torch-fidelity's shuffle before the split, whose number this reproduces.
_SHUFFLE_SEED = 2020

#: From here on the reference's ten parts are each large enough; below, one part is used.
TEN_SPLITS_FROM = 5000


@dataclass(frozen=True, slots=True)
class Options:
    """Choices of the metrics.

    like: follow that tool's estimators and constants too; None for ours. interval: error bars. seed: of everything
    random. exact: KID over all pairs whatever the number. subsets: KID as the mean over so many random subsets, as
    the peers do. subset_size: images in each. splits: parts of the Inception score; None for 10 from 5,000 images on
    and 1 below. nearest: k of precision, recall, density, coverage. infinity: extrapolate FID to infinitely many
    images.
    """

    like: Like | None = None
    interval: bool = True
    seed: int = 0
    exact: bool = False
    subsets: int | None = None
    subset_size: int = 1000
    splits: int | None = None
    nearest: int = 5
    infinity: bool = False


def needs(metrics: Iterable[Metric], options: Options) -> Needs:
    """What the metrics must have beside moments."""
    wanted = set(metrics)
    vectors = bool(wanted & {"kid", "prdc"}) or ("fid" in wanted and (options.interval or options.infinity))
    return Needs(vectors or "is" in wanted, "is" in wanted)


def scores(
    real: FeatureSet | None, fake: FeatureSet, metrics: Iterable[Metric], network: Network, options: Options
) -> list[Score]:
    """The metrics' scores, in the order asked for.

    Raises MismatchError for sets that must not be compared, TooFewError for sets that are too small, InputError for
    a metric that needs a real set where there is none.
    """
    if real is not None:
        check_comparable(real, fake)
    found: list[Score] = []
    for metric in metrics:
        if metric == "is":
            found.append(_inception_score(real, fake, network, options))
            continue
        if real is None:
            raise InputError(f"{metric}: needs a real set to compare with")
        found += _TWO_SIDED[metric](real, fake, network, options)
    return found


def name_of(metric: str, network: Network) -> str:
    """Identifier of a metric's number from this network: `fid`, or `fd` where it may not be called FID."""
    return metric if network.is_reference else OTHER_NAMES.get(metric, metric)


def label_of(network: Network) -> str:
    """The network as scores name it; anything but fp32 is said."""
    return network.name if network.precision == "fp32" else f"{network.name} ({network.precision})"


def _score(
    metric: str, value: float, direction: Direction, real: FeatureSet | None, fake: FeatureSet, network: Network
) -> Score:
    return Score(
        metric=name_of(metric, network),
        value=value,
        direction=direction,
        n_real=(real.n or 0) if real else 0,
        n_fake=fake.n or 0,
        features=label_of(network),
    )


def _fid(real: FeatureSet, fake: FeatureSet, network: Network, options: Options) -> list[Score]:
    score = _score("fid", frechet.distance(real.statistics, fake.statistics), "lower", real, fake, network)
    warnings = _fid_warnings(real, fake, score.metric)
    if not (options.interval or options.infinity):
        return [replace(score, warnings=tuple(warnings))]
    sides = [side.vectors or side.statistics for side in (real, fake)]
    if real.vectors is None and fake.vectors is None:
        warnings.append(f"{score.metric}: no interval, since both sides hold moments only")
    elif min(side.n for side in sides if isinstance(side, Vectors)) < frechet_error.LEAST:
        warnings.append(f"{score.metric}: no interval, since {frechet_error.LEAST} images are the least for one")
    else:
        error = frechet_error.assess(
            *sides, real_statistics=real.statistics, fake_statistics=fake.statistics, seed=options.seed
        )
        bias = {"bias": error.bias, "bias_is_a_lower_bound": not error.enough}
        details: dict[str, Any] = {"standard_error": error.standard_error, **bias}
        if options.infinity:
            details["infinity"] = _at_infinity(error)
        score = replace(score, interval=error.interval() if options.interval else None, details=details)
        warnings.append(_bias_warning(score.metric, error))
    return [replace(score, warnings=tuple(warnings))]


def _at_infinity(error: frechet_error.FrechetError) -> dict[str, Any]:
    """The distance at infinitely many images: linear in 1 / n (Chong and Forsyth 2020), from all images and halves.

    Their fit takes fifteen sizes of the fake set; here both sets shrink together, and the halves, of which there are
    several, carry most of the information.
    """
    return {
        "value": error.value - error.bias,
        "method": "linear in 1/n, from all images and random halves of both sets",
        "is_upper_bound": not error.enough,
    }


def _bias_warning(name: str, error: frechet_error.FrechetError) -> str:
    about = "more than" if not error.enough else "about"
    return (
        f"{name}: so few images make the value too high by {about} {error.bias:.2g}, which its interval, for the "
        "expectation at these numbers of images, leaves in"
    )


def _fid_warnings(real: FeatureSet, fake: FeatureSet, name: str) -> list[str]:
    """What peers do not say: how few images a covariance of D features needs, and that n is part of the number."""
    dim = real.statistics.dim
    found = []
    sides = {"real": real.n, "fake": fake.n}
    unknown = [side for side, n in sides.items() if n is None]
    if unknown:
        found.append(
            f"{name}: the {' and '.join(unknown)} statistics do not tell their number of images, on which the value "
            "depends"
        )
    small = [f"{n} {side}" for side, n in sides.items() if n is not None and n <= dim]
    if small:
        found.append(
            f"{name}: {' and '.join(small)} images are few for {dim} features, which makes the value too high; compare "
            "it with values at the same numbers of images only"
        )
    if real.n and fake.n and max(real.n, fake.n) > 2 * min(real.n, fake.n):
        found.append(f"{name}: {real.n} real and {fake.n} fake images; the smaller set decides the bias")
    return found


def _kid(real: FeatureSet, fake: FeatureSet, network: Network, options: Options) -> list[Score]:
    x, y = _rows(real), _rows(fake)
    score = _score("kid", 0.0, "lower", real, fake, network)
    estimate = kernel.mmd2(x, y, exact=options.exact, seed=options.seed)
    interval = estimate.interval() if options.interval else None
    tool = _subset_tool(options)
    if tool is None:
        details: dict[str, Any] = {"estimator": estimate.method, "standard_error": estimate.standard_error}
        return [replace(score, value=estimate.value, interval=interval, details=details)]
    size = min(options.subset_size, x.shape[0], y.shape[0])
    seed = 2020 if tool == "torch-fidelity" and options.seed == 0 else options.seed
    drawn = kernel.subsets(x, y, like=tool, seed=seed, count=options.subsets, size=size)
    details = {
        "estimator": f"mean of {len(drawn.values)} random subsets of {size}, as {tool}",
        "subset_std": drawn.std,
        "standard_error": estimate.standard_error,
        "seed": seed,
    }
    return [replace(score, value=drawn.mean, interval=interval, details=details)]


def _subset_tool(options: Options) -> Literal["torch-fidelity", "clean-fid", "nice-gan"] | None:
    """The tool whose subsets are asked for; pytorch-fid has no KID."""
    if options.like in ("torch-fidelity", "clean-fid", "nice-gan"):
        return options.like
    return "clean-fid" if options.subsets else None


def _prdc(real: FeatureSet, fake: FeatureSet, network: Network, options: Options) -> list[Score]:
    x, y, k = _rows(real), _rows(fake), options.nearest
    made = manifold.prdc(x, y, k=k)
    wanted = options.interval and min(x.shape[0], y.shape[0]) >= manifold_error.least(k)
    intervals = manifold_error.intervals(x, y, made, seed=options.seed)._asdict() if wanted else {}
    few = f"precision, recall, density, coverage: no interval, since {manifold_error.least(k)} images are the least for"
    warnings = (f"{few} one with --nearest {k}",) if options.interval and not wanted else ()
    details = {"nearest": k}
    return [
        replace(
            _score(name, getattr(made, name), "higher", real, fake, network),
            interval=intervals.get(name),
            details=details,
            warnings=warnings,
        )
        for name in ("precision", "recall", "density", "coverage")
    ]


def _inception_score(real: FeatureSet | None, fake: FeatureSet, network: Network, options: Options) -> Score:
    made, splits = _inception_of(fake, options)
    score = _score("is", made.mean, "higher", real, fake, network)
    details: dict[str, Any] = {"splits": splits, "std": made.std, "shuffle_seed": _SHUFFLE_SEED}
    warnings = [f"{score.metric}: says nothing of likeness to your real images, whose own score is the one to reach"]
    if splits != 10:
        warnings.append(f"{score.metric}: {splits} split{'s' * (splits > 1)} instead of the usual 10")
    if (fake.n or 0) < 1000 * splits:
        warnings.append(
            f"{score.metric}: {fake.n} images are few; the value is too low by more than its interval tells"
        )
    if real is not None:
        beside, real_splits = _inception_of(real, options)
        details["real"] = {"value": beside.mean, "std": beside.std, "n": real.n, "splits": real_splits}
    interval = made.interval() if options.interval else None
    return replace(score, interval=interval, details=details, warnings=tuple(warnings))


def _inception_of(side: FeatureSet, options: Options) -> tuple[inception.InceptionScore, int]:
    if side.logits is None:
        raise InputError(f"{side.label}: its class scores were not kept (give the images)")
    default = 10 if side.logits.n >= TEN_SPLITS_FROM or options.like == "torch-fidelity" else 1
    splits = options.splits or default
    return inception.inception_score(side.logits.array(), splits=splits, seed=_SHUFFLE_SEED), splits


def _rows(side: FeatureSet) -> Any:
    if side.vectors is None:
        raise InputError(
            f"{side.label}: holds moments only, and this metric needs every feature vector "
            "(give the images, or a file made with gan-eval stats --keep-features)"
        )
    return side.vectors


_TWO_SIDED = {"fid": _fid, "kid": _kid, "prdc": _prdc}
