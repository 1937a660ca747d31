"""Analyses answers with the key: exclusions by the rules fixed at export, estimates, tests and warnings.

`analyse` is deterministic: the same events, manifest and key give the same analysis, to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gan_eval.errors import InputError
from gan_eval.frames import data_frame
from gan_eval.inference.persons import FEW, SOME
from gan_eval.study.analysing.answers import Record, Session, Usable, read_record, table
from gan_eval.study.analysing.describing import Agreement, Conduct, agreement, conduct
from gan_eval.study.analysing.exclusions import Screening, screen
from gan_eval.study.analysing.findings import AnalysisSettings, Findings, Measure, SignificanceTest
from gan_eval.study.analysing.kinds.spec import KindSpec
from gan_eval.study.analysing.kinds.table import kind_spec
from gan_eval.study.analysing.tallying import Tally, tally
from gan_eval.study.collecting.simulate import USER_AGENT
from gan_eval.study.schema.events import Event
from gan_eval.study.schema.manifest import Key, Manifest


@dataclass(frozen=True, slots=True)
class Analysis:
    """The findings of a study, with everything that they were made from.

    findings: of those who were kept; unruled: of all who did not withdraw.

    people: persons kept; answers: main answers of theirs that enter. main: name of the main measure.
    """

    manifest: Manifest
    key: Key
    settings: AnalysisSettings
    record: Record
    screening: Screening
    findings: Findings
    unruled: Findings | None
    people: int
    answers: int
    main: str
    agreement: Agreement | None
    conduct: Conduct
    tally: Tally
    warnings: tuple[str, ...]

    def to_dataframe(self) -> Any:
        """The estimates as a pandas DataFrame, one row for each measure of each method, the main measure first.

        Raises InputError where pandas is not installed.
        """
        rows = [_row(method.name, measure) for method in self.findings.methods for measure in method.measures]
        return data_frame(rows, _COLUMNS)

    @property
    def spec(self) -> KindSpec:
        """The specification of the study's kind."""
        return kind_spec(self.key.kind)


_COLUMNS = ("method", "measure", "value", "low", "high", "people", "answers")


def _row(method: str, measure: Measure) -> dict[str, Any]:
    estimate = measure.estimate
    bar = estimate.interval
    return {
        "method": method,
        "measure": measure.name,
        "value": estimate.value,
        "low": bar.low if bar else None,
        "high": bar.high if bar else None,
        "people": estimate.people,
        "answers": measure.answers,
    }


def analyse(
    events: Sequence[Event], manifest: Manifest, key: Key, *, settings: AnalysisSettings | None = None
) -> Analysis:
    """Analyse a study's events.

    settings: None for those fixed in the key. Raises InputError where no answer is left, MismatchError where events,
    manifest and key are not of one export.
    """
    if settings is None:
        plan = key.analysis
        settings = AnalysisSettings(level=1 - plan.alpha, resamples=plan.bootstrap, seed=plan.bootstrap_seed)
    record = read_record(events, manifest, key)
    screening = screen(record.sessions, key.rules)
    if not screening.kept:
        raise InputError(
            f"nobody is left: all {len(record.sessions)} sessions are excluded "
            f"({', '.join(f'{step.rule} {step.removed}' for step in screening.steps if step.removed)})"
        )
    usable = Usable(key.rules.first_n_dropped, once=manifest.ui.exposure_ms is not None)
    findings = _findings(screening.kept, key, usable, settings)
    unruled = None
    if len(screening.unruled) > len(screening.kept):
        unruled = _findings(screening.unruled, key, usable, settings)
    rows = table(screening.kept, key, usable, ties=key.analysis.ties)
    found = Analysis(
        manifest=manifest,
        key=key,
        settings=settings,
        record=record,
        screening=screening,
        findings=findings,
        unruled=unruled,
        people=rows.people,
        answers=len(rows.person),
        main=_main_measure(key),
        agreement=agreement(screening.kept, usable, level=settings.level),
        conduct=conduct(screening.kept, usable),
        tally=tally(
            screening.kept,
            usable,
            key,
            entered=len(rows.person),
            items_entered=len(rows.items),
            ties_enter=key.analysis.ties == "half" and kind_spec(key.kind).analysis.ties_tell,
        ),
        warnings=(),
    )
    return replace(found, warnings=tuple(_warnings(found)))


def _findings(sessions: Sequence[Session], key: Key, usable: Usable, settings: AnalysisSettings) -> Findings:
    return kind_spec(key.kind).analysis.find(table(sessions, key, usable, ties=key.analysis.ties), settings)


def _main_measure(key: Key) -> str:
    """The measure that the key names as primary, if the kind has it; else the kind's own."""
    measures = kind_spec(key.kind).analysis.measures
    return key.analysis.primary if key.analysis.primary in measures else measures[0]


def _warnings(found: Analysis) -> list[str]:
    """What a reader must know before the numbers, most important first."""
    texts = [text for holds, text in _cautions(found) if holds]
    return [*texts, *found.findings.warnings]


def _cautions(found: Analysis) -> list[tuple[bool, str]]:
    screening, ran = found.screening, found.conduct
    total = len({session.person for session in screening.unruled})
    ruled = total - len({session.person for session in screening.kept})
    driven = sum(one.flag.startswith("the browser says") for one in screening.flags)
    unfinished = sum(not session.finished for session in screening.kept)
    lost = ran.answers.get("timeout", 0) + ran.answers.get("skip", 0)
    main = sum(ran.answers.values())
    rejected = len(found.record.rejected)
    made_up = simulated(found)
    return [
        (
            made_up > 0,
            f"{made_up} of {found.people} people are simulated: the numbers say nothing about the methods",
        ),
        (found.people < FEW, f"{found.people} people are too few for any inference: the numbers describe only them"),
        (
            FEW <= found.people < SOME,
            f"{found.people} people: intervals are t intervals and wide ({SOME} or more people are advised)",
        ),
        (rejected > 0, f"{rejected} events contradict the study and were left out"),
        (ruled > total / 5, f"{ruled} of {total} people were excluded by the rules, more than one in five"),
        (_changed(found), "the main test's verdict changes without the exclusions: report both"),
        (_rests_on_one(found), "which method comes first depends on a single person"),
        (
            ran.slots is not None and ran.slots.p_value < 0.01,
            "slots were not chosen equally often; they are balanced over methods, so this adds noise, not bias",
        ),
        (
            ran.consistency is not None and ran.consistency.p_chance is not None and ran.consistency.p_chance > 0.05,
            "repeated trials were answered no more consistently than by chance",
        ),
        (lost > main / 20, f"{lost} of {main} main trials were skipped or timed out and do not enter"),
        (driven > 0, f"{driven} of the people kept had a browser driven by a program; they were only flagged"),
        (unfinished > 0, f"{unfinished} of the people kept did not reach the last page"),
    ]


def simulated(found: Analysis) -> int:
    """How many of the people kept are made up (`study simulate`)."""
    return sum(one.start is not None and one.start.user_agent == USER_AGENT for one in found.screening.kept)


def _changed(found: Analysis) -> bool:
    alpha = 1 - found.settings.level
    ps = [primary_p(findings) for findings in (found.findings, found.unruled) if findings is not None]
    known = [p for p in ps if p is not None]
    return len(known) == 2 and (known[0] < alpha) != (known[1] < alpha)


def _rests_on_one(found: Analysis) -> bool:
    """Whether another method has the highest mean share as soon as some one person is left out."""
    table = np.array(found.findings.per_person, dtype=np.float64)
    if found.people < FEW or table.shape[1] < 2:
        return False
    known = ~np.isnan(table)
    values = np.where(known, table, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        without = (values.sum(0) - values) / (known.sum(0) - known)
        first = int((values.sum(0) / known.sum(0)).argmax())
    return bool((without.argmax(1) != first).any())


def main_measures(found: Analysis) -> dict[str, Measure]:
    """Method → its main measure."""
    measures = {method.name: method.get(found.main) for method in found.findings.methods}
    return {name: measure for name, measure in measures.items() if measure is not None}


def primary_test(findings: Findings) -> SignificanceTest | None:
    """The test fixed as primary: that all methods are alike (of a single method: that it is at chance)."""
    return next((test for test in findings.tests if test.primary), None)


def primary_p(findings: Findings) -> float | None:
    """Its p-value, None with too few people for one."""
    test = primary_test(findings)
    return None if test is None else test.p_value
