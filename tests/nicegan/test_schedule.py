"""The learning rate, against the authors' loop of subtractions and where that loop goes wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nicegan.config import OptimConfig
from nicegan.schedule import learning_rate


@pytest.mark.parametrize("iterations", [2, 10, 1000])
def test_equals_the_authors_subtractions(iterations: int) -> None:
    config, rate = OptimConfig(iterations=iterations), 1e-4
    for step in range(1, iterations + 1):
        if step > iterations // 2:
            rate -= 1e-4 / (iterations // 2)
        assert learning_rate(step, config) == pytest.approx(rate, abs=1e-18)


@given(st.integers(1, 10**6), st.data())
def test_is_never_negative_and_never_rises(iterations: int, data: st.DataObject) -> None:
    step = data.draw(st.integers(1, iterations))
    config = OptimConfig(iterations=iterations)
    assert 0 <= learning_rate(step + 1, config) <= learning_rate(step, config) <= config.learning_rate


def test_without_decay_it_stays() -> None:
    assert learning_rate(300_000, OptimConfig(decay=False)) == 1e-4


def test_the_papers_models_saw_no_decay() -> None:
    assert learning_rate(100_000, OptimConfig()) == 1e-4
    assert learning_rate(225_000, OptimConfig()) == pytest.approx(0.5e-4)
