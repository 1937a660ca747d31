"""An evaluation of one set as a table, sentences and a page."""

from __future__ import annotations

from collections.abc import Sequence

from gan_eval.digits import level_of, number
from gan_eval.evaluate import Evaluation
from gan_eval.metrics.table import rows_by_number
from gan_eval.report.numbers import conditions_of, interval_of, scales_of, title_of, value_of
from gan_eval.report.page import PageSection, Prose, ReportPage, made_from, render
from gan_eval.report.sentences import score_sentence
from gan_eval.report.table import Table
from gan_eval.result import Score


def score_table(evaluation: Evaluation) -> Table:
    """One row per score, with its interval and the direction that is better."""
    inputs = evaluation.provenance.inputs
    counts = " and ".join(f"{_count(described['count'])} {name}" for name, described in inputs.items())
    level = next((score.interval.level for score in evaluation.scores if score.interval), 0.95)
    rows = tuple(row for score in evaluation.scores for row in _rows(score))
    title = f"{conditions_of(evaluation.provenance.features)}, {counts} images"
    return Table(title, ("metric", "value", level_of(level), "better"), rows)


def sentences(evaluation: Evaluation) -> list[str]:
    """A sentence for a paper for each score."""
    features, versions = evaluation.provenance.features, evaluation.provenance.versions
    return [score_sentence(score, features, versions) for score in evaluation.scores]


def html(evaluation: Evaluation, *, command: str = "", further: Sequence[PageSection] = ()) -> str:
    """The page. command: the command line that makes it again. further: sections behind the scores."""
    described = evaluation.provenance.to_dict()
    fake = described["inputs"]["fake"]["source"]
    real = described["inputs"].get("real", {}).get("source")
    quoted = tuple(Prose(text, quoted=True) for text in sentences(evaluation))
    sections = [
        PageSection("Scores", (score_table(evaluation),)),
        *further,
        PageSection("For the paper", quoted),
        made_from(described, command),
    ]
    return render(
        ReportPage(
            kind="Scores of one set of images",
            title=f"{fake} against {real}" if real else str(fake),
            subtitle="",
            facts=(),
            verdict=(),
            notes=evaluation.warnings,
            sections=tuple(section for section in sections if section is not None),
        )
    )


def _count(count: int | None) -> str:
    return "an unknown number of" if count is None else str(count)


def _rows(score: Score) -> list[tuple[str, ...]]:
    """A score's rows: with every factor it is shown with, and with what stands beside it."""
    rows: list[tuple[str, ...]] = [
        (
            title_of(score.metric, scale),
            value_of(score, scale=scale),
            interval_of(score, scale=scale) or "–",
            score.direction,
        )
        for scale in scales_of(score.metric)
    ]
    row = rows_by_number().get(score.metric)
    for detail in (detail for detail in (row.details if row else ()) if detail.key in score.details):
        value = number(score.details[detail.key]["value"], detail.digits)
        rows.append((f"  {detail.label}", value, "", detail.better(score.direction)))
    return rows
