"""Leaves sessions out of the analysis by the rules fixed at export, one after the other, and counts them.

None of the rules looks at what was preferred, except where one slot or one word was chosen nearly always. A session
is left out for the first rule that it breaks; what is only suspicious is flagged and stays.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gan_eval.digits import percent
from gan_eval.inference.conduct import same_slot_p
from gan_eval.study.analysing.answers import Session
from gan_eval.study.schema.manifest import Rules


@dataclass(frozen=True, slots=True)
class Excluded:
    """A session left out: the rule's name and a sentence with the session's own figure."""

    session_id: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Flag:
    """Something to know about a session that stays."""

    session_id: str
    flag: str


@dataclass(frozen=True, slots=True)
class ExclusionStep:
    """One rule of the flow: sessions that it removed, and those that remained after it."""

    rule: str
    wording: str
    removed: int
    remaining: int


@dataclass(frozen=True, slots=True)
class Screening:
    """Outcome of the rules. unruled: kept plus excluded, but for those who withdrew or never answered."""

    kept: tuple[Session, ...]
    unruled: tuple[Session, ...]
    excluded: tuple[Excluded, ...]
    steps: tuple[ExclusionStep, ...]
    flags: tuple[Flag, ...]


Check = Callable[[Session], str | None]


def screen(sessions: Sequence[Session], rules: Rules) -> Screening:
    """Apply the rules in their fixed order to sessions in the order in which they began."""
    kept = list(sessions)
    excluded: list[Excluded] = []
    steps: list[ExclusionStep] = []
    unruled: list[Session] = []
    for rule, wording, check in _rules(sessions, rules):
        out = [Excluded(s.session_id, rule, reason) for s in kept if (reason := check(s)) is not None]
        gone = {one.session_id for one in out}
        kept = [s for s in kept if s.session_id not in gone]
        excluded += out
        steps.append(ExclusionStep(rule, wording, len(out), len(kept)))
        if rule == "withdrawn":
            unruled = list(kept)
    flags = [Flag(s.session_id, text) for s in kept for text in _flags(s)]
    return Screening(tuple(kept), tuple(unruled), tuple(excluded), tuple(steps), tuple(flags))


def _rules(sessions: Sequence[Session], rules: Rules) -> list[tuple[str, str, Check]]:
    """Name, wording and check of every rule in force; the first two are not a matter of choice."""
    share, fastest, p = rules.min_answers_share, rules.median_rt_ms_min, rules.max_same_slot_share_p
    found: list[tuple[str, str, Check]] = [
        ("no-answers", "answered no trial of the main part", _no_answers),
        ("withdrawn", "withdrew", lambda s: "the participant withdrew" if s.withdrawn else None),
    ]
    if rules.duplicate_participant == "keep_first":
        found.append(("duplicate", "took part before (the first session stays)", _duplicate(sessions, 0)))
    if rules.duplicate_participant == "keep_first_complete":
        wording = "are further sessions of a person (the first complete one stays)"
        found.append(("duplicate", wording, _duplicate(sessions, share)))
    found.append(
        ("incomplete", f"answered less than {percent(share, 0)} of the main trials", lambda s: _incomplete(s, share))
    )
    if rules.checks_pass_min:
        wording = f"followed fewer than {rules.checks_pass_min} instructed checks"
        found.append(("checks", wording, lambda s: _checks(s, rules.checks_pass_min)))
    if fastest:
        found.append(("too-fast", f"answered too fast (median below {fastest} ms)", lambda s: _too_fast(s, fastest)))
    if p:
        found.append(("same-slot", f"chose one slot nearly always (p < {p:g})", lambda s: _same_slot(s, p)))
    return found


def _no_answers(session: Session) -> str | None:
    if not session.consented:
        return "no consent on record"
    return None if session.of("main") else "no trial of the main part was answered"


def _duplicate(sessions: Sequence[Session], share: float) -> Check:
    """All but a person's first session in which this share of the main trials is answered, or else the first at all."""
    stays: dict[str, str] = {}
    usable = [s for s in sessions if s.consented and s.of("main") and not s.withdrawn]
    for session in sorted(usable, key=lambda s: _incomplete(s, share) is not None):
        stays.setdefault(session.person, session.session_id)
    return lambda s: None if stays.get(s.person) == s.session_id else f"the session that counts is {stays[s.person]}"


def _incomplete(session: Session, share: float) -> str | None:
    told = sum(one.answer not in ("skip", "timeout") for one in session.of("main"))
    return f"{told} of {session.planned} main trials answered" if told < share * session.planned else None


def _checks(session: Session, least: int) -> str | None:
    shown = session.of("imc")
    passed = sum(one.correct is True for one in shown)
    return f"{passed} of {len(shown)} instructed checks followed" if passed < least else None


def _too_fast(session: Session, least: int) -> str | None:
    median = statistics.median(one.payload.rt_ms for one in session.of("main"))
    return f"median reaction time {median:.0f} ms" if median < least else None


def _same_slot(session: Session, below: float) -> str | None:
    """Only where there are slots: saying "fake" of every single picture is an opinion, and d′ shows it."""
    chosen = [one for one in session.of("main") if one.slot is not None]
    if not chosen:
        return None
    slots = len(chosen[0].sources)
    [(slot, most)] = Counter(one.slot for one in chosen).most_common(1)
    p = same_slot_p(most, len(chosen), slots)
    return f"slot {slot} chosen {most} of {len(chosen)} times (p = {p:.1g})" if p < below and slot is not None else None


def _flags(session: Session) -> list[str]:
    """Returns what a reader may want to know of a session; no flag removes it."""
    gold = session.of("gold")
    wrong = sum(one.correct is False for one in gold)
    hidden = sum(one.payload.hidden_ms > 0 for one in session.of("main"))
    labels = [one.label for one in session.of("main") if one.label is not None]
    tests = [
        (session.start is not None and session.start.webdriver, "the browser says that a program drives it"),
        (wrong > 0, f"{wrong} of {len(gold)} obvious trials answered wrongly"),
        (session.conflicts > 0, f"{session.conflicts} trials answered again, differently (the first answer counts)"),
        (hidden > 0, f"the page was hidden during {hidden} trials"),
        (session.broken_images > 0, f"{session.broken_images} pictures could not be shown"),
        (not session.finished, "did not reach the last page"),
        (len(labels) > 1 and len(set(labels)) == 1, f'said "{labels[0] if labels else ""}" of every picture'),
    ]
    return [text for holds, text in tests if holds]
