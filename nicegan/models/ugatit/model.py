"""U-GAT-IT-light as the trainer sees it.

A step in the authors' order: first D, then G, on the same images. What they compute and throw away is not computed: the
generators' graph in the D step and the discriminators' gradients in the G step. The loss of G is a sum for each
direction that shares no graph with the other; each is differentiated by itself, which halves the memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import Tensor, nn

from gan_eval.translation import TranslationDirection
from nicegan.models.layers.losses import cross_entropy, least_squares, pixel_loss
from nicegan.models.layers.turns import autocast, detached, frozen
from nicegan.models.protocol import OneWay, StepPass, TranslationModel
from nicegan.models.ugatit.networks import (
    ClampedAdaLIN,
    ClampedLIN,
    UGATITDiscriminator,
    UGATITGenerator,
    UGATITJudgement,
)
from nicegan.models.ugatit.settings import UGATITLoss, UGATITNetwork

if TYPE_CHECKING:
    from nicegan.config import RunConfig

#: Name of a domain's discriminators, which the domain's letter follows → their depth.
_DEPTHS = {"disG": 7, "disL": 5}


class UGATITOneWay(OneWay):
    """One generator."""

    def __init__(self, network: UGATITNetwork, direction: TranslationDirection) -> None:
        super().__init__()
        self.generator = UGATITGenerator(network.channels, network.n_res)
        self._name = _generator(direction)

    def stored(self) -> dict[str, nn.Module]:
        """genA2B or genB2A."""
        return {self._name: self.generator}

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] → the same."""
        translated: Tensor = self.generator(image).image
        return translated


class UGATITModel(TranslationModel):
    """genA2B and genB2A; disGA and disLA judge images of A, as a whole and in patches, disGB and disLB those of B."""

    averaged = ("genA2B", "genB2A")

    def __init__(self, network: UGATITNetwork, loss: UGATITLoss) -> None:
        super().__init__()
        generators = {name: UGATITGenerator(network.channels, network.n_res) for name in self.averaged}
        depths = {name: depth for name, depth in _DEPTHS.items() if network.global_judge or name == "disL"}
        judges = {
            f"{name}{domain}": UGATITDiscriminator(network.channels, depth)
            for name, depth in depths.items()
            for domain in "AB"
        }
        self.generators, self.judges, self.loss = nn.ModuleDict(generators), nn.ModuleDict(judges), loss

    @classmethod
    def build(cls, config: RunConfig) -> Self:
        """A model with PyTorch's default initialisation (the authors'), drawn from the seed alone."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            return cls(*_settings(config))

    @classmethod
    def one_way(cls, config: RunConfig, direction: TranslationDirection) -> UGATITOneWay:
        """A generator."""
        return UGATITOneWay(_settings(config)[0], direction)

    def parts(self) -> dict[str, nn.Module]:
        """The six networks; four where nothing judges whole images."""
        return {**dict(self.generators.items()), **dict(self.judges.items())}

    def moved_by(self, player: str) -> Iterator[nn.Parameter]:
        """G moves both generators, D all discriminators."""
        yield from (self.generators if player == "G" else self.judges).parameters()

    def add_gradients(self, player: str, batch: StepPass) -> dict[str, Tensor]:
        """Losses `discriminator`, `discriminator_*`; `generator`, `adversarial_*`, `cycle_*`, `identity_*`, `cam_*`.

        adversarial_b and cam_b are of the translations to B and of genA2B, cycle_a and identity_a of images of A.
        """
        losses = self._discriminators(batch) if player == "D" else self._generators(batch)
        return detached(losses)

    def after_step(self, player: str) -> None:
        """Clamp every ρ to [0, 1] when the generators have moved."""
        if player == "G":
            for module in self.generators.modules():
                if isinstance(module, ClampedAdaLIN | ClampedLIN):
                    module.rho.data.clamp_(0, 1)

    def _discriminators(self, batch: StepPass) -> dict[str, Tensor]:
        losses = {}
        for direction, real, other in (("BtoA", batch.a, batch.b), ("AtoB", batch.b, batch.a)):
            domain = direction[-1].lower()
            with autocast(real, batch.precision):
                with torch.no_grad():
                    fake = self.generators[_generator(direction)](other).image
                sizes = (len(real), len(fake))
                judgements = [judge(torch.cat([real, fake]), sizes) for judge in self._judges_of(domain)]
                terms = [_judged(judgement, 0, len(real), 1.0) for judgement in judgements]
                terms += [_judged(judgement, len(real), None, 0.0) for judgement in judgements]
                losses[f"discriminator_{domain}"] = self.loss.gan * torch.stack(terms).sum()
            torch.autograd.backward(losses[f"discriminator_{domain}"] * batch.scale)
        return {"discriminator": losses["discriminator_a"] + losses["discriminator_b"], **losses}

    def _generators(self, batch: StepPass) -> dict[str, Tensor]:
        with frozen([self.judges]):
            there = self._direction("AtoB", batch.a, batch)
            back = self._direction("BtoA", batch.b, batch)
        total = there.pop("total") + back.pop("total")
        cams = {
            "cam_a": back.pop("cam_translation") + there.pop("cam_identity"),
            "cam_b": there.pop("cam_translation") + back.pop("cam_identity"),
        }
        return {"generator": total, **there, **back, **cams}

    def _direction(self, direction: TranslationDirection, real: Tensor, batch: StepPass) -> dict[str, Tensor]:
        """There and back, and the source domain's images through the generator that makes such."""
        source, target, weights = direction[0].lower(), direction[-1].lower(), self.loss
        with autocast(real, batch.precision):
            made = self.generators[_generator(direction)](real)
            judgements = [judge(made.image) for judge in self._judges_of(target)]
            adversarial = torch.stack([_judged(judgement, 0, None, 1.0) for judgement in judgements]).sum()
            # Norms are per sample, so one call of twice the batch equals two calls.
            back = self.generators[_generator("BtoA" if direction == "AtoB" else "AtoB")](torch.cat([made.image, real]))
            cycle, same = back.image.chunk(2)
            losses = {
                f"adversarial_{target}": adversarial,
                f"cycle_{source}": pixel_loss(cycle, real),
                f"identity_{source}": pixel_loss(same, real),
                "cam_translation": cross_entropy(made.logits, 1.0),
                "cam_identity": cross_entropy(back.logits[len(real) :], 0.0),
            }
            pixels = weights.cycle * losses[f"cycle_{source}"] + weights.identity * losses[f"identity_{source}"]
            cam = weights.cam * (losses["cam_translation"] + losses["cam_identity"])
            total = weights.gan * adversarial + pixels + cam
        torch.autograd.backward(total * batch.scale)
        return {**losses, "total": total}

    def _judges_of(self, domain: str) -> list[nn.Module]:
        return [judge for name, judge in self.judges.items() if name[-1] == domain.upper()]

    def translate(self, image: Tensor, direction: TranslationDirection) -> Tensor:
        """Images of the source domain to the target domain."""
        translated: Tensor = self.generators[_generator(direction)](image).image
        return translated

    def stages(self, image: Tensor, direction: TranslationDirection) -> dict[str, Tensor]:
        """Rows: real, heatmap (of the translation), translation, cycle, identity."""
        there = self.generators[_generator(direction)]
        back = self.generators[_generator("BtoA" if direction == "AtoB" else "AtoB")]
        made = there(image)
        return {
            "real": image,
            "heatmap": made.heat,
            "translation": made.image,
            "cycle": back(made.image).image,
            "identity": back(image).image,
        }

    def more_operations(self, module: nn.Module, inputs: tuple[Any, ...], options: dict[str, Any], output: Any) -> int:
        """The attention's 1×1 convolution as the authors compute it, of twice the inputs that it has here."""
        if isinstance(module, UGATITGenerator | UGATITDiscriminator):
            return int(output.heat.numel() * module.conv1x1.weight.numel())
        return 0


def _generator(direction: str) -> str:
    return "genA2B" if direction == "AtoB" else "genB2A"


def _judged(judgement: UGATITJudgement, start: int, end: int | None, target: float) -> Tensor:
    """Both logits of a part of the batch towards a target."""
    patches, logits = judgement.patches[start:end], judgement.logits[start:end]
    return least_squares(patches, target) + least_squares(logits, target)


def _settings(config: RunConfig) -> tuple[UGATITNetwork, UGATITLoss]:
    assert isinstance(config.network, UGATITNetwork)
    assert isinstance(config.loss, UGATITLoss)
    return config.network, config.loss
