"""Draws the design: which pictures meet in a trial, and the order and slots in which each form shows them.

A form is one participant's prebuilt sequence. Forms come in groups as large as the Williams square of the number of
options (2 for pairs: the twins): the forms of a group show the same main trials, and from one to the next every trial
moves on to the next row of the square. Hence within a group every trial has its pictures equally often in every slot,
and every ordered pair of neighbours equally often; within one form the rows differ in number by at most one.
Between the groups the trials are dealt as balanced incomplete blocks. Nothing here reads a file or a clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from gan_eval.errors import InputError
from gan_eval.study.analysing.kinds.spec import Sources, TrialSpec
from gan_eval.study.analysing.kinds.table import kind_spec
from gan_eval.study.making.draw import Drbg, williams
from gan_eval.study.making.forms import Placed, Shown, sequence
from gan_eval.study.schema.ids import image_id, trial_id
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
    Role,
    TrialSequence,
    TrialUnit,
)


def build(layout: Layout, *, seed: str, secret: bytes) -> Design:
    """Draw the whole design; the same layout, seed and secret give the same design on any machine.

    Every form has as many trials: where a form has no room for all repeats, every form gets fewer.
    Raises InputError where the pools are too small for the trials asked for, or two ids collide.
    """
    design = _build(layout, seed=seed, secret=secret)
    while len({len(form.sequence) for form in design.forms}) > 1:
        layout = replace(layout, repeats=min(repeats_of(design)))
        design = _build(layout, seed=seed, secret=secret)
    return design


def repeats_of(design: Design) -> list[int]:
    """Repeated trials of each form."""
    return [sum(design.trials[step.trial].role == "repeat" for step in form.sequence) for form in design.forms]


def _build(layout: Layout, *, seed: str, secret: bytes) -> Design:
    per_person = trials_per_person(layout)
    names = _Names(layout, secret)
    square = williams(_trial(layout).options(len(layout.methods)))
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
    trial = _trial(layout)
    if len(layout.methods) < trial.least_methods:
        raise InputError(
            f"a {layout.kind} study needs at least {trial.least_methods} methods, not {len(layout.methods)}"
        )
    if trial.needs_real and not layout.main.reals:
        raise InputError(f"a {layout.kind} study needs real pictures (pass real=DIR)")
    if layout.reference and not trial.shows_input:
        raise InputError(f"a {layout.kind} study shows no input beside the picture (leave the inputs out)")
    cycle = trial.meetings(layout.methods)
    # A source that stands w times in a cycle of c takes w/c of the trials, and shows each of its items once at most.
    room = min(len(cycle) * len(_stems(layout, s)) // n for s, n in Counter(cycle).items())
    once = len(layout.main.items) * (2 if (REAL,) in cycle else 1)
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
            prompt=None if role != "imc" else f"check-{expected}" if len(pictures) == 1 else "check",
        )
        if self.trials.setdefault(name, trial) != trial:
            raise InputError(f"two trials got the id {name} (draw another secret)")
        return trial

    def show(self, role: Role, unit: TrialUnit, row: tuple[int, ...]) -> Shown:
        """The trial of a main unit, and its slots: from which source stands in each to which sorted option does."""
        pictures = _pictures(self._layout, self._layout.main, unit)
        trial = self.trial(role, pictures, unit.item)
        return Shown(trial, tuple(trial.options.index(self.picture(pictures[which])) for which in row))


def _trial(layout: Layout) -> TrialSpec:
    return kind_spec(layout.kind).trial


def _stems(layout: Layout, sources: Sources) -> tuple[str, ...]:
    return layout.main.reals if sources == (REAL,) else layout.main.items


def _deal(layout: Layout, per_person: int, groups: int, draw: Drbg) -> list[list[TrialUnit]]:
    """Main trials of each group of forms: sources in turn, each time on an item used least so far.

    Over all groups the uses of one source's items differ by at most one; among equals, an item that this group has
    not met yet comes first.
    """
    cycle = _trial(layout).meetings(layout.methods)
    # Real pictures that come by themselves alternate with fakes.
    cycle = cycle if (REAL,) in cycle else draw.shuffled(cycle)
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
    """The pictures of a trial, in the order of its sources; an item brings its own real picture where one stands by."""
    if REAL not in unit.sources or unit.sources == (REAL,):
        return [PictureSource(source, unit.item) for source in unit.sources]
    real = pool.reals[pool.items.index(unit.item) % len(pool.reals)]
    return [PictureSource(source, real if source == REAL else unit.item) for source in unit.sources]


def _checks(layout: Layout, names: _Names, draw: Drbg) -> list[DesignTrial]:
    """Instructed checks over drawn signs, and gold trials with one sound picture among spoilt ones."""
    trial = _trial(layout)
    options = trial.options(len(layout.methods))
    trials = []
    tick = PictureSource(CHECK, TICK)
    signs = [tick, *(PictureSource(CHECK, CROSS, str(copy)) for copy in range(options - 1))]
    for number in range(layout.imc):
        # The draw is made for every kind, so that one more label changes no other kind's study.
        word = draw.choice(trial.labels or ("", ""))
        expected = word if options == 1 else names.picture(tick)
        trials.append(names.trial("imc", signs, f"check-{number}", expected=expected))
    for item in layout.gold.items:
        spoilt = [PictureSource(BROKEN, item, str(copy)) for copy in range(max(1, options - 1))]
        if options == 1:
            trials.append(names.trial("gold", spoilt, item, expected=trial.spoilt))
            continue
        source = REAL if trial.real_beside_fake else draw.choice(layout.methods)
        [sound] = _pictures(layout, layout.gold, TrialUnit((source,), item))
        trials.append(names.trial("gold", [sound, *spoilt], item, expected=names.picture(sound)))
    return trials


def _practice(layout: Layout, names: _Names, draw: Drbg) -> list[DesignTrial]:
    """Practice trials in a drawn order, with the right answer where there is one."""
    meetings = _trial(layout).meetings(layout.methods)
    cycle = draw.shuffled([s for s in dict.fromkeys(meetings) if s != (REAL,)])
    units = [TrialUnit(cycle[turn % len(cycle)], item) for turn, item in enumerate(layout.practice.items)]
    if (REAL,) in meetings:
        units += [TrialUnit((REAL,), item) for item in layout.practice.reals]
    trials = []
    for unit in draw.shuffled(units):
        pictures = _pictures(layout, layout.practice, unit)
        expected = right_answer(_trial(layout), [(picture.source, names.picture(picture)) for picture in pictures])
        trials.append(names.trial("practice", pictures, unit.item, expected=expected))
    return trials


def right_answer(trial: TrialSpec, shown: Sequence[tuple[str, str]]) -> str | None:
    """The right answer to pictures of these sources and ids: a label, an image id, or None where nothing is right."""
    if trial.truth is None:
        return None
    right = trial.truth(tuple(source for source, _ in shown))
    return right if trial.labels else dict(shown)[right]
