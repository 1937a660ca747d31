"""Tests which of two models has the higher precision, recall, density or coverage against one real set.

Both models are cut against one and the same cuts of the reals (see `manifold_cuts`), so what the reals add to both
errors cancels. Fakes that show the same inputs are cut alike, and what the inputs add cancels too; where they do not,
the errors of the two fake sets add. Recall and coverage rise with the number of fakes, so that two sets of different
sizes are compared at the smaller size: the larger one's numbers are means over random samples of that size.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from gan_eval.errors import MismatchError
from gan_eval.inference.groups import Groups, count_of, subset
from gan_eval.metrics import manifold_cuts
from gan_eval.metrics.manifold import prdc, squared_radii, within_radii
from gan_eval.metrics.manifold_cuts import Cuts
from gan_eval.metrics.moments import Array
from gan_eval.metrics.relative import Difference, student_difference
from gan_eval.metrics.rows import TILE, Rows

METHOD = "half samples, one real set, at equal numbers of images"
PAIRED = f"{METHOD}, paired by input"
#: Samples of the smaller size over which a larger set's numbers are averaged.
SAMPLES = 16
#: Cuts of a test; fewer than an interval takes, since Student's t allows for how many they are.
MOST_CUTS = 200


@dataclass(frozen=True, slots=True, eq=False)
class AssessedModel:
    """One model's four numbers (4,) at some number of images, and those of parts of its sets."""

    values: Array
    cuts: Cuts


def assess(
    real: Rows,
    fake: Rows,
    k: int,
    *,
    real_groups: Groups | None = None,
    fake_groups: Groups | None = None,
    size: int | None = None,
    cuts: int | None = None,
    seed: int = 0,
) -> AssessedModel:
    """The four numbers of `fake` (m, D) against `real` (n, D), both float32, with what their errors follow from.

    size: number of fakes that the numbers are for, all where not given. cuts: random cuts, `MOST_CUTS` or as many as
    an interval takes where not given.
    Raises MismatchError for different D, TooFewError where half a set has no k neighbours for each image.
    """
    m = fake.shape[0]
    share = 1.0 if size is None else min(size / m, 1.0)
    cuts = cuts or min(manifold_cuts.usual_cuts(max(real.shape[0], m)), MOST_CUTS)
    groups = {"real_groups": real_groups, "fake_groups": fake_groups}
    drawn = manifold_cuts.cut(real, fake, k, **groups, fake_share=share, cuts=cuts, seed=seed)
    if share == 1:
        return AssessedModel(np.array(astuple(prdc(real, fake, k=k, **groups))[:4]), drawn)
    return AssessedModel(_at_size(real, fake, k, real_groups, fake_groups, share, seed), drawn)


def difference(
    a: AssessedModel, b: AssessedModel, *, paired: bool = False, level: float = 0.95
) -> tuple[Difference, ...]:
    """Model a's precision, recall, density and coverage less model b's, assessed with one seed and one real set.

    paired: the i-th images (or groups) of both show one input. Raises MismatchError where the sets were cut otherwise.
    """
    first, second = a.cuts, b.cuts
    if first.numbers.shape != second.numbers.shape or (paired and first.fake_share != second.fake_share):
        raise MismatchError("two models are compared with one seed, one number of cuts and, in pairs, equal sets")
    real = _real_effect(first.numbers) - _real_effect(second.numbers), first.real_share
    fakes = [(_fake_effect(drawn.numbers), drawn.fake_share) for drawn in (first, second)]
    if paired:
        fakes = [(fakes[0][0] - fakes[1][0], first.fake_share)]
    errors = np.sqrt(manifold_cuts.variance_of(real, *fakes))
    freedom = manifold_cuts.freedom_of(len(first.numbers), min(first.units, second.units))
    method = PAIRED if paired else METHOD
    return tuple(
        student_difference(float(value), float(error), freedom, method=method, level=level)
        for value, error in zip(a.values - b.values, errors, strict=True)
    )


def _real_effect(numbers: Array) -> Array:
    """(S, 4): the numbers of the first real part less those of the second."""
    effect: Array = numbers[:, 0].mean(axis=1) - numbers[:, 1].mean(axis=1)
    return effect


def _fake_effect(numbers: Array) -> Array:
    """(S, 4): the numbers of the first fake part less those of the second."""
    effect: Array = numbers[:, :, 0].mean(axis=1) - numbers[:, :, 1].mean(axis=1)
    return effect


def _at_size(
    real: Rows,
    fake: Rows,
    k: int,
    real_groups: Groups | None,
    fake_groups: Groups | None,
    share: float,
    seed: int,
) -> Array:
    """The four numbers (4,) as means over random samples of a share of the fakes' units."""
    centre = np.asarray(real[:TILE]).mean(axis=0)
    radii = squared_radii(real, k, centre=centre, groups=real_groups)
    rng, count = np.random.default_rng([seed, 1]), count_of(fake.shape[0], fake_groups)
    units = max(round(share * count), 1)
    found = []
    for _ in range(SAMPLES):
        chosen = np.sort(rng.permutation(count)[:units])
        rows = chosen if fake_groups is None else np.flatnonzero(np.isin(fake_groups, chosen))
        sample = np.asarray(fake[rows])
        own = squared_radii(sample, k, centre=centre, groups=subset(fake_groups, rows))
        found.append(astuple(within_radii(real, sample, radii, own, k=k, centre=centre))[:4])
    return np.asarray(np.mean(found, axis=0))
