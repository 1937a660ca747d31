"""The answers as CSV, one row per answer, unblinded, for whoever wants to analyse them another way.

Participants can write some of the cells: `csv_text` keeps a spreadsheet from reading them as formulas.
"""

from __future__ import annotations

from collections.abc import Mapping

from gan_eval.csv_text import csv_text
from gan_eval.study.analysing.answers import Judgement, Record, Session
from gan_eval.study.analysing.exclusions import Screening
from gan_eval.study.schema.manifest import Key, Manifest


def answers_csv(record: Record, manifest: Manifest, key: Key, screening: Screening) -> str:
    """All answers of the main part, checks and repeats, of those kept and of those excluded, who are marked.

    The columns end with `excluded`, the rule that left the session out, empty where it stays.
    """
    slots = manifest.ui.slots
    excluded = {one.session_id: one.rule for one in screening.excluded}
    names = {ident: method.name for ident, method in key.methods.items()}
    rows = (
        [*_blind(session, judgement, slots), *_unblinded(judgement, names, slots), excluded.get(session.session_id, "")]
        for session in record.sessions
        for judgement in session.judgements
    )
    return csv_text(_columns(slots), rows)


def _columns(slots: int) -> list[str]:
    numbers = range(1, slots + 1)
    return [
        *("study_id", "manifest_sha256", "session_id", "participant_id", "form_id", "index", "trial_id", "attempt"),
        *(f"shown_{n}" for n in numbers),
        *("choice_kind", "choice_slot", "choice_image_id", "label", "rt_ms", "onset_ms", "exposure_ms", "hidden_ms"),
        *("input", "viewport_w", "viewport_h", "dpr", "vv_scale", "user_agent", "t_utc", "recv_utc"),
        *("role", "item"),
        *(f"method_{n}" for n in numbers),
        *("choice_method", "ranking", "correct", "excluded"),
    ]


def _blind(session: Session, one: Judgement, slots: int) -> list[object]:
    event, answer = one.event, one.payload
    return [
        *(event.study_id, event.manifest_sha256, session.session_id, session.person),
        *(answer.form_id, answer.index, answer.trial_id, answer.attempt),
        *_padded(answer.shown, slots),
        one.answer,
        None if one.slot is None else one.slot + 1,
        None if one.slot is None else answer.shown[one.slot],
        one.label,
        *(answer.rt_ms, answer.onset_ms, answer.exposure_ms, answer.hidden_ms, answer.input),
        *(answer.viewport[0], answer.viewport[1], answer.dpr, answer.vv_scale),
        session.start.user_agent if session.start else None,
        *(event.t_utc, event.recv_utc),
    ]


def _unblinded(one: Judgement, names: Mapping[str, str], slots: int) -> list[object]:
    methods = [names.get(source, source) for source in one.sources]
    return [
        one.role,
        one.item,
        *_padded(methods, slots),
        None if one.slot is None else methods[one.slot],
        " > ".join(names.get(source, source) for source in one.ranking),
        None if one.correct is None else int(one.correct),
    ]


def _padded(values: tuple[str, ...] | list[str], length: int) -> list[str | None]:
    return [*values, *[None] * (length - len(values))]
