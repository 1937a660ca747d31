"""Balance: what is out of it is named."""

from __future__ import annotations

from dataclasses import replace

from gan_eval.study.checking.balance import balance, faults
from gan_eval.study.making.design import build
from gan_eval.study.schema.trials import Design, FormStep, Layout, Pool, TrialSequence


def small() -> Design:
    items = Pool(tuple(f"item{n}" for n in range(12)))
    return build(Layout("pairwise", "s", ("m0", "m1"), items, forms=2, repeats=0, imc=0), seed="1", secret=bytes(32))


def test_a_method_that_stands_too_often_in_one_slot_is_named() -> None:
    design = small()
    assert faults(balance(design)) == ()
    fixed = tuple(
        TrialSequence(form.form_id, tuple(FormStep(trial, _m0_first(design, trial)) for trial, _ in form.sequence))
        for form in design.forms
    )
    assert "m0 stands 24/0 times in the slots" in faults(balance(replace(design, forms=fixed)))


def _m0_first(design: Design, trial: int) -> tuple[int, ...]:
    sources = [design.pictures[image].source for image in design.trials[trial].options]
    return (0, 1) if sources[0] == "m0" else (1, 0)


def test_a_repeat_that_comes_too_soon_is_named() -> None:
    design = small()
    first = design.forms[0].sequence[0]
    repeat = replace(design.trials[first.trial], trial_id="t" + "f" * 20, role="repeat")
    sequence = (first, FormStep(len(design.trials), first.slots), *design.forms[0].sequence[1:])
    broken = replace(design, trials=(*design.trials, repeat), forms=(TrialSequence("f00", sequence), design.forms[1]))
    assert "a repeat comes after 1 trials, fewer than 8" in faults(balance(broken))
