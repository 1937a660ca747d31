"""Sheets: the right rows, no trace left in the networks, constant maps without NaN."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from nicegan.config import RunConfig
from nicegan.models.nice.model import NiceModel
from nicegan.models.protocol import build_model
from nicegan.pictures import to_pixels
from nicegan.samples import colour, draw_sheet, evaluating, stages


@pytest.fixture
def model(tiny: RunConfig) -> NiceModel:
    built = build_model(replace(tiny, seed=1))
    assert isinstance(built, NiceModel)
    return built


def images(count: int = 2) -> torch.Tensor:
    return torch.rand(count, 3, 24, 24, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_rows_are_what_the_networks_give(model: NiceModel) -> None:
    real = images()
    rows = stages(model, real, "BtoA")
    with evaluating(model):
        z = model.networks.b.encode(real).z
        fake = model.networks.a.generator(z)
        wanted = {
            "real": real,
            "reconstruction": model.networks.b.generator(z),
            "translation": fake,
            "cycle": model.networks.b.generator(model.networks.a.encode(fake).z),
        }
    assert tuple(rows) == ("real", "heatmap", "reconstruction", "translation", "cycle")
    for name, values in wanted.items():
        np.testing.assert_array_equal(rows[name], to_pixels(values).permute(0, 2, 3, 1).numpy())


def test_drawing_leaves_the_networks_as_they_were(model: NiceModel) -> None:
    before = {name: value.clone() for name, value in model.state_dict().items()}
    stages(model.train(), images(), "AtoB")
    torch.testing.assert_close(dict(model.state_dict()), before, rtol=0, atol=0)
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_bf16_gives_nearly_the_same(model: NiceModel) -> None:
    exact, rough = (stages(model, images(), "AtoB", precision=precision) for precision in ("fp32", "bf16"))
    assert np.abs(exact["translation"].astype(int) - rough["translation"].astype(int)).mean() < 8


def test_constant_map_has_a_colour() -> None:
    heat = torch.stack([torch.full((3, 4), 7.0), torch.arange(12.0).reshape(3, 4)])
    coloured = colour(heat)
    assert coloured.shape == (2, 3, 4, 3)
    assert coloured.dtype == np.uint8
    assert (coloured[0] == coloured[0, 0, 0]).all()
    assert coloured[1, 0, 0].tolist() == [0, 0, 127]
    assert coloured[1, -1, -1].tolist() == [127, 0, 0]


def test_sheet_has_room_for_every_picture() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (3, 10, 12, 3), dtype=np.uint8)
    sheet = np.asarray(draw_sheet({"real": pictures, "cycle": pictures}, groups={"train": 2, "test": 1}, title="t"))
    assert sheet.shape[0] > 2 * 10
    windows = np.lib.stride_tricks.sliding_window_view(sheet, (10, 12, 3)).reshape(-1, 10, 12, 3)
    for picture in pictures:
        assert (windows == picture).all(axis=(1, 2, 3)).sum() == 2
