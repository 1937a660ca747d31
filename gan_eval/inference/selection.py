"""The score of what was chosen by a score: cross-fitting, so that choosing does not flatter.

The best of K checkpoints on the test images looks better there than it is, since its luck was chosen with it. The
images are therefore split in two at random; the best on one half is scored on the other, both ways, over several
splits:

    honest score = mean over splits and halves h of  score on the other half of  argmin_k score_k(h)

For K equal checkpoints its expectation is their common score. `optimism` is by how much the best one's own score on all
images looks better than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gan_eval.errors import InputError

#: Fewest random splits that are averaged over.
LEAST_SPLITS = 20


class HonestScore(NamedTuple):
    """The best of several checkpoints. best: its place, from 0. apparent: its score on all images, which chose it.
    honest: the cross-fitted score. splits: random splits."""

    best: int
    apparent: float
    honest: float
    splits: int

    @property
    def optimism(self) -> float:
        """By how much the apparent score is lower, and so looks better, than the honest one."""
        return self.honest - self.apparent


def cross_fit(scores: Sequence[float], halves: ArrayLike) -> HonestScore:
    """The score of the lowest of K checkpoints, honestly.

    Parameters
    ----------
    scores : (K,)
        Each checkpoint's score on all images; lower is better.
    halves : (K, S, 2)
        Its scores on both halves of each of S random splits, the same splits for all checkpoints.

    Raises
    ------
    InputError
        For arrays of other shapes, or fewer than 20 splits.
    """
    whole, parts = np.asarray(scores, np.float64), np.asarray(halves, np.float64)
    if whole.ndim != 1 or not len(whole) or parts.ndim != 3 or parts.shape[::2] != (len(whole), 2):
        raise InputError(f"halves of shape {parts.shape} for {len(whole)} checkpoints: wanted (K, splits, 2)")
    if parts.shape[1] < LEAST_SPLITS:
        raise InputError(f"{parts.shape[1]} splits: cross-fitting takes at least {LEAST_SPLITS}")
    best = int(whole.argmin())
    chosen = parts.argmin(axis=0)  # (S, 2): the best on each half
    other = np.take_along_axis(parts[:, :, ::-1], chosen[None], axis=0)[0]
    return HonestScore(best, float(whole[best]), float(other.mean()), parts.shape[1])


def random_halves(n: int, splits: int, seed: int) -> NDArray[np.bool_]:
    """(splits, n): which images are in the first half of each split; halves differ by one image at most."""
    rng = np.random.default_rng(seed)
    order = np.array([rng.permutation(n) for _ in range(splits)])
    first: NDArray[np.bool_] = order < n // 2
    return first
