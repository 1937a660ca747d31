"""Inception score: exp of the mean KL divergence between p(y|x) and p(y). Higher means sharper and more varied labels.

    IS = exp( E_x KL( p(y|x) ‖ p(y) ) ), p(y) the mean of p(y|x) over the same images     Salimans et al. (2016), §4

The reference's definition: the 1008 logits of the 2015 Inception without bias, soft-max in float64, natural logarithm,
`splits` parts with bounds i·N // splits, exp per part, then mean and standard deviation (ddof 0) over parts. Shuffle
and seed are torch-fidelity's, whose number this reproduces. It lies in [1, min(classes, N / splits)], is biased down
for small N, and on images of one domain a perfect model scores as low as the real set: print that beside it.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax
from scipy.stats import norm

from gan_eval.errors import InputError, TooFewError
from gan_eval.inference.groups import Groups, by_group, count_of, subset
from gan_eval.metrics.moments import Array
from gan_eval.metrics.relative import Difference, student_difference
from gan_eval.metrics.sides import EstimatorPlan, Matches, MetricEstimate, PairTests, Side
from gan_eval.result import Interval
from gan_eval.settings import Like

#: torch-fidelity's shuffle before the split, whose number this reproduces.
_SHUFFLE_SEED = 2020
#: From here on the reference's ten parts are each large enough; below, one part is used.
TEN_SPLITS_FROM = 5000
#: Fewest images or groups of a model in a test of pairs.
LEAST = 8
#: Choices of images over which the score of a larger set is averaged in a test of pairs.
SAMPLES = 16
#: Images of a part in ADM's evaluator, which does not shuffle.
ADM_PART = 5000


@dataclass(frozen=True, slots=True, eq=False)
class InceptionScore:
    """mean, std (ddof 0) over parts, the parts' scores (splits,), and a standard error of log `mean`."""

    mean: float
    std: float
    per_split: Array
    log_standard_error: float | None

    def interval(self, *, level: float = 0.95) -> Interval | None:
        """Interval of the score's expectation at this N and number of splits: it keeps the bias of small samples."""
        if self.log_standard_error is None:
            return None
        reach = float(norm.ppf((1 + level) / 2)) * self.log_standard_error
        low, high = self.mean * np.exp([-reach, reach])
        return Interval(
            max(float(low), 1.0), float(high), level, "delta method on log IS, for its expectation at this n"
        )


def inception_score(
    logits: ArrayLike, *, splits: int = 10, shuffle: bool = True, seed: int = 2020, groups: Groups | None = None
) -> InceptionScore:
    """Inception score of `logits` (N, C), any float type; rows may hold -inf, not NaN.

    groups: (N,) group of each row, which is then the unit of the standard error.

    Raises TooFewError when N < splits, InputError for another shape, NaN, or a row without a finite maximum.
    """
    x = _checked(logits, splits)
    order = np.random.RandomState(seed).permutation(len(x)) if shuffle else np.arange(len(x))  # torch-fidelity's order
    parts = [_divergences(x[rows]) for rows in _parts(order, splits)]
    scores = np.array([np.exp(part.mean()) for part in parts])
    return InceptionScore(
        float(scores.mean()),
        float(scores.std()),
        scores,
        _log_error(parts, scores, None if groups is None else groups[order]),
    )


def influence(logits: ArrayLike, *, splits: int = 10, seed: int = 2020) -> Array:
    """(N,) by how much each image moves the score of `logits` (N, C): its squares sum to the score's variance.

    Of an image's part it is exp(mean divergence) times its divergence less their mean, over N.
    """
    x = _checked(logits, splits)
    effect = np.empty(len(x))
    for rows in _parts(np.random.RandomState(seed).permutation(len(x)), splits):
        part = _divergences(x[rows])
        effect[rows] = np.exp(part.mean()) * (part - part.mean()) / len(part) / splits
    return effect


def _parts(order: NDArray[np.intp], splits: int) -> list[NDArray[np.intp]]:
    """The rows of each part, by the reference's bounds."""
    n = len(order)
    return [order[i * n // splits : (i + 1) * n // splits] for i in range(splits)]


def _checked(logits: ArrayLike, splits: int) -> NDArray[np.floating]:
    """The logits as an array (N, C)."""
    x = np.asarray(logits)
    if x.ndim != 2 or not x.shape[1]:
        raise InputError(f"logits of shape {x.shape}: wanted (N, classes)")
    if splits < 1 or len(x) < splits:
        raise TooFewError(f"{len(x)} images for {splits} splits: give at least one image per split, or fewer splits")
    if not np.isfinite(x.max(axis=1)).all():
        raise InputError("logits hold NaN or infinity (the network overflowed, or its weights are broken)")
    return x


def estimate(real: Side | None, fake: Side, plan: EstimatorPlan, *, splits: int | None) -> list[MetricEstimate]:
    """The score of the fake set, with that of a real set, where there is one, in the details."""
    score, parts = _score_of(fake, splits, plan.like)
    details: dict[str, Any] = {
        "splits": parts,
        "std": score.std,
        "shuffle_seed": None if plan.like == "adm" else _SHUFFLE_SEED,
    }
    if real is not None:
        own, own_parts = _score_of(real, splits, plan.like)
        details["real"] = {"value": own.mean, "std": own.std, "n": real.n, "splits": own_parts}
    warnings = ["does not measure similarity to your real images; compare it with their own score"]
    if parts != 10:
        warnings.append(f"{parts} split{'s' * (parts > 1)} instead of the usual 10")
    if (fake.n or 0) < 1000 * parts:
        warnings.append(f"{fake.n} images are few; the value is too low, by more than its interval shows")
    return [MetricEstimate("is", score.mean, score.interval() if plan.interval else None, details, tuple(warnings))]


def differences(
    real: Side, fakes: Mapping[str, Side], *, plan: EstimatorPlan, matches: Matches, own: Mapping[str, Any]
) -> PairTests:
    """Test each pair of models at the smaller number of their images, in pairs where images show one input."""
    sides = {name: _Logits(_logits_of(side), side.groups) for name, side in fakes.items()}
    smallest = min(count_of(len(side.rows), side.groups) for side in sides.values())
    if smallest < LEAST:
        return PairTests({}, (f"pairs are not tested, since {LEAST} images or groups are the least",))
    tests = {}
    for a, b in itertools.combinations(sides, 2):
        rows, pair = matches.get((a, b)), (sides[a], sides[b])
        if rows is not None:
            inputs = subset(pair[0].groups, rows.a)
            pair = _Logits(pair[0].rows[rows.a], inputs), _Logits(pair[1].rows[rows.b], inputs)
        tests[a, b] = _difference(*pair, 0 if rows is None else len(rows.a), plan, own["splits"])
    return PairTests({"is": tests})


class _Logits(NamedTuple):
    """Class scores (n, K) of a set's images and their groups."""

    rows: NDArray[np.float32]
    groups: Groups | None


def _difference(a: _Logits, b: _Logits, paired: int, plan: EstimatorPlan, splits: int | None) -> Difference:
    """The first score less the second, both at the smaller number of images."""
    size = min(len(a.rows), len(b.rows))
    parts = splits or _usual_splits(size, plan.like)
    value = _at_size(a.rows, size, parts, plan.seed) - _at_size(b.rows, size, parts, plan.seed)
    effects = [by_group(influence(one.rows, splits=parts, seed=_SHUFFLE_SEED), one.groups) for one in (a, b)]
    if paired:
        effects = [effects[0] - effects[1]]
    units = min(map(len, effects))
    error = float(np.sqrt(sum(effect @ effect * len(effect) / (len(effect) - 1) for effect in effects)))
    method = "delta method, at equal numbers of images" + (", paired by input" if paired else "")
    return replace(student_difference(value, error, units - 1, method=method), paired=paired)


def _at_size(logits: NDArray[np.float32], size: int, splits: int, seed: int) -> float:
    """The score of `size` of the images, averaged over random choices of them; it rises with their number."""
    if size == len(logits):
        return inception_score(logits, splits=splits, seed=_SHUFFLE_SEED).mean
    rng = np.random.default_rng(seed)
    chosen = [np.sort(rng.permutation(len(logits))[:size]) for _ in range(SAMPLES)]
    return float(np.mean([inception_score(logits[rows], splits=splits, seed=_SHUFFLE_SEED).mean for rows in chosen]))


def _score_of(side: Side, splits: int | None, like: Like | None) -> tuple[InceptionScore, int]:
    """The score of one set, and the number of parts that it was cut into."""
    logits = _logits_of(side)
    parts = splits or _usual_splits(len(logits), like)
    shuffle = like != "adm"
    return inception_score(logits, splits=parts, shuffle=shuffle, seed=_SHUFFLE_SEED, groups=side.groups), parts


def _logits_of(side: Side) -> NDArray[np.float32]:
    if side.logits is None:
        raise InputError(f"{side.label}: its class scores were not kept (give the images)")
    return side.logits.array()


def _usual_splits(n: int, like: Like | None) -> int:
    if like == "adm":
        return -(-n // ADM_PART)
    return 10 if n >= TEN_SPLITS_FROM or like in ("torch-fidelity", "torchmetrics") else 1


def _divergences(logits: NDArray[np.floating]) -> Array:
    """KL( p(y|x) ‖ p(y) ) of each row, (n,) float64; a class of probability 0 contributes 0."""
    log_p = log_softmax(logits.astype(np.float64), axis=1)
    p = np.exp(log_p)
    with np.errstate(divide="ignore"):
        log_q = np.log(p.mean(axis=0))
    terms = np.zeros_like(p)
    np.multiply(p, log_p - log_q, out=terms, where=p > 0)
    return np.asarray(terms.sum(axis=1))


def _log_error(parts: list[Array], scores: Array, groups: Groups | None) -> float | None:
    """Delta method: the influence of an image on its part's log score is its divergence less the mean of them.

    groups: (n,) group of each image, in the order of the parts; influences are summed by group.
    """
    if min(len(part) for part in parts) < 2:
        return None
    if groups is not None:
        influence = [score * (part - part.mean()) / len(part) for part, score in zip(parts, scores, strict=True)]
        summed = by_group(np.concatenate(influence), groups)
        return float(np.sqrt(summed @ summed * len(summed) / (len(summed) - 1)) / scores.sum())
    variances = [score**2 * part.var(ddof=1) / len(part) for part, score in zip(parts, scores, strict=True)]
    return float(np.sqrt(sum(variances)) / scores.sum())
