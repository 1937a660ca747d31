from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gan_eval.errors import InputError
from gan_eval.images import open_source
from gan_eval.statistics_file import open_statistics

IMAGES: NDArray[np.uint8] = np.random.default_rng(0).integers(0, 256, (5, 6, 7, 3), dtype=np.uint8)
LATENTS = np.random.default_rng(1).normal(size=(5, 16)).astype(np.float32)


def pixels(given: object) -> NDArray[np.uint8]:
    return np.stack([item.pixels() for item in open_source(given).items()])


def saved(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("beside", [{"z": LATENTS}, {"labels": np.eye(5)}, {"y": np.arange(5)}, {"masks": IMAGES // 2}])
@pytest.mark.parametrize("name", ["images", "x", "samples", "arr_0", "image"])
def test_images_are_taken_by_their_name(tmp_path: Path, name: str, beside: dict[str, Any]) -> None:
    path = saved(tmp_path / "a.npz", **beside, **{name: IMAGES})
    assert open_statistics(path) is None
    np.testing.assert_array_equal(pixels(path), IMAGES)
    assert f"images are the array {name!r}; not used: {next(iter(beside))}" in open_source(path).notes[0]


@pytest.mark.parametrize(
    "arrays",
    [
        {"first": IMAGES, "second": IMAGES},
        {"images": IMAGES, "x": IMAGES},
        {"images": IMAGES, "features": LATENTS},
        {"z": LATENTS, "labels": np.arange(5)},
        {"fake_images": IMAGES, "z": LATENTS},
        {"images": IMAGES.astype(np.uint16), "z": LATENTS},
    ],
)
def test_what_cannot_be_told_is_refused_with_the_names(tmp_path: Path, arrays: dict[str, Any]) -> None:
    path = saved(tmp_path / "a.npz", **arrays)
    for look in (open_statistics, open_source):
        with pytest.raises(InputError, match=f"{next(iter(arrays))}.*a.npz::"):
            look(path)


def test_an_array_is_chosen_by_its_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npz", first=IMAGES, second=IMAGES // 2, z=LATENTS)
    np.testing.assert_array_equal(pixels(f"{path}::second"), IMAGES // 2)
    features = open_statistics(f"{path}::z")
    assert features is not None
    assert features.features is not None
    np.testing.assert_array_equal(features.features[:], LATENTS)
    with pytest.raises(InputError, match="no array 'third'"):
        open_source(f"{path}::third")


def test_moments_beside_images_serve_only_when_named(tmp_path: Path) -> None:
    moments = {"mu": LATENTS.mean(0), "sigma": np.cov(LATENTS, rowvar=False)}
    path = saved(tmp_path / "ref.npz", arr_0=IMAGES, **moments, mu_s=np.zeros(3), sigma_s=np.eye(3))
    assert open_statistics(path) is None
    assert "for its moments, give ref.npz::mu" in open_source(path).notes[0]
    file = open_statistics(f"{path}::mu")
    assert file is not None
    np.testing.assert_allclose(file.statistics.mean, moments["mu"])
    spatial = open_statistics(f"{path}::mu_s")
    assert spatial is not None
    assert spatial.statistics.dim == 3
    np.testing.assert_array_equal(spatial.statistics.cov, np.eye(3))


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (IMAGES, IMAGES),
        (IMAGES[..., 0], np.repeat(IMAGES[..., :1], 3, -1)),
        (IMAGES / np.float32(255), IMAGES),
        (IMAGES[0], IMAGES[:1]),
    ],
)
@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_forms_of_a_saved_array(tmp_path: Path, array: Any, expected: Any, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    np.savez(path, array) if ending == "npz" else np.save(path, array)
    np.testing.assert_array_equal(pixels(path), expected)


@pytest.mark.parametrize("array", [IMAGES.transpose(0, 3, 1, 2), IMAGES.astype(np.uint16), IMAGES / 1.0])
def test_other_saved_arrays_are_refused_by_their_file(tmp_path: Path, array: Any) -> None:
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(InputError, match=r"a\.npy: an array"):
        open_source(tmp_path / "a.npy")


def test_a_saved_matrix_is_features(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", LATENTS)
    file = open_statistics(tmp_path / "f.npy")
    assert file is not None
    assert file.statistics.n == 5


def test_a_folder_of_arrays_is_a_source(tmp_path: Path) -> None:
    for index in range(3):
        np.save(tmp_path / f"{index}.npy", IMAGES[index])
    np.save(tmp_path / "batch.npy", IMAGES[3:])
    (tmp_path / "notes.txt").write_text("x")
    source = open_source(tmp_path)
    assert (source.count, source.skipped) == (5, 1)
    np.testing.assert_array_equal(pixels(tmp_path), IMAGES)


@pytest.mark.parametrize("damage", ["cut", "claim"])
def test_damage_is_refused_before_memory_is_taken(tmp_path: Path, damage: str) -> None:
    path = saved(tmp_path / "a.npz", images=IMAGES)
    data = path.read_bytes()
    huge = data.replace(b"(5, 6, 7, 3)", b"(5, 600, 700, 999999999)"[:12])
    path.write_bytes(data[: len(data) // 2] if damage == "cut" else huge.replace(b"(5, 600, 700", b"(9999, 9, 7)"))
    with pytest.raises(InputError, match=r"a\.npz"):
        open_source(path)


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "evil.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"evil\.npy.*objects"):
        open_source(tmp_path / "evil.npy")
