"""What a training run tells on stderr."""

from __future__ import annotations

import io
import sys

import pytest
from gan_eval_cli.nicegan import display

from gan_eval.result import Score
from nicegan.training import Status
from nicegan.validation import Validation

STATUS = Status(30, 40, {"discriminator": 1.25, "generator": 8.5}, 1e-4, 0.5, 3725.0)
VALIDATION = Validation(20, {"AtoB": Score("kd", 0.25, "lower", 5, 5, "efficientnet-lite0")})


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_log_file_gets_validations_and_the_last_step(capsys: pytest.CaptureFixture[str]) -> None:
    with display.training(quiet=False) as report:
        report(STATUS)
        report(VALIDATION)
        report(Status(40, 40, STATUS.losses, 0.0, 2.0, 0.0))
    assert capsys.readouterr().err.splitlines() == [
        "step 20: kd (efficientnet-lite0) AtoB 0.2500",
        "step 40/40  D 1.250  G 8.500  2.00 s/step  0:00 left",
    ]


def test_a_terminal_gets_one_live_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    with display.training(quiet=False) as report:
        report(VALIDATION)
        report(STATUS)
    shown = terminal.getvalue()
    assert "step 20: kd (efficientnet-lite0) AtoB 0.2500" in shown
    assert "30/40" in shown
    assert "D 1.250  G 8.500  2.0 steps/s  1:02:05 left" in shown


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with display.training(quiet=True) as report:
        report(STATUS)
        report(VALIDATION)
    assert capsys.readouterr().err == ""
