"""The report's section on how a study's numbers were made, with its record and a mixed model in R."""

from __future__ import annotations

import json

from gan_eval.inference.persons import FEW, SOME
from gan_eval.report.page import CodeLines, PageSection, Part, Prose
from gan_eval.report.study import tables, wording
from gan_eval.report.table import Table
from gan_eval.study.analysing.analysis import Analysis
from gan_eval.version import __version__

_LIMITS = (
    "Neither intervals nor tests cover people and pictures unlike those of the study, or any other question than the "
    "one asked."
)
_MODEL = "A mixed model with people and items as random factors, in R, from the CSV file of the answers:"


def method_section(analysis: Analysis, command: str = "") -> PageSection:
    """How the numbers were made; command: the command line that makes the report again."""
    texts = (_statistics(analysis), wording.kind_notes(analysis), _LIMITS, _MODEL)
    parts: list[Part] = [*map(Prose, texts), CodeLines(mixed_model(analysis)), record_table(analysis)]
    if command:
        parts.append(CodeLines(command))
    return PageSection("How the numbers were made", tuple(parts))


def _statistics(analysis: Analysis) -> str:
    settings = analysis.settings
    return (
        "The unit is the person: the answers of one person depend on each other, and an interval that ignores this is "
        f"too narrow. With {SOME} people or more the quoted interval is a bootstrap over people ({settings.resamples} "
        f"resamples, expanded percentiles after Hesterberg 2015, seed {settings.seed}). With fewer it is Student’s t "
        "over people, which for nonlinear measures is the jackknife; with fewer than "
        f"{FEW} there is none. Tests permute the methods, or flip signs, within people: exactly where there are at "
        f"most 65 536 arrangements, else with {settings.arrangements} random ones and p = (b + 1)/(B + 1). "
        "Comparisons are adjusted by Holm’s method. Numbers marked “as independent” treat every answer as a new "
        "person; they are given for comparison with papers that did so."
    )


def mixed_model(analysis: Analysis) -> str:
    """R code that fits the main question as a generalised linear mixed model to the CSV."""
    first = json.dumps(tables.ranked(analysis)[0].name, ensure_ascii=False)
    formula, condition = analysis.spec.report.model(first)
    function, arguments = analysis.spec.report.fitter
    subset = f" & {condition}" if condition else ""
    return (
        'd <- read.csv("answers.csv", colClasses = c(excluded = "character"))\n'
        f'd <- subset(d, role == "main" & excluded == ""{subset})\n'
        f"summary({function}({formula} + (1 | participant_id) + (1 | item), {arguments}data = d))"
    )


def record_table(analysis: Analysis) -> Table:
    """What was fixed at export, with the hashes that prove it."""
    manifest, plan = analysis.manifest, analysis.key.analysis
    rows = (
        ("study", manifest.study_id),
        ("methods", ", ".join(method.name for method in analysis.key.methods.values())),
        ("feedback", manifest.feedback),
        ("exposure", f"{manifest.ui.exposure_ms} ms" if manifest.ui.exposure_ms else "unlimited"),
        ("ties", f"{manifest.ui.tie}, counted “{plan.ties}”"),
        ("primary measure, fixed at export", f"{plan.primary}, α = {plan.alpha}"),
        ("manifest, SHA-256", manifest.sha256),
        ("commitment to key and rules", manifest.key_commitment),
        ("made by", f"{manifest.generator}; analysed by gan-eval {__version__}"),
    )
    return Table("Record", ("what", "value"), rows, text=frozenset({1}))
