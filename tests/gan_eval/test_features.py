from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gan_eval.cache import Cache
from gan_eval.errors import BadImagesError, InputError
from gan_eval.features import FeatureReader, Needs
from gan_eval.metrics.moments import Moments, Samples

MakeFolder = Callable[..., Path]
ALL = Needs(vectors=True, logits=True)


@pytest.fixture
def reader(tiny: Any) -> FeatureReader:
    return FeatureReader(tiny.network, extractor=tiny, batch_size=5)


def by_hand(folder: Path, tiny: Any) -> np.ndarray:
    images = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(folder.iterdir())]
    return tiny(np.stack([tiny.prepare(image) for image in images])).features


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_features_are_those_of_the_network_in_order(make_folder: MakeFolder, tiny: Any, workers: int) -> None:
    folder = make_folder("set", 13)
    reader = FeatureReader(tiny.network, extractor=tiny, batch_size=4, workers=workers)
    made = reader.read(folder, ALL)
    assert made.vectors is not None
    np.testing.assert_allclose(made.vectors.array(), by_hand(folder, tiny), rtol=1e-6)
    assert made.logits is not None
    assert made.logits.array().shape == (13, 10)


@pytest.mark.parametrize(("count", "form"), [(7, Samples), (40, Moments)])
def test_small_sets_keep_the_low_rank_form(
    make_folder: MakeFolder, reader: FeatureReader, count: int, form: type
) -> None:
    folder = make_folder("set", count)
    for _ in range(2):  # computed, then from the cache
        made = reader.read(folder)
        assert isinstance(made.statistics, form)
        np.testing.assert_allclose(made.statistics.mean, by_hand(folder, reader.extractor).mean(0), rtol=1e-5)


def test_the_second_reading_comes_from_the_cache(make_folder: MakeFolder, reader: FeatureReader, tiny: Any) -> None:
    folder = make_folder("set")
    first = reader.read(folder, ALL)
    assert tiny.seen == 12
    second = reader.read(folder, ALL)
    assert tiny.seen == 12
    assert first.vectors is not None
    assert second.vectors is not None
    np.testing.assert_array_equal(first.vectors.array(), second.vectors.array())


def test_more_than_was_kept_is_computed(make_folder: MakeFolder, reader: FeatureReader, tiny: Any) -> None:
    folder = make_folder("set")
    reader.read(folder)
    reader.read(folder, Needs(vectors=True))
    assert tiny.seen == 24
    reader.read(folder)
    assert tiny.seen == 24


def test_a_changed_image_is_not_found_in_the_cache(make_folder: MakeFolder, reader: FeatureReader, tiny: Any) -> None:
    reader.read(make_folder("set"))
    reader.read(make_folder("set", seed=1))
    assert tiny.seen == 24


def test_without_a_cache_nothing_stays(make_folder: MakeFolder, tiny: Any, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "results", keep=False)
    with FeatureReader(tiny.network, extractor=tiny, cache=cache) as reader:
        made = reader.read(make_folder("set"), ALL)
        assert made.vectors is not None
        path = made.vectors.path
        assert path.exists()
    assert not path.exists()
    assert not cache.folder.exists()


def test_arrays_and_iterators_give_what_their_files_give(make_folder: MakeFolder, reader: FeatureReader) -> None:
    folder = make_folder("set")
    images = np.stack([np.asarray(Image.open(path)) for path in sorted(folder.iterdir())])
    expected = reader.read(folder).statistics.mean
    np.testing.assert_array_equal(reader.read(images).statistics.mean, expected)
    np.testing.assert_array_equal(reader.read(iter([images[:7], images[7:]])).statistics.mean, expected)


def test_a_damaged_file_ends_the_run_before_the_network(
    make_folder: MakeFolder, reader: FeatureReader, tiny: Any
) -> None:
    folder = make_folder("set")
    (folder / "004.png").write_bytes((folder / "004.png").read_bytes()[:100])
    with pytest.raises(BadImagesError, match=r"004\.png"):
        reader.read(folder)
    assert tiny.seen == 0


def test_a_damaged_file_can_be_left_out(make_folder: MakeFolder, tiny: Any) -> None:
    folder = make_folder("set")
    (folder / "004.png").write_bytes(b"")
    reader = FeatureReader(tiny.network, extractor=tiny, on_bad_image="skip")
    for _ in range(2):
        made = reader.read(folder)
        assert made.n == 11
        assert made.bad == ("004.png: empty file",)


def test_bad_files_of_another_folder_with_the_same_images_are_not_told(make_folder: MakeFolder, tiny: Any) -> None:
    reader = FeatureReader(tiny.network, extractor=tiny, on_bad_image="skip")
    broken, whole = make_folder("broken"), make_folder("whole")
    (broken / "999.png").write_bytes(b"")
    assert reader.read(broken).bad
    assert reader.read(whole).bad == ()
    assert tiny.seen == 12


def test_progress_is_told_to_the_end(make_folder: MakeFolder, tiny: Any) -> None:
    calls: list[tuple[str, int, int | None]] = []
    reader = FeatureReader(tiny.network, extractor=tiny, batch_size=5, progress=lambda *call: calls.append(call))
    reader.read(make_folder("set"))
    assert [call[1:] for call in calls if "features" in call[0]] == [(5, 12), (10, 12), (12, 12)]


def test_class_scores_of_a_network_without_them_are_an_error(
    make_folder: MakeFolder, reader: FeatureReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gan_eval.extractors import Activations

    call = type(reader.extractor).__call__
    monkeypatch.setattr(type(reader.extractor), "__call__", lambda self, batch: Activations(call(self, batch)[0], None))
    with pytest.raises(InputError, match="class scores"):
        reader.read(make_folder("set"), ALL)
