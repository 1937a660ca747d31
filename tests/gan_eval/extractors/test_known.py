"""The table of networks: each row is whole, and what users read and type follows from it."""

from __future__ import annotations

import importlib
import re
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from click.shell_completion import ShellComplete
from gan_eval_cli.app import gan_eval_group

from gan_eval.extractors.known import KNOWN, LITE0, is_reference, names_in_words, names_pattern, published_weights
from gan_eval.resize import Resampling
from gan_eval.settings import Like, Settings

each_row = pytest.mark.parametrize("name", KNOWN)


@each_row
def test_a_row_names_a_module_that_builds_the_network(name: str) -> None:
    assert callable(importlib.import_module(f"gan_eval.extractors.{KNOWN[name].module}").build)


@each_row
@pytest.mark.parametrize("like", get_args(Like))
def test_a_row_has_an_input_for_every_tool(name: str, like: Like) -> None:
    way = KNOWN[name].preprocessing_of(like)
    assert way.resampling in get_args(Resampling)
    assert np.min(way.scale) > 0


@each_row
def test_settings_take_every_name(name: str) -> None:
    assert Settings(features=name).features == name
    assert name in names_in_words()
    assert re.fullmatch(names_pattern(), f"{name}!") is None


def test_published_files_are_told_apart() -> None:
    hashes = [weights.sha256 for weights in published_weights()]
    assert len(set(hashes)) == len(hashes)
    assert all(re.fullmatch("[0-9a-f]{64}", sha256) for sha256 in hashes)


def test_only_the_published_inception_is_the_reference() -> None:
    pairs = [(name, weights.sha256) for name in [*KNOWN, "timm:resnet18"] for weights in published_weights()]
    assert [pair for pair in pairs if is_reference(*pair)] == [("inception", pairs[0][1])]


def test_a_network_without_published_weights_is_never_verified() -> None:
    assert not replace(LITE0, weights=None).is_published("")


def test_a_shell_completes_the_names() -> None:
    complete = ShellComplete(gan_eval_group, {}, "gan-eval", "_GAN_EVAL_COMPLETE")
    offered = [item.value for item in complete.get_completions(["fid", "a", "b", "--features"], "")]
    assert offered == ["auto", *KNOWN, "timm:"]
    assert [item.value for item in complete.get_completions(["fid", "a", "b", "--features"], "inc")] == ["inception"]
