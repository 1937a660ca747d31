"""Agreement: reference values, krippendorff and statsmodels as independent implementations."""

from __future__ import annotations

import krippendorff
import numpy as np
import pytest
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_kappa

from gan_eval.inference.agreement import fleiss_kappa, krippendorff_alpha

FLEISS_1971 = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip
N = np.nan
THREE_CODERS = np.array([
    [N, N, N, N, N, 3, 4, 1, 2, 1, 1, 3, 3, N, 3],
    [1, N, 2, 1, 3, 3, 4, 3, N, N, N, N, N, N, N],
    [N, N, 2, 1, 3, 4, 4, N, 2, 1, 1, 3, 3, N, 4],
])  # fmt: skip


def counted(ratings: np.ndarray, categories: list[float]) -> np.ndarray:
    """Counts (U, C) of ratings (P, U)."""
    return np.stack([(ratings == category).sum(0) for category in categories], axis=1)


def test_fleiss_1971_reference() -> None:
    assert fleiss_kappa(FLEISS_1971) == pytest.approx(0.2099, abs=5e-5)
    assert krippendorff_alpha(FLEISS_1971) == pytest.approx(0.2156, abs=5e-5)


def test_alpha_is_kappa_with_a_correction_for_size() -> None:
    kappa = fleiss_kappa(FLEISS_1971)
    assert krippendorff_alpha(FLEISS_1971) == pytest.approx(kappa + (1 - kappa) / 140)


def test_krippendorff_reference() -> None:
    table = counted(THREE_CODERS, [1, 2, 3, 4])
    assert krippendorff_alpha(table) == pytest.approx(0.6914, abs=5e-5)
    values = np.arange(1.0, 5.0)
    assert krippendorff_alpha(table, distance=(values[:, None] - values) ** 2) == pytest.approx(0.8108, abs=5e-5)


@pytest.mark.parametrize("seed", range(5))
def test_alpha_is_krippendorffs_with_missing_ratings(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ratings = rng.integers(0, 3, size=(6, 20)).astype(float)
    ratings[rng.random(ratings.shape) < 0.3] = np.nan
    theirs = krippendorff.alpha(ratings, level_of_measurement="nominal", value_domain=[0, 1, 2])
    assert krippendorff_alpha(counted(ratings, [0, 1, 2])) == pytest.approx(theirs)


def test_kappa_is_statsmodels(rng: np.random.Generator) -> None:
    counts = counted(rng.integers(0, 4, size=(7, 30)), [0, 1, 2, 3])
    assert fleiss_kappa(counts) == pytest.approx(statsmodels_kappa(counts))


def test_kappa_refuses_unequal_raters() -> None:
    with pytest.raises(ValueError, match="same number"):
        fleiss_kappa([[1, 2], [2, 2]])


def test_full_agreement_is_one_and_sameness_has_no_meaning() -> None:
    assert krippendorff_alpha([[3, 0], [0, 3]]) == 1
    assert np.isnan(krippendorff_alpha([[3, 0], [3, 0]]))
    assert np.isnan(krippendorff_alpha([[1, 0], [0, 1]]))


def test_random_answers_to_different_pairs_agree_by_chance_only(rng: np.random.Generator) -> None:
    a, b = rng.integers(0, 2, size=(2, 12, 200))
    strata = counted(a, [0, 1]), counted(b, [0, 1])
    assert krippendorff_alpha(*strata) == pytest.approx(0, abs=0.02)
    together = np.vstack([np.hstack([strata[0], np.zeros((200, 2))]), np.hstack([np.zeros((200, 2)), strata[1]])])
    assert krippendorff_alpha(together) > 0.3
