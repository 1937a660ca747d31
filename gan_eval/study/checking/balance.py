"""Checks by counting that a design treats its methods alike: slots, neighbours, uses and distances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from gan_eval.study.schema.trials import GAP, Design, TrialSequence


@dataclass(frozen=True, slots=True)
class Balance:
    """Counts over the main trials of all forms, and the worst form's figures.

    slots: source → how often it stands in each slot. neighbours: ordered pair of sources → how often they stand side
    by side. sources: source → trials. trial_uses: (least, most) uses of a main trial over the forms.
    form_slot_spread: the largest difference, within one form, between one source's slots.
    item_gap, repeat_gap: smallest distance in trials between two pictures of an item, and from a trial to its repeat
    (None where nothing comes back).
    """

    slots: Mapping[str, tuple[int, ...]]
    neighbours: Mapping[tuple[str, str], int]
    sources: Mapping[str, int]
    trial_uses: tuple[int, int]
    form_slot_spread: int
    item_gap: int | None
    repeat_gap: int | None


def balance(design: Design) -> Balance:
    """Count a design."""
    slots: Counter[tuple[str, int]] = Counter()
    neighbours: Counter[tuple[str, str]] = Counter()
    uses: Counter[int] = Counter()
    spread = 0
    for form in design.forms:
        own: Counter[tuple[str, int]] = Counter()
        for sources in _main(design, form):
            own.update((source, slot) for slot, source in enumerate(sources))
            neighbours.update(pairwise(sources))
        uses.update(step.trial for step in form.sequence if design.trials[step.trial].role == "main")
        slots.update(own)
        spread = max([spread, *(max(row) - min(row) for row in _rows(own).values())])
    rows = _rows(slots)
    return Balance(
        slots=rows,
        neighbours=dict(sorted(neighbours.items())),
        sources={source: sum(row) for source, row in rows.items()},
        trial_uses=(min(uses.values()), max(uses.values())),
        form_slot_spread=spread,
        item_gap=_least(gap for form in design.forms for gap in _gaps(design, form, repeats=False)),
        repeat_gap=_least(gap for form in design.forms for gap in _gaps(design, form, repeats=True)),
    )


def faults(counted: Balance) -> tuple[str, ...]:
    """Returns a sentence for each imbalance; an empty list where there is none."""
    found = [
        f"{source} stands {'/'.join(map(str, row))} times in the slots"
        for source, row in counted.slots.items()
        if max(row) - min(row) > 1
    ]
    found += [
        f"{a} stands {n} times before {b} but {counted.neighbours.get((b, a), 0)} times after it"
        for (a, b), n in counted.neighbours.items()
        if a < b and abs(n - counted.neighbours.get((b, a), 0)) > 1
    ]
    if counted.item_gap is not None and counted.item_gap < GAP:
        found.append(f"an item comes back after {counted.item_gap} trials, fewer than {GAP}")
    if counted.repeat_gap is not None and counted.repeat_gap < GAP:
        found.append(f"a repeat comes after {counted.repeat_gap} trials, fewer than {GAP}")
    return tuple(found)


def _main(design: Design, form: TrialSequence) -> Iterable[list[str]]:
    """For each main trial of a form the source in each slot."""
    for index, slots in form.sequence:
        trial = design.trials[index]
        if trial.role == "main":
            yield [design.pictures[trial.options[which]].source for which in slots]


def _rows(counts: Counter[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    width = 1 + max(slot for _, slot in counts)
    return {s: tuple(counts[s, slot] for slot in range(width)) for s in sorted({source for source, _ in counts})}


def _gaps(design: Design, form: TrialSequence, *, repeats: bool) -> Iterable[int]:
    """Distances between trials of one item that show different options, or (repeats) the same ones."""
    last: dict[str, int] = {}
    for position, step in enumerate(form.sequence):
        trial = design.trials[step.trial]
        if trial.item in last and (trial.role == "repeat") == repeats:
            yield position - last[trial.item]
        last[trial.item] = position


def _least(values: Iterable[int]) -> int | None:
    return min(values, default=None)
