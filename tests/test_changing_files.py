"""A few runs of the script that changes files while they are scored, and that it tells a wrong number."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from benchmarks.changing_files import known, one_run


def test_files_that_change_during_a_run_give_no_wrong_number(tmp_path: Path) -> None:
    counts = Counter[str]()
    for run in range(4):
        (tmp_path / str(run)).mkdir()
        one_run(tmp_path / str(run), random.Random(f"1:{run}"), 0.05, counts)
    assert counts.total() == 12
    assert not [what for what in counts if "WRONG" in what]


def test_a_number_of_no_state_is_told() -> None:
    assert known(1.0, [None, 2.0, 1.0 + 1e-12])
    assert not known(1.0, [None, 2.0, 1.0 + 1e-6])
