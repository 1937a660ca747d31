"""Error bars and tests for scores that come from several seeds and from images that models may share.

Two things vary: the seed (split, order, initial weights) and the source images. Every image is judged under every
seed, so the two are crossed, not nested: averaging over seeds does not average the images' own variation away. A
bootstrap that draws images anew for each seed takes S seeds for S times the images, and in simulations its 95 %
intervals covered 66 to 87 %. The crossed one here (Owen 2007, "The pigeonhole bootstrap") draws sources once for all
seeds and errs on the wide side; `benchmarks/nrds_stability.py` measures its coverage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu

from gan_eval.discriminative.splitting import membership
from gan_eval.inference.resampling import crossed_draws
from gan_eval.result import Interval

Array = NDArray[np.float64]

#: Bootstrap draws.
DRAWS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Heights:
    """Mean height of the held-out curve of every image of one set.

    values: (S, N) by seed and image, in [0, 1]. sources: (N,) what each image shows.
    """

    values: Array
    sources: tuple[str, ...]

    def by_source(self) -> dict[str, float]:
        """source → height, averaged over seeds and over the images that show it."""
        names, places = np.unique(np.array(self.sources), return_inverse=True)
        sums = np.bincount(places, weights=self.values.mean(axis=0))
        return dict(zip(names.tolist(), (sums / np.bincount(places)).tolist(), strict=True))


class Replicates(NamedTuple):
    """Bootstrap replicates (B, n): of the models' shares, and of their heights as fractions of the real set's."""

    shares: Array
    fractions: Array


def shares(heights: Array, weights: Array | None = None) -> Array:
    """(…, n, S) mean heights of the n models under each seed → (…, n): each seed's shares, averaged over seeds.

    weights: (…, 1, S) of the seeds, which sum to 1; None where each counts the same.
    """
    parts = heights / heights.sum(axis=-2, keepdims=True)
    return np.asarray(parts.mean(axis=-1) if weights is None else (parts * weights).sum(axis=-1))


def bootstrap(
    real: Sequence[Heights], fakes: Sequence[Heights], rng: np.random.Generator, faced: Sequence[int]
) -> Replicates:
    """Draw seeds and sources, each once for everything, and compute shares and fractions of the real height again.

    real: the real set under each group of discriminators. faced: the group of each model, by place in `real`. A source
    that several sets show is drawn for all of them at once; sources that different sets show are drawn apart, so that
    every draw leaves each set its size.
    """
    sets = [*real, *fakes]
    groups = membership([one.sources for one in sets])
    order = {source: place for place, source in enumerate(s for group in groups.values() for s in group)}
    sizes = [len(group) for group in groups.values()]
    tables = [_by_unit(one, order) for one in sets]
    seeds = real[0].values.shape[0]
    made = []
    for drawn in crossed_draws(seeds, sizes, DRAWS, rng):
        means = np.stack(
            [(drawn.second @ sums) / (drawn.second @ counts)[:, None] for sums, counts in tables], axis=1
        )  # (b, sets, S)
        weights = drawn.first[:, None, :] / seeds
        reals, models = (means[:, : len(real)] * weights).sum(axis=2), means[:, len(real) :]
        made.append(Replicates(shares(models, weights), (models * weights).sum(axis=2) / reals[:, list(faced)]))
    return Replicates(*(np.concatenate(parts) for parts in zip(*made, strict=True)))


def intervals(
    values: Array, replicates: Array, *, method: str, level: float = 0.95, signed: bool = False
) -> list[Interval]:
    """Intervals that hold for all n values at once with probability `level`.

    values: (n,) estimates, at least 0 unless `signed`. replicates: (B, n). Each interval reaches q standard errors to
    both sides, q being the quantile of the largest standardised deviation among the n.
    """
    errors = replicates.std(axis=0, ddof=1)
    # Copies of one set have exactly equal heights and an error of 0 or of a few roundings.
    moving = errors > 1e-12
    reach = np.zeros(len(values))
    if moving.any():
        largest = (np.abs(replicates - replicates.mean(axis=0))[:, moving] / errors[moving]).max(axis=1)
        reach = np.quantile(largest, level) * errors
    reach += 4 * np.spacing(np.abs(values))
    low, high = values - reach if signed else np.clip(values - reach, 0, None), values + reach
    return [Interval(float(a), float(b), level, method) for a, b in zip(low, high, strict=True)]


def real_p_value(folds: Sequence[tuple[Array, Array]]) -> float:
    """p-value of "the discriminator cannot tell this model's held-out images from held-out reals".

    folds: (heights of the reals, heights of the fakes) judged by each discriminator, one entry a seed and fold. Given
    its discriminator, each entry is an honest two-sample test (Mann–Whitney, one-sided); the entries depend on one
    another, as all come from the same images, so twice their median is taken (Meinshausen et al. 2009).
    """
    p = [mannwhitneyu(real, fake, alternative="greater").pvalue for real, fake in folds]
    return float(min(1.0, 2 * np.median(p)))


def _by_unit(one: Heights, order: dict[str, int]) -> tuple[Array, Array]:
    """Sum of heights (U, S) and number of images (U,) of each source."""
    places = np.array([order[source] for source in one.sources])
    sums = np.zeros((len(order), one.values.shape[0]))
    np.add.at(sums, places, one.values.T)
    return sums, np.bincount(places, minlength=len(order)).astype(np.float64)
