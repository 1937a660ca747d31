"""Designs: balanced over forms and within people, items apart, the same from the same seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_eval.errors import InputError
from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval.study.checking.balance import balance, faults
from gan_eval.study.making.design import build, trials_per_person
from gan_eval.study.schema.trials import BROKEN, CHECK, GAP, REAL, TICK, Design, Kind, Layout, Pool

SECRET = bytes(range(32))


def layout(kind: Kind, methods: int = 3, items: int = 24, **changes: object) -> Layout:
    """A study of so many methods and items, with practice, checks and gold."""
    names = tuple(f"item{n}" for n in range(items))
    reals = tuple(f"real{n}" for n in range(items))
    plain = Layout(
        kind=kind,
        study_id="demo",
        methods=tuple(f"m{n}" for n in range(methods)),
        main=Pool(names, reals),
        practice=Pool(("p0", "p1"), ("q0", "q1")),
        gold=Pool(("g0", "g1"), ("h0", "h1")),
        reference=kind == "best-of-k",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def drawn(kind: Kind, methods: int = 3, items: int = 24, **changes: object) -> Design:
    return build(layout(kind, methods, items, **changes), seed="7", secret=SECRET)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_balanced(kind: Kind) -> None:
    counted = balance(drawn(kind))
    assert faults(counted) == ()
    assert all(len(set(row)) == 1 for row in counted.slots.values())


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_and_secret_same_design(kind: Kind) -> None:
    assert drawn(kind) == drawn(kind)
    assert drawn(kind) != build(layout(kind), seed="8", secret=SECRET)


def test_another_secret_renames_everything_and_nothing_else() -> None:
    other = build(layout("pairwise"), seed="7", secret=bytes(32))
    design = drawn("pairwise")
    assert not design.pictures.keys() & other.pictures.keys()
    assert sorted(design.pictures.values()) == sorted(other.pictures.values())


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(sorted(KINDS)),
    st.integers(2, 5),
    st.integers(10, 40),
    st.integers(1, 40),
    st.integers(0, 3),
    st.integers(0, 4),
)
def test_any_layout_is_balanced_and_apart(
    kind: Kind, methods: int, items: int, trials: int, repeats: int, imc: int
) -> None:
    wanted = layout(kind, methods, items, repeats=repeats, imc=imc, forms=12)
    wanted = replace(wanted, trials=min(trials, trials_per_person(wanted)))
    design = build(wanted, seed=f"{items}", secret=SECRET)
    counted = balance(design)
    assert all(max(row) - min(row) <= 1 for row in counted.slots.values())
    assert counted.item_gap is None or counted.item_gap >= GAP
    assert counted.repeat_gap is None or counted.repeat_gap >= GAP
    assert all(
        sum(design.trials[step.trial].role == "main" for step in form.sequence) == wanted.trials
        for form in design.forms
    )


def test_forms_of_a_group_show_each_trial_in_every_row() -> None:
    design = drawn("best-of-k")
    shown: dict[int, Counter[tuple[int, ...]]] = {}
    for form in design.forms[:6]:
        for trial, slots in form.sequence:
            if design.trials[trial].role == "main":
                shown.setdefault(trial, Counter())[slots] += 1
    assert all(len(rows) == 6 and set(rows.values()) == {1} for rows in shown.values())


def test_twins_mirror_each_other() -> None:
    design = drawn("pairwise")
    first, second = (
        {trial: slots for trial, slots in form.sequence if design.trials[trial].role == "main"}
        for form in design.forms[:2]
    )
    assert first.keys() == second.keys()
    assert all(second[trial] == slots[::-1] for trial, slots in first.items())


def test_pairs_are_dealt_evenly_to_people_and_items() -> None:
    design = drawn("pairwise", methods=4, items=24)
    uses: Counter[int] = Counter()
    for form in design.forms:
        own = Counter(
            tuple(sorted(design.pictures[image].source for image in design.trials[step.trial].options))
            for step in form.sequence
            if design.trials[step.trial].role == "main"
        )
        assert len(own) == 6
        assert max(own.values()) - min(own.values()) <= 1
        uses.update(step.trial for step in form.sequence if design.trials[step.trial].role == "main")
    assert max(uses.values()) - min(uses.values()) <= 1


def test_half_of_single_pictures_are_real() -> None:
    design = drawn("real-fake", methods=2, items=20)
    sources = [
        design.pictures[design.trials[step.trial].options[0]].source
        for step in design.forms[0].sequence
        if design.trials[step.trial].role == "main"
    ]
    assert Counter(sources) == {REAL: 20, "m0": 10, "m1": 10}


def test_repeats_show_the_same_pictures_in_other_slots() -> None:
    design = drawn("best-of-k")
    by_id = {trial.trial_id: trial for trial in design.trials}
    for form in design.forms:
        slots = {design.trials[trial].trial_id: row for trial, row in form.sequence}
        repeats = [design.trials[step.trial] for step in form.sequence if design.trials[step.trial].role == "repeat"]
        assert len(repeats) == 3
        for trial in repeats:
            assert trial.repeat_of is not None
            assert by_id[trial.repeat_of].options == trial.options
            assert slots[trial.repeat_of] != slots[trial.trial_id]


def test_checks_ask_for_the_tick_and_gold_for_the_sound_picture() -> None:
    design = drawn("best-of-k")
    [imc] = {trial.expected for trial in design.trials if trial.role == "imc"}
    assert imc is not None
    assert design.pictures[imc].source == CHECK
    assert design.pictures[imc].item == TICK
    for trial in (one for one in design.trials if one.role == "gold"):
        assert trial.expected is not None
        assert design.pictures[trial.expected].source.startswith("m")
        assert sum(design.pictures[image].source == BROKEN for image in trial.options) == 2


def test_practice_shares_no_picture_with_the_main_part() -> None:
    design = drawn("two-alternative")
    main = {image for trial in design.trials if trial.role == "main" for image in trial.options}
    assert not main & {image for trial in design.practice for image in trial.options}
    assert all(trial.expected in trial.options for trial in design.practice)


def test_public_lists_are_in_the_order_of_ids() -> None:
    design = drawn("pairwise")
    assert list(design.pictures) == sorted(design.pictures)
    assert [trial.trial_id for trial in design.trials] == sorted(trial.trial_id for trial in design.trials)
    assert all(list(trial.options) == sorted(trial.options) for trial in design.trials)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (layout("pairwise", methods=1), "at least 2 methods"),
        (layout("real-fake", main=Pool(("a",))), "needs real pictures"),
        (layout("best-of-k", trials=25), "1 to 24"),
        (layout("real-fake", reference=True), "shows no input"),
    ],
)
def test_impossible_layouts_are_refused(wanted: Layout, message: str) -> None:
    with pytest.raises(InputError, match=message):
        build(wanted, seed="7", secret=SECRET)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trials", [4, 8, 9, 12, 17])
def test_every_form_is_as_long_as_every_other(kind: Kind, trials: int) -> None:
    wanted = replace(layout(kind, 3, 20, repeats=3, imc=3, forms=12), trials=trials)
    design = build(wanted, seed="3", secret=SECRET)
    assert len({len(form.sequence) for form in design.forms}) == 1
