"""U-GAT-IT-light: networks against figures of the authors' code, steps against their definition, runs that resume."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_eval.errors import InputError
from nicegan import checkpoint
from nicegan.config import RunConfig, preset
from nicegan.data import open_folders
from nicegan.models.protocol import StepPass
from nicegan.models.ugatit import official
from nicegan.models.ugatit.model import UGATITModel
from nicegan.models.ugatit.networks import ClampedAdaLIN, ClampedLIN, UGATITDiscriminator, UGATITGenerator
from nicegan.models.ugatit.settings import UGATITLoss, UGATITNetwork
from nicegan.official import export_checkpoint, import_checkpoint
from nicegan.profile import profile
from nicegan.training import train
from nicegan.translate import find_inputs, translate
from tests.nicegan.models.fixtures import brightness, figures, filled, image

NETWORK = UGATITNetwork(height=32, width=24, channels=2, n_res=1, global_judge=False)
FIRST = torch.zeros(2, 3, 7, 7)
WHOLE = replace(NETWORK, height=96, width=96, global_judge=True)


def config(network: UGATITNetwork = NETWORK, **loss: float) -> RunConfig:
    base = preset("demo", model="ugatit")
    optim = replace(base.optim, iterations=6, batch_size=1, learning_rate=1e-3)
    return replace(
        base,
        network=network,
        loss=UGATITLoss(**loss),
        optim=optim,
        workers=0,
        log_every=1,
        sample_every=0,
        checkpoint_every=2,
        validate_every=0,
    )


def equals(values: Tensor, expected: list[float]) -> None:
    found = figures(values)
    assert found[:2] == pytest.approx(expected[:2], abs=1e-8)  # as many digits as the source prints
    assert found[2:] == pytest.approx(expected[2:], abs=1e-6)


def test_generator_gives_the_figures_of_the_authors_code() -> None:
    made = filled(UGATITGenerator(8, 2))(image(64))
    equals(made.image, [0.05229778, 0.14635803, 0.509625, 0.508831, 0.508151, 0.082276])
    equals(made.heat, [1.32454242, 0.52633241, 3.448574, 3.459076, 3.427429, 1.309785])
    assert made.logits[0].tolist() == pytest.approx([0.01090613, -0.71010744], abs=1e-8)


def test_local_discriminator_gives_the_figures_of_the_authors_code() -> None:
    said = filled(UGATITDiscriminator(8, 5))(image(64))
    equals(said.patches, [0.06083020, 0.00003814, 0.060818, 0.060816, 0.060810, 0.060821])
    equals(said.heat, [1.42797871, 0.00012572, 1.427888, 1.427898, 1.427916, 1.428018])
    assert said.logits[0].tolist() == pytest.approx([-0.00206480, -0.30564069], abs=1e-8)


def test_global_discriminator_gives_the_figures_of_the_authors_code() -> None:
    said = filled(UGATITDiscriminator(8, 7))(image(128))
    assert said.patches.flatten().tolist() == pytest.approx([0.04749727] * 4, abs=1e-6)
    assert said.patches.mean().item() == pytest.approx(0.04749727, abs=1e-8)
    assert said.logits[0].tolist() == pytest.approx([-0.51430522, 0.09809526], abs=1e-8)


def test_sizes_are_the_authors() -> None:
    paper = preset("paper", model="ugatit")
    with torch.device("meta"):
        generator = UGATITModel.build(paper).parts()["genA2B"]
    assert len(generator.state_dict()) == 44
    found = profile(paper).networks
    counts = {"genA2B": 10_589_888, "disLB": 3_290_560, "disGA": 53_130_176}
    assert {name: found[name].parameters for name in counts} == counts
    assert [round(found[name].multiply_adds / 1e9, 3) for name in ("disLB", "disGA")] == [3.651, 4.254]


def test_norms_begin_as_the_authors_do() -> None:
    x = torch.randn(2, 3, 5, 4, generator=torch.Generator().manual_seed(0))
    unbiased = (x - x.mean((2, 3), keepdim=True)) / (x.var((2, 3), keepdim=True) + 1e-5).sqrt()
    layer = (x - x.mean((1, 2, 3), keepdim=True)) / (x.var((1, 2, 3), keepdim=True) + 1e-5).sqrt()
    one, zero = torch.ones(2, 3), torch.zeros(2, 3)
    torch.testing.assert_close(ClampedAdaLIN(3)(x, one, zero), 0.9 * unbiased + 0.1 * layer)
    torch.testing.assert_close(ClampedLIN(3)(x), layer.relu())


def batch(network: UGATITNetwork, count: int = 2) -> StepPass:
    draw = torch.Generator().manual_seed(0)
    shape = (count, 3, network.height, network.width)
    a, b = (torch.rand(shape, generator=draw, dtype=torch.float64) * 2 - 1 for _ in range(2))
    return StepPass(a, b, random=np.random.default_rng(0))


def pair(network: UGATITNetwork, **loss: float) -> tuple[UGATITModel, UGATITModel]:
    """A model twice, the spectral norms included."""
    ours = UGATITModel.build(config(network, **loss)).double()
    return ours, copy.deepcopy(ours)


def mse(logits: Tensor, target: float) -> Tensor:
    return F.mse_loss(logits, torch.full_like(logits, target))


def bce(logits: Tensor, target: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def same_gradients(ours: UGATITModel, other: UGATITModel, player: str) -> None:
    for own, parameter in zip(ours.moved_by(player), other.moved_by(player), strict=True):
        torch.testing.assert_close(own.grad, parameter.grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("network", [NETWORK, WHOLE], ids=["patches", "whole"])
def test_discriminators_turn_is_its_definition(network: UGATITNetwork) -> None:
    """A call for each image of each discriminator, real ones first, as the authors have it."""
    (ours, other), given = pair(network, gan=2.0), batch(network, 1)
    losses = ours.add_gradients("D", given)
    assert all(parameter.grad is None for parameter in ours.moved_by("G"))
    parts = other.parts()
    fakes = {"A": parts["genB2A"](given.b).image.detach(), "B": parts["genA2B"](given.a).image.detach()}
    total = torch.zeros((), dtype=torch.float64)
    for domain, real in (("A", given.a), ("B", given.b)):
        for name in ("disG", "disL") if network.global_judge else ("disL",):
            on_real, on_fake = parts[name + domain](real), parts[name + domain](fakes[domain])
            total = total + mse(on_real.patches, 1) + mse(on_real.logits, 1)
            total = total + mse(on_fake.patches, 0) + mse(on_fake.logits, 0)
    (2 * total).backward()
    assert losses["discriminator"].item() == pytest.approx(2 * total.item(), rel=1e-12)
    same_gradients(ours, other, "D")


@pytest.mark.parametrize("network", [NETWORK, WHOLE], ids=["patches", "whole"])
def test_generators_turn_is_its_definition(network: UGATITNetwork) -> None:
    weights = UGATITLoss(gan=2.0, cycle=3.0, identity=5.0, cam=7.0)
    ours, other = pair(network, gan=2.0, cycle=3.0, identity=5.0, cam=7.0)
    given = batch(network)
    losses = ours.add_gradients("G", given)
    assert all(parameter.grad is None for parameter in ours.moved_by("D"))
    parts = other.parts()
    to_b, to_a = parts["genA2B"], parts["genB2A"]
    fake_b, fake_a, same_a, same_b = to_b(given.a), to_a(given.b), to_a(given.a), to_b(given.b)
    total = 3 * (F.l1_loss(to_a(fake_b.image).image, given.a) + F.l1_loss(to_b(fake_a.image).image, given.b))
    total = total + 5 * (F.l1_loss(same_a.image, given.a) + F.l1_loss(same_b.image, given.b))
    cam_a = bce(fake_a.logits, 1) + bce(same_a.logits, 0)
    cam_b = bce(fake_b.logits, 1) + bce(same_b.logits, 0)
    total = total + weights.cam * (cam_a + cam_b)
    for domain, fake in (("A", fake_a), ("B", fake_b)):
        for name in ("disG", "disL") if network.global_judge else ("disL",):
            said = parts[name + domain](fake.image)
            total = total + 2 * (mse(said.patches, 1) + mse(said.logits, 1))
    total.backward()
    assert losses["generator"].item() == pytest.approx(total.item(), rel=1e-12)
    assert losses["cam_a"].item() == pytest.approx(cam_a.item(), rel=1e-12)
    assert losses["cam_b"].item() == pytest.approx(cam_b.item(), rel=1e-12)
    same_gradients(ours, other, "G")


def test_rho_is_clamped_after_the_generators_turn_alone() -> None:
    ours, _ = pair(NETWORK)
    norm = next(module for module in ours.generators.modules() if isinstance(module, ClampedAdaLIN))
    nn.init.constant_(norm.rho, 1.5)
    ours.after_step("D")
    assert norm.rho.unique().tolist() == [1.5]
    ours.after_step("G")
    assert norm.rho.unique().tolist() == [1.0]


def test_a_run_keeps_rho_in_its_range(demo: Path, tmp_path: Path) -> None:
    """Learned norms begin at the edge of the range, so that half of their ρ would leave it at the first step."""
    train(config(), open_folders(demo), tmp_path / "run", tensorboard=False)
    weights = checkpoint.load_weights(checkpoint.choose(tmp_path / "run"), "genA2B")
    rho = torch.cat([each.flatten() for name, each in weights.items() if name.endswith("rho")])
    assert rho.min() >= 0
    assert rho.max() <= 1
    assert (rho > 0).any()


def test_killed_run_resumes_to_the_same_bits_and_translates(demo: Path, tmp_path: Path) -> None:
    folders, settings = open_folders(demo), replace(config(), validate_every=2, sample_every=3)
    scorers: Any = {"AtoB": brightness, "BtoA": brightness}
    train(settings, folders, tmp_path / "whole", scorers=scorers, tensorboard=False)
    part = replace(settings, optim=replace(settings.optim, stop_at=4))
    train(part, folders, tmp_path / "run", scorers=scorers, tensorboard=False)
    train(settings, folders, tmp_path / "run", scorers=scorers, resume=True, tensorboard=False)
    found = [checkpoint.newest(tmp_path / name) for name in ("whole", "run")]
    one, two = ((each.folder / checkpoint.WEIGHTS).read_bytes() for each in found if each is not None)
    assert one == two
    for direction in ("AtoB", "BtoA"):
        chosen = checkpoint.choose(tmp_path / "run")
        done = translate(chosen, find_inputs([demo], direction), tmp_path / direction, direction=direction, size="keep")
        assert done.written > 0


def test_authors_file_comes_out_as_it_went_in(tmp_path: Path) -> None:
    weights = {name: dict(part.state_dict()) for name, part in UGATITModel.build(config(WHOLE)).parts().items()}
    torch.save(weights, tmp_path / "cats_params_0001000.pt")
    imported = import_checkpoint(tmp_path / "cats_params_0001000.pt", tmp_path / "ours", size=96, model="ugatit")
    assert imported.trainable
    assert (imported.official.step, imported.official.config.network) == (1000, WHOLE)
    export_checkpoint(tmp_path / "ours", tmp_path / "again.pt")
    again = torch.load(tmp_path / "again.pt", weights_only=True)
    torch.testing.assert_close(again, weights, rtol=0, atol=0)


def test_one_generator_alone_translates(tmp_path: Path) -> None:
    torch.save({"genB2A": UGATITGenerator(2, 1).state_dict()}, tmp_path / "latest.pt")
    imported = import_checkpoint(tmp_path / "latest.pt", tmp_path / "ours", model="ugatit")
    assert imported.missing == ("genA2B", "disGA", "disGB", "disLA", "disLB")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"gen2B": {}}, "not a U-GAT-IT checkpoint"),
        (
            {"genA2B": {"DownBlock.1.weight": torch.zeros(2, 3, 7, 7), "FC.0.weight": torch.zeros(8, 512)}},
            "full generator",
        ),
        ({"genA2B": {"DownBlock.1.weight": torch.zeros(2, 3, 7, 7), "FC.0.weight": torch.zeros(8, 8)}}, "genA2B: "),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: dict[str, Any], message: str) -> None:
    torch.save(content, tmp_path / "a.pt")
    with pytest.raises(InputError, match=message):
        official.read(tmp_path / "a.pt")


def test_what_the_authors_code_lacks_is_not_exported() -> None:
    with pytest.raises(InputError, match="global-judge"):
        official.check_expressible(config())


@pytest.mark.parametrize(("side", "whole"), [(92, True), (98, True), (20, False)])
def test_sizes_that_cannot_be_are_refused(side: int, whole: bool) -> None:
    with pytest.raises(InputError, match="height"):
        UGATITNetwork(height=side, global_judge=whole)
