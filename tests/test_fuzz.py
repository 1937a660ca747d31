"""A short run of the fuzzing script, and that the script sees what it looks for."""

from __future__ import annotations

import io
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks import fuzz, fuzz_readers
from benchmarks.fuzz_mutations import damaged
from gan_eval.errors import InputError


@pytest.fixture
def worker_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., fuzz.Worker]]:
    before = signal.getsignal(signal.SIGALRM)

    def make(*targets: fuzz_readers.Target) -> fuzz.Worker:
        if targets:
            monkeypatch.setattr(fuzz_readers, "targets", lambda room: list(targets))
        return fuzz.Worker(tmp_path, 3, [], np.zeros(2000, np.int64), io.StringIO())

    yield make
    signal.signal(signal.SIGALRM, before)


def test_every_reader_gives_a_value_or_an_error_of_ours(worker_of: Callable[..., fuzz.Worker]) -> None:
    worker = worker_of()
    outcomes = [worker.run(index) for index in range(600)]
    assert not [line for line in worker.said.getvalue().splitlines() if line.startswith("input ")]  # type: ignore[attr-defined]
    assert set(outcomes) == {"accepted", "refused"}
    assert outcomes.count("accepted") > 60


def fail(path: Path) -> object:
    raise KeyError("a")


def refuse(path: Path) -> object:
    raise InputError("no")


def wait(path: Path) -> object:
    time.sleep(5)
    return 1


@pytest.mark.parametrize(
    ("read", "own", "outcome"),
    [
        (fail, False, "foreign"),
        (refuse, False, "refused"),
        (lambda path: None, False, "refused"),
        (lambda path: path.read_bytes(), False, "accepted"),
        (lambda path: path.read_bytes(), True, "believed"),
        (lambda path: 7, True, "accepted"),
        (wait, False, "hang"),
    ],
)
def test_outcomes_are_told_apart(
    worker_of: Callable[..., fuzz.Worker],
    monkeypatch: pytest.MonkeyPatch,
    read: fuzz_readers.Reader,
    own: bool,
    outcome: str,
) -> None:
    monkeypatch.setattr(fuzz, "HANG_SECONDS", 0.05)
    worker = worker_of(fuzz_readers.Target("t", {"a": bytes(100)}, damaged, read, own=own))
    assert worker.run(0) == outcome
    assert worker.numbers[: len(fuzz.OUTCOMES)].tolist() == [int(one == outcome) for one in fuzz.OUTCOMES]


def test_an_input_is_a_function_of_seed_and_number() -> None:
    data = bytes(range(200))
    assert damaged(data, random.Random("3:1")) == damaged(data, random.Random("3:1"))
    assert damaged(data, random.Random("3:1")) != damaged(data, random.Random("3:2"))
