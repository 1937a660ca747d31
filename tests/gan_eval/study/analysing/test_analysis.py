"""Analyses of whole studies: planted differences found, cautions given, nobody left told."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_eval.errors import InputError
from gan_eval.report.study.tables import all_tables
from gan_eval.report.study.wording import paragraph
from gan_eval.study.analysing.analysis import analyse, main_measures, primary_test
from gan_eval.study.analysing.document import to_dict
from gan_eval.study.analysing.kinds.table import KINDS
from gan_eval.study.schema.manifest import Key, Rules, commitment
from gan_eval.study.schema.trials import Kind
from tests.gan_eval.study.drawn import FOOLING, NAMES, QUICK, analysis, events, study


@pytest.mark.parametrize("kind", KINDS)
def test_planted_order_is_found(kind: Kind) -> None:
    found = analysis(kind, people=24)
    values = {name: measure.estimate.value for name, measure in main_measures(found).items()}
    assert sorted(values, key=lambda name: -values[name]) == list(NAMES)
    test = primary_test(found.findings)
    assert test is not None
    assert test.p_value < 0.05


@pytest.mark.parametrize("kind", ["real-fake", "two-alternative"])
def test_planted_rates_lie_in_their_intervals(kind: Kind) -> None:
    for name, measure in main_measures(analysis(kind, people=40, seed=3)).items():
        assert measure.estimate.interval is not None
        assert measure.estimate.interval.low <= FOOLING[name] <= measure.estimate.interval.high


def test_same_events_same_analysis() -> None:
    manifest, key = study("pairwise")
    found = events("pairwise", people=8)
    shuffled = sorted(found, key=lambda event: event.event_id)
    assert analyse(found, manifest, key, settings=QUICK) == analyse(shuffled, manifest, key, settings=QUICK)


def test_settings_are_those_of_the_key() -> None:
    manifest, key = study("best-of-k")
    found = analyse(events("best-of-k", people=3), manifest, key)
    assert found.settings.resamples == key.analysis.bootstrap == 10_000
    assert found.settings.level == pytest.approx(0.95)


def test_careless_people_are_excluded_and_the_result_with_them_is_kept() -> None:
    found = analysis("best-of-k", people=12, careless=0.25)
    assert found.people == 9
    assert found.unruled is not None
    assert len(found.unruled.per_person) == 12
    assert any("more than one in five" in text for text in found.warnings)


@pytest.mark.parametrize(("people", "text"), [(3, "too few for any inference"), (8, "t intervals")])
def test_few_people_are_told(people: int, text: str) -> None:
    assert any(text in warning for warning in analysis("pairwise", people=people).warnings)


def test_nobody_left_names_the_rules() -> None:
    manifest, key = study("best-of-k")
    with pytest.raises(InputError, match="nobody is left: all 4 sessions are excluded"):
        analyse(events("best-of-k", people=4, careless=1.0), manifest, key, settings=QUICK)


def test_first_trials_are_dropped_where_the_rules_say_so() -> None:
    manifest, key = study("best-of-k")
    stricter = _resealed(replace(key, rules=replace(key.rules, first_n_dropped=5)))
    found = analyse(events("best-of-k", people=6), manifest, stricter, settings=QUICK)
    assert found.answers == 6 * (18 - 5)


def test_alpha_of_the_key_sets_the_level_of_the_intervals() -> None:
    manifest, key = study("best-of-k")
    wide = _resealed(replace(key, analysis=replace(key.analysis, alpha=0.01, bootstrap=200)))
    assert analyse(events("best-of-k", people=6), manifest, wide).settings.level == 0.99


def test_without_rules_only_those_without_answers_go() -> None:
    manifest, key = study("best-of-k")
    none = Rules(min_answers_share=0, checks_pass_min=0, median_rt_ms_min=0, max_same_slot_share_p=0)
    found = analyse(
        events("best-of-k", people=6, careless=0.5), manifest, _resealed(replace(key, rules=none)), settings=QUICK
    )
    assert found.people == 6
    assert found.unruled is None


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.randoms(use_true_random=False), st.floats(0.02, 1))
def test_any_part_of_the_answers_can_be_analysed(kind: Kind, draw: random.Random, share: float) -> None:
    manifest, key = study(kind)
    lax = Rules(min_answers_share=0, checks_pass_min=0, median_rt_ms_min=0, max_same_slot_share_p=0)
    part = [event for event in events(kind, people=6) if event.type != "answer" or draw.random() < share]
    try:
        found = analyse(part, manifest, _resealed(replace(key, rules=lax)), settings=QUICK)
    except InputError:
        return
    assert json.dumps(to_dict(found), allow_nan=False)
    assert all_tables(found)
    assert paragraph(found)


def _resealed(key: Key) -> Key:
    return replace(key, commitment=commitment(key))
