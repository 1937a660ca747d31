"""Splits images into training and held-out halves by the source they show, never by file.

Outputs of several models for one input, and a real image beside its degraded copy, share their source and fall into
the same half, so that the discriminator never judges what it has seen in another guise. Which half a source falls into
is a pure function of the seed and of its name: neither the order of the models nor a rival has a say in it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gan_eval.errors import TooFewError

Mask = NDArray[np.bool_]
Places = NDArray[np.intp]


class Fold(NamedTuple):
    """A training half and a held-out half; real first, then each model.

    learnt: places of the images that the discriminator is trained on, per set; as many of each model.
    judged: mask of the images whose source it never sees, per set.
    """

    learnt: tuple[Places, ...]
    judged: tuple[Mask, ...]


def folds(real: Sequence[str], fakes: Sequence[Sequence[str]], seed: Sequence[int]) -> Iterator[Fold]:
    """The two folds of a seed; the half that is learnt from in one is judged in the other.

    Parameters
    ----------
    real: source of each real image. fakes: the same of each model. seed: any numbers.

    Each model gives as many images as the one with fewest in that half, those of sources that most models share first.

    Raises TooFewError where a half of a set has nothing to learn from or nothing to judge.
    """
    sets = [real, *fakes]
    first = _first_half(sets, seed)
    for half in (True, False):
        learnt = _budget(sets, [np.array([first[source] == half for source in one]) for one in sets], seed)
        seen = {one[place] for one, places in zip(sets, learnt, strict=True) for place in places}
        judged = tuple(np.array([source not in seen for source in one]) for one in sets)
        if not all(map(len, learnt)) or not all(mask.any() for mask in judged):
            raise TooFewError(f"sets of {', '.join(map(str, map(len, sets)))} images show too few sources to be halved")
        yield Fold(learnt, judged)


def membership(sets: Sequence[Sequence[str]]) -> dict[tuple[bool, ...], list[str]]:
    """Sources by the sets that hold them, each group sorted: (in set 0, in set 1, …) → sources."""
    holding: dict[str, list[bool]] = {}
    for number, one in enumerate(sets):
        for source in one:
            holding.setdefault(source, [False] * len(sets))[number] = True
    groups: dict[tuple[bool, ...], list[str]] = defaultdict(list)
    for source in sorted(holding):
        groups[tuple(holding[source])].append(source)
    return dict(sorted(groups.items()))


def _first_half(sets: Sequence[Sequence[str]], seed: Sequence[int]) -> dict[str, bool]:
    """source → whether it is in the first half. Every group of `membership` is halved, so that every set is."""
    first = {}
    for group in membership(sets).values():
        order = sorted(group, key=lambda source: _draw(seed, source))
        # The odd one of a group falls on either side by the draw of its first source.
        middle = (len(order) + (_draw(seed, "odd " + order[0]) & 1)) // 2
        first.update({source: place < middle for place, source in enumerate(order)})
    return first


def _budget(sets: Sequence[Sequence[str]], halves: Sequence[Mask], seed: Sequence[int]) -> tuple[Places, ...]:
    counts = {source: 0 for one in sets for source in one}
    for one in sets[1:]:
        for source in set(one):
            counts[source] += 1
    least = min(int(half.sum()) for half in halves[1:])
    chosen = [np.flatnonzero(halves[0])]
    for one, half in zip(sets[1:], halves[1:], strict=True):
        shared_first = [
            (-counts[one[place]], _draw(seed, one[place]), place) for place in np.flatnonzero(half).tolist()
        ]
        places = sorted(place for _, _, place in sorted(shared_first)[:least])
        chosen.append(np.array(places, dtype=np.intp))
    return tuple(chosen)


def _draw(seed: Sequence[int], text: str) -> int:
    """A number that depends on the seed and the text only."""
    return int.from_bytes(hashlib.sha256(f"{list(seed)}\0{text}".encode()).digest()[:8])
