"""Results as pandas DataFrames, where pandas is installed; nothing else needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gan_eval.errors import InputError
from gan_eval.result import Score


def data_frame(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Any:
    """A pandas DataFrame of these columns, also where there is no row. Raises InputError where pandas is missing."""
    try:
        import pandas
    except ImportError as error:
        raise InputError("to_dataframe needs pandas, which is not installed (pip install pandas)") from error
    return pandas.DataFrame(rows, columns=list(columns))


#: Columns of `score_row`.
SCORE_COLUMNS = ("model", "rank", "metric", "value", "low", "high", "n_real", "n_fake", "features")


def score_row(model: str, rank: int, score: Score) -> dict[str, Any]:
    """One flat row for a score of a model."""
    bar = score.interval
    return {
        "model": model,
        "rank": rank,
        "metric": score.metric,
        "value": score.value,
        "low": bar.low if bar else None,
        "high": bar.high if bar else None,
        "n_real": score.n_real,
        "n_fake": score.n_fake,
        "features": score.features,
    }
