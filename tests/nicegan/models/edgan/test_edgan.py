"""ED//GAN: which loss moves which branch, to the bit; its control ED+GAN; aligned pairs from folders to files."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from gan_eval.errors import InputError
from nicegan import checkpoint
from nicegan.config import RunConfig, preset
from nicegan.data import TrainingPairs, check_pairs, open_folders
from nicegan.demo import edges, make_demo, make_pairs
from nicegan.models.edgan.model import EDGANModel
from nicegan.models.edgan.settings import EDGANLoss, EDGANNetwork
from nicegan.models.protocol import StepPass
from nicegan.official import export_checkpoint
from nicegan.pictures import Size
from nicegan.profile import profile
from nicegan.state import State
from nicegan.training import train
from nicegan.translate import find_inputs, translate
from tests.nicegan.models.fixtures import brightness

BRANCHES = ("Enc", "Dec", "G", "D")


def config(*, coupled: bool = False, **loss: float) -> RunConfig:
    base = preset("demo", model="edgan")
    return replace(
        base,
        network=EDGANNetwork(height=32, width=24, channels=2, coupled=coupled),
        loss=EDGANLoss(**loss),
        optim=replace(base.optim, iterations=6, batch_size=2, learning_rate=1e-3),
        workers=0,
        log_every=1,
        sample_every=0,
        checkpoint_every=2,
        validate_every=0,
    )


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five pairs to train on and three to test, 32×32."""
    folder = tmp_path_factory.mktemp("pairs") / "pairs"
    make_demo(folder, size=32, counts={"trainA": 5, "testA": 3}, paired=True)
    return folder


def batch(count: int = 2) -> StepPass:
    draw = torch.Generator().manual_seed(0)
    a, b = (torch.rand(count, 3, 32, 24, generator=draw, dtype=torch.float64) * 2 - 1 for _ in range(2))
    return StepPass(a, b, random=np.random.default_rng(0))


def bits(model: EDGANModel) -> dict[str, bytes]:
    """The weights of each network."""
    return {
        name: b"".join(value.numpy().tobytes() for value in part.state_dict().values())
        for name, part in model.parts().items()
    }


def moved(settings: RunConfig, player: str) -> set[str]:
    """The networks that one turn of a player changed by a bit, with the optimiser that a run has."""
    state = State(settings, torch.device("cpu"))
    assert isinstance(state.model, EDGANModel)
    given = batch()
    given = replace(given, a=given.a.float(), b=given.b.float())
    for other in state.model.players:  # momenta of earlier turns must not move what a later one does not
        state.model.add_gradients(other, given)
        state.optimisers[other].step()
        state.optimisers[other].zero_grad()
    before = bits(state.model)
    state.model.add_gradients(player, given)
    state.optimisers[player].step()
    after = bits(state.model)
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(("player", "networks"), [("ED", {"Enc", "Dec"}), ("D", {"D"}), ("G", {"G"})])
def test_each_turn_moves_its_branch_alone(player: str, networks: set[str]) -> None:
    assert moved(config(), player) == networks


@pytest.mark.parametrize(("player", "networks"), [("D", {"D"}), ("G", {"Enc", "Dec"})])
def test_both_losses_of_the_control_move_its_decoder(player: str, networks: set[str]) -> None:
    assert moved(config(coupled=True), player) == networks


@pytest.mark.parametrize(("player", "networks"), [("ED", {"Enc", "Dec"}), ("D", {"D"}), ("G", {"G"})])
def test_gradients_reach_their_branch_alone(player: str, networks: set[str]) -> None:
    model = EDGANModel.build(config()).double()
    model.add_gradients(player, batch())
    reached = {name for name, part in model.parts().items() if any(p.grad is not None for p in part.parameters())}
    assert reached == networks


def test_a_run_of_ed_alone_and_one_with_an_adversary_have_the_same_base(pairs: Path, tmp_path: Path) -> None:
    """Encoder and decoder end with the same bits whatever the adversarial loss weighs."""
    for name, weight in (("one", 1.0), ("other", 1000.0)):
        train(config(gan=weight), open_folders(pairs), tmp_path / name, tensorboard=False)
    found = [checkpoint.choose(tmp_path / name) for name in ("one", "other")]
    for part in ("Enc", "Dec"):
        one, other = (checkpoint.load_weights(each, part) for each in found)
        assert all(torch.equal(one[key], other[key]) for key in one)


def bce(logits: Tensor, target: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


@pytest.mark.parametrize("coupled", [False, True])
def test_turns_are_their_definition(coupled: bool) -> None:
    model, given = (
        EDGANModel.build(config(coupled=coupled, gan=3.0, reconstruction=2.0, real_label=0.9)).double(),
        batch(),
    )
    path = model.path
    base = path.decoder(path.encoder(given.a))
    whole = base if path.residual is None else base + path.residual(path.encoder(given.a))
    judge = bce(model.discriminator(given.a, given.b), 0.9) + bce(model.discriminator(given.a, whole), 0.0)
    adversarial = bce(model.discriminator(given.a, whole), 1.0)
    if coupled:
        players, total = ("D", "G"), 3 * adversarial + 2 * F.l1_loss(base, given.b)
    else:
        players, total = ("D", "G"), 3 * adversarial
    expected = {"D": judge, "G": total}
    gradients = {
        player: torch.autograd.grad(expected[player], list(model.moved_by(player)), retain_graph=True)
        for player in players
    }
    for player in players:
        model.zero_grad()
        losses = model.add_gradients(player, given)
        name = "discriminator" if player == "D" else "generator"
        assert losses[name].item() == pytest.approx(expected[player].item(), rel=1e-12)
        for parameter, gradient in zip(model.moved_by(player), gradients[player], strict=True):
            torch.testing.assert_close(parameter.grad, gradient, rtol=1e-9, atol=1e-12)


def test_the_weight_of_a_decoupled_loss_is_inert_under_adam() -> None:
    """With ε at 0 Adam's step does not see a factor: a thousandth of the loss moves the residual alike."""
    ends = []
    for weight in (1.0, 1e-3):
        model = EDGANModel.build(config(gan=weight)).double()
        residual = model.path.residual
        assert residual is not None
        # A bias before an instance norm has a gradient of rounding alone.
        moving = [each for name, each in residual.named_parameters() if name not in ("model.0.bias", "model.3.bias")]
        adam = torch.optim.Adam(moving, 1e-3, betas=(0.5, 0.999), eps=0.0)
        for _ in range(3):
            adam.zero_grad()
            model.add_gradients("G", batch())
            adam.step()
        ends.append([parameter.detach().clone() for parameter in moving])
    torch.testing.assert_close(*ends, rtol=1e-9, atol=1e-12)


def test_pairs_stay_aligned_through_the_augmentation(tmp_path: Path) -> None:
    """Both images of a pair hold the same pixels, so what training sees of them must be equal, and be cut anew."""
    for part in ("trainA", "trainB"):
        (tmp_path / part).mkdir()
        for number in range(4):
            pixels = np.random.default_rng(number).integers(0, 255, (20, 30, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / part / f"{number}.png")
    train_images = open_folders(tmp_path).train
    settings = config().data
    aligned = TrainingPairs(train_images, Size(16, 24), seed=0, config=settings, paired=True)
    seen = [aligned[position] for position in range(12)]
    assert all(torch.equal(pair.a, pair.b) for pair in seen)
    assert not torch.equal(seen[0].a, seen[4].a)
    unpaired = TrainingPairs(train_images, Size(16, 24), seed=0, config=settings)
    assert not all(torch.equal(unpaired[position].a, unpaired[position].b) for position in range(12))


def test_a_pair_with_a_broken_image_is_left_out_whole(pairs: Path, tmp_path: Path) -> None:
    shutil.copytree(pairs, tmp_path / "data")
    folders = open_folders(tmp_path / "data")
    (tmp_path / "data/trainB/0002.png").write_bytes(b"")  # after its header has been read
    aligned = TrainingPairs(folders.train, Size(32, 32), seed=0, config=replace(config().data, margin=0, flip=False),
                            on_bad_image="skip", paired=True)  # fmt: skip
    drawn = [aligned[position] for position in range(5)]
    for pair in drawn:
        assert torch.equal(torch.from_numpy(edges(pair.b.permute(1, 2, 0).numpy())).permute(2, 0, 1), pair.a)


def test_folders_that_are_no_pairs_are_refused(pairs: Path, demo: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="0004 is not in each of them once"):
        train(config(), open_folders(demo), tmp_path / "run", tensorboard=False)
    assert not (tmp_path / "run").exists()
    shutil.copytree(pairs, tmp_path / "data")
    Image.new("RGB", (40, 32)).save(tmp_path / "data/trainB/0001.png")
    check_pairs(open_folders(tmp_path / "data"), "stretch")
    with pytest.raises(InputError, match=r"0001\.png: 40x32 pixels, its partner in A 32x32"):
        check_pairs(open_folders(tmp_path / "data"), "crop")


@pytest.mark.parametrize("coupled", [False, True])
def test_a_run_validates_samples_translates_and_resumes(coupled: bool, pairs: Path, tmp_path: Path) -> None:
    folders = open_folders(pairs)
    settings = replace(config(coupled=coupled), validate_every=2, sample_every=3)
    scorers: Any = {"AtoB": brightness}
    train(settings, folders, tmp_path / "whole", scorers=scorers, tensorboard=False)
    part = replace(settings, optim=replace(settings.optim, stop_at=4))
    train(part, folders, tmp_path / "run", scorers=scorers, tensorboard=False)
    train(settings, folders, tmp_path / "run", scorers=scorers, resume=True, tensorboard=False)
    found = [checkpoint.newest(tmp_path / name) for name in ("whole", "run")]
    one, two = ((each.folder / checkpoint.WEIGHTS).read_bytes() for each in found if each is not None)
    assert one == two
    chosen = checkpoint.choose(tmp_path / "run")
    assert {name for name in chosen.networks if name.startswith("ema.")} == {
        "ema.Enc", "ema.Dec", *([] if coupled else ["ema.G"]),
    }  # fmt: skip
    done = translate(chosen, find_inputs([pairs], "AtoB"), tmp_path / "out", direction="AtoB", size="keep")
    assert done.written == 3


def test_nothing_is_exported_for_authors_who_publish_no_such_files(pairs: Path, tmp_path: Path) -> None:
    train(config(), open_folders(pairs), tmp_path / "run", tensorboard=False)
    with pytest.raises(InputError, match="no files of a known form"):
        export_checkpoint(tmp_path / "run", tmp_path / "out.pt")


def test_profile_counts_every_network_and_turn() -> None:
    found = profile(preset("decoupled", model="edgan"))
    assert tuple(found.networks) == BRANCHES
    assert set(found.turns) == {"ED", "D", "G"}
    assert all(cost.flops > 0 for cost in found.turns.values())


def test_photographs_become_pairs_with_their_edges(tmp_path: Path) -> None:
    (tmp_path / "photographs").mkdir()
    for number in range(5):
        picture = np.full((40, 60, 3), 200, np.uint8)
        picture[:, 30 + number :] = 20
        Image.fromarray(picture).save(tmp_path / "photographs" / f"{number}.png")
    photographs = sorted((tmp_path / "photographs").iterdir())
    assert make_pairs(photographs, tmp_path / "pairs", size=32, test=2) == {"train": 3, "test": 2}
    folders = open_folders(tmp_path / "pairs")
    check_pairs(folders, "crop")
    with Image.open(folders.train["A"][0]) as opened:
        lines = np.asarray(opened)
    assert lines.shape == (32, 32, 3)
    assert (lines[:, :8] == 255).all()
    assert (lines.min(0) == 0).any()
    with pytest.raises(InputError, match="leave none to train on"):
        make_pairs(photographs, tmp_path / "none", test=5)


@pytest.mark.parametrize("side", [8, 20, 0])
def test_sizes_that_cannot_be_are_refused(side: int) -> None:
    with pytest.raises(InputError, match="height"):
        EDGANNetwork(height=side, width=64)


@pytest.mark.parametrize("label", [0.0, 1.1])
def test_real_label_must_be_a_share(label: float) -> None:
    with pytest.raises(InputError, match="real-label"):
        EDGANLoss(real_label=label)


def test_techniques_that_are_off_add_no_weight_and_no_loss() -> None:
    model = EDGANModel.build(config())
    assert {name.split(".")[0] for name in model.discriminator.state_dict()} == {"model"}
    given = batch()
    losses = model.add_gradients("G", replace(given, a=given.a.float(), b=given.b.float()))
    assert set(losses) == {"generator", "adversarial", "distance", "residual"}


def test_feature_matching_joins_the_generators_turn() -> None:
    model, given = EDGANModel.build(config(feature_matching=5.0, gan=2.0)).double(), batch()
    losses, path = model.add_gradients("G", given), model.path
    assert path.residual is not None
    found = [each.grad for each in path.residual.parameters()]
    code = path.encoder(given.a)
    whole = path.decoder(code) + path.residual(code)
    real, fake = (model.discriminator.features(given.a, each).mean((0, 2, 3)) for each in (given.b, whole))
    total = 2 * bce(model.discriminator(given.a, whole), 1.0) + 5 * (real.detach() - fake).square().sum()
    assert losses["generator"].item() == pytest.approx(total.item(), rel=1e-12)
    for gradient, expected in zip(found, torch.autograd.grad(total, list(path.residual.parameters())), strict=True):
        torch.testing.assert_close(gradient, expected, rtol=1e-9, atol=1e-12)


def test_minibatch_discrimination_lets_images_of_a_batch_see_each_other() -> None:
    base = config()
    settings = replace(base, network=replace(base.network, minibatch_kernels=3))  # type: ignore[call-arg]
    given = batch()
    for made, together in ((EDGANModel.build(base), False), (EDGANModel.build(settings), True)):
        judge = made.double().discriminator
        both, alone = judge(given.a, given.b), judge(given.a[:1], given.b[:1])
        assert torch.allclose(both[:1], alone, rtol=0, atol=1e-12) is not together
    state = State(settings, torch.device("cpu"))
    state.model.add_gradients("D", replace(given, a=given.a.float(), b=given.b.float()))
    assert all(parameter.grad is not None for parameter in state.model.moved_by("D"))
