"""Made-up people: valid events, planted strengths, the same from the same seed."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from gan_eval.errors import InputError
from gan_eval.study.analysing.answers import read_record
from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval.study.collecting.simulate import People, made_up_events
from gan_eval.study.schema.events import verify_event
from gan_eval.study.schema.trials import Kind
from tests.gan_eval.study.drawn import FOOLING, events, study


@pytest.mark.parametrize("kind", KINDS)
def test_every_event_fits_the_study(kind: Kind) -> None:
    manifest, _ = study(kind)
    for event in events(kind, people=3):
        verify_event(event, manifest, where="simulated")


def test_same_seed_same_events() -> None:
    manifest, key = study("pairwise")
    first, again = (made_up_events(manifest, key, People(3, {}), rng=np.random.default_rng(5)) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("kind", ["real-fake", "two-alternative"])
def test_planted_fooling_rates_are_met(kind: Kind) -> None:
    manifest, key = study(kind)
    found = made_up_events(manifest, key, People(150, FOOLING), rng=np.random.default_rng(1))
    told: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    for session in read_record(found, manifest, key).sessions:
        for one in session.of("main"):
            [fake] = [source for source in one.sources if source != "real"] or [None]
            if fake is not None:
                shown[fake] += 1
                told[fake] += one.correct is False
    rates = [told[f"m{n}"] / shown[f"m{n}"] for n in range(3)]
    assert rates == pytest.approx(list(FOOLING.values()), abs=0.06)


def test_careless_people_fail_checks_and_are_fast() -> None:
    manifest, key = study("best-of-k")
    found = made_up_events(manifest, key, People(20, {}, careless=0.5), rng=np.random.default_rng(2))
    careless, careful = [], []
    for session in read_record(found, manifest, key).sessions:
        passed = sum(one.correct is True for one in session.of("imc"))
        fast = np.median([one.payload.rt_ms for one in session.of("main")]) < 1000
        (careless if fast else careful).append(passed)
    assert len(careless) == len(careful) == 10
    assert set(careful) == {3}
    assert np.mean(careless) < 2


def test_unknown_methods_and_impossible_rates_are_refused() -> None:
    manifest, key = study("real-fake")
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="no method 'Z'"):
        made_up_events(manifest, key, People(1, {"Z": 0.2}), rng=rng)
    with pytest.raises(InputError, match="from 0 to 1"):
        made_up_events(manifest, key, People(1, {"CycleGAN": 2.0}), rng=rng)
