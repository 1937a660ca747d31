"""What can be said of a measure that the answers leave infinite: one-sided bounds with the person as the unit.

A method that never lost has no finite strength, and perfect detection no finite d′: resamples of such answers are all
alike, so that an interval made of them has no width and says nothing. What the answers do bound is a share. Where all
of P people gave only one answer, the mean share of that answer among people is at least (1 − level)^(1/P) (Clopper and
Pearson 1934, each person as one observation, which is the worst case), and a measure that grows with the share is at
least what it is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from gan_eval.inference.persons import FEW

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Unbounded:
    """A measure without a finite value.

    Parameters
    ----------
    side : str
        "above" where it is +∞, "below" where it is −∞, "both" where the answers determine nothing.
    bound : float or None
        What it is larger ("above") or smaller ("below") than, at the level of the intervals; None with too few people
        or where the answers set none.
    """

    side: Literal["above", "below", "both"]
    bound: float | None = None


def unanimous_share(people: float, *, level: float) -> float:
    """Least mean share of an answer that all `people` always gave, one-sided at `level`."""
    return float((1 - level) ** (1 / people))


def strength_limits(tables: Floats, *, level: float) -> list[Unbounded | None]:
    """Of every method whether its centred strength is infinite, and what bounds it.

    A strength is the mean over the k methods of its log odds against each; the bound adds up bounds of the log odds
    against each rival, each at (1 − level)/(k − 1), so that they hold together.

    Parameters
    ----------
    tables : array (P, k, k)
        Per person how often the row was chosen over the column; a tie is half for both. Not one strong component.
    level : float
        Of the one-sided bound.

    Returns
    -------
    list of Unbounded or None
        None for a method without an answer.
    """
    wins = tables.sum(0)
    return [_strength_limit(tables, wins, method, level) for method in range(len(wins))]


def _strength_limit(tables: Floats, wins: Floats, method: int, level: float) -> Unbounded | None:
    won, lost = wins[method].sum(), wins[:, method].sum()
    if won + lost == 0:
        return None
    if won and lost:
        return Unbounded("both")
    k = len(wins)
    met = (tables[:, method] + tables[:, :, method] > 0).sum(0)
    rivals = np.delete(met, method)
    bound = None
    if rivals.min() >= FEW:
        each = 1 - (1 - level) / (k - 1)
        bound = float(sum(special.logit(unanimous_share(n, level=each)) for n in rivals)) / k
    return Unbounded("above", bound) if won else Unbounded("below", None if bound is None else -bound)


def pair_sensitivity_limit(correct: float, trials: float, people: int, *, level: float) -> Unbounded | None:
    """Of d′ from pairs of a real and a fake picture; None where it is finite, or there are no trials."""
    if not trials or 0 < correct < trials:
        return None
    side: Literal["above", "below"] = "above" if correct else "below"
    if people < FEW:
        return Unbounded(side)
    bound = float(np.sqrt(2) * special.ndtri(unanimous_share(people, level=level)))
    return Unbounded(side, bound if correct else -bound)


@dataclass(frozen=True, slots=True)
class ShareRange:
    """A pooled share, with the ends of its interval over people (each end one-sided at half of what is left)."""

    share: float
    low: float
    high: float


def sensitivity_limit(hits: ShareRange, alarms: ShareRange) -> Unbounded | None:
    """Of d′ = z(hits) − z(false alarms); None where it is finite. NaN ends mean too few people."""
    return _limit(hits, alarms, sign=-1)


def criterion_limit(hits: ShareRange, alarms: ShareRange) -> Unbounded | None:
    """Of c = −(z(hits) + z(false alarms))/2; None where it is finite."""
    total = _limit(hits, alarms, sign=1)
    if total is None or total.side == "both":
        return total
    return Unbounded("below" if total.side == "above" else "above", None if total.bound is None else -total.bound / 2)


def _limit(hits: ShareRange, alarms: ShareRange, *, sign: int) -> Unbounded | None:
    """The limit of z(hits) + sign · z(alarms)."""
    infinities = {_infinity(hits.share), sign * _infinity(alarms.share)} - {0}
    if not infinities:
        return None
    if len(infinities) > 1:
        return Unbounded("both")
    above = infinities == {1}
    first = hits.low if above else hits.high
    second = alarms.low if above == (sign > 0) else alarms.high
    bound = float(special.ndtri(first) + sign * special.ndtri(second))
    return Unbounded("above" if above else "below", bound if np.isfinite(bound) else None)


def _infinity(share: float) -> int:
    """The sign of the normal quantile of 0 or 1; 0 where it is finite."""
    return int(share == 1) - int(share == 0)
