from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_eval.cache import Cache
from gan_eval.errors import BadImagesError, InputError
from gan_eval.features import FeatureReader, Needs
from gan_eval.metrics.moments import StreamingMoments
from gan_eval.metrics.sides import Needs as MetricNeeds
from gan_eval.pass_results import PassResults

MakeFolder = Callable[..., Path]
FEATURES = np.random.default_rng(3).normal(size=(40, 5)).astype(np.float32)
ALL = MetricNeeds(vectors=True, logits=True)


def _digests(count: int) -> bytes:
    return b"".join(hashlib.sha256(bytes([place])).digest() for place in range(count))


def _add(results: PassResults, first: int, last: int) -> None:
    results.add_images(last - first, [], _digests(last)[32 * first :])
    results.add_features(FEATURES[first:last], FEATURES[first:last, :2])


def _room(tmp_path: Path, name: str) -> Path:
    (tmp_path / name).mkdir()
    return tmp_path / name


def _killed(room: Path, *, kept: int, lost: int) -> None:
    with PassResults(room, ALL) as results:
        _add(results, 0, kept)
        results.keep()
        _add(results, kept, kept + lost)


@pytest.mark.parametrize(("kept", "lost"), [(8, 0), (8, 8), (3, 20), (39, 1)])
def test_a_pass_that_went_on_gives_the_bits_of_one_that_was_not_killed(tmp_path: Path, kept: int, lost: int) -> None:
    _killed(_room(tmp_path, "killed"), kept=kept, lost=lost)
    with PassResults(tmp_path / "killed", ALL) as results:
        assert (results.items, results.count, results.digests) == (kept, kept, _digests(kept))
        _add(results, kept, 40)
        results.finish([])
    with PassResults(_room(tmp_path, "whole"), ALL) as results:
        _add(results, 0, 40)
        results.finish([])
    whole, killed = ({path.name: path.read_bytes() for path in (tmp_path / n).iterdir()} for n in ("whole", "killed"))
    assert whole == killed
    assert set(whole) == {"set.json", "mean.npy", "cov.npy", "features.f32", "logits.f32"}


@pytest.mark.parametrize("name", ["pass.npz", "features.f32", "logits.f32", "digests.f32"])
@pytest.mark.parametrize("damage", ["changed", "short", "gone"])
def test_what_is_damaged_is_made_anew(tmp_path: Path, name: str, damage: str) -> None:
    room = _room(tmp_path, "killed")
    _killed(room, kept=16, lost=4)
    data = (room / name).read_bytes()
    place = data.find("16".encode("utf-32-le")) if name == "pass.npz" else 0
    changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    (room / name).write_bytes({"changed": changed, "short": data[: len(data) // 3], "gone": b""}[damage])
    if damage == "gone":
        (room / name).unlink()
    with PassResults(room, ALL) as results:
        assert (results.items, results.count, results.digests) == (0, 0, b"")


def test_what_was_kept_for_fewer_metrics_does_not_serve_more(tmp_path: Path) -> None:
    with PassResults(tmp_path, MetricNeeds()) as results:
        results.add_images(4, [], _digests(4))
        results.add_features(FEATURES[:4], None)
        results.keep()
    with PassResults(tmp_path, ALL) as results:
        assert results.items == 0


def test_unreadable_images_are_remembered(tmp_path: Path) -> None:
    with PassResults(tmp_path, ALL) as results:
        _add(results, 0, 4)
        results.add_images(1, ["ü.png: damaged"], _digests(1))
        results.keep()
    with PassResults(tmp_path, ALL) as results:
        assert (results.items, results.count, results.bad) == (5, 4, ["ü.png: damaged"])


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 700), st.integers(0, 700), st.integers(1, 6), st.booleans())
def test_moments_go_on_to_the_bit(first: int, more: int, dim: int, double: bool) -> None:
    x = np.random.default_rng(first).normal(size=(first + more, dim)).astype(np.float64 if double else np.float32)
    whole, begun = StreamingMoments(dim), StreamingMoments(dim)
    whole.update(x)
    begun.update(x[:first])
    went_on = StreamingMoments.from_state({name: array.copy() for name, array in begun.state().items()})
    went_on.update(x[first:])
    a, b = whole.finish(), went_on.finish()
    assert a.n == b.n
    np.testing.assert_array_equal(a.mean, b.mean)
    np.testing.assert_array_equal(a.cov, b.cov)


@pytest.mark.parametrize("wrong", ["kept", "mean", "lower", "counts"])
def test_a_state_that_does_not_fit_together_is_refused(wrong: str) -> None:
    stream = StreamingMoments(5)
    stream.update(np.tile(FEATURES, (14, 1)))
    state = {**stream.state()}
    state[wrong] = np.array([40.0, 3.0, 512.0]) if wrong == "counts" else state[wrong][:-1, ...]
    with pytest.raises(InputError, match="do not fit together"):
        StreamingMoments.from_state(state)


# ------------------------------------------------------------------------------------------- through the reader


class _Killed(BaseException):
    """Stands for SIGKILL: nothing in the program catches it."""


def _reader(tiny: Any, cache: Cache, *, after: int | None = None) -> FeatureReader:
    def progress(step: str, done: int, total: int | None) -> None:
        if after is not None and "features" in step and done >= after:
            raise _Killed

    return FeatureReader(tiny.network, cache, batch_size=4, extractor=tiny, progress=progress, keep_interval=0)


def _seen(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    counts: list[int] = []
    original = type(tiny).__call__

    def counting(self: Any, batch: Any) -> Any:
        counts.append(len(batch))
        return original(self, batch)

    monkeypatch.setattr(type(tiny), "__call__", counting)
    return counts


def test_a_killed_pass_goes_on_where_it_stood(
    tiny: Any, make_folder: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, cache = make_folder("set", 22), Cache(tmp_path / "cache")
    with pytest.raises(_Killed), _reader(tiny, cache, after=12) as reader:
        reader.read(folder, Needs(vectors=True))
    seen = _seen(tiny, monkeypatch)
    with _reader(tiny, cache) as reader:
        went_on = reader.read(folder, Needs(vectors=True))
        assert sum(seen) == 22 - 12
        with _reader(tiny, Cache(tmp_path / "other")) as second:
            whole = second.read(folder, Needs(vectors=True))
            np.testing.assert_array_equal(went_on.statistics.cov, whole.statistics.cov)
            assert went_on.vectors is not None
            assert whole.vectors is not None
            np.testing.assert_array_equal(went_on.vectors[0:22], whole.vectors[0:22])
    assert [path.name for path in (tmp_path / "cache" / "unfinished").iterdir()] == []


def test_an_interrupted_pass_keeps_what_it_has_at_once(
    tiny: Any, make_folder: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, cache = make_folder("set", 22), Cache(tmp_path / "cache")
    reader = _reader(tiny, cache, after=12)
    reader.keep_interval = 3600
    with pytest.raises(_Killed), reader:
        reader.read(folder)
    seen = _seen(tiny, monkeypatch)
    with _reader(tiny, cache) as second:
        second.read(folder)
    assert sum(seen) == 22 - 12


def test_what_was_interrupted_before_its_first_image_leaves_nothing(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    with pytest.raises(_Killed), cache.bench({"what": "moments"}) as room, PassResults(room, ALL):
        raise _Killed
    assert not room.exists()


def test_other_images_never_go_on_with_it(
    tiny: Any, make_folder: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(tmp_path / "cache")
    with pytest.raises(_Killed), _reader(tiny, cache, after=12) as reader:
        reader.read(make_folder("set", 22))
    seen = _seen(tiny, monkeypatch)
    with _reader(tiny, cache) as reader:
        reader.read(make_folder("others", 22, seed=5))
    assert sum(seen) == 22


def test_images_that_change_meanwhile_leave_nothing_behind(tiny: Any, make_folder: MakeFolder, tmp_path: Path) -> None:
    folder, cache = make_folder("set", 22), Cache(tmp_path / "cache")
    others = make_folder("others", 22, seed=5)
    with _reader(tiny, cache) as reader:
        opened = reader.open(folder)
        last = sorted(folder.iterdir())[-1]
        last.write_bytes(sorted(others.iterdir())[0].read_bytes())
        with pytest.raises(InputError, match="changed"):
            reader.read(opened)
    assert cache.usage().bytes == 0


def test_an_error_of_the_input_leaves_nothing_behind(tiny: Any, make_folder: MakeFolder, tmp_path: Path) -> None:
    folder, cache = make_folder("set", 22), Cache(tmp_path / "cache")
    with _reader(tiny, cache) as reader:
        opened = reader.open(folder)
        sorted(folder.iterdir())[9].write_bytes(b"no image")
        with pytest.raises(BadImagesError):
            reader.read(opened)
    assert cache.usage().bytes == 0


def test_clear_removes_what_nobody_works_on(tiny: Any, make_folder: MakeFolder, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    with pytest.raises(_Killed), _reader(tiny, cache, after=12) as reader:
        reader.read(make_folder("set", 22))
    bench = next(path for path in (tmp_path / "cache" / "unfinished").iterdir() if path.is_dir())

    os.utime(bench, (time.time() - 3600,) * 2)
    with cache.scratch():
        assert bench.exists(), "another run leaves it for the one that goes on"
    cache.clear()
    assert not bench.exists()


def test_two_processes_do_not_share_a_bench(tmp_path: Path) -> None:
    cache, key = Cache(tmp_path), {"what": "moments"}
    with cache.bench(key) as first, cache.bench(key) as second:
        assert first != second
        assert first.is_dir()
        assert second.is_dir()
    assert not first.exists()
    assert not second.exists()


def test_what_lies_too_long_is_swept(tmp_path: Path) -> None:

    cache = Cache(tmp_path)
    with contextlib.suppress(_Killed), cache.bench({"what": "moments"}) as room:
        (room / "features.f32").touch()
        raise _Killed
    assert room.exists()
    os.utime(room, (0, 0))
    with cache.scratch():
        assert not room.exists()
