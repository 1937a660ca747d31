"""Telling real from fake: sensitivity, bias and HYPE-infinity.

Signal detection theory (Green and Swets 1966; Macmillan and Creelman 2005) with fake as the signal: a hit is "fake"
said of a fake, a false alarm "fake" said of a real picture. d′ = 0: the fakes cannot be told from the real pictures.
c > 0: "real" is said more readily. HYPE-infinity (Zhou et al. 2019, arXiv:1904.01121) is the share of errors with
unlimited viewing time, on fakes and on real pictures; above one half the fakes look more real than the real ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from gan_eval.result import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Detection:
    """Sensitivity d′ and criterion c, with the standard error of d′ over answers taken as independent."""

    d_prime: float
    criterion: float
    se: float

    def interval(self, level: float = 0.95) -> Interval:
        """Normal interval of d′."""
        half = float(special.ndtri((1 + level) / 2)) * self.se
        return Interval(self.d_prime - half, self.d_prime + half, level, "normal, answers taken as independent")


def yes_no(hits: float, fakes: float, false_alarms: float, reals: float) -> Detection:
    """d′ and c from hits among `fakes` and false alarms among `reals`, with the log-linear correction (Hautus 1995).

    The correction adds half an answer to each cell, so that perfect detection has a finite d′.
    """
    hit, alarm = (hits + 0.5) / (fakes + 1), (false_alarms + 0.5) / (reals + 1)
    z_hit, z_alarm = special.ndtri(hit), special.ndtri(alarm)
    variance = _probit_variance(hit, fakes) + _probit_variance(alarm, reals)
    return Detection(float(z_hit - z_alarm), float(-(z_hit + z_alarm) / 2), float(np.sqrt(variance)))


def d_prime_many(hits: Floats, fakes: Floats, false_alarms: Floats, reals: Floats) -> tuple[Floats, Floats]:
    """d′ and c of arrays of counts, as `yes_no` has them; NaN where either kind of picture was never shown."""
    shown = (fakes > 0) & (reals > 0)
    z_hit = np.where(shown, special.ndtri((hits + 0.5) / (fakes + 1)), np.nan)
    z_alarm = special.ndtri((false_alarms + 0.5) / (reals + 1))
    return np.asarray(z_hit - z_alarm), np.asarray(-(z_hit + z_alarm) / 2)


def two_alternative(correct: ArrayLike, trials: ArrayLike) -> Floats:
    """d′ = √2·z(share correct) of trials that show one real and one fake picture side by side.

    Only where all or no answers are correct is the share corrected (log-linear), because d′ would be infinite; NaN
    where there are no trials.
    """
    right, n = np.asarray(correct, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    extreme = (right <= 0) | (right >= n)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(extreme, (right + 0.5) / (n + 1), right / n)
    return np.where(n > 0, np.sqrt(2) * special.ndtri(share), np.nan)


def _probit_variance(share: float, n: float) -> float:
    """Variance of z(share) by the delta method."""
    return float(share * (1 - share) / (n * stats.norm.pdf(special.ndtri(share)) ** 2))
