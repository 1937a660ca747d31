from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gan_eval.comparison import Comparison, Model, compare
from gan_eval.pairing import Evidence, Pairing, SharedInputs
from gan_eval.pairs import Pair
from gan_eval.provenance import Provenance
from gan_eval.report.comparison import (
    equivalence_sentences,
    html,
    pair_tables,
    pairing_sentences,
    run_table,
    score_table,
    sentences,
    verdict,
    write_html,
)
from gan_eval.result import Interval, Score
from gan_eval.training_runs import ModelRun
from tests.gan_eval.report.pages import HOSTILE, check_page, text_of

MakeFolder = Callable[..., Path]

NETWORK = {
    "name": "inception",
    "weights_sha256": "0" * 64,
    "verified": True,
    "dim": 2048,
    "like": "clean-fid",
    "precision": "fp32",
}


def around(value: float, half: float) -> Interval:
    return Interval(value - half, value + half, 0.95, "delta method")


def drawn(
    values: Sequence[float], *, p: float = 0.001, names: Sequence[str] = "abcdef", intervals: bool = True
) -> Comparison:
    """Models with these FIDs, every pair tested with one p-value."""
    models = tuple(
        Model(
            name, (Score("fid", value, "lower", 100, 90, "inception", around(value, 4.2) if intervals else None),), rank
        )
        for rank, (name, value) in enumerate(zip(names, values, strict=False), 1)
    )
    pairs = tuple(
        Pair(
            a.name,
            b.name,
            "fid",
            d := a.scores[0].value - b.scores[0].value,
            around(d, 2.0),
            p,
            p,
            better=None if p >= 0.05 or d == 0 else (a.name if d < 0 else b.name),
        )
        for a, b in itertools.combinations(models, 2)
    )
    inputs = {name: {"source": f"{name}/", "count": 90, "sha256": "1" * 64} for name in ("real", *names[: len(values)])}
    return Comparison(models, pairs, Provenance(NETWORK, inputs, {"gan_eval": "1.0"}, {}), ("a note",))


@pytest.fixture
def measured(make_folder: MakeFolder, tiny_everywhere: object) -> Comparison:
    evil = make_folder("<script>alert(1)<", 20, seed=2, shift=60)
    return compare(make_folder("real", 30), {"good": make_folder("good", 20, seed=1), "<img src=x>": evil})


def test_every_model_metric_and_pair_is_on_the_page(measured: Comparison) -> None:
    page, text = html(measured), text_of(html(measured))
    assert page.count('class="dot"') == 2 * 6  # a dot per model and metric
    assert "KID × 100" in text
    assert "good is nearer" in text


def test_a_measured_page_is_safe_and_valid(measured: Comparison, tmp_path: Path) -> None:
    write_html(measured, tmp_path / "report.html", command="gan-eval compare …")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    check_page(page)
    assert "<img" not in page
    assert "&lt;img src=x&gt;" in page
    assert page == html(measured, command="gan-eval compare …")


@pytest.mark.parametrize("intervals", [True, False])
@pytest.mark.parametrize("count", [1, 2, 6])
def test_pages_of_any_number_of_models_are_valid(count: int, intervals: bool) -> None:
    names = [f"{HOSTILE}{n}{'long ' * 40}" for n in range(count)]
    page = html(drawn(range(10, 10 + count), names=names, intervals=intervals))
    check_page(page)
    assert page.count('role="img"') == count


def test_the_verdict_comes_first_and_says_of_what_it_holds() -> None:
    text = text_of(html(drawn([10, 20])))
    assert text.index("a (FID 10.0 [5.8, 14.2]) is nearer to the real images than b") < text.index("Scores")
    assert "other training runs" in text


@pytest.mark.parametrize(
    ("comparison", "said"),
    [
        (drawn([10]), "a (FID 10.0 [5.8, 14.2]) is the only model, so nothing is ranked."),
        (drawn([10, 20], p=0.2), "has the best value, but is not told apart from b."),
        (drawn([10, 10], p=0.0), "has the best value, but is not told apart from b."),
        (drawn([1, 2, 3]), "is nearer to the real images than every other model (largest p = 0.001, adjusted"),
        (drawn([1, 2]), "is nearer to the real images than b (p = 0.001, adjusted"),
        (replace(drawn([1, 2]), pairs=()), "No pair was tested by FID, so the order may be chance."),
    ],
    ids=["one", "no difference", "tied", "all", "two", "untested"],
)
def test_the_verdict_never_says_more_than_the_tests(comparison: Comparison, said: str) -> None:
    assert said in verdict(comparison)[0].replace("\u00a0", " ")


def test_a_model_beaten_and_one_that_is_not_are_both_named() -> None:
    comparison = drawn([1, 2, 3])
    pairs = tuple(
        replace(pair, adjusted_p=0.3, better=None) if pair.b == "b" else replace(pair, adjusted_p=0.01)
        for pair in comparison.pairs
    )
    [first, _] = verdict(replace(comparison, pairs=pairs))
    assert "than c (p" in first
    assert first.endswith("it is not told apart from b.")


@pytest.mark.parametrize(("p", "bold"), [(0.001, 1), (0.2, 0)])
def test_only_what_tests_tell_from_all_others_is_set_apart(p: float, bold: int) -> None:
    assert len(score_table(drawn([1, 2, 3], p=p)).bold) == bold


def test_digits_follow_the_interval() -> None:
    table = score_table(drawn([48.636, 60]))
    assert [cell.replace("\u00a0", " ") for cell in table.columns[2:]] == ["FID [95 % CI]"]
    assert table.rows[0][2].replace("\u00a0", " ") == "48.6 [44.4, 52.8]"


def test_differences_name_the_better_model_whatever_their_sign() -> None:
    comparison = drawn([1, 2])
    [pair] = comparison.pairs
    turned = replace(pair, a=pair.b, b=pair.a, difference=-pair.difference)
    for pairs in (comparison.pairs, (turned,)):
        [table] = pair_tables(replace(comparison, pairs=pairs))
        assert table.rows[0][-1] == "a is nearer"
    assert table.rows[0][2].startswith("+")


def test_a_higher_number_is_not_called_nearer() -> None:
    comparison = drawn([1, 2])
    models = tuple(
        replace(model, scores=tuple(replace(s, metric="precision", direction="higher") for s in model.scores))
        for model in comparison.models
    )
    pairs = tuple(replace(pair, metric="precision") for pair in comparison.pairs)
    changed = replace(comparison, models=models, pairs=pairs)
    assert "has a higher precision than b (p" in verdict(changed)[0].replace("\u00a0", " ")
    assert pair_tables(changed)[0].rows[0][-1] == "a is higher"


def test_what_is_not_told_apart_comes_with_what_would_have_shown() -> None:
    comparison = drawn([10, 20], p=0.2)
    pairs = tuple(replace(pair, detectable=14.26) for pair in comparison.pairs)
    [first, _] = verdict(replace(comparison, pairs=pairs))
    assert "from b (a difference of 14.3 would have shown in 80 % of such comparisons)." in first
    assert pair_tables(replace(comparison, pairs=pairs))[0].rows[0][5] == "14.3"
    assert pair_tables(comparison)[0].rows[0][5] == "–"


def test_metrics_without_a_test_of_pairs_are_named() -> None:
    comparison = drawn([1, 2])
    extra = replace(comparison.models[0].scores[0], metric="vendi", direction="higher")
    models = tuple(replace(model, scores=(*model.scores, extra)) for model in comparison.models)
    assert "Pairs were not tested by Vendi score." in score_table(replace(comparison, models=models)).note
    assert "not tested" not in score_table(comparison).note


def of_runs(comparison: Comparison) -> Comparison:
    runs = {"count": 3, "values": [9.0, 10.0, 11.0], "spread": 1.0, "sigma_train": 0.8, "sigma_sample": None}
    models = tuple(
        replace(
            model,
            scores=tuple(replace(score, details={"runs": runs}) for score in model.scores),
            runs=tuple(ModelRun(f"{model.name} (run {place})", model.scores) for place in (1, 2, 3)),
        )
        for model in comparison.models
    )
    return replace(comparison, models=models, pairs=tuple(replace(p, of="training runs") for p in comparison.pairs))


def test_recipes_are_told_from_checkpoints() -> None:
    assert "for these checkpoints" in verdict(drawn([1, 2]))[1]
    assert "as far as 3 training runs of each show" in verdict(of_runs(drawn([1, 2])))[1]
    [table] = run_table(of_runs(drawn([1, 2])))
    assert table.rows[0] == ("a", "FID", "3", "9.0, 10.0, 11.0", "1.0", "0.8", "–")
    assert run_table(drawn([1, 2])) == []
    page = html(of_runs(drawn([1, 2])))
    check_page(page)
    assert "Welch" in text_of(page)
    assert "mean of 3 training runs, each with 90 generated" in sentences(of_runs(drawn([1, 2])))[0].replace(
        "\u00a0", " "
    )


def test_a_model_that_was_not_tested_is_not_called_beaten() -> None:
    comparison = drawn([1, 2, 3])
    some = replace(comparison, pairs=comparison.pairs[:1])
    assert verdict(some)[0].endswith("it was not tested against c.")
    other = replace(comparison, pairs=comparison.pairs[2:])
    assert verdict(other)[0].endswith("was not tested against b and c.")


def test_a_test_against_the_order_of_the_values_is_told() -> None:
    comparison = drawn([1, 2])
    turned = replace(comparison, pairs=tuple(replace(pair, better="b") for pair in comparison.pairs))
    assert verdict(turned)[0].endswith("but the test finds b better.")


def test_equivalence_is_said_of_pairs_within_the_margin() -> None:
    comparison = drawn([1, 2, 3])
    assert equivalence_sentences(comparison) == []
    pairs = tuple(replace(pair, equivalent=pair.b == "b") for pair in comparison.pairs)
    [text] = equivalence_sentences(replace(comparison, pairs=pairs, margin=0.5))
    assert text.startswith("By FID, a and b differ by less than 0.5 (")
    none = tuple(replace(pair, equivalent=False) for pair in comparison.pairs)
    assert equivalence_sentences(replace(comparison, pairs=none, margin=0.5))[0].startswith("No pair is shown")


def test_a_sentence_says_all_that_a_reader_needs() -> None:
    [first, _] = (text.replace("\u00a0", " ") for text in sentences(drawn([48.636, 60])))
    assert first == (
        "FID of a is 48.6 (95 % CI 44.4 to 52.8; 90 generated against 100 real images; "
        "inception (fp32), clean-fid preprocessing; gan-eval 1.0)."
    )


def test_the_command_and_the_hashes_are_on_the_page() -> None:
    text = text_of(html(drawn([1, 2]), command="gan-eval compare 'a b'"))
    assert "gan-eval compare 'a b'" in text
    assert "1" * 64 in text
    assert not re.search(r"\bNone\b", text)


@pytest.mark.parametrize(
    ("evidence", "text"),
    [
        ("translation.json", "a and b show the same 2 inputs (known from translation.json)."),
        ("file names", "a and b have the same 2 file names, so images of one name are taken to show one input"),
    ],
)
def test_equal_file_names_are_not_called_known(evidence: Evidence, text: str) -> None:
    pairing = Pairing((SharedInputs(("a", "b"), evidence, ("1", "2")),))
    comparison: Any = SimpleNamespace(pairing=pairing)
    assert pairing_sentences(comparison)[0].startswith(text)
