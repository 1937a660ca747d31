"""CycleGAN: networks against figures of the authors' code, steps against their definition, runs that resume exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_eval.errors import InputError, MismatchError
from nicegan import checkpoint
from nicegan.config import RunConfig, preset
from nicegan.data import open_folders
from nicegan.models.cyclegan import official
from nicegan.models.cyclegan.model import CycleGANModel
from nicegan.models.cyclegan.networks import CycleGANGenerator, PatchDiscriminator
from nicegan.models.cyclegan.settings import CycleGANLoss, CycleGANNetwork
from nicegan.models.layers.pool import ImagePool
from nicegan.models.protocol import StepPass
from nicegan.official import export_checkpoint, import_checkpoint
from nicegan.state import State
from nicegan.training import TrainingOutcome, train
from nicegan.translate import find_inputs, translate
from tests.nicegan.models.fixtures import figures, filled, image

NETWORK = CycleGANNetwork(height=32, width=24, channels=2, n_res=1)


def config(**loss: float) -> RunConfig:
    base = preset("demo", model="cyclegan")
    optim = replace(base.optim, iterations=6, batch_size=1, learning_rate=1e-3)
    return replace(
        base,
        network=NETWORK,
        loss=CycleGANLoss(**loss),  # type: ignore[arg-type]
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
        (
            lambda: CycleGANGenerator(8, 2),
            [0.03187683, 0.44567616, -0.007773, -0.083523, -0.029391, 0.272951],
        ),
        (lambda: PatchDiscriminator(8), [0.17836657, 0.48912763, 0.182032, 0.329685, 0.344425, 0.951102]),
    ],
)
def test_networks_give_the_figures_of_the_authors_code(make: Callable[[], nn.Module], expected: list[float]) -> None:
    found = figures(filled(make())(image(64)))
    assert found[:2] == pytest.approx(expected[:2], abs=1e-8)  # as many digits as the source prints
    assert found[2:] == pytest.approx(expected[2:], abs=1e-6)


@pytest.mark.parametrize(
    ("network", "parameters", "entries"),
    [
        (lambda: CycleGANGenerator(64, 9), 11_378_179, 48),
        (lambda: CycleGANGenerator(64, 6), 7_837_699, 36),
        (lambda: PatchDiscriminator(64), 2_764_737, 10),
    ],
)
def test_sizes_are_the_authors(network: Callable[[], nn.Module], parameters: int, entries: int) -> None:
    with torch.device("meta"):
        made = network()
    assert sum(p.numel() for p in made.parameters()) == parameters
    assert len(made.state_dict()) == entries


def batch(count: int = 2, seed: int = 0) -> StepPass:
    draw = torch.Generator().manual_seed(seed)
    a, b = (torch.rand(count, 3, 32, 24, generator=draw, dtype=torch.float64) * 2 - 1 for _ in range(2))
    return StepPass(a, b, random=np.random.default_rng(seed))


def model(**loss: float) -> CycleGANModel:
    return CycleGANModel.build(config(**loss)).double()


def mse(logits: Tensor, target: float) -> Tensor:
    return F.mse_loss(logits, torch.full_like(logits, target))


@pytest.mark.parametrize("identity", [0.0, 5.0])
def test_generators_turn_is_its_definition(identity: float) -> None:
    """Zhu et al., equations 1–3, a call for each image and each term, with gradients."""
    ours, given = model(identity=identity), batch()
    losses = ours.add_gradients("G", given)
    found = [parameter.grad.clone() for parameter in ours.moved_by("G")]  # type: ignore[union-attr]
    assert all(parameter.grad is None for parameter in ours.moved_by("D"))
    ours.zero_grad()
    a, b = given.a, given.b
    fake_b, fake_a = ours.g_a(a), ours.g_b(b)
    total = mse(ours.d_a(fake_b), 1) + mse(ours.d_b(fake_a), 1)
    total = total + 10 * (F.l1_loss(ours.g_b(fake_b), a) + F.l1_loss(ours.g_a(fake_a), b))
    total = total + identity * (F.l1_loss(ours.g_a(b), b) + F.l1_loss(ours.g_b(a), a))
    total.backward()
    assert losses["generator"].item() == pytest.approx(total.item(), rel=1e-12)
    for own, parameter in zip(found, ours.moved_by("G"), strict=True):
        torch.testing.assert_close(own, parameter.grad, rtol=1e-9, atol=1e-12)


def test_discriminators_turn_is_its_definition() -> None:
    ours, given = model(pool=0), batch()
    ours.add_gradients("G", given)
    ours.zero_grad()
    losses = ours.add_gradients("D", given)
    found = [parameter.grad.clone() for parameter in ours.moved_by("D")]  # type: ignore[union-attr]
    assert all(parameter.grad is None for parameter in ours.moved_by("G"))
    ours.zero_grad()
    total = torch.zeros((), dtype=torch.float64)
    for judge, real, fake in ((ours.d_a, given.b, ours.g_a(given.a)), (ours.d_b, given.a, ours.g_b(given.b))):
        total = total + 0.5 * (mse(judge(real), 1) + mse(judge(fake.detach()), 0))
    total.backward()
    assert losses["discriminator"].item() == pytest.approx(total.item(), rel=1e-12)
    for own, parameter in zip(found, ours.moved_by("D"), strict=True):
        torch.testing.assert_close(own, parameter.grad, rtol=1e-9, atol=1e-12)


def test_discriminators_judge_the_fakes_of_before_the_generators_step() -> None:
    ours, given = model(pool=0), batch()
    ours.add_gradients("G", given)
    kept = given.kept["fakes"]
    with torch.no_grad():
        for parameter in ours.moved_by("G"):
            parameter.add_(1.0)
    ours.add_gradients("D", given)
    assert given.kept["fakes"] is kept


def test_pool_gives_back_new_images_until_it_is_full_and_then_half_of_the_time() -> None:
    pool, random = ImagePool(5), np.random.default_rng(0)
    images = torch.arange(2000.0).view(-1, 1, 1, 1)
    given = torch.cat([pool.exchange(each[None], random) for each in images]).flatten()
    assert given[:5].tolist() == [0, 1, 2, 3, 4]
    new = (given[5:] == images.flatten()[5:]).float().mean().item()
    assert new == pytest.approx(0.5, abs=0.05)
    assert len(set(given[5:].tolist())) > 1900  # an exchanged image comes once
    assert torch.equal(ImagePool(0).exchange(images, random), images)


def test_killed_run_resumes_to_the_same_bits_pool_included(demo: Path, tmp_path: Path) -> None:
    folders, settings = open_folders(demo), config(pool=2)
    train(settings, folders, tmp_path / "whole", tensorboard=False)
    part = replace(settings, optim=replace(settings.optim, stop_at=4))
    train(part, folders, tmp_path / "run", tensorboard=False)
    assert train(settings, folders, tmp_path / "run", resume=True, tensorboard=False) == TrainingOutcome(6, True)
    one, two = (checkpoint.newest(tmp_path / name) for name in ("whole", "run"))
    assert one is not None
    assert two is not None
    assert (one.folder / checkpoint.WEIGHTS).read_bytes() == (two.folder / checkpoint.WEIGHTS).read_bytes()
    states = [checkpoint.load_state(found) for found in (one, two)]
    torch.testing.assert_close(states[0].models, states[1].models, rtol=0, atol=0)
    assert states[0].models[0]["pool_a"].shape == (2, 3, 32, 24)


def test_run_translates_both_directions(demo: Path, tmp_path: Path) -> None:
    train(config(), open_folders(demo), tmp_path / "run", tensorboard=False)
    for direction in ("AtoB", "BtoA"):
        found = checkpoint.choose(tmp_path / "run")
        done = translate(found, find_inputs([demo], direction), tmp_path / direction, direction=direction, size="keep")
        assert done.written > 0


def test_authors_files_come_out_as_they_went_in(tmp_path: Path) -> None:
    weights = {name: part.state_dict() for name, part in CycleGANModel.build(config()).parts().items()}
    for name, state in weights.items():
        old = {"model.2.running_mean": torch.zeros(2)} if name == "G_A" else {}
        torch.save({f"module.{key}": value for key, value in (state | old).items()}, tmp_path / f"5_net_{name}.pth")
    imported = import_checkpoint(tmp_path / "5_net_G_B.pth", tmp_path / "ours", size=32, model="cyclegan")
    assert imported.trainable
    (tmp_path / "out").mkdir()
    export_checkpoint(tmp_path / "ours", tmp_path / "out/latest_net_G_A.pth")
    for name, state in weights.items():
        again = torch.load(tmp_path / f"out/latest_net_{name}.pth", weights_only=True)
        torch.testing.assert_close(again, dict(state), rtol=0, atol=0)


def test_one_generators_file_translates_its_direction(tmp_path: Path) -> None:
    state = CycleGANModel.build(config()).parts()["G_A"].state_dict()
    torch.save(state, tmp_path / "latest_net_G_A.pth")
    imported = import_checkpoint(tmp_path / "latest_net_G_A.pth", tmp_path / "ours", model="cyclegan")
    assert imported.missing == ("G_B", "D_A", "D_B")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("weights.pth", {}, "not a name of CycleGAN's files"),
        ("1_net_D_A.pth", {"model.0.weight": torch.zeros(1)}, "no generator beside it"),
        ("1_net_G_A.pth", {"model.model.1.weight": torch.zeros(1)}, "unet and others"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: dict[str, Tensor], message: str) -> None:
    torch.save(content, tmp_path / name)
    with pytest.raises(InputError, match=message):
        official.read(tmp_path / name)


def test_starting_from_another_model_is_refused(tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    train(config(), open_folders(demo), tmp_path / "run", tensorboard=False)
    with pytest.raises(MismatchError, match=r"of the model cyclegan, not of nice"):
        State(tiny, torch.device("cpu"), start=checkpoint.newest(tmp_path / "run"))


@pytest.mark.parametrize("side", [20, 30, 0])
def test_sizes_that_cannot_be_are_refused(side: int) -> None:
    with pytest.raises(InputError, match="height"):
        CycleGANNetwork(height=side)
