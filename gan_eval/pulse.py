"""Tells the processes of a team that each of the others is alive and how far it has come.

A message between processes waits for its receiver, and a receiver for its message: where one of them has been killed or
stopped, the others would wait for ever. Here a thread of each process writes a sign of life into the store that all
share, and reads the others'; before every message all processes meet, and whoever waits learns who is missing.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol

from gan_eval.errors import GanEvalError

#: Without a sign of life for this long a process is taken for dead; shorter than any that a living one needs for a
#: step that holds Python's lock.
SILENCE_SECONDS = 20.0
#: Between two signs of life: while nobody waits, and while this process waits for others.
_CALM_SECONDS, _BUSY_SECONDS = 1.0, 0.005
#: Written in place of a step by a process that ends early.
_ENDED = -1


class LostError(GanEvalError):
    """Another process of the team has ended early, or does not answer."""


class _Store(Protocol):
    def set(self, key: str, value: str) -> None: ...
    def get(self, key: str) -> bytes: ...


class Pulse:
    """Signs of life of one process, and what it knows of the others.

    store: shared by all. rank: of this process. size: of the team. All processes must have been here before one meets
    the others.
    """

    def __init__(self, store: _Store, rank: int, size: int) -> None:
        now = time.monotonic()
        self._store, self._rank, self._size = store, rank, size
        self._step = 0
        self._words = [""] * size
        self._heard = [now] * size
        self._answered = now
        self._ending = threading.Event()
        self._changed = threading.Condition()
        store.set(self._key(rank), "0 0")
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def start(self) -> None:
        """Begin; every process of the team has been made."""
        self._thread.start()

    def meet(self) -> None:
        """Wait until every process has come to this place. Raises LostError where one is missing."""
        with self._changed:
            self._step += 1
            self._changed.notify_all()
            while not all(self._step_of(rank) >= self._step for rank in range(self._size) if rank != self._rank):
                self._check()
                self._changed.wait(0.2)

    def end(self, *, early: bool) -> None:
        """Stop; where this process ends early, the others learn it at once."""
        with self._changed:
            self._step = _ENDED if early else self._step
            self._ending.set()
            self._changed.notify_all()
        self._thread.join(timeout=2 * _CALM_SECONDS)

    def _check(self) -> None:
        now = time.monotonic()
        for rank in range(self._size):
            if rank != self._rank and self._step_of(rank) == _ENDED:
                raise LostError(f"process {rank} of this run has ended before its work was done (see its message)")
        if now - self._answered > SILENCE_SECONDS:
            raise LostError("the first process of this run has been killed or stopped, or cannot be reached")
        for rank in range(self._size):
            if rank != self._rank and now - self._heard[rank] > SILENCE_SECONDS:
                raise LostError(f"process {rank} of this run has been killed or stopped, or cannot be reached")

    def _step_of(self, rank: int) -> int:
        return int(self._words[rank].partition(" ")[0] or 0)

    def _beat(self) -> None:
        count = 0
        while True:
            count += 1
            ending = self._ending.is_set()
            try:
                self._store.set(self._key(self._rank), f"{self._step} {count}")
                words = [self._store.get(self._key(rank)).decode() for rank in range(self._size)]
            except RuntimeError:  # the store has gone with its process; `_answered` grows old
                return
            if ending:
                return
            with self._changed:
                self._take(words, time.monotonic())
                behind = any(self._step_of(rank) < self._step for rank in range(self._size) if rank != self._rank)
                self._changed.wait(_BUSY_SECONDS if behind else _CALM_SECONDS)

    def _take(self, words: list[str], now: float) -> None:
        self._answered = now
        if words != self._words:
            for rank, word in enumerate(words):
                if word != self._words[rank]:
                    self._heard[rank] = now
            self._words = words
            self._changed.notify_all()

    @staticmethod
    def _key(rank: int) -> str:
        return f"gan-eval/pulse/{rank}"
