"""Which pictures meet in which trial, and in which order and slots each form shows them.

A form is one participant's prebuilt sequence. Forms come in groups as large as the Williams square of the number of
options (2 for pairs: the twins): the forms of a group show the same main trials, and from one to the next every trial
moves on to the next row of the square. Hence within a group every trial has its pictures equally often in every slot,
and every ordered pair of neighbours equally often; within one form the rows differ in number by at most one.
Between the groups the trials are dealt as balanced incomplete blocks. Nothing here reads a file or a clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from gan_eval.errors import InputError
from gan_eval.study.making.draw import Drbg, image_id, trial_id, williams
from gan_eval.study.making.forms import Placed, Shown, sequence
from gan_eval.study.schema.trials import (
    BROKEN,
    CHECK,
    CROSS,
    INPUT,
    REAL,
    TICK,
    USUAL_TRIALS,
    Design,
    DesignTrial,
    FormStep,
    Layout,
    PictureSource,
    Pool,
    Prompt,
    Role,
    TrialSequence,
    TrialUnit,
    options_per_trial,
)


def build(layout: Layout, *, seed: str, secret: bytes) -> Design:
    """Draw the whole design; the same layout, seed and secret give the same design on any machine.

    Raises InputError where the pools are too small for the trials asked for, or two ids collide.
    """
    per_person = trials_per_person(layout)
    names = _Names(layout, secret)
    square = williams(options_per_trial(layout.kind, len(layout.methods)))
    groups = max(1, -(-layout.forms // len(square)))
    checks = _checks(layout, names, Drbg(seed, "checks"))
    practice = tuple(_practice(layout, names, Drbg(seed, "practice")))
    repeated: Counter[TrialUnit] = Counter()
    sequences: list[list[Shown]] = []
    for group, units in enumerate(_deal(layout, per_person, groups, Drbg(seed, "sets"))):
        base = _base_rows(units, square, Drbg(seed, f"rows-{group}"))
        for turn in range(len(square)):
            draw = Drbg(seed, f"form-{len(sequences)}")
            placed = [_place(unit, square, row + turn, draw) for unit, row in zip(units, base, strict=True)]
            sequences.append(
                sequence(placed, checks, repeats=layout.repeats, repeated=repeated, show=names.show, draw=draw)
            )
    trials = tuple(sorted((t for t in names.trials.values() if t.role != "practice"), key=lambda t: t.trial_id))
    index = {trial.trial_id: position for position, trial in enumerate(trials)}
    forms = tuple(
        TrialSequence(f"f{number:02d}", tuple(FormStep(index[trial.trial_id], slots) for trial, slots in shown))
        for number, shown in enumerate(sequences)
    )
    return Design(layout.kind, dict(sorted(names.pictures.items())), practice, trials, forms)


def trials_per_person(layout: Layout) -> int:
    """Main trials of one person: as asked for, else each item once and at most USUAL_TRIALS.

    Raises InputError where there are not so many, or methods or real pictures are missing.
    """
    least = 2 if layout.kind in ("best-of-k", "pairwise") else 1
    if len(layout.methods) < least:
        raise InputError(f"a {layout.kind} study needs at least {least} methods, not {len(layout.methods)}")
    if least == 1 and not layout.main.reals:
        raise InputError(f"a {layout.kind} study needs real pictures (--real DIR)")
    if least == 1 and layout.reference:
        raise InputError(f"a {layout.kind} study shows no input beside the picture (leave --input out)")
    cycle = _cycle(layout)
    # A source that stands w times in a cycle of c takes w/c of the trials, and shows each of its items once at most.
    room = min(len(cycle) * len(_stems(layout, s)) // n for s, n in Counter(cycle).items())
    once = len(layout.main.items) * (2 if layout.kind == "real-fake" else 1)
    wanted = min(room, once, USUAL_TRIALS) if layout.trials is None else layout.trials
    if not 1 <= wanted <= room:
        raise InputError(f"{wanted} trials per person asked for, but these pictures give 1 to {room} (add items)")
    return wanted


class _Names:
    """Pictures and trials made so far, by id; a collision ends the build."""

    def __init__(self, layout: Layout, secret: bytes) -> None:
        self.pictures: dict[str, PictureSource] = {}
        self.trials: dict[str, DesignTrial] = {}
        self._layout, self._secret = layout, secret

    def picture(self, picture: PictureSource) -> str:
        name = image_id(self._secret, self._layout.study_id, *picture)
        if self.pictures.setdefault(name, picture) != picture:
            raise InputError(f"two pictures got the id {name} (draw another secret)")
        return name

    def trial(
        self, role: Role, pictures: Sequence[PictureSource], item: str, *, expected: str | None = None
    ) -> DesignTrial:
        """Make (or find) a trial over `pictures`; a repeat names the main trial of the same pictures."""
        sources = [picture.source for picture in pictures]
        name = trial_id(self._secret, self._layout.study_id, role, sources, item)
        main = trial_id(self._secret, self._layout.study_id, "main", sources, item)
        trial = DesignTrial(
            trial_id=name,
            role=role,
            item=item,
            options=tuple(sorted(self.picture(picture) for picture in pictures)),
            reference=self.picture(PictureSource(INPUT, item)) if self._layout.reference and role != "imc" else None,
            repeat_of=main if role == "repeat" else None,
            expected=expected,
            prompt=_prompt(expected) if role == "imc" else None,
        )
        if self.trials.setdefault(name, trial) != trial:
            raise InputError(f"two trials got the id {name} (draw another secret)")
        return trial

    def show(self, role: Role, unit: TrialUnit, row: tuple[int, ...]) -> Shown:
        """The trial of a main unit, and its slots: from which source stands in each to which sorted option does."""
        pictures = _pictures(self._layout, self._layout.main, unit)
        trial = self.trial(role, pictures, unit.item)
        return Shown(trial, tuple(trial.options.index(self.picture(pictures[which])) for which in row))


def _prompt(expected: str | None) -> Prompt:
    return "check-real" if expected == "real" else "check-fake" if expected == "fake" else "check"


def _cycle(layout: Layout) -> list[tuple[str, ...]]:
    """Sources of main trials, in the proportions in which they come: of realism trials half are real."""
    if layout.kind == "best-of-k":
        return [layout.methods]
    if layout.kind == "pairwise":
        return list(combinations(layout.methods, 2))
    if layout.kind == "two-alternative":
        return [(method, REAL) for method in layout.methods]
    return [(source,) for method in layout.methods for source in (method, REAL)]


def _stems(layout: Layout, sources: tuple[str, ...]) -> tuple[str, ...]:
    return layout.main.reals if sources == (REAL,) else layout.main.items


def _deal(layout: Layout, per_person: int, groups: int, draw: Drbg) -> list[list[TrialUnit]]:
    """Main trials of each group of forms: sources in turn, each time on an item used least so far.

    Over all groups the uses of one source's items differ by at most one; among equals, an item that this group has
    not met yet comes first.
    """
    cycle = _cycle(layout) if layout.kind == "real-fake" else draw.shuffled(_cycle(layout))
    ranks = {s: {item: r for r, item in enumerate(draw.shuffled(_stems(layout, s)))} for s in dict.fromkeys(cycle)}
    uses: Counter[TrialUnit] = Counter()
    sets, turn = [], 0
    for _ in range(groups):
        met: Counter[str] = Counter()
        chosen: list[TrialUnit] = []
        for _ in range(per_person):
            sources = cycle[turn % len(cycle)]
            free = [TrialUnit(sources, item) for item in ranks[sources] if TrialUnit(sources, item) not in chosen]
            unit = min(free, key=lambda u: (uses[u], met[u.item], ranks[u.sources][u.item]))
            chosen.append(unit)
            uses[unit] += 1
            met[unit.item] += 1
            turn += 1
        sets.append(chosen)
    return sets


def _base_rows(units: Sequence[TrialUnit], square: Sequence[tuple[int, ...]], draw: Drbg) -> list[int]:
    """A row of the square for each unit, so that within a form every source stands about equally often in each slot.

    Each unit in a random order takes the row that puts its sources where they have stood least; among equals the row
    used least.
    """
    stood: Counter[tuple[str, int]] = Counter()
    used: Counter[int] = Counter()
    rows = [0] * len(units)
    for number in draw.shuffled(range(len(units))):
        sources = units[number].sources
        load = [sum(stood[sources[which], slot] for slot, which in enumerate(row)) for row in square]
        best = min((load[r], used[r]) for r in range(len(square)))
        rows[number] = chosen = draw.choice([r for r in range(len(square)) if (load[r], used[r]) == best])
        used[chosen] += 1
        stood.update((sources[which], slot) for slot, which in enumerate(square[chosen]))
    return rows


def _place(unit: TrialUnit, square: Sequence[tuple[int, ...]], row: int, draw: Drbg) -> Placed:
    mine = square[row % len(square)]
    return Placed(unit, mine, draw.choice([other for other in square if other != mine] or [mine]))


def _pictures(layout: Layout, pool: Pool, unit: TrialUnit) -> list[PictureSource]:
    """The pictures of a trial, in the order of its sources; a two-alternative item brings its own real picture."""
    if layout.kind != "two-alternative":
        return [PictureSource(source, unit.item) for source in unit.sources]
    real = pool.reals[pool.items.index(unit.item) % len(pool.reals)]
    return [PictureSource(source, real if source == REAL else unit.item) for source in unit.sources]


def _checks(layout: Layout, names: _Names, draw: Drbg) -> list[DesignTrial]:
    """Instructed checks over drawn signs, and gold trials with one sound picture among spoilt ones."""
    options = options_per_trial(layout.kind, len(layout.methods))
    trials = []
    tick = PictureSource(CHECK, TICK)
    signs = [tick, *(PictureSource(CHECK, CROSS, str(copy)) for copy in range(options - 1))]
    for number in range(layout.imc):
        word = draw.choice(("real", "fake"))
        expected = word if options == 1 else names.picture(tick)
        trials.append(names.trial("imc", signs, f"check-{number}", expected=expected))
    for item in layout.gold.items:
        spoilt = [PictureSource(BROKEN, item, str(copy)) for copy in range(max(1, options - 1))]
        if options == 1:
            trials.append(names.trial("gold", spoilt, item, expected="fake"))
            continue
        source = REAL if layout.kind == "two-alternative" else draw.choice(layout.methods)
        [sound] = _pictures(layout, layout.gold, TrialUnit((source,), item))
        trials.append(names.trial("gold", [sound, *spoilt], item, expected=names.picture(sound)))
    return trials


def _practice(layout: Layout, names: _Names, draw: Drbg) -> list[DesignTrial]:
    """Practice trials in a drawn order; realism trials know their answer, preferences have none."""
    cycle = draw.shuffled([s for s in dict.fromkeys(_cycle(layout)) if s != (REAL,)])
    units = [TrialUnit(cycle[turn % len(cycle)], item) for turn, item in enumerate(layout.practice.items)]
    if layout.kind == "real-fake":
        units += [TrialUnit((REAL,), item) for item in layout.practice.reals]
    trials = []
    for unit in draw.shuffled(units):
        pictures = _pictures(layout, layout.practice, unit)
        expected = None
        if layout.kind == "real-fake":
            expected = "real" if unit.sources == (REAL,) else "fake"
        elif layout.kind == "two-alternative":
            expected = names.picture(pictures[1])
        trials.append(names.trial("practice", pictures, unit.item, expected=expected))
    return trials
