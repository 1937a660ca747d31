"""Records survive a kill, and a resumed run continues them from its checkpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from nicegan.journal import LOG, METRICS, Journal, records


def test_records_beyond_the_checkpoint_are_dropped(tmp_path: Path) -> None:
    journal = Journal(tmp_path, step=0, tensorboard=False)
    for step in (1, 2, 3):
        journal.write(LOG, step, {"loss": step / 2})
    Journal(tmp_path, step=2, tensorboard=False).write(LOG, 3, {"loss": 9.0})
    assert list(records(tmp_path / LOG)) == [
        {"step": 1, "loss": 0.5},
        {"step": 2, "loss": 1.0},
        {"step": 3, "loss": 9.0},
    ]


def test_line_cut_short_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / LOG).write_text('{"step": 1, "loss": 2.0}\n{"step": 2, "lo')
    Journal(tmp_path, step=5, tensorboard=False).write(LOG, 2, {"loss": 3.0})
    assert [record["loss"] for record in records(tmp_path / LOG)] == [2.0, 3.0]
    assert list(records(tmp_path / METRICS)) == []


def test_values_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        Journal(tmp_path, step=0, tensorboard=False).write(LOG, 1, {"loss": float("nan")})
