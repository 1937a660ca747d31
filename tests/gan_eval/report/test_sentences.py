"""What is written of a score says what entered: interval, images, runs, network; in the digits that are meant."""

from __future__ import annotations

from typing import Any

import pytest

from gan_eval.report.numbers import conditions_of, heading_of, interval_of, scales_of, title_of, value_of, with_interval
from gan_eval.report.sentences import listed, score_sentence
from gan_eval.result import Interval, Score

FEATURES = {"name": "inception", "precision": "fp32", "like": "clean-fid"}
BAR = Interval(44.61, 53.04, 0.95, "t")


def score(metric: str = "fid", value: float = 48.636, **changes: Any) -> Score:
    return Score(metric, value, "lower", **{"n_real": 100, "n_fake": 80, "features": "inception", **changes})


@pytest.mark.parametrize(
    ("parts", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_lists_of_any_length(parts: list[str], text: str) -> None:
    assert listed(parts) == text


def test_a_sentence_has_all_that_a_reader_compares_by() -> None:
    text = score_sentence(score(interval=BAR), FEATURES, {"gan_eval": "9.9"}, model="mine")
    assert text.replace("\u00a0", " ") == (
        "FID of mine is 48.6 (95 % CI 44.6 to 53.0; 80 generated against 100 real images; "
        "inception (fp32), clean-fid preprocessing; gan-eval 9.9)."
    )


def test_without_interval_model_and_version_nothing_is_made_up() -> None:
    text = score_sentence(score(), FEATURES, {})
    assert text == (
        "FID is 48.64 (80 generated against 100 real images; inception (fp32), clean-fid preprocessing; gan-eval)."
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_real": 0}, "80 generated against an unknown number of real images"),
        ({"n_fake": 0}, "an unknown number of generated against 100 real images"),
        ({"details": {"runs": {"count": 3}}}, "mean of 3 training runs, each with 80 generated against 100 real"),
        ({"metric": "is"}, "(80 generated images;"),
        ({"metric": "score_is"}, "(80 generated images;"),
    ],
)
def test_the_images_that_entered_are_told(changes: dict[str, Any], words: str) -> None:
    assert words in score_sentence(score(**changes), FEATURES, {})


def test_a_name_that_is_no_metrics_is_shown_as_words_and_begins_with_a_capital() -> None:
    assert score_sentence(score("my_own"), FEATURES, {}).startswith("My own is 48.636 (")


def test_kid_is_shown_times_a_hundred_as_papers_do() -> None:
    kid = score("kid", 0.0123456, interval=Interval(0.0112, 0.0134, 0.95, "t"))
    assert (scales_of("kid"), scales_of("fid")) == ((1, 100), (1,))
    assert title_of("kid", 100) == "KID × 100"
    assert with_interval(kid, scale=100).replace("\u00a0", " ") == "1.23 [1.12, 1.34]"
    assert with_interval(kid).replace("\u00a0", " ") == "0.0123 [0.0112, 0.0134]"


def test_digits_follow_the_width_of_the_interval() -> None:
    shown = [value_of(score(interval=Interval(48.6 - half, 48.6 + half, 0.95, "t"))) for half in (40, 4, 0.4, 0.04)]
    assert [len(each.partition(".")[2]) for each in shown] == sorted(len(each.partition(".")[2]) for each in shown)
    assert shown[0] in ("49", "48.6")
    assert shown[-1].startswith("48.63")


def test_no_interval_is_an_empty_text_and_no_bracket() -> None:
    assert interval_of(score()) == ""
    assert with_interval(score()) == value_of(score()) == "48.64"


def test_a_heading_tells_the_level_of_the_first_interval_there_is() -> None:
    assert heading_of([score(), score(interval=Interval(1, 2, 0.9, "t"))]).replace("\u00a0", " ") == "FID [90 % CI]"
    assert heading_of([score()]) == "FID"


def test_conditions_name_network_precision_and_preprocessing() -> None:
    assert conditions_of(FEATURES) == "inception (fp32), clean-fid preprocessing"
