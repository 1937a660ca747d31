"""The two steps: equal to the plain implementation over three steps, and what each option lets learn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nicegan.models.nice.networks import Networks, build
from nicegan.models.nice.official import discriminator_names, generator_names
from nicegan.models.nice.settings import Decouple, NiceLoss, NiceNetwork
from nicegan.models.nice.steps import StepOptions, discriminator_step, generator_step
from tests.nicegan.models.nice import reference

CONFIG = NiceNetwork(height=96, width=96, channels=2, n_res=1)


def batch(size: int, seed: int, side: int = 96) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(size, 3, side, side, dtype=torch.float64, generator=generator) * 2 - 1


def networks(**changes: Any) -> Networks:
    """Networks in float64 whose attention is not silent."""
    made = build(replace(CONFIG, **changes)).double()
    with torch.no_grad():
        for domain in (made.a, made.b):
            for encoder in {domain.encoder, domain.discriminator.encoder}:
                if encoder.attention == "residual":
                    encoder.gamma.fill_(0.3)
    return made


def learning(parameters: Iterable[nn.Parameter]) -> set[bool]:
    return {parameter.grad is not None and bool(parameter.grad.any()) for parameter in parameters}


def adam(parameters: Iterable[Tensor]) -> torch.optim.Adam:
    return torch.optim.Adam(list(parameters), 1e-3, betas=(0.5, 0.999), weight_decay=1e-4)


def assert_same_gradients(ours: Networks, states: dict[str, reference.State], names: tuple[str, str]) -> None:
    for name in names:
        table = discriminator_names() if name.startswith("dis") else generator_names(CONFIG.n_res)
        own = dict(ours.parts()[name].named_parameters())
        for theirs, key in table:
            if key in own:
                torch.testing.assert_close(own[key].grad, states[name][theirs].grad, rtol=1e-9, atol=1e-13)


def test_three_steps_equal_the_plain_implementation() -> None:
    ours = networks()
    states = reference.states(ours)
    leaves = {name: [v for v in state.values() if v.requires_grad] for name, state in states.items()}
    own_d, own_g = adam(ours.discriminator_parameters()), adam(ours.generator_parameters())
    other_d, other_g = adam(leaves["disA"] + leaves["disB"]), adam(leaves["gen2B"] + leaves["gen2A"])
    for seed in range(3):
        a, b = batch(2, seed), batch(1, seed + 10)
        loss = reference.discriminator_loss(states, a, b)
        for optimiser in (own_d, other_d):
            optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.testing.assert_close(discriminator_step(ours, a, b, StepOptions())["discriminator"], loss.detach())
        assert_same_gradients(ours, states, ("disA", "disB"))
        own_d.step()
        other_d.step()
        loss = reference.generator_loss(states, a, b)
        for optimiser in (own_g, other_g):
            optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.testing.assert_close(generator_step(ours, a, b, StepOptions())["generator"], loss.detach())
        assert_same_gradients(ours, states, ("gen2B", "gen2A"))
        own_g.step()
        other_g.step()


def test_the_losses_add_up() -> None:
    options = StepOptions(loss=NiceLoss(cycle=3.0, reconstruction=2.0, identity=5.0))
    losses = generator_step(networks(), batch(1, 0), batch(2, 1), options)
    total = sum(
        losses[f"adversarial_{d}"]
        + 3 * losses[f"cycle_{d}"]
        + 2 * losses[f"reconstruction_{d}"]
        + 5 * losses[f"identity_{d}"]
        for d in "ab"
    )
    torch.testing.assert_close(losses["generator"], total)
    assert not any(loss.requires_grad for loss in losses.values())


def test_identity_sends_an_image_through_the_translator_into_its_own_domain() -> None:
    made, (a, b) = networks(), (batch(1, 0), batch(2, 1))
    losses = generator_step(made.eval(), a, b, StepOptions(loss=NiceLoss(identity=1.0)))
    with torch.no_grad():
        wanted = (made.translate(b, "AtoB") - b).abs().mean()
    torch.testing.assert_close(losses["identity_a"], wanted)


def test_the_d_step_teaches_discriminators_alone() -> None:
    made = networks()
    discriminator_step(made, batch(1, 0), batch(1, 1), StepOptions())
    assert learning(made.discriminator_parameters()) == {True}
    assert learning(made.generator_parameters()) == {False}


@pytest.mark.parametrize(
    ("nice", "decouple", "encoder_learns"),
    [(True, "decoupled", False), (True, "joint", True), (True, "no-adversarial", True), (False, "decoupled", True)],
)
def test_the_g_step_teaches_generators_and_the_encoders_asked_for(
    nice: bool, decouple: Decouple, encoder_learns: bool
) -> None:
    made = networks(nice=nice)
    generator_step(made, batch(1, 0), batch(1, 1), StepOptions(decouple=decouple))
    shared = {p for domain in (made.a, made.b) for p in domain.encoder.parameters()}
    assert learning(made.a.generator.parameters()) == learning(made.b.generator.parameters()) == {True}
    assert learning(set(made.discriminator_parameters()) - shared) == {False}
    assert (True in learning(shared)) == encoder_learns
    assert all(parameter.requires_grad for parameter in made.parameters())


def gradients(decouple: Decouple, loss: NiceLoss) -> tuple[list[Tensor | None], list[Tensor | None]]:
    """Of the encoders and of the generators."""
    made = networks()
    generator_step(made, batch(1, 0), batch(1, 1), StepOptions(decouple=decouple, loss=loss))
    encoders = [p.grad for domain in (made.a, made.b) for p in domain.encoder.parameters()]
    return encoders, [p.grad for p in made.generator_parameters()]


def test_no_adversarial_keeps_that_loss_from_the_encoders_alone() -> None:
    without = NiceLoss(adversarial=(0.0, 0.0, 0.0))
    encoders, generators = gradients("no-adversarial", NiceLoss())
    for own, other in zip(encoders, gradients("joint", without)[0], strict=True):
        if own is None or other is None:
            assert own is None or not own.any()
            assert other is None or not other.any()
        else:
            torch.testing.assert_close(own, other)
    torch.testing.assert_close(generators, gradients("joint", NiceLoss())[1])


@pytest.mark.parametrize("step", [discriminator_step, generator_step])
def test_scale_scales_gradients_and_not_the_losses_told(step: Any) -> None:
    whole, half = networks(), networks()
    told = [
        step(made, batch(1, 0), batch(1, 1), StepOptions(scale=scale)) for made, scale in ((whole, 1.0), (half, 0.5))
    ]
    torch.testing.assert_close(told[0], told[1])
    for one, other in zip(whole.parameters(), half.parameters(), strict=True):
        if one.grad is not None:
            assert other.grad is not None
            torch.testing.assert_close(one.grad, 2 * other.grad)


def test_gradients_of_halves_of_a_batch_add_up() -> None:
    """In evaluation mode, where no power iteration comes between; norms are per image, so nothing else does."""
    whole, parts = networks().eval(), networks().eval()
    a, b = batch(2, 0), batch(2, 1)
    generator_step(whole, a, b, StepOptions())
    for i in range(2):
        generator_step(parts, a[i : i + 1], b[i : i + 1], StepOptions(scale=0.5))
    torch.testing.assert_close(
        [p.grad for p in whole.generator_parameters()], [p.grad for p in parts.generator_parameters()]
    )


def test_bf16_autocast_follows_fp32() -> None:
    config = replace(CONFIG, channels=8)
    losses = {}
    for precision in ("fp32", "bf16"):
        made = build(config)
        options = StepOptions(precision=precision)  # type: ignore[arg-type]
        a, b = batch(1, 0).float(), batch(1, 1).float()
        losses[precision] = discriminator_step(made, a, b, options) | generator_step(made, a, b, options)
        assert all(parameter.grad is None or parameter.grad.isfinite().all() for parameter in made.parameters())
    torch.testing.assert_close(losses["bf16"], losses["fp32"], rtol=0.03, atol=0.02)
