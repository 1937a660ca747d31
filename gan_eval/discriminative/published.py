"""The protocol exactly as in the published code; its scores may be cited as NRDS.

One discriminator learns real against the pooled fakes. An epoch shuffles both lists in place and has
⌊min(|R|, |F|) / B⌋ steps, each on the next B reals and the next B fakes; the loss is the sum of the two mean
cross-entropies. After every epoch the network's sigmoid is noted for every image, those it learnt from included.
There is no stopping rule. The shipped run had 20 epochs and batches of 1.

Known weaknesses, which the robust protocol mends: a single seed; images judged that were learnt from; models with more
images are learnt from more; with few reals most fakes are never learnt from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from gan_eval.cache import Cache
from gan_eval.discriminative.discriminators import PaperCNN, TrainingRecipe
from gan_eval.discriminative.sets import ImageSet
from gan_eval.discriminative.training import outputs
from gan_eval.errors import TooFewError
from gan_eval.images.numpy_files import read_array

Array = NDArray[np.float64]

#: Epochs of the shipped run, batch of the published `main`; Adam(2e-4, 0.5, 0.999, ε 1e-8).
RECIPE = TrainingRecipe("paper", 128, epochs=20, batch_size=1, real_batch=1, learning_rate=2e-4)


def published_curves(
    recipe: TrainingRecipe,
    real: ImageSet,
    models: Sequence[ImageSet],
    seed: int,
    *,
    cache: Cache,
    device: str = "cpu",
    on_epoch: Callable[[int], None] | None = None,
) -> Array:
    """Mean output over every image of each set after every epoch: (1 + n, E) float64, real first.

    Raises TooFewError when the smaller of reals and pooled fakes does not fill one batch.
    """
    key = {
        "what": "nrds published",
        "recipe": asdict(recipe),
        "real": real.key(),
        "models": [model.key() for model in models],
        "seed": seed,
    }
    kept = cache.read(key, lambda entry: np.array(read_array(entry / "curves.npy", "")))
    if kept is not None:
        return kept
    curves = _train(recipe, real, models, seed, device, on_epoch)
    cache.add(key, lambda room: np.save(room / "curves.npy", curves))
    return curves


def steps_per_epoch(recipe: TrainingRecipe, reals: int, fakes: int) -> int:
    """⌊min(|R|, |F|) / B⌋. Raises TooFewError where that is 0."""
    steps = min(reals, fakes) // recipe.batch_size
    if steps == 0:
        raise TooFewError(
            f"{reals} real and {fakes} fake images do not fill a batch of {recipe.batch_size} (batch_size=N)"
        )
    return steps


def _train(
    recipe: TrainingRecipe,
    real: ImageSet,
    models: Sequence[ImageSet],
    seed: int,
    device: str,
    on_epoch: Callable[[int], None] | None,
) -> Array:
    rng = np.random.default_rng(seed)
    network = PaperCNN(recipe, torch.Generator().manual_seed(int(rng.integers(2**63)))).to(device)
    optimiser = network.optimiser()
    sets = [one.inputs.to(device) for one in (real, *models)]
    reals, fakes = sets[0], torch.cat(sets[1:])
    steps = steps_per_epoch(recipe, len(reals), len(fakes))
    real_order, fake_order = np.arange(len(reals)), np.arange(len(fakes))
    curves = []
    for epoch in range(1, recipe.epochs + 1):
        rng.shuffle(real_order)  # in place: each epoch shuffles the order of the one before
        rng.shuffle(fake_order)
        for step in range(steps):
            batch = slice(step * recipe.batch_size, (step + 1) * recipe.batch_size)
            loss = _loss(network, reals[_places(real_order[batch])], fakes[_places(fake_order[batch])])
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
        curves.append([float(outputs(network, one).mean()) for one in sets])
        if on_epoch:
            on_epoch(epoch)
    return np.array(curves).T


def _loss(network: PaperCNN, real: Tensor, fake: Tensor) -> Tensor:
    logits = network.logits(torch.cat([real, fake]))
    return F.softplus(-logits[: len(real)]).mean() + F.softplus(logits[len(real) :]).mean()


def _places(order: NDArray[Any]) -> Tensor:
    return torch.from_numpy(order.copy())
