"""What is wrong with a board of votes, before anybody reads its order.

Each check has a reason to fire that a sound board seldom has: tests at 0.001, or effects that move the order. A check
that lacks its column (who voted, which side a method stood on) is not made, and `standing` says so.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from gan_eval.inference.choice import components
from gan_eval.inference.paired_strengths import paired_strengths
from gan_eval.study.votes.ballots import Votes
from gan_eval.study.votes.standing import Standing

Floats = NDArray[np.float64]

#: Level of the checks that are tests.
_LEVEL = 0.001
#: Share of votes from which the busiest hundredth of people (at least five) weighs too much.
_BUSY = 0.25
#: Votes on a pair, as a share of the mean over pairs, below which the pair is neglected.
_NEGLECTED = 0.2


@dataclass(frozen=True, slots=True)
class Defect:
    """A reason to distrust a board. name: stable identifier; text: what was found, in a sentence."""

    name: str
    text: str


def defects(votes: Votes, standing: Standing) -> list[Defect]:
    """All that is found, in the order of the checks; an empty list for a sound board."""
    wins = votes.wins()
    texts: list[tuple[str, str | None]] = [
        ("disconnected", _disconnected(votes, wins)),
        ("too-few-votes", _too_few(votes, standing)),
        ("lopsided", _lopsided(votes, wins)),
        ("duplicates", _duplicates(votes)),
        ("first-slot", _first_slot(votes, wins)),
        ("ties", _ties(votes, wins)),
        ("circle", _circle(votes, wins)),
        ("busy-voters", _busy(votes)),
        ("one-voter", _one_voter(votes, standing)),
    ]
    return [Defect(name, text) for name, text in texts if text is not None]


def _disconnected(votes: Votes, wins: Floats) -> str | None:
    met = (wins + wins.T) > 0
    groups = components(met.astype(np.float64))
    if len(groups) == 1:
        return None
    names = "; ".join(", ".join(votes.methods[m] for m in group) for group in groups)
    return f"{len(groups)} groups of methods never met, so that they have no common order: {names}"


def _too_few(votes: Votes, standing: Standing) -> str | None:
    """Hardly any neighbours are told apart, while the votes on a pair are few."""
    k = len(votes.methods)
    order = sorted(range(k), key=lambda m: -standing.values[m])
    told = {frozenset((pair.a, pair.b)) for pair in standing.told()}
    apart = sum(frozenset((votes.methods[a], votes.methods[b])) in told for a, b in itertools.pairwise(order))
    each = 2 * len(votes) / (k * (k - 1))
    if each >= 30 or apart > (k - 1) / 4:
        return None
    return f"{len(votes)} votes are {each:.0f} for each pair; {apart} of {k - 1} neighbours in the order are told apart"


def _lopsided(votes: Votes, wins: Floats) -> str | None:
    """Pairs that got a fraction of the votes that others got, beyond what chance does."""
    upper = np.triu_indices(len(votes.methods), 1)
    played = (wins + wins.T)[upper]
    if len(played) < 3 or stats.chisquare(played).pvalue >= _LEVEL:
        return None
    poor = int((played < _NEGLECTED * played.mean()).sum())
    if poor * 10 < len(played):
        return None
    return (
        f"{poor} of {len(played)} pairs have fewer than a fifth of the votes that pairs have on average "
        f"({int(played.min())} to {int(played.max())})"
    )


def _duplicates(votes: Votes) -> str | None:
    """The same person's vote on the same item and pair, more than once."""
    if votes.voter is None or votes.item is None:
        return None
    low, high = np.minimum(votes.first, votes.second), np.maximum(votes.first, votes.second)
    kinds, counts = np.unique(np.stack([votes.voter, votes.item, low, high]), axis=1, return_counts=True)
    again = int((counts - 1).sum())
    if again * 100 <= len(votes):
        return None
    people = len(np.unique(kinds[0][counts > 1]))
    return f"{again} of {len(votes)} votes repeat a person's vote on the same item and pair ({people} people)"


def _first_slot(votes: Votes, wins: Floats) -> str | None:
    """The method shown first is chosen more (or less) often than the strengths say."""
    expected = _expected(votes, paired_strengths(wins[None])[0])
    decided = votes.won != 0.5
    gap = float((votes.won - expected)[decided].sum())
    spread = float((expected * (1 - expected))[decided].sum())
    # Where the slots are balanced the strengths cannot absorb the advantage; where not, part of it is hidden.
    if spread == 0 or 2 * stats.norm.sf(abs(gap) / np.sqrt(spread)) >= _LEVEL:
        return None
    if abs(gap) / decided.sum() < 0.02:
        return None
    share = float((votes.won[decided] == 1).mean())
    return f"the method shown first was chosen in {100 * share:.1f} % of decided votes, which strengths do not explain"


def _expected(votes: Votes, theta: Floats) -> Floats:
    """Probability that the first is chosen, by the strengths."""
    return np.asarray(1 / (1 + np.exp(theta[votes.second] - theta[votes.first])), dtype=np.float64)


def _ties(votes: Votes, wins: Floats) -> str | None:
    """Methods whose place depends on whether a vote for neither counts half."""
    tied = votes.won == 0.5
    if tied.mean() < 0.02 or tied.all():
        return None
    rest = Votes(votes.methods, votes.first[~tied], votes.second[~tied], votes.won[~tied], None, None)
    decided = rest.wins()
    if len(components(decided)) > 1 or len(components(wins)) > 1:
        return None
    half, without = paired_strengths(np.stack([wins, decided]))
    k = len(votes.methods)
    counts = np.bincount(votes.first[tied], minlength=k) + np.bincount(votes.second[tied], minlength=k)
    share = counts / np.maximum(1, (wins + wins.T).sum(1))
    odd = np.flatnonzero(share > 2 * tied.mean())
    moved = [m for m in odd if _rank(half, m) != _rank(without, m)]
    if not moved:
        return None
    names = ", ".join(f"{votes.methods[m]} ({100 * share[m]:.0f} % of its votes)" for m in moved)
    return f"the place of {names} depends on whether votes for neither count half or not at all"


def _rank(theta: Floats, method: np.intp) -> int:
    return int((theta > theta[method]).sum())


def _circle(votes: Votes, wins: Floats) -> str | None:
    """Deviance of the Bradley–Terry model: one strength per method does not explain the pairs."""
    if len(components(wins)) > 1:
        return None
    theta = paired_strengths(wins[None])[0]
    upper = np.triu_indices(len(votes.methods), 1)
    won, lost = wins[upper], wins.T[upper]
    played = won + lost
    share = 1 / (1 + np.exp(theta[upper[1]] - theta[upper[0]]))
    used = played > 0
    freedom = int(used.sum()) - len(votes.methods) + 1
    if freedom < 1:
        return None
    observed = np.divide(won, played, out=np.zeros_like(won), where=used)
    gap = float((played[used] * (observed - share)[used] ** 2 / (share * (1 - share))[used]).sum())
    if stats.chi2.sf(gap, freedom) >= _LEVEL:
        return None
    worst = int(np.argmax(np.where(used, np.abs(observed - share), 0)))
    a, b = votes.methods[upper[0][worst]], votes.methods[upper[1][worst]]
    return (
        f"one strength per method does not explain the votes ({a} was chosen over {b} in "
        f"{100 * observed[worst]:.0f} %, {100 * share[worst]:.0f} % expected): methods may beat each other in a circle"
    )


def _busy(votes: Votes) -> str | None:
    if votes.voter is None or not votes.voters:
        return None
    counts = np.sort(np.bincount(votes.voter))[::-1]
    top = max(5, len(counts) // 100)
    share = float(counts[:top].sum() / counts.sum())
    if len(counts) < 4 * top or share < _BUSY:
        return None
    return f"{top} of {len(counts)} people gave {100 * share:.0f} % of all votes"


def _one_voter(votes: Votes, standing: Standing) -> str | None:
    """A person without whom the order changes in a place that the tests call sure, or who alone makes a pair sure."""
    if votes.voter is None or not votes.voters or votes.voters < 3:
        return None
    counts = np.bincount(votes.voter)
    full = np.array(standing.values)
    # Only who voted far more than the others can turn a board alone.
    loud = [int(v) for v in np.argsort(-counts)[:5] if counts[v] > 5 * np.median(counts)]
    for voter in loud:
        without = paired_strengths(votes.wins((votes.voter != voter).astype(np.float64))[None])[0]
        turned = _turned(full, without, standing)
        if turned is not None:
            a, b = (votes.methods[m] for m in turned)
            return f"without one person, who gave {counts[voter]} of {len(votes)} votes, {b} comes before {a}"
    return None


def _turned(full: Floats, without: Floats, standing: Standing) -> tuple[int, int] | None:
    """Two methods whose order turns by more than half the standard error of their difference."""
    for a, b in itertools.permutations(range(len(full)), 2):
        if full[a] > full[b] and without[a] < without[b]:
            spread = float((standing.replicates[:, a] - standing.replicates[:, b]).std())
            if (full[a] - full[b]) - (without[a] - without[b]) > 0.5 * spread:
                return a, b
    return None
