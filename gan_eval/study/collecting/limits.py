"""Limits of a public server for one address, one session and one hour. They are kept in memory, addresses as hashes."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

#: More addresses than this are not remembered at once; the longest unseen is forgotten.
_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """body_bytes and events: of one request. sessions_per_hour: opened. rate: requests per second and address in the
    long run (0: no limit), burst: at once; a class behind one router shares an address."""

    body_bytes: int = 256 * 1024
    events: int = 200
    sessions_per_hour: int = 2000
    rate: float = 50.0
    burst: int = 300


class TokenBucket:
    """`rate` requests per second for each address, `burst` at once. Addresses are kept as hashes salted per process."""

    def __init__(self, rate: float, burst: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._salt = secrets.token_bytes(16)
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, address: str) -> bool:
        """Takes one token of this address; returns False where none is left."""
        if self._rate <= 0:
            return True
        name = hashlib.blake2b(address.encode(), key=self._salt, digest_size=16).digest()
        now = self._clock()
        with self._lock:
            tokens, then = self._buckets.pop(name, (float(self._burst), now))
            tokens = min(self._burst, tokens + (now - then) * self._rate)
            self._buckets[name] = (tokens - 1 if tokens >= 1 else tokens, now)
            if len(self._buckets) > _ADDRESSES:
                self._buckets.popitem(last=False)
        return tokens >= 1


class HourlyCount:
    """At most `most` events in any hour."""

    def __init__(self, most: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._bucket = TokenBucket(most / 3600, most, clock=clock)

    def allows(self) -> bool:
        """Counts one more; returns False where the hour is full."""
        return self._bucket.allows("")
