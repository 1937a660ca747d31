"""The report of a study as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Iterable

from gan_eval.report.page import Folded, PageSection, Part, Prose, ReportPage
from gan_eval.report.page import render as render_page
from gan_eval.report.study import figures, tables, wording
from gan_eval.report.study.methods import method_section
from gan_eval.study.analysing.analysis import Analysis


def render(analysis: Analysis, *, command: str = "") -> str:
    """The whole page. The same analysis gives the same bytes.

    Parameters
    ----------
    analysis : Analysis
        What is reported.
    command : str
        The command line that makes the report again; may be empty.
    """
    sections = (
        _result_section(analysis),
        PageSection("For the paper", (Prose(wording.paragraph(analysis), quoted=True),)),
        _section(
            "Is it more than chance?",
            (figures.pairs_figure(analysis), tables.pair_table(analysis), tables.test_table(analysis)),
        ),
        PageSection("Does it depend on how one counts?", (tables.robustness_table(analysis),)),
        _people_section(analysis),
        _item_section(analysis),
        method_section(analysis, command),
    )
    return render_page(
        ReportPage(
            kind=f"Human study · {analysis.manifest.kind}",
            title=analysis.manifest.text.title,
            subtitle=f"“{analysis.manifest.text.question}”",
            facts=_facts(analysis),
            verdict=wording.verdict(analysis),
            notes=analysis.warnings,
            sections=tuple(section for section in sections if section.parts),
        )
    )


def _facts(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    days = sorted(session.began[:10] for session in analysis.record.sessions)
    collected = days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
    counts = {
        "people": analysis.people,
        "excluded": len(analysis.screening.excluded),
        "answers": analysis.answers,
        "items": len(analysis.findings.items),
    }
    return (*((name, str(count)) for name, count in counts.items()), ("collected", collected))


def _section(title: str, parts: Iterable[Part | None]) -> PageSection:
    return PageSection(title, tuple(part for part in parts if part is not None))


def _result_section(analysis: Analysis) -> PageSection:
    parts = (
        figures.shares_figure(analysis),
        tables.method_table(analysis),
        tables.overall_table(analysis),
        figures.strengths_figure(analysis),
        tables.win_table(analysis),
    )
    return _section("What was found", parts)


def _people_section(analysis: Analysis) -> PageSection:
    screening = analysis.screening
    excluded = [(session.session_id, session.reason) for session in screening.excluded]
    flags = [(session.session_id, session.flag) for session in screening.flags]
    rejected = [(event.session_id, event.reason) for event in analysis.record.rejected]
    comments = [(session.session_id, text) for session in screening.kept for text in session.comments]
    parts = (
        tables.flow_table(analysis),
        _folded(excluded, "{} excluded, one by one", "session"),
        _folded(flags, "{} on sessions that stay", "remark"),
        _folded(rejected, "{} rejected", "event"),
        tables.conduct_table(analysis),
        figures.times_figure(analysis),
        _folded(comments, "{} of participants", "comment"),
    )
    return _section("Who answered, and how", parts)


def _folded(lines: list[tuple[str, str]], summary: str, noun: str) -> Folded | None:
    """A list that opens on request; None for an empty one."""
    count = f"{len(lines)} {noun}" if len(lines) == 1 else f"{len(lines)} {noun}s"
    return Folded(summary.format(count), lines=tuple(lines)) if lines else None


def _item_section(analysis: Analysis) -> PageSection:
    table = tables.item_table(analysis)
    noun = "item" if len(table.rows) == 1 else "items"
    return PageSection("Item by item", (Folded(f"Each method on {len(table.rows)} {noun}", table=table),))
