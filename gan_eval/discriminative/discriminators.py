"""Three discriminators, which give one logit per image: large for real, small for fake.

| name | sees | what it is |
|---|---|---|
| `features` | features of a frozen network | logistic regression: seconds a run, blind to what its network ignores |
| `paper` | 128 × 128 pixels | the network of the published code, 37.9 million parameters |
| `small` | 64 × 64 pixels | four convolutions and a weighted sum, 429,921 parameters, with flips and shifts |

Outputs of NRDS are the logits' sigmoid. Every initial weight is drawn from the generator that is passed in.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

DiscriminatorName = Literal["features", "paper", "small"]


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """How one discriminator is trained.

    name: which. size: side of its square input in pixels, 0 for features. epochs: at most so many. batch_size: fakes of
    each model a step. real_batch: reals a step. learning_rate: of Adam(0.5, 0.999), or of gradient descent with
    momentum 0.9 for the convex problem that `features` is, where it grows by 5 % an epoch up to the `largest_rate`.
    """

    name: DiscriminatorName
    size: int
    epochs: int
    batch_size: int
    real_batch: int
    learning_rate: float
    largest_rate: float | None = None

    def rate(self, epoch: int) -> float:
        """Learning rate of an epoch, the first being 1."""
        if self.largest_rate is None:
            return self.learning_rate
        return min(self.largest_rate, self.learning_rate * GROWTH ** (epoch - 1))


#: At a constant rate most epochs are spent where only the hardest fakes still move, and all others have areas near 0;
#: with a growing one, every doubling of the effort gets about as many epochs, and easy fakes keep their order too.
GROWTH = 1.05

#: Settings of the robust protocol.
RECIPES = {
    "features": TrainingRecipe("features", 0, 200, batch_size=256, real_batch=256, learning_rate=0.1, largest_rate=5.0),
    "paper": TrainingRecipe("paper", 128, 20, batch_size=8, real_batch=16, learning_rate=2e-4),
    "small": TrainingRecipe("small", 64, 60, batch_size=4, real_batch=8, learning_rate=1e-3),
}


class NrdsDiscriminator(Protocol):
    """A discriminator: a network that gives logits, and its preparation of images."""

    def prepare(self, inputs: Tensor) -> Tensor:
        """A whole set, once before training: what can be done to its images beforehand."""
        ...

    def logits(self, inputs: Tensor) -> Tensor:
        """(B,) float32 of prepared (B, D) float32 features or (B, S, S, 3) uint8 pixels; large means real."""
        ...

    def augment(self, inputs: Tensor, generator: torch.Generator) -> Tensor:
        """Inputs of a training step, varied; images that are judged are never varied."""
        ...

    def optimiser(self) -> torch.optim.Optimizer:
        """The optimiser of its recipe over all its weights."""
        ...


class FeatureHead(nn.Module):
    """Logistic regression from zero weights; features are standardised so that a step is the same for any network.

    mean, scale: (D,) of the images learnt from. Dividing by √D as well makes the largest stable step independent of D.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, recipe: TrainingRecipe, mean: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.recipe = recipe
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale * len(scale) ** 0.5)
        self.weight = nn.Parameter(torch.zeros(len(mean)))
        self.bias = nn.Parameter(torch.zeros(()))

    def prepare(self, inputs: Tensor) -> Tensor:
        return (inputs - self.mean) / self.scale

    def logits(self, inputs: Tensor) -> Tensor:
        return inputs @ self.weight + self.bias

    def augment(self, inputs: Tensor, generator: torch.Generator) -> Tensor:
        return inputs

    def optimiser(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=self.recipe.learning_rate, momentum=0.9)


class PaperCNN(nn.Module):
    """The published code's discriminator (`FaceAging.py` of its repository, batch normalisation off as `main` has it).

    Convolutions 5 × 5, stride 2, TensorFlow's SAME padding, 64–128–256–512 channels, ReLU; 1024 units, leaky ReLU 0.2;
    one logit. Initial weights: truncated normal 0.02 for the convolutions, normal 0.02 for the rest, biases 0.
    """

    def __init__(self, recipe: TrainingRecipe, generator: torch.Generator) -> None:
        super().__init__()
        self.recipe = recipe
        side = recipe.size
        for _ in range(4):
            side = -(-side // 2)
        shapes = [(b, a, 5, 5) for a, b in itertools.pairwise((3, 64, 128, 256, 512))]
        self.convs = nn.ParameterList(_truncated(shape, generator) for shape in shapes)
        self.hidden = _normal((1024, 512 * side * side), generator)
        self.last = _normal((1, 1024), generator)
        widths = [shape[0] for shape in shapes]
        self.biases = nn.ParameterList(nn.Parameter(torch.zeros(n)) for n in (*widths, 1024, 1))

    def prepare(self, inputs: Tensor) -> Tensor:
        return inputs

    def logits(self, inputs: Tensor) -> Tensor:
        x = _planes(inputs)  # (B, 3, S, S)
        *biases, hidden, last = self.biases
        for weight, bias in zip(self.convs, biases, strict=True):
            x = F.relu(F.conv2d(pad_same(x, kernel=5, stride=2), weight, bias, stride=2))
        x = F.leaky_relu(F.linear(x.flatten(1), self.hidden, hidden), 0.2)
        return F.linear(x, self.last, last)[:, 0]

    def augment(self, inputs: Tensor, generator: torch.Generator) -> Tensor:
        return inputs

    def optimiser(self) -> torch.optim.Optimizer:
        return _adam(self, self.recipe)


class SmallCNN(nn.Module):
    """Four strided convolutions, leaky ReLU 0.2, one logit from the whole last layer; He's initial weights.

    Trained on random flips and shifts of up to an eighth of the side, reals and fakes alike, so that it learns no
    pictures by heart. A mean over the picture in place of the weights by position learns many times more slowly.
    """

    def __init__(self, recipe: TrainingRecipe, generator: torch.Generator) -> None:
        super().__init__()
        self.recipe = recipe
        widths = (3, 32, 64, 128, 128)
        self.convs = nn.ParameterList(_he((b, a, 4, 4), generator) for a, b in itertools.pairwise(widths))
        side = recipe.size // 2 ** len(self.convs)
        self.last = _normal((1, widths[-1] * side * side), generator)
        self.biases = nn.ParameterList(nn.Parameter(torch.zeros(n)) for n in (*widths[1:], 1))

    def prepare(self, inputs: Tensor) -> Tensor:
        return inputs

    def logits(self, inputs: Tensor) -> Tensor:
        x = _planes(inputs)
        *biases, last = self.biases
        for weight, bias in zip(self.convs, biases, strict=True):
            x = F.leaky_relu(F.conv2d(x, weight, bias, stride=2, padding=1), 0.2)
        return F.linear(x.flatten(1), self.last, last)[:, 0]

    def augment(self, inputs: Tensor, generator: torch.Generator) -> Tensor:
        return flip_and_shift(inputs, generator)

    def optimiser(self) -> torch.optim.Optimizer:
        return _adam(self, self.recipe)


def pad_same(x: Tensor, *, kernel: int, stride: int) -> Tensor:
    """(B, C, H, W) with zeros as TensorFlow's SAME: outputs ⌈H / stride⌉, the odd zero after."""
    pads: list[int] = []
    for side in (x.shape[3], x.shape[2]):
        total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads)


def flip_and_shift(inputs: Tensor, generator: torch.Generator) -> Tensor:
    """(B, S, S, 3) mirrored at random and moved by up to S / 8 pixels in both directions, edges reflected."""
    count, side = inputs.shape[:2]
    reach = side // 8
    moves = torch.randint(-reach, reach + 1, (2, count, 1), generator=generator)
    mirrored = torch.randint(0, 2, (count, 1), generator=generator)
    rows, columns = (_reflect(torch.arange(side) + move, side).to(inputs.device) for move in moves)
    columns = torch.where(mirrored.to(inputs.device) == 1, columns.flip(1), columns)
    image = torch.arange(count, device=inputs.device)[:, None, None]
    return inputs[image, rows[:, :, None], columns[:, None, :]]


def _reflect(places: Tensor, side: int) -> Tensor:
    places = places.abs()
    return torch.where(places >= side, 2 * (side - 1) - places, places)


def _planes(inputs: Tensor) -> Tensor:
    """(B, S, S, 3) uint8 → (B, 3, S, S) float32 in [−1, 1]."""
    return inputs.permute(0, 3, 1, 2).float() / 127.5 - 1


def _adam(network: nn.Module, recipe: TrainingRecipe) -> torch.optim.Optimizer:
    return torch.optim.Adam(network.parameters(), lr=recipe.learning_rate, betas=(0.5, 0.999), eps=1e-8)


def _truncated(shape: tuple[int, ...], generator: torch.Generator) -> nn.Parameter:
    """Normal with σ = 0.02, cut at 2 σ, as TensorFlow's truncated_normal."""
    return nn.Parameter(nn.init.trunc_normal_(torch.empty(shape), std=0.02, a=-0.04, b=0.04, generator=generator))


def _normal(shape: tuple[int, ...], generator: torch.Generator) -> nn.Parameter:
    return nn.Parameter(nn.init.normal_(torch.empty(shape), std=0.02, generator=generator))


def _he(shape: tuple[int, ...], generator: torch.Generator) -> nn.Parameter:
    return nn.Parameter(nn.init.kaiming_normal_(torch.empty(shape), a=0.2, generator=generator))
