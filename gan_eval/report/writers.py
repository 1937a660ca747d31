"""Results as text for other programs and for papers: CSV of scores, tables in Markdown and in LaTeX (booktabs)."""

from __future__ import annotations

from collections.abc import Iterable

from gan_eval.csv_text import csv_text
from gan_eval.printable import printable
from gan_eval.report.table import Table
from gan_eval.result import Score

SCORE_COLUMNS = (
    *("model", "rank", "metric", "value", "low", "high", "level", "interval_method", "direction"),
    *("n_real", "n_fake", "features"),
)
_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "×": r"$\times$",
    "−": "$-$",
    "–": "--",
    "∞": r"$\infty$",
    "\u00a0": "~",
}
_MARKDOWN = set("\\`*_{}[]<>#|~&$")


def scores_csv(rows: Iterable[tuple[str, int | None, Score]]) -> str:
    """One line per model and score, with full numbers.

    Parameters
    ----------
    rows : iterable of (str, int or None, Score)
        Model, its rank or None, and one of its scores. KID is MMD² itself, not times one hundred.
    """
    return csv_text(SCORE_COLUMNS, (_csv_row(*row) for row in rows))


def markdown(table: Table) -> str:
    """The table as a pipe table of GitHub-flavoured Markdown, with its title above and its note below."""
    rule = ["---" if table.is_text(column) else "---:" for column in range(len(table.columns))]
    lines = [_pipes(map(_markdown, table.columns)), _pipes(rule)]
    for number, row in enumerate(table.rows):
        cells = (_markdown(cell) for cell in row)
        lines.append(_pipes(f"**{cell}**" if (number, at) in table.bold else cell for at, cell in enumerate(cells)))
    parts = [_markdown(table.title), "\n".join(lines), _markdown(table.note)]
    return "\n\n".join(part for part in parts if part) + "\n"


def latex(table: Table) -> str:
    """The table as a LaTeX `table` of booktabs rules; bold where the tests allow it (`Table.bold`).

    Needs the package booktabs; names in other scripts need XeLaTeX or LuaLaTeX with a font that has them.
    """
    layout = "".join("l" if table.is_text(column) else "r" for column in range(len(table.columns)))
    head = " & ".join(map(_latex, table.columns))
    body = [f"{_latex_row(table, number)} \\\\" for number in range(len(table.rows))]
    caption = ". ".join(part.rstrip(".") for part in (table.title, table.note) if part)
    start = ["\\begin{table}", "\\centering", f"\\caption{{{_latex(caption)}.}}", f"\\begin{{tabular}}{{{layout}}}"]
    return "\n".join(
        [*start, "\\toprule", f"{head} \\\\", "\\midrule", *body, "\\bottomrule", "\\end{tabular}", "\\end{table}", ""]
    )


def _csv_row(model: str, rank: int | None, score: Score) -> tuple[object, ...]:
    bar = score.interval
    ends = (bar.low, bar.high, bar.level, bar.method) if bar else (None, None, None, None)
    name = printable(model)
    return (name, rank, score.metric, score.value, *ends, score.direction, score.n_real, score.n_fake, score.features)


def _pipes(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown(text: str) -> str:
    """Text whose letters mean nothing to Markdown."""
    clean = printable(text, keep="\u00a0").replace("\u00a0", " ")
    return "".join(f"\\{letter}" if letter in _MARKDOWN else letter for letter in clean)


def _latex_row(table: Table, number: int) -> str:
    cells = map(_latex, table.rows[number])
    return " & ".join(f"\\textbf{{{cell}}}" if (number, at) in table.bold else cell for at, cell in enumerate(cells))


def _latex(text: str) -> str:
    """Text whose letters mean nothing to LaTeX; a bracket that begins a cell is no optional argument."""
    escaped = "".join(_LATEX.get(letter, letter) for letter in printable(text, keep="\u00a0"))
    return f"{{}}{escaped}" if escaped.startswith("[") else escaped
