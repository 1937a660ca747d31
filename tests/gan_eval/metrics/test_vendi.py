"""Vendi score: published vectors' values, closed forms, identities, and the command."""

from __future__ import annotations

import numpy as np
import pytest

import gan_eval
from gan_eval.errors import InputError
from gan_eval.metrics.vendi import vendi_score


@pytest.fixture
def vectors() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((200, 8)), rng.standard_normal((150, 8)) * 0.9 + 0.3


@pytest.mark.parametrize(("order", "value"), [(1, 7.77621219), (2, 7.55225975), (np.inf, 5.31701585)])
def test_values_of_the_authors_package(vectors: tuple[np.ndarray, np.ndarray], order: float, value: float) -> None:
    assert vendi_score(vectors[1], order=order) == pytest.approx(value, abs=1e-7)


def test_value_of_another_set(vectors: tuple[np.ndarray, np.ndarray]) -> None:
    assert vendi_score(vectors[0]) == pytest.approx(7.89444312, abs=1e-7)


@pytest.mark.parametrize("order", [0.5, 1, 2, np.inf])
def test_copies_of_orthogonal_images_count_once(order: float) -> None:
    assert vendi_score(np.repeat(np.eye(5), 7, axis=0), order=order) == pytest.approx(5)
    assert vendi_score(np.ones((6, 4)), order=order) == pytest.approx(1)


def test_both_forms_agree_at_as_many_images_as_features() -> None:
    x = np.random.default_rng(0).standard_normal((12, 12))
    padded = np.hstack([x, np.zeros((12, 1))])
    assert vendi_score(np.vstack([x, x])) == pytest.approx(vendi_score(np.vstack([padded, padded])))
    assert vendi_score(x) == pytest.approx(vendi_score(padded))


def test_a_zero_row_has_no_direction() -> None:
    with pytest.raises(InputError, match="no direction"):
        vendi_score(np.zeros((3, 4)))


def test_python_gives_the_real_sets_own_beside_it(tiny_everywhere: object) -> None:
    images = np.random.default_rng(0).integers(0, 255, (2, 20, 16, 16, 3), dtype=np.uint8)
    (score,) = gan_eval.score(images[0], images[1], metrics=["vendi"])
    assert score.metric == "vendi"
    assert 1 < score.value <= 16
    assert score.details["real"]["n"] == 20
    assert any("variety alone" in warning for warning in score.warnings)
