from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gan_eval.discriminative.saved import from_curves, read_curves
from gan_eval.errors import InputError, TooFewError

CURVES = {"real": [0.5, 0.8, 1.0], "good": [0.5, 0.5, 0.5], "bad": [0.5, 0.2, 0.1]}


def test_scores_are_shares_of_the_areas_without_the_real_curve() -> None:
    made = from_curves(CURVES)
    assert made.areas == pytest.approx({"real": 1.55, "good": 1.0, "bad": 0.5})
    assert [(score.details["model"], score.value) for score in made.scores] == [
        ("good", pytest.approx(2 / 3)),
        ("bad", pytest.approx(1 / 3)),
    ]


def test_a_result_is_a_file_of_curves(tmp_path: Path) -> None:
    path = tmp_path / "made.json"
    path.write_text(json.dumps(from_curves(CURVES).to_dict()))
    assert read_curves(path) == CURVES


def doctored(path: Path, **changes: Any) -> Path:
    document = from_curves(CURVES).to_dict()
    path.write_text(json.dumps({**document, **changes}))
    return path


@pytest.mark.parametrize(
    "changes", [{"curves": {**CURVES, "bad": [0.5, 0.2, 0.11]}}, {"curves_sha256": "0" * 64}, {"curves_sha256": None}]
)
def test_a_result_whose_curves_are_not_those_printed_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"damaged.*run nrds again"):
        read_curves(doctored(tmp_path / "made.json", **changes))


def test_a_model_may_be_called_as_a_field_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "curves.json"
    path.write_text(json.dumps({"scores": [0.5, 0.8], "command": [0.5, 0.2]}))
    assert read_curves(path).keys() == {"scores", "command"}


def test_a_plain_table_is_one_too(tmp_path: Path) -> None:
    path = tmp_path / "curves.json"
    path.write_text(json.dumps(CURVES))
    assert read_curves(path) == CURVES


@pytest.mark.parametrize(
    "document", [[1, 2], {}, {"curves": {}}, {"a": 3}, {"a": [0.5, "x"]}, {"curves": {"a": [True, False]}}]
)
def test_other_files_are_refused(tmp_path: Path, document: Any) -> None:
    path = tmp_path / "other.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="no curves"):
        read_curves(path)


def test_areas_near_zero_are_warned_of() -> None:
    made = from_curves({"a": [0.1, 0.0, 0.0, 0.0], "b": [0.2, 0.0, 0.0, 0.0]})
    assert made.flags["near_zero"]
    assert "mostly noise" in made.warnings[0]


def test_one_model_is_too_few() -> None:
    with pytest.raises(TooFewError):
        from_curves({"real": [0.5, 0.9], "a": [0.5, 0.4]})
