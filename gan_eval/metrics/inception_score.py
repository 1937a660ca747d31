"""Inception score: exp of the mean KL divergence between p(y|x) and p(y). Higher means sharper and more varied labels.

    IS = exp( E_x KL( p(y|x) ‖ p(y) ) ), p(y) the mean of p(y|x) over the same images     Salimans et al. (2016), §4

The reference's definition: the 1008 logits of the 2015 Inception without bias, soft-max in float64, natural logarithm,
`splits` parts with bounds i·N // splits, exp per part, then mean and standard deviation (ddof 0) over parts. Shuffle
and seed are torch-fidelity's, whose number this reproduces. It lies in [1, min(classes, N / splits)], is biased down
for small N, and on images of one domain a perfect model scores as low as the real set: print that beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax
from scipy.stats import norm

from gan_eval.errors import InputError, TooFewError
from gan_eval.inference.groups import Groups, by_group
from gan_eval.metrics.moments import Array
from gan_eval.metrics.sides import EstimatorPlan, MetricEstimate, Side
from gan_eval.result import Interval
from gan_eval.settings import Like

#: torch-fidelity's shuffle before the split, whose number this reproduces.
_SHUFFLE_SEED = 2020
#: From here on the reference's ten parts are each large enough; below, one part is used.
TEN_SPLITS_FROM = 5000


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
    x = np.asarray(logits)
    if x.ndim != 2 or not x.shape[1]:
        raise InputError(f"logits of shape {x.shape}: wanted (N, classes)")
    n = len(x)
    if splits < 1 or n < splits:
        raise TooFewError(f"{n} images for {splits} splits: give at least one image per split, or fewer splits")
    if not np.isfinite(x.max(axis=1)).all():
        raise InputError("logits hold NaN or infinity (the network overflowed, or its weights are broken)")
    order = np.random.RandomState(seed).permutation(n) if shuffle else np.arange(n)  # torch-fidelity's order
    x = x[order]
    parts = [_divergences(x[i * n // splits : (i + 1) * n // splits]) for i in range(splits)]
    scores = np.array([np.exp(part.mean()) for part in parts])
    return InceptionScore(
        float(scores.mean()),
        float(scores.std()),
        scores,
        _log_error(parts, scores, None if groups is None else groups[order]),
    )


def estimate(real: Side | None, fake: Side, plan: EstimatorPlan, *, splits: int | None) -> list[MetricEstimate]:
    """The score of the fake set, with that of a real set, where there is one, in the details."""
    score, parts = _score_of(fake, splits, plan.like)
    details: dict[str, Any] = {"splits": parts, "std": score.std, "shuffle_seed": _SHUFFLE_SEED}
    if real is not None:
        own, own_parts = _score_of(real, splits, plan.like)
        details["real"] = {"value": own.mean, "std": own.std, "n": real.n, "splits": own_parts}
    warnings = ["does not measure similarity to your real images; compare it with their own score"]
    if parts != 10:
        warnings.append(f"{parts} split{'s' * (parts > 1)} instead of the usual 10")
    if (fake.n or 0) < 1000 * parts:
        warnings.append(f"{fake.n} images are few; the value is too low, by more than its interval shows")
    return [MetricEstimate("is", score.mean, score.interval() if plan.interval else None, details, tuple(warnings))]


def _score_of(side: Side, splits: int | None, like: Like | None) -> tuple[InceptionScore, int]:
    """The score of one set, and the number of parts that it was cut into."""
    if side.logits is None:
        raise InputError(f"{side.label}: its class scores were not kept (give the images)")
    usual = 10 if side.logits.n >= TEN_SPLITS_FROM or like == "torch-fidelity" else 1
    parts = splits or usual
    score = inception_score(side.logits.array(), splits=parts, seed=_SHUFFLE_SEED, groups=side.groups)
    return score, parts


def _divergences(logits: Array) -> Array:
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
