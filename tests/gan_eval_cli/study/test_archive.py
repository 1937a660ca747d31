"""`gan-eval study archive`."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from gan_eval.study.collecting.simulate import People, made_up_events
from gan_eval.study.making.folder import read_study
from gan_eval.study.schema.events import write_events
from tests.gan_eval.study.exports import make

Invoke = Callable[..., Result]


def test_an_archive_can_be_analysed_again(invoke: Invoke, tmp_path: Path) -> None:
    import numpy as np

    make(tmp_path, "pairwise")
    exported = read_study(tmp_path / "study")
    answers = made_up_events(exported.manifest, exported.key, People(6, {}), rng=np.random.default_rng(0))
    write_events(tmp_path / "events.jsonl", answers)
    words = ("--key", tmp_path / "study", "--out", tmp_path / "a.zip", "--json")
    result = invoke("study", "archive", tmp_path / "events.jsonl", *words)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["people"] == 6
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    again = invoke(
        *("study", "analyse", tmp_path / "unpacked" / "answers", "--key", tmp_path / "unpacked" / "study", "--json")
    )
    assert json.loads(again.stdout) == json.loads((tmp_path / "unpacked" / "report.json").read_text("utf-8"))
