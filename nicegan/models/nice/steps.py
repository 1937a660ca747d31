"""One training step as two functions of the networks and a batch of each domain; gradients are added to `.grad`.

Source: Chen et al., CVPR 2020, section 3.3 (decoupled training), in the authors' order: first D, then G, on the same
batch. The mathematics is theirs; what they compute and throw away is not computed: the generators' graph in the D
step, the judgement of real images and all gradients of the discriminators in the G step. G's loss is two sums that
share no graph, one for each direction; each is differentiated by itself, which halves the memory.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from gan_eval.hardware import Precision
from nicegan.models.layers.losses import pixel_loss
from nicegan.models.nice.losses import Logits, adversarial_loss, discriminator_loss
from nicegan.models.nice.networks import Code, Domain, Networks
from nicegan.models.nice.settings import Decouple, NiceLoss


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOptions:
    """How a step is computed. scale: factor of the gradients (1/accumulation); the losses returned are not scaled."""

    loss: NiceLoss = field(default_factory=NiceLoss)
    decouple: Decouple = "decoupled"
    precision: Precision = "fp32"
    scale: float = 1.0


def discriminator_step(networks: Networks, real_a: Tensor, real_b: Tensor, options: StepOptions) -> dict[str, Tensor]:
    """Add the gradients of both discriminators' losses; return the losses.

    real_a, real_b: (N, 3, H, W) in [-1, 1]; the two N may differ. Returned: detached scalars `discriminator_a`,
    `discriminator_b` and their sum `discriminator`.
    """
    a, b = networks.a, networks.b
    with _autocast(real_a, options.precision):
        code_a, code_b = a.discriminator.encode(real_a), b.discriminator.encode(real_b)
        with torch.no_grad():
            fake_b = b.generator(code_a.z if a.own_encoder is None else a.encode(real_a).z)
            fake_a = a.generator(code_b.z if b.own_encoder is None else b.encode(real_b).z)
        loss_a = discriminator_loss(*_judge_pair(a, code_a, fake_a), options.loss)
        loss_b = discriminator_loss(*_judge_pair(b, code_b, fake_b), options.loss)
    total = loss_a + loss_b
    torch.autograd.backward(total * options.scale)
    return _detached({"discriminator": total, "discriminator_a": loss_a, "discriminator_b": loss_b})


def generator_step(networks: Networks, real_a: Tensor, real_b: Tensor, options: StepOptions) -> dict[str, Tensor]:
    """Add the gradients of the generators' losses, and of encoders that learn from them; return the losses.

    Images as in `discriminator_step`. Returned: detached scalars `generator` (the weighted sum), `adversarial_a`,
    `adversarial_b` (weighted over the scales; a: of the fakes of A), `cycle_a`, `cycle_b`, `reconstruction_a`,
    `reconstruction_b` and, if weighed, `identity_a`, `identity_b` (all mean absolute differences).
    """
    a, b = networks.a, networks.b
    learn_encoders = options.decouple != "decoupled" or a.own_encoder is not None
    losses: dict[str, Tensor] = {}
    with _frozen(networks, encoders=not learn_encoders):
        with _autocast(real_a, options.precision), torch.set_grad_enabled(learn_encoders):
            code_a, code_b = a.encode(real_a), b.encode(real_b)
            for domain in (a, b):
                if domain.own_encoder is None:
                    # The authors judge the reals here too; of that only the power iteration has an effect.
                    domain.discriminator.advance_judges()
        losses |= _direction_step(networks, ("a", "b"), code_a, real_a, real_b, options)
        losses |= _direction_step(networks, ("b", "a"), code_b, real_b, real_a, options)
    losses["generator"] = losses.pop("total_a") + losses.pop("total_b")
    return _detached(losses)


def _direction_step(
    networks: Networks, names: tuple[str, str], code: Code, real: Tensor, other: Tensor, options: StepOptions
) -> dict[str, Tensor]:
    """Source to target and back. code, real: the source domain's images; other: real images of the target."""
    weights = options.loss
    source, target = (networks.a, networks.b) if names == ("a", "b") else (networks.b, networks.a)
    with _autocast(real, options.precision):
        z, sizes = code.z, [len(real)]
        if weights.identity:
            z, sizes = torch.cat([z, source.encode(other).z]), [len(real), len(other)]
        fake, *same = torch.split(target.generator(z), sizes)
        judged = target.discriminator.encode(fake)
        adversarial = adversarial_loss(target.discriminator.judge(judged), 1.0, weights)
        back = judged.z if target.own_encoder is None else target.encode(fake).z
        # Norms are per sample, so one call of twice the batch equals two calls.
        reconstruction, cycle = source.generator(torch.cat([code.z, back])).chunk(2)
        losses = {"cycle": pixel_loss(cycle, real), "reconstruction": pixel_loss(reconstruction, real)}
        pixels = weights.cycle * losses["cycle"] + weights.reconstruction * losses["reconstruction"]
        if weights.identity:
            losses["identity"] = pixel_loss(same[0], other)
            pixels = pixels + weights.identity * losses["identity"]
    _backward(networks, adversarial * options.scale, pixels * options.scale, options.decouple)
    named = {f"{name}_{names[0]}": loss for name, loss in losses.items()}
    return {**named, f"adversarial_{names[1]}": adversarial, f"total_{names[0]}": adversarial + pixels}


def _backward(networks: Networks, adversarial: Tensor, pixels: Tensor, decouple: Decouple) -> None:
    if decouple != "no-adversarial":
        torch.autograd.backward(adversarial + pixels)
        return
    generators = [*networks.a.generator.parameters(), *networks.b.generator.parameters()]
    torch.autograd.backward(adversarial, inputs=generators, retain_graph=True)
    torch.autograd.backward(pixels)


def _judge_pair(domain: Domain, real: Code, fake_image: Tensor) -> tuple[Logits, Logits]:
    """Logits of the real and of the fake images; C1 and C2 read both in one pass, each with its power iteration."""
    fake = domain.discriminator.encode(fake_image)
    logit = None if real.logit is None or fake.logit is None else torch.cat([real.logit, fake.logit])
    sizes = [len(real.z), len(fake.z)]
    logits = domain.discriminator.judge(Code(torch.cat([real.z, fake.z]), logit), sizes)
    halves = {scale: torch.split(logit, sizes) for scale, logit in logits.items()}
    return {scale: half[0] for scale, half in halves.items()}, {scale: half[1] for scale, half in halves.items()}


@contextlib.contextmanager
def _frozen(networks: Networks, *, encoders: bool) -> Iterator[None]:
    """No gradients for the discriminators; for their encoders only where `encoders` says so."""
    frozen: list[nn.Parameter] = []
    for domain in (networks.a, networks.b):
        kept = set() if encoders else set(domain.encoder.parameters())
        frozen += [p for p in domain.discriminator.parameters() if p.requires_grad and p not in kept]
    for parameter in frozen:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in frozen:
            parameter.requires_grad_(True)


def _autocast(like: Tensor, precision: Precision) -> contextlib.AbstractContextManager[object]:
    return torch.autocast(like.device.type, torch.bfloat16) if precision == "bf16" else contextlib.nullcontext()


def _detached(losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: loss.detach() for name, loss in losses.items()}
