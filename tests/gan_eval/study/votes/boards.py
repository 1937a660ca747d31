"""Made-up boards of votes, sound and with one planted defect each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gan_eval.study.votes.ballots import Votes

METHODS = tuple("ABCDEFGH")
STRENGTHS = np.linspace(0.9, -0.9, 8)


def board(
    count: int = 6000,
    *,
    seed: int = 0,
    voters: int = 400,
    items: int = 300,
    first: float = 0.0,
    ties: float = 0.1,
    theta: NDArray[np.float64] = STRENGTHS,
    pairs: NDArray[np.int64] | None = None,
) -> Votes:
    """Votes by the Bradley–Terry model, with `first` added to the log odds of the method shown first."""
    rng = np.random.default_rng(seed)
    k = len(theta)
    all_pairs = np.array([(a, b) for a in range(k) for b in range(k) if a != b]) if pairs is None else pairs
    shown = all_pairs[rng.integers(0, len(all_pairs), count)]
    chance = 1 / (1 + np.exp(theta[shown[:, 1]] - theta[shown[:, 0]] - first))
    won = (rng.random(count) < chance).astype(np.float64)
    won[rng.random(count) < ties] = 0.5
    # Nobody votes twice on the same item: items are dealt in turn.
    voter = rng.integers(0, voters, count)
    item = np.arange(count) % items
    return Votes(METHODS[:k], shown[:, 0], shown[:, 1], won, voter, item)


def too_few() -> Votes:
    return board(200)


def first_slot() -> Votes:
    return board(first=0.5)


def draw_prone() -> Votes:
    """The weakest method draws most of its votes."""
    sound = board(ties=0.05)
    rng = np.random.default_rng(1)
    weak = (sound.first == 7) | (sound.second == 7)
    won = np.where(weak & (rng.random(len(sound)) < 0.75), 0.5, sound.won)
    return replace(sound, won=won)


def circle() -> Votes:
    """A beats B, B beats C, C beats A, each in four votes of five."""
    sound = board()
    rng = np.random.default_rng(2)
    won = sound.won.copy()
    for a, b in ((0, 1), (1, 2), (2, 0)):
        for left, right, share in ((a, b, 0.8), (b, a, 0.2)):
            rows = (sound.first == left) & (sound.second == right)
            won[rows] = rng.random(rows.sum()) < share
    return replace(sound, won=won)


def separate_pools() -> Votes:
    pairs = [(a, b) for half in (range(4), range(4, 8)) for a in half for b in half if a != b]
    return board(pairs=np.array(pairs))


def lopsided() -> Votes:
    """Nearly all votes go to pairs among the first four."""
    pairs = [(a, b) for a in range(8) for b in range(8) if a != b]
    weights = [40 if max(pair) < 4 else 1 for pair in pairs]
    return board(pairs=np.repeat(np.array(pairs), weights, axis=0))


def busy_voters() -> Votes:
    """Six people cast a third of all votes."""
    sound = board()
    rng = np.random.default_rng(3)
    few = rng.random(len(sound)) < 1 / 3
    return replace(sound, voter=np.where(few, rng.integers(0, 6, len(sound)), sound.voter))


def one_voter() -> Votes:
    """Two methods are alike, and one person prefers the second of them in a hundred votes."""
    theta = STRENGTHS.copy()
    theta[3] = theta[4] = 0.0
    sound = board(theta=theta, seed=4)
    alone = board(240, theta=theta, pairs=np.array([(3, 4), (4, 3)]), seed=5, items=240)
    won = np.where(alone.first == 4, 1.0, 0.0)
    assert sound.voter is not None
    assert sound.item is not None
    assert alone.item is not None
    return Votes(
        METHODS,
        np.concatenate([sound.first, alone.first]),
        np.concatenate([sound.second, alone.second]),
        np.concatenate([sound.won, won]),
        np.concatenate([sound.voter, np.full(len(alone), 400)]),
        np.concatenate([sound.item, alone.item]),
    )


def duplicates() -> Votes:
    """One vote in twenty was sent again."""
    sound = board()
    again = np.arange(0, len(sound), 20)
    rows = np.concatenate([np.arange(len(sound)), again])
    assert sound.voter is not None
    assert sound.item is not None
    return Votes(METHODS, sound.first[rows], sound.second[rows], sound.won[rows], sound.voter[rows], sound.item[rows])


PLANTED = {
    "too-few-votes": too_few,
    "first-slot": first_slot,
    "ties": draw_prone,
    "circle": circle,
    "disconnected": separate_pools,
    "lopsided": lopsided,
    "busy-voters": busy_voters,
    "one-voter": one_voter,
    "duplicates": duplicates,
}


def write(path: Path, votes: Votes, *, columns: bool = True) -> Path:
    """The board as an arena's CSV; columns: with voter and item."""
    outcome = {1.0: "model_a", 0.0: "model_b", 0.5: "tie"}
    lines = ["model_a,model_b,winner" + (",voter_id,item_id" if columns else "")]
    for n in range(len(votes)):
        cells = [votes.methods[votes.first[n]], votes.methods[votes.second[n]], outcome[float(votes.won[n])]]
        if columns and votes.voter is not None and votes.item is not None:
            cells += [f"v{votes.voter[n]}", f"i{votes.item[n]}"]
        lines.append(",".join(cells))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
