"""Every model on a graphics card that is not there: fake tensors know their device and refuse to mix two."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from nicegan.config import RunConfig
from nicegan.models.protocol import StepPass, TranslationModel, build_model, implementation
from nicegan.models.table import MODELS

#: Every model's networks and losses at a small size, with what branches off from the usual way.
CHANGES: dict[str, dict[str, Any]] = {
    "nice": {"network": {"n_res": 1}},
    "nice full": {"network": {"n_res": 1, "light": False}},
    "nice ablated": {
        "network": {"n_res": 1, "nice": False, "attention": "plain", "upsample": "nearest"},
        "loss": {"identity": 1.0},
    },
    "nice joint": {"network": {"n_res": 1}, "loss": {"decouple": "joint"}},
    "cyclegan": {"network": {"n_res": 1}, "loss": {"pool": 1}},
    "cut": {"network": {"n_res": 1, "nce_layers": (0, 4, 8, 12)}},
    "cut mirrored": {"network": {"n_res": 1, "nce_layers": (0, 12)}, "loss": {"flip_equivariance": True}},
    "ugatit": {"network": {"n_res": 1}},
    "edgan": {},
    "edgan coupled": {"network": {"coupled": True}},
}


def configured(name: str) -> RunConfig:
    """A configuration of 96 pixels and 4 channels."""
    own = CHANGES[name]
    network = {"height": 96, "width": 96, "channels": 4, **own.get("network", {})}
    return RunConfig.from_dict({"model": name.split()[0], "network": network, "loss": own.get("loss", {})})


@pytest.fixture(autouse=True)
def _forward_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Autograd asks the driver for streams, which needs a card."""
    monkeypatch.setattr(torch.autograd, "backward", lambda *_, **__: None)
    with FakeTensorMode(allow_non_fake_inputs=True), torch.device("cuda"):
        yield


def built(config: RunConfig) -> TranslationModel:
    model = build_model(config)
    assert {each.device.type for each in model.state_dict().values()} == {"cuda"}
    return model


def images(config: RunConfig, count: int = 2) -> torch.Tensor:
    return torch.zeros(count, 3, config.network.height, config.network.width)


@pytest.mark.parametrize("name", CHANGES)
def test_every_turn_stays_on_its_device(name: str) -> None:
    config = configured(name)
    model = built(config)
    batch = StepPass(images(config), images(config), np.random.default_rng(2))
    for player in model.players:
        losses = model.add_gradients(player, batch)
        assert {loss.device.type for loss in losses.values()} == {"cuda"}
        model.after_step(player)
    assert {each.device.type for each in model.memory().values()} <= {"cuda"}


@pytest.mark.parametrize("name", CHANGES)
def test_every_translation_and_sheet_stays_on_its_device(name: str) -> None:
    config = configured(name)
    model = built(config).eval()
    with torch.no_grad():
        for direction in model.directions:
            path = implementation(config.model).one_way(config, direction).eval()
            made = [path(images(config)), model.translate(images(config), direction)]
            assert {(each.device.type, each.shape) for each in made} == {("cuda", images(config).shape)}
            assert {each.device.type for each in model.stages(images(config), direction).values()} == {"cuda"}


def test_two_devices_in_one_operation_are_noticed() -> None:
    with pytest.raises(RuntimeError, match="cpu"):
        torch.zeros(2, device="cuda") + torch.zeros(2, device="cpu")


def test_no_model_is_left_out() -> None:
    assert {name.split()[0] for name in CHANGES} == set(MODELS)
