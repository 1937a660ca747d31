"""What entered the numbers of a study and what did not: answers by kind, deadlines, checks, and items left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gan_eval.study.analysing.answers import TIES, Session, Usable
from gan_eval.study.schema.manifest import Key


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over the sessions that are analysed.

    Parameters
    ----------
    entered : int
        Main answers that enter the numbers.
    ties, both_bad : int
        Of those, answers of no difference and of "both bad"; where the plan drops them, they are in `dropped`.
    dropped : int
        Answers of either sort that the plan leaves out.
    skipped, timed_out : int
        Main trials without a judgement.
    warm_up, seen_again : int
        Main answers left out: of the first trials of a form, and of trials shown a second time after an interruption.
    instructed, gold, repeats : int
        Answers to checks, to obvious trials and to trials shown again on purpose, which never enter.
    items, silent_items : int
        Items of the study, and those of them without an answer that enters.
    """

    entered: int
    ties: int
    both_bad: int
    dropped: int
    skipped: int
    timed_out: int
    warm_up: int
    seen_again: int
    instructed: int
    gold: int
    repeats: int
    items: int
    silent_items: int


def tally(
    sessions: Sequence[Session], usable: Usable, key: Key, *, entered: int, items_entered: int, ties_enter: bool
) -> Tally:
    """Count the answers of these sessions; ties_enter: whether an answer of no difference has a row in the table."""
    main = [one for session in sessions for one in session.of("main")]
    after = [one for session in sessions for one in session.of("main")[usable.first_dropped :]]
    counts = Counter(one.answer for session in sessions for one in usable.of(session))
    roles = Counter(one.role for session in sessions for one in session.judgements)
    asked = {trial.item for trial in key.trials.values() if trial.role == "main"}
    return Tally(
        entered=entered,
        ties=counts["tie"] if ties_enter else 0,
        both_bad=counts["both_bad"] if ties_enter else 0,
        dropped=0 if ties_enter else sum(counts[name] for name in TIES),
        skipped=counts["skip"],
        timed_out=counts["timeout"],
        warm_up=len(main) - len(after),
        seen_again=sum(usable.once and one.payload.attempt > 1 for one in after),
        instructed=roles["imc"],
        gold=roles["gold"],
        repeats=roles["repeat"],
        items=len(asked),
        silent_items=len(asked) - items_entered,
    )
