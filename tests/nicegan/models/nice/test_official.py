"""The authors' checkpoints: what is read, what comes out again, and which files are refused with which words."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from gan_eval.errors import InputError
from nicegan import checkpoint
from nicegan import official as exchange
from nicegan.config import OptimConfig, RunConfig
from nicegan.models.nice import official
from nicegan.models.nice.networks import build
from nicegan.models.nice.settings import NiceNetwork
from nicegan.translate import Translator
from tests.nicegan.models.nice import reference

Document = dict[str, Any]


def make(*, light: bool = True, n_res: int = 1, channels: int = 2, size: int = 96, steps: int = 1) -> Document:
    """An official checkpoint as the authors' `save` writes it, after `steps` steps of both optimisers."""
    config = NiceNetwork(height=size, width=size, channels=channels, n_res=n_res, light=light)
    states = reference.states(build(config))
    document: Document = {}
    for key, names in (("D_optimizer", ("disA", "disB")), ("G_optimizer", ("gen2B", "gen2A"))):
        leaves = [value for name in names for value in states[name].values() if value.requires_grad]
        optimiser = torch.optim.Adam(leaves, 1e-4, betas=(0.5, 0.999), weight_decay=1e-4)
        for seed in range(steps):
            for index, leaf in enumerate(leaves):
                leaf.grad = torch.randn(leaf.shape, generator=torch.Generator().manual_seed(1000 * seed + index))
            optimiser.step()
        document[key] = optimiser.state_dict()
    for name, state in states.items():
        document[name] = {key: value.detach() for key, value in state.items()}
    return document | {"start_iter": 1234}


def write(document: object, folder: Path) -> Path:
    path = folder / "official.pt"
    torch.save(document, path)
    return path


def assert_identical(one: Any, other: Any, where: str = "") -> None:
    """Equal to the bit, all keys and tensors; order apart."""
    if isinstance(one, Tensor):
        assert isinstance(other, Tensor), where
        assert one.dtype == other.dtype, where
        assert torch.equal(one, other), where
    elif isinstance(one, dict):
        assert set(one) == set(other), where
        for key in one:
            assert_identical(one[key], other[key], f"{where}/{key}")
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), where
        for index, pair in enumerate(zip(one, other, strict=True)):
            assert_identical(*pair, f"{where}/{index}")
    else:
        assert one == other, where


@pytest.mark.parametrize(
    "shape",
    [{}, {"n_res": 3}, {"light": False}, {"light": False, "size": 128, "channels": 4}],
    ids=["light", "three blocks", "full", "full, larger"],
)
def test_import_and_export_give_the_same_bits(shape: dict[str, Any], tmp_path: Path) -> None:
    document = make(**shape)
    exchange.import_checkpoint(write(document, tmp_path), tmp_path / "ours")
    exchange.export_checkpoint(tmp_path / "ours", tmp_path / "again.pt")
    again = torch.load(tmp_path / "again.pt", weights_only=True)
    assert_identical(again, document)
    assert list(again["disA"]) == list(document["disA"])
    assert list(again["gen2B"]) == list(document["gen2B"])


@pytest.mark.parametrize("shape", [{}, {"light": False, "size": 128, "channels": 4, "n_res": 2}])
def test_the_shapes_tell_the_configuration(shape: dict[str, Any], tmp_path: Path) -> None:
    read = official.read(write(make(**shape), tmp_path), size=shape.get("size", 96))
    wanted = {"light": True, "n_res": 1, "channels": 2, "size": 96} | shape
    side = wanted.pop("size")
    assert read.config.network == NiceNetwork(height=side, width=side, **wanted)
    assert read.step == 1234


def test_a_light_checkpoint_is_taken_for_256_pixels(tmp_path: Path) -> None:
    network = official.read(write(make(), tmp_path)).config.network
    assert (network.height, network.width) == (256, 256)


@pytest.mark.parametrize("light", [True, False])
def test_the_imported_networks_are_the_authors(light: bool, tmp_path: Path) -> None:
    document = make(light=light)
    exchange.import_checkpoint(write(document, tmp_path), tmp_path / "ours", size=96)
    found = checkpoint.read(tmp_path / "ours")
    networks = build(found.config.network)
    for name, part in networks.parts().items():
        part.load_state_dict(checkpoint.load_weights(found, name))
    image = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        wanted = reference.generate(document["gen2A"], reference.discriminate(document["disB"], image).z)
        torch.testing.assert_close(networks.translate(image, "BtoA"), wanted, rtol=1e-4, atol=1e-5)


def test_the_optimisers_go_on_as_the_authors_would(tmp_path: Path) -> None:
    """One step of Adam with the imported state equals one with the official state, parameter by parameter."""
    document = make()
    read = official.read(write(document, tmp_path), size=96)
    networks = build(read.config.network)
    for name, part in networks.parts().items():
        part.load_state_dict(read.weights[name])
    ours = torch.optim.Adam(networks.generator_parameters())
    ours.load_state_dict(read.optimisers["G"])
    leaves = [v.requires_grad_() for name in official.GENERATORS for v in document[name].values()]
    theirs = torch.optim.Adam(leaves)
    theirs.load_state_dict(document["G_optimizer"])
    for parameter in (*networks.generator_parameters(), *leaves):
        parameter.grad = torch.ones_like(parameter)
    ours.step()
    theirs.step()
    for name in official.GENERATORS:
        own = dict(networks.parts()[name].named_parameters())
        for key, mine in official.generator_names(1):
            torch.testing.assert_close(own[mine].detach(), document[name][key].detach(), rtol=0, atol=0)


def test_what_thop_left_behind_is_dropped(tmp_path: Path) -> None:
    document = make()
    dirty = {**document}
    for name in official.NETWORKS:
        stray = {"total_ops": torch.zeros(1), "FC.total_params": torch.zeros(1), "UpBlock1_1.total_ops": torch.zeros(1)}
        dirty[name] = document[name] | stray
    exchange.import_checkpoint(write(dirty, tmp_path), tmp_path / "ours", size=96)
    exchange.export_checkpoint(tmp_path / "ours", tmp_path / "again.pt")
    assert_identical(torch.load(tmp_path / "again.pt", weights_only=True), document)


def prefixed(document: Document, prefix: str) -> Document:
    names = {name: {prefix + key: value for key, value in document[name].items()} for name in official.NETWORKS}
    return document | names


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "_orig_mod.module."])
def test_wrappers_prefixes_are_taken_off(prefix: str, tmp_path: Path) -> None:
    document = make()
    exchange.import_checkpoint(write(prefixed(document, prefix), tmp_path), tmp_path / "ours", size=96)
    exchange.export_checkpoint(tmp_path / "ours", tmp_path / "again.pt")
    assert_identical(torch.load(tmp_path / "again.pt", weights_only=True), document)


def test_weights_alone_are_imported_to_start_from(tmp_path: Path) -> None:
    document = {name: make()[name] for name in official.NETWORKS}
    imported = exchange.import_checkpoint(write(document, tmp_path), tmp_path / "ours", size=96)
    assert imported.trainable
    assert not checkpoint.read(tmp_path / "ours").resumable


@pytest.mark.parametrize(("kept", "direction"), [(("gen2B", "disA"), "AtoB"), (("gen2A", "disB"), "BtoA")])
def test_half_a_checkpoint_translates_its_direction(kept: tuple[str, ...], direction: Any, tmp_path: Path) -> None:
    document = {name: make()[name] for name in kept}
    imported = exchange.import_checkpoint(write(document, tmp_path), tmp_path / "ours", size=96)
    assert set(imported.missing) == set(official.NETWORKS) - set(kept)
    found = checkpoint.read(tmp_path / "ours")
    Translator(found, direction)
    with pytest.raises(InputError, match="has no weights of"):
        Translator(found, "BtoA" if direction == "AtoB" else "AtoB")


def test_of_a_shallower_discriminator_the_encoder_is_taken(tmp_path: Path) -> None:
    document = make()
    for name in official.DISCRIMINATORS:  # as n_dis 6 names it: one stride-2 layer fewer in C2
        document[name] = {key: value for key, value in document[name].items() if not key.startswith("Dis1_0.4")}
    imported = exchange.import_checkpoint(write(document, tmp_path), tmp_path / "ours", size=96)
    assert set(imported.missing) == set(official.DISCRIMINATORS)
    Translator(checkpoint.read(tmp_path / "ours"), "AtoB")


def test_optimisers_keyed_by_addresses_are_understood(tmp_path: Path) -> None:
    """PyTorch before 1.6, which the authors used, wrote so."""
    document = make()
    old = {**document}
    for key in ("D_optimizer", "G_optimizer"):
        state = document[key]
        address = {index: 140_000_000_000 + 64 * index for index in state["param_groups"][0]["params"]}
        old[key] = {
            "state": {address[index]: value for index, value in state["state"].items()},
            "param_groups": [state["param_groups"][0] | {"params": list(address.values())}],
        }
    (tmp_path / "old").mkdir()
    read, plain = official.read(write(old, tmp_path / "old")), official.read(write(document, tmp_path))
    assert_identical(read.optimisers, plain.optimisers)


def test_files_of_before_2020_are_read(tmp_path: Path) -> None:
    torch.save(make(), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    assert official.read(tmp_path / "old.pt").step == 1234


def test_the_learning_rate_before_its_decay_is_worked_out(tmp_path: Path) -> None:
    document = make()
    for key in ("D_optimizer", "G_optimizer"):
        document[key]["param_groups"][0]["lr"] = 2e-4 / 3
    optim = official.read(write(document | {"start_iter": 200_000}, tmp_path)).config.optim
    assert optim == OptimConfig()


class _Trap:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("trapped"),))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: {k: d[k] for k in ("gen2B", "disB")}, "not a NICE-GAN checkpoint of the authors .no gen2A, disA"),
        (lambda d: d["gen2B"], "not a NICE-GAN checkpoint of the authors"),
        (lambda d: d | {"start_iter": "many"}, "start_iter: 'many' is not a number of steps"),
        (lambda d: [1, 2], "holds a list"),
        (
            lambda d: d | {"disB": d["disB"] | {"model.1.bias": torch.zeros(3)}},
            r"disB: encoder.convs.0.bias is \(3,\), not \(2,\)",
        ),
        (lambda d: d | {"gen2B": d["gen2B"] | {"new.weight": torch.zeros(3)}}, "gen2B has an unknown 'new.weight'"),
        (lambda d: d | {"disA": {k: v for k, v in d["disA"].items() if k != "lamda"}}, "disA has no 'lamda'"),
        (lambda d: d | {"G_optimizer": d["D_optimizer"]}, "G_optimizer: "),
        (lambda d: d | {"D_optimizer": {}}, "D_optimizer: not the state of an optimiser"),
        (lambda d: d | {"start_iter": _Trap()}, "not a PyTorch file of tensors and plain values"),
    ],
)
def test_faulty_files_are_refused(damage: Any, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        exchange.import_checkpoint(write(damage(make()), tmp_path), tmp_path / "ours", size=96)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["official.pt"]


@pytest.mark.parametrize("content", [b"", b"GIF89a", pickle.dumps({"a": 1}), b"PK\x03\x04 cut short"])
def test_files_that_are_none_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "none.pt").write_bytes(content)
    with pytest.raises(InputError, match=r"none\.pt: not "):
        official.read(tmp_path / "none.pt")


def test_a_full_checkpoint_contradicts_another_size(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a full generator of 96 pixels, not 256"):
        official.read(write(make(light=False), tmp_path), size=256)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nice": False}, "nice: the authors' code has only True"),
        ({"scales": (0, 1)}, "scales: "),
        ({"width": 104}, "only square images, not 96×104"),
    ],
)
def test_ablations_are_not_exported(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    config = RunConfig(network=replace(NiceNetwork(height=96, width=96, channels=2, n_res=1), **changes))
    weights = {name: part.state_dict() for name, part in build(config.network).parts().items()}
    checkpoint.save(tmp_path / "ours", step=1, config=config, weights=weights)
    with pytest.raises(InputError, match=message):
        exchange.export_checkpoint(tmp_path / "ours", tmp_path / "out.pt")
    assert not (tmp_path / "out.pt").exists()


def test_a_checkpoint_without_optimisers_or_with_averages_is_exported(tmp_path: Path) -> None:
    config = RunConfig(network=NiceNetwork(height=96, width=96, channels=2, n_res=1))
    trained, averaged = build(config.network, seed=1), build(config.network, seed=2)
    weights = {name: part.state_dict() for name, part in trained.parts().items()}
    weights |= {f"ema.{name}": averaged.parts()[name].state_dict() for name in official.GENERATORS}
    checkpoint.save(tmp_path / "ours", step=5, config=config, weights=weights)
    exchange.export_checkpoint(tmp_path / "ours", tmp_path / "out.pt", averaged=True)
    document = torch.load(tmp_path / "out.pt", weights_only=True)
    assert torch.equal(document["gen2B"]["gamma.weight"], averaged.b.generator.to_gamma.weight)
    assert torch.equal(document["disA"]["lamda"], trained.a.discriminator.encoder.gamma)
    assert len(document["G_optimizer"]["param_groups"][0]["params"]) == 2 * len(official.generator_names(1))
