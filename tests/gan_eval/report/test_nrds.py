from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gan_eval import nrds
from gan_eval.discriminative.outcome import NrdsResult
from gan_eval.discriminative.saved import from_curves
from gan_eval.report.nrds import html, pair_table, score_table, verdict, write_html
from tests.gan_eval.report.pages import check_page, text_of


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> NrdsResult:
    """A good and a bad model of hostile names, from features."""
    folder, rng = tmp_path_factory.mktemp("sets"), np.random.default_rng(0)
    for name, shift in (("real", 0.0), ("good", 0.0), ("bad", 3.0)):
        np.savez(folder / f"{name}.npz", feats=rng.normal(shift, size=(24, 8)).astype(np.float32))
    models = {"<script>alert(1)<": folder / "bad.npz", "<img src=x>": folder / "good.npz"}
    return nrds(models, folder / "real.npz", features="efficientnet-lite0", seeds=2, epochs=20, cache=False)


def test_every_model_and_pair_has_its_row(made: NrdsResult) -> None:
    scores, pairs = score_table(made), pair_table(made)
    assert [row[1] for row in scores.rows] == ["<img src=x>", "<script>alert(1)<"]
    assert {len(row) for row in scores.rows} == {len(scores.columns)}
    assert pairs.rows[0][-1] == "<img src=x> is more realistic"
    assert {len(row) for row in pairs.rows} == {len(pairs.columns)}


def test_names_are_never_markup(made: NrdsResult) -> None:
    page = html(made)
    assert "<script" not in page
    assert "<img src=x>" not in page
    assert "&lt;img src=x&gt;" in page


def test_the_page_fetches_nothing_and_shows_the_curves(made: NrdsResult) -> None:
    page = html(made)
    check_page(page)
    assert page.count('class="curve') >= 3


def test_the_page_says_what_it_was_made_from(made: NrdsResult) -> None:
    page = html(made)
    text = text_of(html(made))
    assert "seeds 2" in text
    assert page.count("<td>24</td>") == 3


def test_the_same_outcome_gives_the_same_page(made: NrdsResult, tmp_path: Path) -> None:
    write_html(made, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html(made)


def test_saved_curves_have_a_page_without_error_bars() -> None:
    page = html(from_curves({"real": [0.5, 0.9], "a": [0.5, 0.4], "b": [0.5, 0.1]}))
    assert "NRDS of 2 models" in page
    check_page(page)
    assert "CI" not in text_of(page)
    assert "Made from" not in page
    assert "the order may be chance" in text_of(page)


def test_the_verdict_says_no_more_than_the_tests(made: NrdsResult) -> None:
    assert "looks more realistic to the discriminator than <script>" in verdict(made)[0]
    untold = tuple(replace(pair, adjusted_p=0.3) for pair in made.pairs)
    assert "not told apart from" in verdict(replace(made, pairs=untold))[0]
