from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from gan_eval.inference.intervals import holm


@pytest.mark.parametrize(
    ("p", "adjusted"),
    [
        ([0.1078, 0.0169, 0.5811], [0.2156, 0.0507, 0.5811]),
        ([0.2632, 0.0414, 0.0026, 0.5034, 0.1153, 0.8238], [0.7896, 0.2070, 0.0156, 1.0, 0.4612, 1.0]),
    ],
)
def test_holm_reference(p: list[float], adjusted: list[float]) -> None:
    assert holm(p) == pytest.approx(adjusted, abs=5e-5)


def test_holm_is_statsmodels(rng: np.random.Generator) -> None:
    for p in (rng.random(1), rng.random(9) ** 3, np.round(rng.random(12), 1)):
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_keeps_the_order_and_never_lowers(p: list[float]) -> None:
    adjusted = np.array(holm(p))
    assert (adjusted >= np.array(p)).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()
