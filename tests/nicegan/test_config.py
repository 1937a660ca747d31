"""Configuration: JSON there and back, and one clear line for each value that cannot be."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_eval.errors import InputError
from nicegan.config import OptimConfig, RunConfig, preset, up_to_date
from nicegan.models.nice.settings import NiceLoss, NiceNetwork
from nicegan.models.table import MODELS


@pytest.mark.parametrize(("model", "name"), [(model, name) for model, row in MODELS.items() for name in row.presets])
def test_presets_survive_json(model: str, name: str) -> None:
    config = preset(name, model=model)
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_paper_preset_is_the_papers() -> None:
    config = preset("paper")
    assert (config.network.light, config.network.n_res, config.network.height, config.network.width) == (
        True,
        6,
        256,
        256,
    )
    assert (config.optim.iterations, config.optim.last_step, config.optim.batch_size) == (300_000, 100_000, 1)
    assert (config.loss.adversarial, config.loss.cycle, config.loss.reconstruction) == ((1.0, 1.0, 1.0), 10.0, 10.0)


def test_unknown_preset_lists_the_known() -> None:
    with pytest.raises(InputError, match=r"no 'big' .*paper, light4, full, demo"):
        preset("big")


def test_missing_keys_take_their_default() -> None:
    assert RunConfig.from_dict({"optim": {"ema": 0.5}}) == RunConfig(optim=OptimConfig(ema=0.5))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"netwrok": {}}, "configuration: unknown field 'netwrok'"),
        ({"network": {"chanels": 3}}, "network: unknown field 'chanels'"),
        ({"network": []}, "network: wanted an object, found a list of 0"),
        ({"seed": True}, "seed: wanted an integer, found True"),
        ({"loss": {"cycle": "10"}}, "loss.cycle: wanted a number, found '10'"),
        ({"loss": {"cycle": float("nan")}}, "loss.cycle: wanted a number, found nan"),
        ({"optim": {"betas": [0.5]}}, "optim.betas: wanted a list of 2"),
        ({"loss": {"real_label": -5.0}}, "real-label: -5.0 is not above 0"),
        ({"model": "pix2pix"}, "there is no 'pix2pix'"),
        ({"model": ["nice"]}, "model: wanted a text"),
        ({"optim": {"iterations": 10, "stop_at": 11}}, "stop-at: 11 is past the schedule's 10 steps"),
    ],
)
def test_faulty_documents_are_named(document: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        RunConfig.from_dict(document)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"height": 64, "width": 64}, "64 pixels are too few for scale C2, which needs 96 .*scales=0,1"),
        ({"height": 16, "width": 96, "scales": (0, 1)}, "too few for scale C1, which needs 24 .*scales=0"),
        ({"width": 258}, "width: 258 is not a multiple of 4 .*256"),
        ({"height": 100, "shared": 3}, "height: 100 is not a multiple of 8"),
        ({"scales": ()}, "scales"),
        ({"scales": (0, 0)}, "scales"),
        ({"scales": (3,)}, "scales"),
        ({"shared": 4}, "shared: 4 is not one of 1, 2, 3"),
        ({"channels": 0}, "channels: 0 is below 1"),
        ({"attention": "some"}, "attention: 'some' is not one of residual, plain, none"),
    ],
)
def test_networks_that_cannot_be_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        NiceNetwork(**values)


def test_scales_are_kept_in_order() -> None:
    assert NiceNetwork(scales=(2, 0, 1)).scales == (0, 1, 2)


@pytest.mark.parametrize(
    ("optim", "changed"),
    [
        ({"iterations": 50, "stop_at": 100}, {"optim": {"iterations": 50, "stop_at": None}, "loss": {}}),
        ({"decouple": "joint"}, {"optim": {}, "loss": {"decouple": "joint"}}),
        ({"iterations": 50, "stop_at": 20}, {"optim": {"iterations": 50, "stop_at": 20}, "loss": {}}),
    ],
)
def test_older_configurations_are_brought_up_to_date(optim: dict[str, Any], changed: dict[str, Any]) -> None:
    # They were validated on test images, and a run that goes on stays with that.
    assert up_to_date({"optim": optim}) == {**changed, "validate_on": "test"}


@pytest.mark.parametrize("document", [{}, [], None, {"optim": 3}, {"optim": {"stop_at": "x", "iterations": None}}])
def test_nonsense_is_left_for_the_reader_to_refuse(document: Any) -> None:
    up_to_date(document)


def test_negative_weights_are_refused() -> None:
    with pytest.raises(InputError, match=r"adversarial of C1: -1\.0 is below 0"):
        NiceLoss(adversarial=(1.0, -1.0, 1.0))


@pytest.mark.parametrize(("stop_at", "last"), [(None, 10), (4, 4), (10, 10)])
def test_last_step(stop_at: int | None, last: int) -> None:
    assert OptimConfig(iterations=10, stop_at=stop_at).last_step == last


@given(st.integers(-4, 300), st.integers(-4, 300), st.sets(st.integers(0, 2)), st.sampled_from([1, 2, 3]))
def test_every_network_is_refused_or_survives_json(height: int, width: int, scales: set[int], shared: Any) -> None:
    try:
        network = NiceNetwork(height=height, width=width, scales=tuple(scales), shared=shared)
    except InputError:
        return
    config = replace(RunConfig(), network=network)
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
