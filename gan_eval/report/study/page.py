"""The report as one HTML file: no script, no request, nothing of a participant's that is not escaped."""

from __future__ import annotations

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from gan_eval.report.study import plots, tables, wording
from gan_eval.study.analysing.analysis import Analysis
from gan_eval.version import __version__

_HERE = Path(__file__).parent


def render(found: Analysis) -> str:
    """The whole page. The same analysis gives the same bytes."""
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = wording.percent
    sessions = found.record.sessions
    kept = found.screening.kept
    return environment.get_template("page.html").render(
        found=found,
        manifest=found.manifest,
        rules=found.key.rules,
        plan=found.key.analysis,
        methods=[(key, method) for key, method in found.key.methods.items()],
        style=(_HERE / "page.css").read_text(encoding="utf-8"),
        paragraph=wording.paragraph(found),
        began=min(session.began for session in sessions)[:10],
        ended=max(session.began for session in sessions)[:10],
        method_table=tables.method_table(found),
        overall_table=tables.overall_table(found),
        pair_table=tables.pair_table(found),
        win_table=tables.win_table(found),
        test_table=tables.test_table(found),
        robustness_table=tables.robustness_table(found),
        flow_table=tables.flow_table(found),
        conduct_table=tables.conduct_table(found),
        shares_plot=plots.shares_plot(found),
        strengths_plot=plots.strengths_plot(found),
        pairs_plot=plots.pairs_plot(found),
        times_plot=plots.times_plot(found),
        item_count=len(found.findings.items),
        item_rows=list(found.findings.items.items()),
        names=[method.name for method in found.findings.methods],
        comments=[(session.session_id, text) for session in kept for text in session.comments],
        mixed_model=mixed_model(found),
        kind_notes=wording.kind_notes(found),
        version=__version__,
    )


def mixed_model(found: Analysis) -> str:
    """R code that fits the main question as a generalised linear mixed model to the CSV."""
    first = json.dumps(tables.ranked(found)[0].name, ensure_ascii=False)
    formula, condition = found.spec.report.model(first)
    subset = f" & {condition}" if condition else ""
    return (
        'd <- read.csv("answers.csv", colClasses = c(excluded = "character"))\n'
        f'd <- subset(d, role == "main" & excluded == ""{subset})\n'
        f"summary(lme4::glmer({formula} + (1 | participant_id) + (1 | item), family = binomial, data = d))"
    )
