"""The CSV: every answer, unblinded, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

from gan_eval.study.analysing.answers import read_record
from gan_eval.study.analysing.exclusions import screen
from gan_eval.study.analysing.spreadsheet import answers_csv
from gan_eval.study.schema.events import Start
from gan_eval.study.schema.trials import Kind
from tests.gan_eval.study.drawn import NAMES, events, study


def read(kind: Kind, people: int = 5, careless: float = 0.0, agent: str | None = None) -> list[dict[str, Any]]:
    """The rows of a made-up study's CSV."""
    manifest, key = study(kind)
    found = list(events(kind, people=people, careless=careless))
    if agent is not None:
        found = [
            replace(one, payload=replace(one.payload, user_agent=agent)) if isinstance(one.payload, Start) else one
            for one in found
        ]
    record = read_record(found, manifest, key)
    return list(csv.DictReader(io.StringIO(answers_csv(record, manifest, key, screen(record.sessions, key.rules)))))


def test_every_answer_has_a_row() -> None:
    rows = read("best-of-k")
    # 18 main trials, 3 repeats, 3 checks, 1 gold trial.
    assert len(rows) == 5 * 25
    assert {row["role"] for row in rows} == {"main", "repeat", "imc", "gold"}


def test_choices_are_unblinded() -> None:
    for row in read("best-of-k"):
        slot = int(row["choice_slot"])
        assert row["choice_image_id"] == row[f"shown_{slot}"]
        assert row["choice_method"] == row[f"method_{slot}"]
        if row["role"] == "main":
            assert {row[f"method_{n}"] for n in (1, 2, 3)} == set(NAMES)


def test_realism_rows_say_whether_the_answer_was_right() -> None:
    rows = [row for row in read("real-fake") if row["role"] == "main"]
    assert all(row["correct"] == str(int((row["method_1"] == "real") == (row["label"] == "real"))) for row in rows)


def test_excluded_sessions_are_marked() -> None:
    marks = {row["session_id"]: row["excluded"] for row in read("best-of-k", people=8, careless=0.5)}
    assert sum(mark != "" for mark in marks.values()) >= 3


def test_formulas_are_guarded() -> None:
    for text in ('=HYPERLINK("http://x")', "+1", "-2", "@SUM(A1)", "\tx"):
        assert {row["user_agent"] for row in read("pairwise", people=1, agent=text)} == {f"'{text}"}
