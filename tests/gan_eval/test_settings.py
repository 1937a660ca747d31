from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import torch

from gan_eval.errors import InputError
from gan_eval.options import defaults, option_rows
from gan_eval.settings import ReadingOptions, Settings, settings_of


def test_settings_hold_every_option_of_reading() -> None:
    assert [field.name for field in dataclasses.fields(Settings)] == list(option_rows(ReadingOptions))
    assert dataclasses.asdict(Settings()) == defaults(ReadingOptions)


def test_types_of_settings_are_the_plain_ones_of_the_options() -> None:
    """A path for a path and a text for a device; every other type is the option's own."""
    plain = {"weights": Path | None, "device": str}
    for name, hint in get_type_hints(ReadingOptions).items():
        assert get_type_hints(Settings)[name] == plain.get(name, hint), name


@pytest.mark.parametrize(
    "given",
    [
        {"features": torch.nn.Identity},
        {"features": ""},
        {"weights": 3},
        {"like": "nobody"},
        {"workers": -1},
        {"workers": "2"},
        {"device": "gpu"},
        {"device": torch.device("meta")},
        {"precision": "fp16"},
        {"precision": None},
        {"cache": "no"},
        {"on_bad_image": "ignore"},
        {"runtime": "onnx"},
        {"batch_size": 0},
        {"batch_size": 1.5},
    ],
)
def test_a_value_that_does_not_fit_is_told_with_its_name(given: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"^{next(iter(given))}="):
        Settings(**given)


def test_values_become_plain() -> None:
    held = Settings(weights="a.pth", device=torch.device("cuda", 2))  # type: ignore[arg-type]
    assert (held.weights, held.device) == (Path("a.pth"), "cuda:2")


def test_settings_are_taken_from_among_other_values() -> None:
    assert settings_of({"batch_size": 4, "seed": 1}) == Settings(batch_size=4)


def test_without_a_tool_the_preprocessing_is_that_of_clean_fid() -> None:
    assert (Settings().preprocessing, Settings(like="nice-gan").preprocessing) == ("clean-fid", "nice-gan")
