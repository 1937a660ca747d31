from __future__ import annotations

import csv
import io

import pytest

from gan_eval.report.table import Table
from gan_eval.report.writers import latex, markdown, scores_csv
from gan_eval.result import Interval, Score

TABLE = Table("Scores", ("model", "FID\u00a0"), (("a_b & 50 % $x$", "−1.0"), ("c", "2")), bold=frozenset({(0, 1)}))
SCORE = Score("fid", -1.5, "lower", 10, 20, "inception", Interval(-2.0, -1.0, 0.95, "t"))


def test_csv_has_full_numbers_and_guarded_names() -> None:
    [row, bare] = csv.DictReader(
        io.StringIO(scores_csv([("=1+1", 1, SCORE), ("b", None, Score("kid", 0.1, "lower", 1, 1, "inception"))]))
    )
    assert (row["model"], row["value"], row["low"], row["rank"]) == ("'=1+1", "-1.5", "-2.0", "1")
    assert (bare["low"], bare["rank"]) == ("", "")


def test_latex_is_a_booktabs_table_whose_names_do_nothing() -> None:
    text = latex(TABLE)
    assert text.index(r"\toprule") < text.index(r"\midrule") < text.index(r"\bottomrule")
    assert r"a\_b \& 50 \% \$x\$ & \textbf{$-$1.0} \\" in text
    assert r"\begin{tabular}{lr}" in text


@pytest.mark.parametrize("name", [r"\input{/etc/passwd}", "a\\", "#1", "~^", "[x]", "a\nb", "%"])
def test_no_letter_of_latex_survives_in_a_name(name: str) -> None:
    line = next(line for line in latex(Table("", ("m", "v"), ((name, "1"),))).splitlines() if line.endswith(r"& 1 \\"))
    bare = line.removesuffix(r" & 1 \\")
    for allowed in (r"\textbackslash{}", r"\textasciitilde{}", r"\textasciicircum{}", r"\{", r"\}", r"\#", r"\%"):
        bare = bare.replace(allowed, "")
    assert not set(bare.removeprefix("{}")) & set("\\{}#%~^&$_\n")


def test_markdown_has_a_row_per_line_and_bold_where_allowed() -> None:
    lines = markdown(Table("", ("m|n", "v"), (("<b>*x*|\n", "1"),), bold=frozenset({(0, 1)}))).splitlines()
    assert lines == ["| m\\|n | v |", "| --- | ---: |", "| \\<b\\>\\*x\\*\\|\N{REPLACEMENT CHARACTER} | **1** |"]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("a|b<c>d", r"a\textbar{}b\textless{}c\textgreater{}d"),
        ("2 × 3", r"2 $\times$ 3"),
        ("1–2", "1--2"),
        ("∞", r"$\infty$"),
        ("95\u00a0%", r"95~\%"),
        ('"q"', r"\textquotedbl{}q\textquotedbl{}"),
        ("[x]", "{}[x]"),
        ("x[1]", "x[1]"),
    ],
)
def test_latex_prints_each_letter_as_it_reads(cell: str, written: str) -> None:
    assert f"{written} & 1 \\\\\n" in latex(Table("", ("m", "v"), ((cell, "1"),)))


def test_captions_and_notes_are_one_sentence_each() -> None:
    assert r"\caption{A. B\_c.}" in latex(Table("A.", ("m",), (), "B_c."))
    assert r"\caption{A.}" in latex(Table("A", ("m",), ()))
    text = markdown(Table("A_b", ("m",), (("x",),), "N*"))
    assert text == "A\\_b\n\n| m |\n| --- |\n| x |\n\nN\\*\n"


def test_an_empty_csv_has_its_header_alone() -> None:
    assert scores_csv([]).splitlines() == [
        "model,rank,metric,value,low,high,level,interval_method,direction,n_real,n_fake,features"
    ]
