"""The paper's table, to the printed digits, and the count of what a graph keeps."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from docs.make import published
from nicegan.config import RunConfig, preset
from nicegan.models.nice.settings import NiceNetwork
from nicegan.profile import SavedBytes, profile


@pytest.mark.parametrize(("name", "model"), [("paper", "NICE-GAN"), ("light4", "NICE-GAN*")])
def test_the_papers_table(name: str, model: str) -> None:
    found, row = profile(preset(name)), published.row("nicegan_size", model)
    for kind, figures in found.paper.items():
        assert str(figures) == f"{row[f'{kind}_params_m']}M/{row[f'{kind}_flops_g']}G"
    assert set(found.paper) == {"generators", "discriminators"}
    assert found.networks["disA"].parameters == 46_874_433


def test_an_encoder_of_its_own_is_a_network_of_its_own() -> None:
    network = NiceNetwork(height=96, width=96, channels=2, n_res=1, nice=False)
    found = profile(replace(RunConfig(), network=network))
    assert set(found.networks) == {"gen2B", "gen2A", "disA", "disB", "encA", "encB"}
    assert found.networks["encA"].parameters < found.networks["disA"].parameters


def test_saved_bytes_count_a_storage_once_and_no_parameters() -> None:
    layer, x = nn.Linear(4, 4, bias=False), torch.ones(2, 4, requires_grad=True)
    saved = SavedBytes(layer)
    with torch.autograd.graph.saved_tensors_hooks(saved.pack, saved.unpack):
        y = layer(x * 1)
        (y * y).sum().backward()
    assert saved.peak == 2 * 2 * 4 * 4  # the layer's input and y, which the square keeps twice
