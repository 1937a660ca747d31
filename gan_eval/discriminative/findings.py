"""Scores, flags and warnings from what the protocols computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from gan_eval.discriminative.outcome import NrdsResult
from gan_eval.discriminative.plan import ContestPlan
from gan_eval.discriminative.robust import REAL, ReducedRuns
from gan_eval.discriminative.saved import from_curves
from gan_eval.discriminative.sets import ImageSet
from gan_eval.guards.copies import Nearness
from gan_eval.metrics import nrds as metric
from gan_eval.metrics.nrds import Array
from gan_eval.provenance import Provenance
from gan_eval.result import Score

#: Below this number of images per model, the intervals are wide.
FEW = 200
#: Share of near copies of real images above which a warning is given.
COPIES = 0.05
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Contest:
    """The sets that are compared. models: in the order of their contents. network: the feature network's name.

    identity: name of the competitor that is the untranslated inputs. notes: what was found while the sets were read.
    """

    plan: ContestPlan
    real: ImageSet
    models: tuple[ImageSet, ...]
    network: str
    identity: str | None = None
    notes: tuple[str, ...] = ()


def robust_outcome(
    contest: Contest, found: ReducedRuns, near: Sequence[Nearness], provenance: Provenance
) -> NrdsResult:
    """The outcome of the robust protocol, models best first; `near` is in the order of `contest.models`."""
    sets = {one.name: one for one in contest.models}
    nearest = dict(zip(sets, near, strict=True))
    order = sorted(found.models, key=lambda name: -found.models[name].share)
    flags = _robust_flags(contest, found, nearest, order)
    return NrdsResult(
        protocol=contest.plan.describe(contest.network) | {"area": "mean height of the held-out curve"},
        scores=tuple(_score(contest, sets[name], found, nearest[name]) for name in order),
        pairs=tuple(sorted(found.pairs, key=lambda pair: (order.index(pair.a), order.index(pair.b)))),
        curves=found.curves,
        trained_curves=found.trained_curves,
        areas={REAL: found.real} | {name: found.models[name].height for name in order},
        seeds=found.seeds,
        flags=flags,
        provenance=provenance,
        warnings=(*contest.notes, *_set_warnings(contest), *_robust_warnings(contest, flags)),
    )


def published_outcome(contest: Contest, curves: Array, provenance: Provenance) -> NrdsResult:
    """The outcome of the published protocol: curves (1 + n, E), real first."""
    names = [REAL, *(one.name for one in contest.models)]
    made = from_curves(dict(zip(names, curves.tolist(), strict=True)))
    counts = {one.name: len(one) for one in contest.models}
    label = contest.plan.features_label(contest.network)
    return replace(
        made,
        protocol=contest.plan.describe(contest.network) | {"area": made.protocol["area"]},
        scores=tuple(
            replace(one, n_real=len(contest.real), n_fake=counts[one.details["model"]], features=label)
            for one in made.scores
        ),
        flags={**made.flags, **_set_flags(contest)},
        provenance=provenance,
        warnings=(*contest.notes, *made.warnings, *_set_warnings(contest)),
    )


def _score(contest: Contest, one: ImageSet, found: ReducedRuns, near: Nearness) -> Score:
    numbers = found.models[one.name]
    # A rank is what the tests give: models that are certainly better come before, all others share the place.
    better = sum(pair.b == one.name and pair.distinguishable for pair in found.pairs)
    return Score(
        metric="nrds",
        value=numbers.share,
        direction="higher",
        n_real=len(contest.real),
        n_fake=len(one),
        features=contest.plan.features_label(contest.network),
        interval=numbers.share_interval,
        details={
            "model": one.name,
            "rank": 1 + better,
            "area": numbers.height,
            "trained_area": numbers.trained_height,
            "of_real": {"value": numbers.fraction, "interval": asdict(numbers.fraction_interval)},
            "real_p": numbers.real_p,
            "distinguishable_from_real": numbers.real_p < LEVEL,
            "one_minus_auc": numbers.confusion,
            "told_in_training": numbers.told,
            "per_seed": [seed.scores[one.name] for seed in found.seeds],
            "nearest_real": near.ratio,
            "near_copies": near.near_copies,
        },
    )


def _set_flags(contest: Contest) -> dict[str, Any]:
    counts = {len(one) for one in contest.models}
    formats = {frozenset(one.formats) for one in (contest.real, *contest.models) if one.formats}
    return {"few_images": min(counts) < FEW, "unbalanced": len(counts) > 1, "mixed_formats": len(formats) > 1}


def _robust_flags(
    contest: Contest, found: ReducedRuns, near: Mapping[str, Nearness], order: Sequence[str]
) -> dict[str, Any]:
    heights = [numbers.height for numbers in found.models.values()]
    return {
        "separated": found.separated,
        "not_told": [name for name in order if not found.models[name].told],
        "near_zero": metric.near_zero(heights, 2),  # mean heights are areas of length 1
        **_set_flags(contest),
        "near_copies": [name for name in order if near[name].near_copies > COPIES],
        "identity": contest.identity,
        "identity_last": None if contest.identity is None else order[-1] == contest.identity,
    }


def _set_warnings(contest: Contest) -> list[str]:
    """Warnings about the images themselves: files left out, formats, numbers, copies."""
    found = []
    for one in (contest.real, *contest.models):
        found += [f"{one.name}: {note}" for note in one.notes]
        if one.bad:
            listed = "; ".join(one.bad)
            found.append(
                f"{one.name}: {len(one.bad)} unreadable {'file' if len(one.bad) == 1 else 'files'} left out: {listed}"
            )
    flags = _set_flags(contest)
    if flags["mixed_formats"]:
        listed = ", ".join(f"{one.name} {'+'.join(one.formats)}" for one in (contest.real, *contest.models))
        found.append(
            f"file formats differ ({listed}): a discriminator may learn the file format instead of the pictures"
        )
    if flags["unbalanced"] and contest.plan.protocol == "published":
        listed = ", ".join(f"{one.name} {len(one)}" for one in contest.models)
        found.append(f"models differ in their number of images ({listed}): this protocol learns most from the largest")
    copies = [one.name for one in contest.models if one.sha256 == contest.real.sha256]
    if copies:
        found.append(f"{', '.join(copies)}: the same images as the real set")
    return found


def _robust_warnings(contest: Contest, flags: Mapping[str, Any]) -> list[str]:
    found = []
    if not flags["separated"]:
        who = f", least of all {', '.join(flags['not_told'])}" if flags["not_told"] else ""
        found.append(
            f"not separated: {contest.plan.recipe.epochs} epochs did not tell the fakes from the reals{who}; "
            "differences between scores are hard to interpret (try epochs=N with more, or another discriminator=NAME)"
        )
    if flags["near_zero"]:
        found.append(metric.NEAR_ZERO_MESSAGE)
    if flags["few_images"]:
        least = min(len(one) for one in contest.models)
        found.append(f"{least} images are few for a model; intervals are usable from {FEW} images on")
    if flags["near_copies"]:
        apart = "" if contest.plan.against == "real" else "; each faced a discriminator of its own, outside the pool"
        found.append(
            f"near copies of real images, which this score rates as realistic: {', '.join(flags['near_copies'])}{apart}"
        )
    if flags["identity_last"] is False:
        found.append(
            f"{contest.identity}: the untranslated images do not rank last, so this score says little about translation"
        )
    return found
