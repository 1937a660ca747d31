"""Trains one discriminator on one fold; records its output on every image after every epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from gan_eval.discriminative.discriminators import FeatureHead, NrdsDiscriminator, PaperCNN, SmallCNN, TrainingRecipe
from gan_eval.discriminative.splitting import Fold, Places
from gan_eval.metrics.nrds import auc

Array = NDArray[np.float64]

#: Separated: the fakes it learns from are told from the reals it learns from, for so many epochs in a row.
SEPARATED_AUC = 0.99
SEPARATED_FAKE = 0.05
SEPARATED_REAL = 0.95
PATIENCE = 3


@dataclass(frozen=True, slots=True, eq=False)
class FoldResult:
    """Outputs of one discriminator. Sets are real first, then the models; E epochs were run.

    heights: per set (N,) float64, mean height of each image's curve; NaN where the image was learnt from.
    held_out, trained: (sets, E) mean outputs over the images judged and over those learnt from.
    confusion: (sets − 1, E) 1 − AUC of held-out reals against each model's held-out fakes.
    told: per model, whether its images were told from the reals in the end, among those learnt from (AUC ≥ 0.99).
    separated: whether reals and pooled fakes came apart and ended the training; otherwise the epochs ran out.
    """

    heights: tuple[Array, ...]
    held_out: Array
    trained: Array
    confusion: Array
    told: tuple[bool, ...]
    separated: bool


def train_fold(
    recipe: TrainingRecipe,
    sets: Sequence[Tensor],
    fold: Fold,
    seed: Sequence[int],
    *,
    device: str = "cpu",
    on_epoch: Callable[[int], None] | None = None,
) -> FoldResult:
    """Train until the sets are separated for three epochs, or to `recipe.epochs`.

    sets: real, then each model: (N, D) float32 features or (N, S, S, 3) uint8 pixels. seed: numbers that decide
    initial weights, order and augmentation. A step takes `batch_size` images of each model, so that every model is
    seen equally often; its loss is the mean over reals plus the mean over models of their means. Reals come round again
    in a new order when they are used up.
    """
    rng = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    network = build(recipe, sets, fold, generator).to(device)
    sets = [network.prepare(one.to(device)) for one in sets]
    optimiser = network.optimiser()
    reals = _cycle(fold.learnt[0], recipe.real_batch, rng)
    curves = _Curves(fold)
    for epoch in range(1, recipe.epochs + 1):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate(epoch)
        for fakes in _steps(fold.learnt[1:], recipe.batch_size, rng):
            loss = _loss(network, sets, next(reals), fakes, generator)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
        curves.add([outputs(network, one) for one in sets])
        if on_epoch:
            on_epoch(epoch)
        if curves.is_separated:
            break
    return curves.result()


def build(recipe: TrainingRecipe, sets: Sequence[Tensor], fold: Fold, generator: torch.Generator) -> _Network:
    """The discriminator before its first step; the head of features is standardised by the images learnt from."""
    match recipe.name:
        case "features":
            return FeatureHead(recipe, *_moments(sets, fold))
        case "paper":
            return PaperCNN(recipe, generator)
        case "small":
            return SmallCNN(recipe, generator)


_Network = FeatureHead | PaperCNN | SmallCNN


def outputs(network: NrdsDiscriminator, inputs: Tensor, *, batch_size: int = 256) -> Array:
    """(N,) float64 in [0, 1]: the sigmoid of the logits of all inputs."""
    with torch.inference_mode():
        parts = [torch.sigmoid(network.logits(part).double()).cpu() for part in torch.split(inputs, batch_size)]
    return np.asarray(torch.cat(parts).numpy())


def _loss(
    network: NrdsDiscriminator,
    sets: Sequence[Tensor],
    real: Places,
    fakes: Sequence[Places],
    generator: torch.Generator,
) -> Tensor:
    def seen(inputs: Tensor, places: Places) -> Tensor:
        return network.augment(inputs[torch.from_numpy(places)], generator)

    batches = [seen(one, places) for one, places in zip(sets, [real, *fakes], strict=True)]
    parts = torch.split(network.logits(torch.cat(batches)), [len(batch) for batch in batches])
    # Binary cross-entropy: −log σ(x) for a real is softplus(−x), −log(1 − σ(x)) for a fake softplus(x).
    return F.softplus(-parts[0]).mean() + torch.stack([F.softplus(part).mean() for part in parts[1:]]).mean()


def _moments(sets: Sequence[Tensor], fold: Fold) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (D,) of what is learnt from, reals counting half and the models half together."""
    parts = [one[torch.from_numpy(places)].double() for one, places in zip(sets, fold.learnt, strict=True)]
    weights = [0.5, *[0.5 / (len(parts) - 1)] * (len(parts) - 1)]
    mean = torch.stack([w * part.mean(dim=0) for w, part in zip(weights, parts, strict=True)]).sum(dim=0)
    squares = [w * (part - mean).square().mean(dim=0) for w, part in zip(weights, parts, strict=True)]
    variance = torch.stack(squares).sum(dim=0)
    # A feature that never varies says nothing; the floor keeps it from becoming rounding noise of size 1.
    floor = 1e-6 * variance.mean() + torch.finfo(torch.float64).tiny
    return mean.float(), (variance + floor).sqrt().float()


def _steps(learnt: Sequence[Places], size: int, rng: np.random.Generator) -> Iterator[list[Places]]:
    """Every model's images once, in a new order, `size` of each a step; all models have the same number."""
    orders = [rng.permutation(places) for places in learnt]
    for start in range(0, len(orders[0]), size):
        yield [order[start : start + size] for order in orders]


def _cycle(places: Places, size: int, rng: np.random.Generator) -> Iterator[Places]:
    """Endless batches; every image comes once before any comes again."""
    size = min(size, len(places))
    queue = rng.permutation(places)
    while True:
        if len(queue) < size:
            queue = np.concatenate([queue, rng.permutation(places)])
        yield queue[:size]
        queue = queue[size:]


class _Curves:
    """Outputs of each epoch, reduced as they come: memory does not grow with the number of epochs."""

    def __init__(self, fold: Fold) -> None:
        self._fold = fold
        self._sums: list[Array] = []
        self._first: list[Array] = []
        self._last: list[Array] = []
        self._held_out: list[list[float]] = []
        self._trained: list[list[float]] = []
        self._confusion: list[list[float]] = []
        self._learnt: list[Array] = []
        self._in_a_row = 0

    def add(self, said: list[Array]) -> None:
        """Outputs (N,) of every set after one more epoch."""
        if not self._sums:
            self._first, self._sums = said, [np.zeros_like(one) for one in said]
        for total, one in zip(self._sums, said, strict=True):
            total += one
        self._last = said
        judged = [one[mask] for one, mask in zip(said, self._fold.judged, strict=True)]
        learnt = [one[places] for one, places in zip(said, self._fold.learnt, strict=True)]
        self._held_out.append([float(one.mean()) for one in judged])
        self._trained.append([float(one.mean()) for one in learnt])
        self._confusion.append([1 - auc(judged[0], one) for one in judged[1:]])
        self._learnt = learnt
        self._in_a_row = self._in_a_row + 1 if _separates(learnt[0], np.concatenate(learnt[1:])) else 0

    @property
    def is_separated(self) -> bool:
        return self._in_a_row >= PATIENCE

    def result(self) -> FoldResult:
        """Trapezoids of unit width, divided by the length E − 1."""
        epochs = len(self._held_out)
        ends = [(a + b) / 2 for a, b in zip(self._first, self._last, strict=True)]
        heights = [(total - end) / (epochs - 1) for total, end in zip(self._sums, ends, strict=True)]
        return FoldResult(
            heights=tuple(
                np.where(mask, height, np.nan) for height, mask in zip(heights, self._fold.judged, strict=True)
            ),
            held_out=np.array(self._held_out).T,
            trained=np.array(self._trained).T,
            confusion=np.array(self._confusion).T,
            told=tuple(auc(self._learnt[0], one) >= SEPARATED_AUC for one in self._learnt[1:]),
            separated=self.is_separated,
        )


def _separates(real: Array, fake: Array) -> bool:
    # The means are looked at first: they cost nothing, and decide in most epochs.
    told = fake.mean() <= SEPARATED_FAKE and real.mean() >= SEPARATED_REAL
    return bool(told and auc(real, fake) >= SEPARATED_AUC)
