"""FID: the Fréchet distance with its error, its bias and what a reader of it must know. Lower is better; no unit.

Heusel et al. 2017, eq. 6; the estimators are in `frechet` and `frechet_error`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from gan_eval.metrics import frechet, frechet_error
from gan_eval.metrics.relative import Difference
from gan_eval.metrics.sides import EstimatorPlan, MetricEstimate, Side, rows_of


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
        seed=plan.seed,
    )
    bias = {"bias": error.bias, "bias_is_a_lower_bound": not error.enough}
    details: dict[str, Any] = {"standard_error": error.standard_error, **bias}
    if infinity:
        details["infinity"] = _at_infinity(error)
    interval = error.interval() if plan.interval else None
    return [MetricEstimate("fid", value, interval, details, (*warnings, _bias_warning(error)))]


def differences(real: Side, fakes: Mapping[str, Side], *, seed: int) -> dict[tuple[str, str], Difference]:
    """The difference of each pair at infinitely many images; none where a set is too small to tell its bias."""
    sizes = [side.vectors.shape[0] for side in (real, *fakes.values()) if side.vectors is not None]
    if len(fakes) < 2 or len(sizes) <= len(fakes) or min(sizes) < frechet_error.LEAST:
        return {}
    cuts = frechet_error.cuts_of(max(sizes), real.statistics.dim)  # alike for all, so that the real set is cut alike
    errors = {
        name: frechet_error.assess(
            rows_of(real),
            rows_of(fake),
            real_statistics=real.statistics,
            fake_statistics=fake.statistics,
            cuts=cuts,
            seed=seed,
        )
        for name, fake in fakes.items()
    }
    if not all(error.enough for error in errors.values()):
        return {}
    return {(a, b): frechet_error.difference(errors[a], errors[b]) for a, b in itertools.combinations(errors, 2)}


def _no_interval(real: Side, fake: Side) -> str:
    """Why there is no interval; empty where there is one."""
    kept = [side.vectors.shape[0] for side in (real, fake) if side.vectors is not None]
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
    about = "more than" if not error.enough else "about"
    return (
        f"so few images make the value too high by {about} {error.bias:.2g}, which its interval, for the "
        "expectation at these numbers of images, leaves in"
    )


def _warnings(real: Side, fake: Side) -> list[str]:
    """What peers do not say: how few images a covariance of D features needs, and that n is part of the number."""
    dim = real.statistics.dim
    warnings = []
    sides = {"real": real.n, "fake": fake.n}
    unknown = [side for side, n in sides.items() if n is None]
    if unknown:
        warnings.append(
            f"the {' and '.join(unknown)} statistics do not tell their number of images, on which the value depends"
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
