"""Kendall's τ-b."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gan_eval.inference.ordering import tau_b


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=12))
def test_it_is_scipys(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs, dtype=float).T
    assert tau_b(a, b[None])[0] == pytest.approx(stats.kendalltau(a, b).statistic, nan_ok=True)


def test_resamples_are_rows() -> None:
    a = np.arange(5.0)
    assert tau_b(a, np.stack([a, -a, np.zeros(5)])) == pytest.approx([1, -1, np.nan], nan_ok=True)
