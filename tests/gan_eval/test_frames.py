from __future__ import annotations

import sys
from typing import Any

import pytest

from gan_eval.discriminative.outcome import NrdsResult
from gan_eval.errors import InputError
from gan_eval.frames import SCORE_COLUMNS, data_frame, score_row
from gan_eval.result import Interval, Score


def score(model: str, value: float, interval: Interval | None = None) -> Score:
    details = {"model": model}
    return Score("nrds", value, "higher", 20, 10, "lite0", interval=interval, details=details)


def outcome(*scores: Score) -> NrdsResult:
    empty: dict[str, Any] = {"protocol": {}, "pairs": (), "curves": {}, "trained_curves": {}, "areas": {}}
    return NrdsResult(scores=scores, seeds=(), flags={}, provenance=None, warnings=(), **empty)


def test_a_contest_is_a_table_of_its_models_best_first() -> None:
    frame = outcome(score("a", 0.7, Interval(0.6, 0.8, 0.95, "t")), score("b", 0.3)).to_dataframe()
    assert list(frame.columns) == list(SCORE_COLUMNS)
    assert frame[["model", "rank", "value"]].to_numpy().tolist() == [["a", 1, 0.7], ["b", 2, 0.3]]
    assert (frame.low[0], frame.high[0], frame.n_real[0], frame.n_fake[0]) == (0.6, 0.8, 20, 10)
    assert frame[["low", "high"]].isna().to_numpy().tolist() == [[False, False], [True, True]]


def test_a_table_without_rows_has_its_columns() -> None:
    assert list(data_frame([], SCORE_COLUMNS).columns) == list(SCORE_COLUMNS)


def test_a_row_has_every_column() -> None:
    assert tuple(score_row("a", 1, score("a", 1.0))) == SCORE_COLUMNS


def test_without_pandas_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="pip install pandas"):
        outcome(score("a", 1.0)).to_dataframe()
