"""Limits of a server: rates of one address, sessions of an hour."""

from __future__ import annotations

from gan_eval.study.collecting.limits import HourlyCount, TokenBucket


def test_bucket_fills_with_time() -> None:
    now = [0.0]
    bucket = TokenBucket(2.0, 3, clock=lambda: now[0])
    assert [bucket.allows("a") for _ in range(4)] == [True, True, True, False]
    assert bucket.allows("b")
    now[0] = 1.0
    assert [bucket.allows("a") for _ in range(3)] == [True, True, False]
    assert TokenBucket(0, 1).allows("a")


def test_hourly_count() -> None:
    now = [0.0]
    count = HourlyCount(2, clock=lambda: now[0])
    assert [count.allows() for _ in range(3)] == [True, True, False]
    now[0] = 1800.0
    assert [count.allows() for _ in range(2)] == [True, False]
