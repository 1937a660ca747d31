"""One participant's sequence: main trials in a random order that keeps an item's pictures apart, repeats, checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from gan_eval.study.making.draw import Drbg
from gan_eval.study.schema.trials import GAP, DesignTrial, Role, TrialUnit


class Shown(NamedTuple):
    """A trial and, for each slot, the index of the option that stands in it."""

    trial: DesignTrial
    slots: tuple[int, ...]


class Placed(NamedTuple):
    """A main trial of a form with the row of the square that it follows, and another row for its repeat."""

    unit: TrialUnit
    row: tuple[int, ...]
    other: tuple[int, ...]


#: Makes the trial of a role over a unit's pictures and puts them into slots by a row.
Show = Callable[[Role, TrialUnit, tuple[int, ...]], Shown]


def sequence(
    placed: Sequence[Placed],
    checks: Sequence[DesignTrial],
    *,
    repeats: int,
    repeated: Counter[TrialUnit],
    show: Show,
    draw: Drbg,
) -> list[Shown]:
    """One form. `repeated` counts how often each unit was repeated in earlier forms, and is brought up to date."""
    order = apart(draw.shuffled(placed))
    shown = [show("main", it.unit, it.row) for it in order]
    candidates = sorted(order, key=lambda it: repeated[it.unit])
    for it in candidates:
        if repeats == 0:
            break
        if places := _later_places(shown, it.unit.item):
            shown.insert(draw.choice(places), show("repeat", it.unit, it.other))
            repeated[it.unit] += 1
            repeats -= 1
    return with_checks(shown, checks, draw)


def apart(placed: Sequence[Placed]) -> list[Placed]:
    """Reorder so that an item comes back after GAP trials at the earliest, where its number of trials allows it.

    Among the items that may come now the one with most trials left goes first, as in scheduling with a cool-down.
    """
    left = Counter(it.unit.item for it in placed)
    waiting, order = list(placed), list[Placed]()
    last: dict[str, int] = {}
    while waiting:
        now = len(order)
        chosen = min(waiting, key=lambda it: (max(0, last.get(it.unit.item, -GAP) + GAP - now), -left[it.unit.item]))
        waiting.remove(chosen)
        order.append(chosen)
        last[chosen.unit.item] = now
        left[chosen.unit.item] -= 1
    return order


def _later_places(shown: Sequence[Shown], item: str) -> list[int]:
    """Positions before which a repeat of `item` may be put: GAP trials from all of its trials, the first before it."""
    own = [p for p, (trial, _) in enumerate(shown) if trial.item == item]
    return [
        place
        for place in range(own[0] + GAP, len(shown) + 1)
        if all((place - p if p < place else p + 1 - place) >= GAP for p in own)
    ]


def with_checks(shown: list[Shown], checks: Sequence[DesignTrial], draw: Drbg) -> list[Shown]:
    """Spread the checks evenly: one at a random place in each of equal stretches, none at the very beginning."""
    checks = draw.shuffled(checks)
    start = min(2, len(shown))
    stretch = (len(shown) - start) / max(1, len(checks))
    for number in range(len(checks) - 1, -1, -1):
        low, high = start + round(number * stretch), start + round((number + 1) * stretch)
        slots = tuple(draw.shuffled(range(len(checks[number].options))))
        shown.insert(low + draw.below(max(1, high - low)), Shown(checks[number], slots))
    return shown
