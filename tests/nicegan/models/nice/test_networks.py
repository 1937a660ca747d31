"""The networks: against the plain implementation beside this file, and what each ablation changes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_eval.errors import InputError
from nicegan.models.layers.spectral import SpectralNorm
from nicegan.models.nice.networks import Networks, build, heatmap
from nicegan.models.nice.settings import NiceNetwork
from tests.nicegan.models.nice import reference

SMALL: dict[str, Any] = {"height": 96, "width": 96, "channels": 4, "n_res": 1}
ABLATIONS = {
    "no NICE": {"nice": False},
    "plain attention": {"attention": "plain"},
    "no attention": {"attention": "none"},
    "C0": {"scales": (0,)},
    "C0 and C1": {"scales": (0, 1)},
    "C1 and C2, no attention": {"scales": (1, 2), "attention": "none"},
    "one shared layer fewer": {"shared": 1},
    "one shared layer more": {"shared": 3},
    "nearest": {"upsample": "nearest"},
    "full": {"light": False},
}


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def randomised(**changes: Any) -> Networks:
    """Networks in float64, every parameter moved off its initial value, so that no branch is silent."""
    networks = build(NiceNetwork(**{**SMALL, **changes})).double()
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in networks.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, dtype=torch.float64, generator=generator))
    return networks


@pytest.mark.parametrize("changes", [{}, {"light": False}, {"n_res": 2, "width": 128}], ids=["light", "full", "wide"])
def test_networks_equal_the_plain_implementation(changes: dict[str, Any]) -> None:
    networks = randomised(**changes)
    states, image = reference.states(networks), draw(2, 3, 96, networks.config.width).double()
    for _ in range(2):  # The second forward shows that the power iteration went the same way.
        code = networks.a.discriminator.encode(image)
        logits, wanted = networks.a.discriminator.judge(code), reference.discriminate(states["disA"], image)
        for scale in range(3):
            torch.testing.assert_close(logits[scale], wanted[scale])
        torch.testing.assert_close(code.z, wanted.z)
    torch.testing.assert_close(networks.b.generator(code.z), reference.generate(states["gen2B"], wanted.z))


@pytest.mark.parametrize("changes", [{}, {"light": False}], ids=["light", "full"])
def test_paper_networks_have_the_authors_number_of_parameters(changes: dict[str, Any]) -> None:
    with torch.device("meta"):
        parts = build(NiceNetwork(**changes)).parts()
    counts = {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}
    generator = 8_104_640 if not changes else 276_474_560
    assert counts == {"gen2B": generator, "gen2A": generator, "disA": 46_874_433, "disB": 46_874_433}


@pytest.mark.parametrize(("height", "width"), [(96, 96), (100, 160), (256, 256)])
def test_shapes_follow_the_receptive_fields(height: int, width: int) -> None:
    networks = build(NiceNetwork(height=height, width=width, channels=2, n_res=1))
    with torch.no_grad():
        code = networks.a.discriminator.encode(draw(1, 3, height, width))
        logits = networks.a.discriminator.judge(code)
    assert code.z.shape == (1, *networks.config.code_shape) == (1, 4, height // 4, width // 4)
    assert heatmap(code.z).shape == (1, 1, height // 4, width // 4)
    assert logits[0].shape == (1, 1)
    assert logits[1].shape == (1, 1, height // 8 - 2, width // 8 - 2)
    assert logits[2].shape == (1, 1, height // 32 - 2, width // 32 - 2)


@pytest.mark.parametrize(("scale", "side"), [(0, 10), (1, 70), (2, 286)])
@pytest.mark.parametrize("shared", [1, 2, 3])
def test_receptive_fields_are_the_papers(scale: int, side: int, shared: Any) -> None:
    """C1 and C2 see 70 and 286 pixels however many layers the encoder has; C0's features grow with it."""
    side = {1: 4, 2: 10, 3: 22}[shared] if scale == 0 else side
    networks = build(NiceNetwork(height=320, width=320, channels=1, shared=shared, attention="none")).eval()
    image = draw(1, 3, 320, 320).requires_grad_()
    code = networks.a.discriminator.encode(image)
    seen = code.z if scale == 0 else networks.a.discriminator.judge(code)[scale]
    middle = seen.shape[-1] // 2
    seen[..., middle, middle].sum().backward()
    assert image.grad is not None
    rows = image.grad.abs().sum((0, 1, 3)).nonzero()
    assert int(rows.max() - rows.min()) + 1 == side


@pytest.mark.parametrize("changes", ABLATIONS.values(), ids=ABLATIONS)
def test_every_ablation_translates_both_ways(changes: dict[str, Any]) -> None:
    networks = build(NiceNetwork(**{**SMALL, "width": 104, **changes})).eval()
    image = draw(2, 3, 96, 104)
    with torch.no_grad():
        there, back = networks.translate(image, "AtoB"), networks.translate(image, "BtoA")
    assert there.shape == back.shape == image.shape
    assert there.abs().max() <= 1
    assert not torch.equal(there, back)


def test_without_nice_the_encoders_belong_to_the_generators() -> None:
    networks = build(NiceNetwork(**SMALL, nice=False))
    shared = set(networks.discriminator_parameters()) & set(networks.generator_parameters())
    assert not shared
    assert set(networks.a.encoder.parameters()) <= set(networks.generator_parameters())
    assert len(networks.parts()) == 6


def test_with_nice_the_generators_optimiser_has_no_encoder_unless_asked() -> None:
    networks = build(NiceNetwork(**SMALL))
    encoder = set(networks.a.encoder.parameters())
    assert not encoder & set(networks.generator_parameters())
    assert encoder <= set(networks.generator_parameters(encoders=True))


def test_attention_is_silent_at_first_but_rectifies_twice() -> None:
    networks = build(NiceNetwork(**SMALL)).eval()
    plain = build(NiceNetwork(**SMALL, attention="none")).eval()
    plain.a.encoder.load_state_dict(networks.a.encoder.state_dict(), strict=False)
    image = draw(1, 3, 96, 96)
    once = plain.a.encode(image).z
    torch.testing.assert_close(networks.a.encode(image).z, torch.where(once < 0, 0.2 * once, once))


def test_a_seed_decides_the_weights_and_nothing_else() -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    one, same, other = (build(NiceNetwork(**SMALL), seed=seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_a_light_generator_takes_other_sizes_and_a_full_one_says_why_not() -> None:
    image = draw(1, 3, 112, 128)
    assert build(NiceNetwork(**SMALL)).eval().translate(image, "AtoB").shape == image.shape
    with pytest.raises(InputError, match="bound to its size"):
        build(NiceNetwork(**SMALL, light=False)).eval().translate(image, "AtoB")


def test_judging_pairs_iterates_twice() -> None:
    once, twice = build(NiceNetwork(**SMALL)).double(), build(NiceNetwork(**SMALL)).double()
    image = draw(3, 3, 96, 96).double()
    with torch.no_grad():
        z = once.a.discriminator.encode(image)
        apart = [once.a.discriminator.judge(z._replace(z=part, logit=None)) for part in (z.z[:1], z.z[1:])]
        together = twice.a.discriminator.judge(twice.a.discriminator.encode(image), (1, 2))
    for scale in (1, 2):
        torch.testing.assert_close(together[scale], torch.cat([part[scale] for part in apart]))


def test_advancing_equals_a_forward_pass_for_the_power_iteration() -> None:
    judged, advanced = build(NiceNetwork(**SMALL)), build(NiceNetwork(**SMALL))
    with torch.no_grad():
        judged.a.discriminator.judge(judged.a.discriminator.encode(draw(1, 3, 96, 96)))
        advanced.a.discriminator.encode(draw(1, 3, 96, 96))
    advanced.a.discriminator.advance_judges()
    torch.testing.assert_close(dict(judged.named_buffers()), dict(advanced.named_buffers()))


def test_the_networks_run_in_channels_last() -> None:
    networks = build(NiceNetwork(**SMALL)).eval()
    image = draw(1, 3, 96, 96)
    with torch.no_grad():
        expected = networks.translate(image, "AtoB")
        networks.to(memory_format=torch.channels_last)
        found = networks.translate(image.contiguous(memory_format=torch.channels_last), "AtoB")
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    spectral: list[nn.Module] = [module for module in networks.modules() if isinstance(module, SpectralNorm)]
    assert len(spectral) == 20
