"""FID: the Fréchet distance with its error, its bias and warnings. Lower is better; no unit.

Heusel et al. 2017, eq. 6; the estimators are in `frechet` and `frechet_error`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan_eval.inference.groups import Groups, count_of
from gan_eval.metrics import frechet, frechet_error
from gan_eval.metrics.sides import EstimatorPlan, Matches, MetricEstimate, PairTests, Side, rows_of


def estimate(real: Side, fake: Side, plan: EstimatorPlan, *, infinity: bool) -> list[MetricEstimate]:
    """The distance; infinity: also at infinitely many images, in the details."""
    value = frechet.distance(real.statistics, fake.statistics)
    warnings = _warnings(real, fake)
    if not (plan.interval or infinity):
        return [MetricEstimate("fid", value, warnings=tuple(warnings))]
    missing = _no_interval(real, fake)
    if missing:
        return [MetricEstimate("fid", value, warnings=(*warnings, missing))]
    error = frechet_error.assess(
        *(side.statistics if side.vectors is None else side.vectors for side in (real, fake)),
        real_statistics=real.statistics,
        fake_statistics=fake.statistics,
        real_groups=real.groups,
        fake_groups=fake.groups,
        seed=plan.seed,
    )
    bias = {"bias": error.bias, "bias_is_a_lower_bound": not error.enough}
    details: dict[str, Any] = {"standard_error": error.standard_error, **bias}
    if infinity:
        details["infinity"] = _at_infinity(error)
    interval = error.interval() if plan.interval else None
    return [MetricEstimate("fid", value, interval, details, (*warnings, _bias_warning(error)))]


def differences(
    real: Side, fakes: Mapping[str, Side], *, plan: EstimatorPlan, matches: Matches, own: Mapping[str, Any]
) -> PairTests:
    """Test each pair at infinitely many images; none, and why, where the bias of a set cannot be estimated."""
    sides = (real, *fakes.values())
    sizes = [count_of(side.vectors.shape[0], side.groups) for side in sides if side.vectors is not None]
    if len(sizes) <= len(fakes):
        return PairTests({}, ("pairs are not tested, since a set holds moments alone",))
    if min(sizes) < frechet_error.LEAST:
        return PairTests({}, (f"pairs are not tested, since a set holds fewer than {frechet_error.LEAST} images",))
    cuts = frechet_error.cuts_of(max(sizes), real.statistics.dim)  # alike for all, so that the real set is cut alike

    def assess(side: Side, rows: NDArray[np.intp] | None = None) -> frechet_error.FrechetError:
        vectors = rows_of(side)
        return frechet_error.assess(
            rows_of(real),
            vectors if rows is None else vectors[rows],
            real_statistics=real.statistics,
            fake_statistics=side.statistics if rows is None else None,
            real_groups=real.groups,
            fake_groups=_groups_of(side, rows),
            cuts=cuts,
            seed=plan.seed,
        )

    errors = {name: assess(side) for name, side in fakes.items()}
    if not all(error.enough for error in errors.values()):
        return PairTests({}, (_refusal(errors),))
    tests = {}
    for a, b in itertools.combinations(fakes, 2):
        rows = matches.get((a, b))
        if rows is None or rows.whole(*(rows_of(fakes[name]).shape[0] for name in (a, b))):
            pair = errors[a], errors[b]
        else:
            pair = assess(fakes[a], rows.a), assess(fakes[b], rows.b)
        paired = rows is not None and pair[0].enough
        difference = frechet_error.difference(*(pair if paired else (errors[a], errors[b])), paired=paired)
        tests[a, b] = replace(difference, paired=len(rows.a) if paired and rows is not None else 0)
    return PairTests({"fid": tests})


def _groups_of(side: Side, rows: NDArray[np.intp] | None) -> Groups | None:
    """Groups of a set's chosen rows."""
    if side.groups is None or rows is None:
        return side.groups
    return np.unique(side.groups[rows], return_inverse=True)[1]


def _refusal(errors: Mapping[str, frechet_error.FrechetError]) -> str:
    """Why the models cannot be ranked: their biases beside the difference that they would have to leave."""
    values = [error.value for error in errors.values()]
    bias = max(error.bias for error in errors.values())
    least = max(max(error.least) for error in errors.values())
    return (
        f"cannot rank these models: their bias (at least {bias:.3g}) cannot be told with {least} images or fewer on a "
        f"side, and their values lie {max(values) - min(values):.3g} apart; KID has no bias"
    )


def _no_interval(real: Side, fake: Side) -> str:
    """Why there is no interval; empty where there is one."""
    kept = [count_of(side.vectors.shape[0], side.groups) for side in (real, fake) if side.vectors is not None]
    if not kept:
        return "no interval, since both sides hold moments only"
    if min(kept) < frechet_error.LEAST:
        return f"no interval, since {frechet_error.LEAST} images are the least for one"
    return ""


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


def _bias_warning(error: frechet_error.FrechetError) -> str:
    about = "more than +" if not error.enough else "about +"
    return f"bias: {about}{error.bias:.2g} at these numbers of images; the interval does not correct for it"


def _warnings(real: Side, fake: Side) -> list[str]:
    """Warnings about too few images and about different numbers of images."""
    dim = real.statistics.dim
    warnings = []
    sides = {"real": real.n, "fake": fake.n}
    unknown = [side for side, n in sides.items() if n is None]
    if unknown:
        warnings.append(
            f"the {' and '.join(unknown)} statistics do not record their number of images, on which the value depends"
        )
    small = [f"{n} {side}" for side, n in sides.items() if n is not None and n <= dim]
    if small:
        warnings.append(
            f"{' and '.join(small)} images are few for {dim} features, which makes the value too high; compare "
            "it with values at the same numbers of images only"
        )
    if real.n and fake.n and max(real.n, fake.n) > 2 * min(real.n, fake.n):
        warnings.append(f"{real.n} real and {fake.n} fake images; the smaller set decides the bias")
    return warnings
