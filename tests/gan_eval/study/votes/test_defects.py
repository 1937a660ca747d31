"""Nine planted defects are named, and a sound board has none."""

from __future__ import annotations

import pytest

from gan_eval.study.votes.defects import defects
from gan_eval.study.votes.standing import standing
from tests.gan_eval.study.votes.boards import PLANTED, board


@pytest.mark.parametrize("name", PLANTED)
def test_the_planted_defect_is_named(name: str) -> None:
    votes = PLANTED[name]()
    found = defects(votes, standing(votes, count=200))
    assert name in [defect.name for defect in found]
    assert all(defect.text for defect in found)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("ties", [0.0, 0.3])
def test_a_sound_board_has_none(seed: int, ties: float) -> None:
    votes = board(seed=seed, ties=ties)
    assert defects(votes, standing(votes, count=200)) == []
