"""Signs of life: processes meet, and who is missing is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from gan_eval import pulse
from gan_eval.pulse import LostError, Pulse


class SharedStore(dict[str, bytes]):
    """A store in memory; `answers` False makes it one whose process has gone."""

    answers = True

    def set(self, key: str, value: str) -> None:
        if not self.answers:
            raise RuntimeError("connection reset")
        self[key] = value.encode()


@pytest.fixture
def store() -> SharedStore:
    return SharedStore()


@pytest.fixture
def three(store: SharedStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Pulse]]:
    monkeypatch.setattr(pulse, "SILENCE_SECONDS", 0.4)
    monkeypatch.setattr(pulse, "_CALM_SECONDS", 0.05)
    team = [Pulse(store, rank, 3) for rank in range(3)]
    for one in team:
        one.start()
    yield team
    for one in team:
        one.end(early=False)


def meet(*team: Pulse) -> list[BaseException | None]:
    """All meet, each in a thread; what each of them raised."""
    outcomes: list[BaseException | None] = [None] * len(team)

    def one(place: int) -> None:
        try:
            team[place].meet()
        except LostError as error:
            outcomes[place] = error

    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(team))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=5)
    return outcomes


def test_all_meet_as_often_as_they_like(three: list[Pulse]) -> None:
    for _ in range(20):
        assert meet(*three) == [None, None, None]


def test_one_that_comes_late_is_waited_for(three: list[Pulse]) -> None:
    waiting = threading.Thread(target=meet, args=(three[0], three[1]))
    waiting.start()
    time.sleep(0.8)  # longer than the silence: it lives, and is busy
    assert waiting.is_alive()
    three[2].meet()
    waiting.join(timeout=5)
    assert not waiting.is_alive()


def test_one_that_ends_early_is_told_at_once(three: list[Pulse]) -> None:
    three[1].end(early=True)
    outcomes = meet(three[0], three[2])
    assert [str(error) for error in outcomes] == [
        "process 1 of this run has ended before its work was done (see its message)"
    ] * 2


def test_one_that_falls_silent_is_named(three: list[Pulse], store: SharedStore) -> None:
    three[2].end(early=False)  # its thread ends as that of a killed process does
    outcomes = meet(three[0], three[1])
    assert all("process 2 of this run has been killed or stopped" in str(error) for error in outcomes)


def test_a_store_that_has_gone_is_the_first_process(three: list[Pulse], store: SharedStore) -> None:
    store.answers = False
    outcomes = meet(three[1])
    assert "the first process of this run has been killed or stopped" in str(outcomes[0])
