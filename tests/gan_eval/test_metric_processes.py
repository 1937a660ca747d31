"""Metrics of two processes: what both give is what one gives for all images."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import gan_eval
from gan_eval.metric_state import packed, unpacked
from gan_eval.metrics.moments import statistics
from tests.gan_eval.metric_process import FAKE, REAL, both, features

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module", params=["with torchmetrics", "alone"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the two processes print."""
    store = tmp_path_factory.mktemp("store") / "store"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    form = ["alone"] if request.param == "alone" else []
    command = [sys.executable, str(Path(__file__).with_name("metric_process.py"))]
    processes = [
        subprocess.Popen(
            [*command, str(rank), str(store), *form], stdout=subprocess.PIPE, env=environment, cwd=ROOT, text=True
        )
        for rank in range(2)
    ]
    return [json.loads(process.communicate(timeout=120)[0].splitlines()[-1]) for process in processes]


def test_both_forms_are_tried(told: list[dict[str, Any]], request: pytest.FixtureRequest) -> None:
    alone = "alone" in request.node.name
    assert {one["base"] for one in told} == {"gan_eval.metric_state" if alone else "torchmetrics.metric"}


def test_every_process_gives_the_numbers_of_all_images(told: list[dict[str, Any]]) -> None:
    expected = gan_eval.score(REAL, FAKE, metrics=["fid", "kid", "is", "prdc"], features=both)
    for one in told:
        assert one["values"] == pytest.approx({score.metric: float(score) for score in expected}, rel=1e-9)
        assert one["images"] == [[40, 30]] * len(expected)


def test_each_process_has_its_own_images_back(told: list[dict[str, Any]]) -> None:
    assert [one["own"] for one in told] == [11, 19]
    assert all(one["again"] == one["values"] for one in told)


def test_moments_of_processes_are_merged(told: list[dict[str, Any]]) -> None:
    expected = float(gan_eval.fid(REAL, FAKE, features=features))
    assert [one["moments"] for one in told] == pytest.approx([expected] * 2, rel=1e-6)


def test_a_smaller_group_and_no_group_are_followed(told: list[dict[str, Any]]) -> None:
    assert told[0]["alone"] == pytest.approx(float(gan_eval.kid(REAL, FAKE[:11], features=features)), rel=1e-9)
    assert "no real images" in told[1]["alone"]


def test_another_width_of_features_is_told_by_every_process(told: list[dict[str, Any]]) -> None:
    assert all("dimension 11 and 12" in one["odd"] for one in told)


@pytest.mark.parametrize("cuts", [[20], [1, 2], [3, 17, 39]])
def test_packed_moments_add_up(cuts: list[int]) -> None:
    values = torch.rand(40, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64).numpy()
    parts = [packed(statistics(part)) for part in torch.from_numpy(values).tensor_split(cuts)]
    total, whole = unpacked(torch.cat(parts)), statistics(values)
    assert total is not None
    assert total.n == 40
    assert total.mean == pytest.approx(whole.mean)
    assert total.cov == pytest.approx(whole.cov, abs=1e-12)


def test_no_moments_are_none() -> None:
    assert unpacked(torch.zeros(0, 0)) is None
