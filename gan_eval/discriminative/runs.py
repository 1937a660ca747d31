"""Runs the seeds one after the other and caches each, so that a killed run resumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from gan_eval.cache import Cache
from gan_eval.discriminative.discriminators import TrainingRecipe
from gan_eval.discriminative.sets import ImageSet
from gan_eval.discriminative.splitting import folds
from gan_eval.discriminative.training import FoldResult, train_fold
from gan_eval.images.numpy_files import read_array, read_headers

#: Arrays of a fold beside the heights of each set.
_FIXED = ("held_out", "trained", "confusion", "told", "separated")


def seed_run(
    recipe: TrainingRecipe,
    real: ImageSet,
    models: Sequence[ImageSet],
    seed: tuple[int, int],
    *,
    cache: Cache,
    network: Mapping[str, str],
    device: str = "cpu",
    on_epoch: Callable[[int], None] | None = None,
) -> tuple[FoldResult, FoldResult]:
    """Both folds of one seed: from the cache, or by training two discriminators on `real` against all `models`.

    seed: (the user's, number of the run). network: `Network.key` where the inputs are features, else empty.
    on_epoch: called with the epochs done, of 2 × `recipe.epochs`.
    """
    key = {
        "what": "nrds seed",
        "recipe": asdict(recipe),
        "real": real.key(),
        "models": [model.key() for model in models],
        "seed": list(seed),
        "network": dict(network),
    }
    kept = cache.read(key, lambda entry: (_load(entry, 0), _load(entry, 1)))
    if kept is not None:
        return kept
    sets = [real.inputs, *(model.inputs for model in models)]
    made = []
    for number, fold in enumerate(folds(real.sources, [model.sources for model in models], seed)):
        counted = _counted(on_epoch, number * recipe.epochs)
        made.append(train_fold(recipe, sets, fold, [*seed, number], device=device, on_epoch=counted))
    cache.add(key, lambda room: _save(room, made))
    return made[0], made[1]


def _counted(on_epoch: Callable[[int], None] | None, before: int) -> Callable[[int], None] | None:
    return (lambda epoch: on_epoch(before + epoch)) if on_epoch else None


def _save(room: Path, made: Sequence[FoldResult]) -> None:
    for number, one in enumerate(made):
        np.savez(room / f"fold{number}.npz", **_arrays(one))


def _arrays(one: FoldResult) -> dict[str, Any]:
    heights = {f"heights{number}": values for number, values in enumerate(one.heights)}
    return {**heights, "held_out": one.held_out, "trained": one.trained, "confusion": one.confusion} | {
        "told": np.array(one.told),
        "separated": np.array(one.separated),
    }


def _load(entry: Path, number: int) -> FoldResult:
    path = entry / f"fold{number}.npz"
    names = read_headers(path)
    file = {name: read_array(path, name) for name in (*_FIXED, *names)}  # InputError where one is missing
    return FoldResult(
        heights=tuple(file[f"heights{place}"] for place in range(len(names) - len(_FIXED))),
        held_out=file["held_out"],
        trained=file["trained"],
        confusion=file["confusion"],
        told=tuple(map(bool, file["told"])),
        separated=bool(file["separated"]),
    )
