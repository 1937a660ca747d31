"""CUT and FastCUT: networks against figures of the authors' code, steps against their definition, one direction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from gan_eval.errors import InputError
from nicegan import checkpoint
from nicegan.config import RunConfig, preset
from nicegan.data import open_folders
from nicegan.journal import METRICS, records
from nicegan.models.cut import official
from nicegan.models.cut.losses import patch_nce
from nicegan.models.cut.model import CUTModel
from nicegan.models.cut.networks import BlurredDiscriminator, CUTGenerator
from nicegan.models.cut.settings import CUTLoss, CUTNetwork
from nicegan.models.layers.blur import BlurDown, BlurUp
from nicegan.models.protocol import StepPass
from nicegan.official import export_checkpoint, import_checkpoint
from nicegan.profile import profile
from nicegan.training import train
from nicegan.translate import Translator, find_inputs, translate
from tests.nicegan.models.fixtures import brightness, figures, filled, image

NETWORK = CUTNetwork(height=32, width=24, channels=2, n_res=2, nce_layers=(0, 4, 8, 12, 13), nce_width=4)


def config(**loss: Any) -> RunConfig:
    base = preset("demo", model="cut")
    optim = replace(base.optim, iterations=6, batch_size=1, learning_rate=1e-3)
    return replace(
        base,
        network=NETWORK,
        loss=CUTLoss(**{"patches": 20, **loss}),
        optim=optim,
        workers=0,
        log_every=1,
        sample_every=0,
        checkpoint_every=2,
        validate_every=0,
    )


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: CUTGenerator(8, 2), [0.05176143, 0.24090986, -0.181428, -0.203180, -0.219112, 0.438293]),
        (lambda: BlurredDiscriminator(8), [0.09612688, 0.59107366, -0.108812, -0.055196, 0.029019, 0.840163]),
    ],
)
def test_networks_give_the_figures_of_the_authors_code(make: Callable[[], nn.Module], expected: list[float]) -> None:
    found = figures(filled(make())(image(64)))
    assert found[:2] == pytest.approx(expected[:2], abs=1e-8)  # as many digits as the source prints
    assert found[2:] == pytest.approx(expected[2:], abs=1e-6)


@pytest.mark.parametrize(
    ("network", "parameters", "entries"),
    [(lambda: CUTGenerator(64, 9), 11_378_179, 52), (lambda: BlurredDiscriminator(64), 2_764_737, 13)],
)
def test_sizes_are_the_authors(network: Callable[[], nn.Module], parameters: int, entries: int) -> None:
    with torch.device("meta"):
        made = network()
    assert sum(p.numel() for p in made.parameters()) == parameters
    assert len(made.state_dict()) == entries


def test_operations_are_the_authors() -> None:
    networks = profile(preset("paper", model="cut")).networks
    assert round(networks["G"].multiply_adds / 1e9, 2) == 64.13
    assert round(networks["D"].multiply_adds / 1e9, 3) == 6.434
    assert networks["F"].parameters == sum(c * 256 + 256 + 256 * 256 + 256 for c in (3, 128, 256, 256, 256))


def test_blur_down_is_the_published_kernel() -> None:
    found = BlurDown(1)(torch.arange(36.0).view(1, 1, 6, 6))
    assert found.flatten().tolist() == [3.5, 5, 7, 12.5, 14, 16, 24.5, 26, 28]


def test_blur_up_is_the_published_kernel() -> None:
    found = BlurUp(1)(torch.arange(4.0).view(1, 1, 2, 2))[0, 0]
    assert found.tolist() == [[0, 0.25, 0.75, 1], [0.5, 0.75, 1.25, 1.5], [1.5, 1.75, 2.25, 2.5], [2, 2.25, 2.75, 3]]


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 7), st.integers(2, 7), st.floats(-3, 3))
def test_blurs_keep_a_constant(height: int, width: int, value: float) -> None:
    x = torch.full((1, 2, height, width), value, dtype=torch.float64)
    down, up = BlurDown(2).double()(x), BlurUp(2).double()(x)
    assert down.shape[2:] == (-(-height // 2), -(-width // 2))
    assert up.shape[2:] == (2 * height, 2 * width)
    assert torch.cat([down.flatten(), up.flatten()]).tolist() == pytest.approx([value] * (down.numel() + up.numel()))


def rows(wave: Callable[[Tensor], Tensor], step: float) -> Tensor:
    return F.normalize(wave(step * torch.arange(20, dtype=torch.float64)).view(1, 5, 4), dim=2)


def test_contrast_gives_the_figure_of_the_authors_code() -> None:
    found = patch_nce(rows(torch.sin, 1.0), rows(torch.cos, 0.7), 0.07)
    assert found.item() == pytest.approx(12.094466319952396, abs=1e-12)


def test_contrast_compares_patches_of_one_image_alone() -> None:
    query, key = torch.cat([rows(torch.sin, 1.0), rows(torch.sin, 2.0)]), torch.cat([rows(torch.cos, 0.7)] * 2)
    each = [patch_nce(q[None], k[None], 0.07).item() for q, k in zip(query, key, strict=True)]
    assert patch_nce(query, key, 0.07).item() == pytest.approx(sum(each) / 2, rel=1e-12)


def batch(count: int = 2, random: Any = None) -> StepPass:
    draw = torch.Generator().manual_seed(0)
    a, b = (torch.rand(count, 3, 32, 24, generator=draw, dtype=torch.float64) * 2 - 1 for _ in range(2))
    return StepPass(a, b, random=random or np.random.default_rng(0))


def model(**loss: Any) -> CUTModel:
    made = CUTModel.build(config(**loss)).double()
    with torch.no_grad():  # a gain of 0.02 leaves gradients that a wrong term would not change much
        for parameter in made.parameters():
            parameter.mul_(20 if parameter.ndim > 1 else 1)
    return made


def mse(logits: Tensor, target: float) -> Tensor:
    return F.mse_loss(logits, torch.full_like(logits, target))


def nce(ours: CUTModel, source: Tensor, target: Tensor, *, mirrored: bool) -> Tensor:
    """Equation 4 over every position, a cross-entropy for each place of each image."""
    terms = []
    for index, layer in enumerate(NETWORK.nce_layers):
        describe = ours.describer.get_submodule(f"mlp_{index}")
        maps = [ours.generator.features(each, [layer])[0] for each in (target, source)]
        if mirrored:
            maps[0] = maps[0].flip(3)
        per_image = []
        for pair in zip(*maps, strict=True):
            described = [describe(each.flatten(1).t()) for each in pair]
            q, k = (each / (torch.linalg.vector_norm(each, dim=1, keepdim=True) + 1e-7) for each in described)
            per_image.append(F.cross_entropy(q @ k.detach().t() / 0.07, torch.arange(len(q))))
        terms.append(torch.stack(per_image).mean())
    return torch.stack(terms).mean()


@pytest.mark.parametrize(
    ("identity", "flip", "seed"),
    [(True, False, 0), (False, False, 0), (False, True, 0), (False, True, 2), (True, True, 2)],
)
def test_both_turns_are_their_definition(identity: bool, flip: bool, seed: int) -> None:
    """Park et al., equations 3–5, a call for each image and each term, over all positions, with gradients."""
    ours = model(patches=10**6, nce_identity=identity, flip_equivariance=flip, nce=3.0, gan=2.0)
    given = batch(random=np.random.default_rng(seed))
    mirrored = flip and np.random.default_rng(seed).random() < 0.5
    losses = ours.add_gradients("D", given) | ours.add_gradients("G", given)
    found = {name: part.grad.clone() for name, part in ours.named_parameters() if part.grad is not None}
    ours.zero_grad()
    source, target = (each.flip(3) if mirrored else each for each in (given.a, given.b))
    fake, same = ours.generator(source), ours.generator(target)
    judge = 0.5 * (mse(ours.discriminator(given.b), 1) + mse(ours.discriminator(fake.detach()), 0))
    judge.backward()
    expected = {name: part.grad.clone() for name, part in ours.discriminator.named_parameters("discriminator")}
    contrast = nce(ours, given.a, fake, mirrored=mirrored)
    if identity:
        contrast = 0.5 * (contrast + nce(ours, given.b, same, mirrored=mirrored))
    total = 2 * mse(ours.discriminator(fake), 1) + 3 * contrast
    total.backward()
    for name, part in (("generator", ours.generator), ("describer", ours.describer)):
        expected |= {key: each.grad for key, each in part.named_parameters(name)}
    assert losses["discriminator"].item() == pytest.approx(judge.item(), rel=1e-12)
    assert losses["generator"].item() == pytest.approx(total.item(), rel=1e-9)
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(
            found[name], gradient, rtol=1e-6, atol=1e-8, msg=lambda text, name=name: f"{name}: {text}"
        )


def test_several_passes_a_step_add_up_to_the_same() -> None:
    """With a scale below 1 the fakes are made again in G's turn, from the same draws."""
    gradients = []
    for scale in (1.0, 0.5):
        ours, given = model(flip_equivariance=True), replace(batch(random=np.random.default_rng(2)), scale=scale)
        ours.add_gradients("D", given)
        ours.zero_grad()
        ours.add_gradients("G", given)
        gradients.append([parameter.grad / scale for parameter in ours.moved_by("G")])  # type: ignore[operator]
    torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-12)


def test_only_as_many_patches_are_compared_as_asked_for() -> None:
    ours, seen = model(patches=7), []
    ours.describer.register_forward_pre_hook(lambda _, inputs: seen.extend(each.shape[1] for each in inputs[0]))
    given = batch()
    ours.add_gradients("D", given)
    ours.add_gradients("G", given)
    assert set(seen) == {7}


def test_a_run_validates_samples_translates_and_resumes_in_its_direction(demo: Path, tmp_path: Path) -> None:
    folders, settings = open_folders(demo), replace(config(flip_equivariance=True), validate_every=2, sample_every=3)
    scorers = {"AtoB": brightness}
    train(settings, folders, tmp_path / "whole", scorers=scorers, tensorboard=False)
    part = replace(settings, optim=replace(settings.optim, stop_at=4))
    train(part, folders, tmp_path / "run", scorers=scorers, tensorboard=False)
    train(settings, folders, tmp_path / "run", scorers=scorers, resume=True, tensorboard=False)
    found = [checkpoint.newest(tmp_path / name) for name in ("whole", "run")]
    one, two = ((each.folder / checkpoint.WEIGHTS).read_bytes() for each in found if each is not None)
    assert one == two
    assert [each["step"] for each in records(tmp_path / "run" / METRICS)] == [0, 2, 4, 6]
    assert {each.name[:4] for each in (tmp_path / "run/samples").iterdir()} == {"AtoB"}
    chosen = checkpoint.choose(tmp_path / "run")
    done = translate(chosen, find_inputs([demo], "AtoB"), tmp_path / "out", direction="AtoB", size="keep")
    assert done.written == 2
    assert "ema.G" in chosen.networks
    with pytest.raises(InputError, match="translates AtoB alone"):
        Translator(chosen, "BtoA")


def test_authors_files_come_out_as_they_went_in(tmp_path: Path) -> None:
    weights = {
        name: part.state_dict() for name, part in CUTModel.build(replace(config(), network=FIVE)).parts().items()
    }
    for name, state in weights.items():
        torch.save({f"module.{key}": value for key, value in state.items()}, tmp_path / f"5_net_{name}.pth")
    imported = import_checkpoint(tmp_path / "5_net_F.pth", tmp_path / "ours", size=32, model="cut")
    assert imported.trainable
    assert imported.official.config.network == replace(FIVE, width=32)
    (tmp_path / "out").mkdir()
    export_checkpoint(tmp_path / "ours", tmp_path / "out/latest_net_G.pth")
    for name, state in weights.items():
        again = torch.load(tmp_path / f"out/latest_net_{name}.pth", weights_only=True)
        torch.testing.assert_close(again, dict(state), rtol=0, atol=0)


FIVE = replace(NETWORK, n_res=5, nce_layers=(0, 4, 8, 12, 16))


def test_the_generators_file_alone_translates(tmp_path: Path) -> None:
    torch.save(CUTModel.build(replace(config(), network=FIVE)).parts()["G"].state_dict(), tmp_path / "latest_net_G.pth")
    imported = import_checkpoint(tmp_path / "latest_net_G.pth", tmp_path / "ours", model="cut")
    assert imported.missing == ("D", "F")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("weights.pth", {}, "not a name of CUT's files"),
        ("1_net_D.pth", {"model.0.weight": torch.zeros(1)}, "no generator beside it"),
        ("1_net_G.pth", {"model.1.weight": torch.zeros(2, 3, 7, 7)}, "with anti-aliasing"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: dict[str, Tensor], message: str) -> None:
    torch.save(content, tmp_path / name)
    with pytest.raises(InputError, match=message):
        official.read(tmp_path / name)


@pytest.mark.parametrize("layers", [(), (0, 5), (0, 0), (0, 14)])
def test_layers_that_cannot_be_compared_are_refused(layers: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="nce-layers"):
        replace(NETWORK, nce_layers=layers)


def test_temperature_must_be_positive() -> None:
    with pytest.raises(InputError, match="temperature"):
        CUTLoss(temperature=0.0)
