"""Unpaired folders, the official transform, and an order that is a function of seed and position alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gan_eval.errors import BadImagesError, InputError
from nicegan.config import DataConfig
from nicegan.data import (
    ImagePair,
    TrainingPairs,
    UnpairedFolders,
    batches,
    hold_out,
    index_at,
    open_domains,
    open_folders,
)
from nicegan.pictures import Size, load_augmented, load_plain, to_pixels, to_range

SIZE = Size(24, 16)


def picture(path: Path, shape: tuple[int, ...] = (40, 30, 3), mode: str | None = None) -> Path:
    pixels = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(pixels, mode).save(path)
    return path


def taken(demo: Path, **arguments: int) -> list[ImagePair]:
    pairs = TrainingPairs(open_folders(demo).train, SIZE, seed=arguments.pop("seed", 0))
    return list(batches(pairs, **({"first": 0, "last": 6, "batch": 2} | arguments)))  # type: ignore[arg-type]


def same(one: list[ImagePair], two: list[ImagePair]) -> bool:
    return len(one) == len(two) and all(
        torch.equal(x, y) for p, q in zip(one, two, strict=True) for x, y in zip(p, q, strict=True)
    )


def test_folders_are_listed(demo: Path) -> None:
    folders = open_folders(demo)
    assert [len(folders.train["A"]), len(folders.train["B"]), len(folders.test["A"]), len(folders.test["B"])] == [
        5,
        4,
        2,
        3,
    ]
    assert folders.skipped == ()


def test_test_folders_may_be_missing(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "data")
    shutil.rmtree(tmp_path / "data/testB")
    assert open_folders(tmp_path / "data").test["B"] == ()


@pytest.mark.parametrize(("gone", "message"), [("trainB", "has no trainB"), (".", "no such folder")])
def test_missing_folder_is_an_error(demo: Path, tmp_path: Path, gone: str, message: str) -> None:
    shutil.copytree(demo, tmp_path / "data")
    shutil.rmtree(tmp_path / "data" / gone)
    with pytest.raises(InputError, match=message):
        open_folders(tmp_path / "data")


def test_bad_files_show_before_training(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "data")
    whole = (demo / "trainA/0000.png").read_bytes()
    (tmp_path / "data/trainA/0000.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "data/testB/note.png").write_text("no image")
    with pytest.raises(BadImagesError, match=r"2 unreadable files: trainA/0000\.png: .*; testB/note\.png: "):
        open_folders(tmp_path / "data")
    folders = open_folders(tmp_path / "data", on_bad_image="skip")
    assert (len(folders.train["A"]), len(folders.test["B"]), len(folders.skipped)) == (4, 3, 2)


def test_domain_without_a_readable_image_is_an_error(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "data")
    for path in (tmp_path / "data/trainB").iterdir():
        path.write_bytes(b"")
    with pytest.raises(InputError, match="trainB: no readable image"):
        open_folders(tmp_path / "data", on_bad_image="skip")


def test_plain_transform_equals_torchvisions(tmp_path: Path) -> None:
    from torchvision import transforms

    path = picture(tmp_path / "x.png")
    official = transforms.Compose(
        [transforms.Resize((24, 16)), transforms.ToTensor(), transforms.Normalize([0.5] * 3, [0.5] * 3)]
    )
    with Image.open(path) as opened:
        assert torch.equal(to_range(load_plain(path, SIZE)), official(opened.convert("RGB")))


def test_augmented_image_is_a_crop_of_the_flipped_or_unflipped_resize(tmp_path: Path) -> None:
    path, seen = picture(tmp_path / "x.png"), set()
    with Image.open(path) as opened:
        flips = [opened.copy(), opened.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    resized = [
        np.asarray(image.resize((16 + 6, 24 + 6), Image.Resampling.BILINEAR)).transpose(2, 0, 1) for image in flips
    ]
    for number in range(40):
        crop = load_augmented(path, SIZE, np.random.default_rng(number), config=DataConfig(margin=6)).numpy()
        seen |= {
            (flip, top, left)
            for flip in (0, 1)
            for top in range(7)
            for left in range(7)
            if np.array_equal(resized[flip][:, top : top + 24, left : left + 16], crop)
        }
    assert {flip for flip, _, _ in seen} == {0, 1}
    assert {top for _, top, _ in seen} == {left for _, _, left in seen} == set(range(7))


def test_crop_keeps_the_aspect(tmp_path: Path) -> None:
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = 255
    Image.fromarray(wide).save(tmp_path / "wide.png")
    assert load_plain(tmp_path / "wide.png", Size(20, 20), config=DataConfig(fit="crop")).min() == 255
    assert load_plain(
        tmp_path / "wide.png", Size(20, 20), config=DataConfig(fit="stretch")
    ).float().mean() == pytest.approx(85, abs=1)


@pytest.mark.parametrize(
    ("name", "shape", "mode"), [("g.png", (9, 8), "L"), ("a.png", (9, 8, 4), "RGBA"), ("c.jpg", (9, 8, 4), "CMYK")]
)
def test_every_mode_becomes_three_channels(tmp_path: Path, name: str, shape: tuple[int, ...], mode: str) -> None:
    pixels = np.full(shape, 100, np.uint8)
    Image.frombytes(mode, (8, 9), pixels.tobytes()).save(tmp_path / name)
    assert load_plain(tmp_path / name, SIZE).shape == (3, 24, 16)


def test_pixels_survive_the_way_to_the_range_and_back() -> None:
    pixels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_pixels(to_range(pixels)), pixels)
    assert (to_range(pixels).min(), to_range(pixels).max()) == (-1, 1)
    assert to_pixels(torch.tensor([-1.5, 1.5])).tolist() == [0, 255]


@given(count=st.integers(1, 9), turn=st.integers(0, 5), seed=st.integers(0, 99))
def test_every_image_is_seen_once_a_turn(count: int, turn: int, seed: int) -> None:
    positions = range(turn * count, (turn + 1) * count)
    assert sorted(index_at(p, count=count, seed=seed, domain="A") for p in positions) == list(range(count))


def test_turns_domains_and_seeds_are_shuffled_differently() -> None:
    orders = {
        tuple(index_at(turn * 50 + p, count=50, seed=seed, domain=domain) for p in range(50))
        for turn in (0, 1)
        for seed in (0, 1)
        for domain in ("A", "B")
    }
    assert len(orders) == 8


def test_batches_from_the_middle_are_those_of_the_whole(demo: Path) -> None:
    assert same(taken(demo)[4:], taken(demo, first=4))


def test_workers_change_nothing(demo: Path) -> None:
    assert same(taken(demo), taken(demo, workers=2))


def test_two_processes_see_what_one_sees(demo: Path) -> None:
    whole = taken(demo, batch=4, last=3)
    halves = [taken(demo, batch=2, last=3, rank=rank, world=2) for rank in (0, 1)]
    joined = [ImagePair(torch.cat([p.a, q.a]), torch.cat([p.b, q.b])) for p, q in zip(*halves, strict=True)]
    assert same(whole, joined)


def test_seed_changes_the_batches_and_nothing_global_is_touched(demo: Path) -> None:
    before = torch.get_rng_state()
    assert not same(taken(demo), taken(demo, seed=1))
    assert torch.equal(before, torch.get_rng_state())


def test_flip_can_be_turned_off(tmp_path: Path) -> None:
    path = picture(tmp_path / "x.png")
    crops = {
        load_augmented(path, SIZE, np.random.default_rng(n), config=DataConfig(flip=False, margin=0)).numpy().tobytes()
        for n in range(8)
    }
    assert crops == {load_plain(path, SIZE).numpy().tobytes()}


@pytest.mark.parametrize("mode", ["I;16", "I;16 of 12 bits", "F"])
def test_deep_images_are_scaled_not_cut(tmp_path: Path, mode: str) -> None:
    values = np.linspace(300, 4095, 64 * 64).reshape(64, 64) * (16 if mode == "I;16" else 1)
    if mode == "F":
        Image.fromarray((values / 4095).astype(np.float32)).save(tmp_path / "x.tiff")
    else:
        Image.fromarray(values.astype(np.uint16)).save(tmp_path / "x.tiff")
    seen = load_plain(tmp_path / "x.tiff", Size(64, 64))
    assert len(torch.unique(seen)) > 200
    assert (int(seen.min()), int(seen.max())) == (19, 255)


def test_deep_images_of_a_set_are_scaled_alike(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "data")
    for name, top in (("dark", 900), ("bright", 4000)):
        values = np.linspace(0, top, 32 * 32).reshape(32, 32).astype(np.uint16)
        Image.fromarray(values).save(tmp_path / f"data/trainA/{name}.png")
    folders = open_folders(tmp_path / "data")
    assert folders.white == 4095
    dark = load_plain(tmp_path / "data/trainA/dark.png", Size(32, 32), config=DataConfig(white=folders.white))
    assert int(dark.max()) == round(900 / 4095 * 255)


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (1, 1)), (6, (0, 1)), (8, (1, 0))])
def test_photographs_are_seen_upright(tmp_path: Path, orientation: int, corner: tuple[int, int]) -> None:
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[:8, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(tmp_path / "x.jpg", exif=exif, quality=100)
    seen = load_plain(tmp_path / "x.jpg", Size(16, 16))[0].float()
    quarters = seen.reshape(2, 8, 2, 8).mean((1, 3))
    assert divmod(int(quarters.argmax()), 2) == corner


@pytest.mark.parametrize("background", [(255, 255, 255), (0, 0, 0), (10, 200, 30)])
def test_transparency_shows_the_background(tmp_path: Path, background: tuple[int, int, int]) -> None:
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "x.png")
    seen = load_plain(tmp_path / "x.png", Size(8, 8), config=DataConfig(background=background))
    assert seen[:, 4, 4].tolist() == list(background)


def test_large_jpeg_is_decoded_small_and_looks_the_same(tmp_path: Path) -> None:
    coarse = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    whole = Image.fromarray(coarse).resize((1600, 1200), Image.Resampling.BICUBIC)
    whole.save(tmp_path / "x.jpg", quality=95)
    seen = load_plain(tmp_path / "x.jpg", Size(96, 128)).permute(1, 2, 0).numpy().astype(int)
    exact = np.asarray(whole.resize((128, 96), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(seen - exact).mean() < 2


def test_native_fit_cuts_out_the_photographs_own_pixels(tmp_path: Path) -> None:
    path = picture(tmp_path / "x.png", (60, 80, 3))
    with Image.open(path) as opened:
        whole = np.asarray(opened).transpose(2, 0, 1)
    config = DataConfig(fit="native", flip=False, margin=0)
    for seed in range(8):
        crop = load_augmented(path, SIZE, np.random.default_rng(seed), config=config).numpy()
        windows = np.lib.stride_tricks.sliding_window_view(whole, (3, 24, 16))
        assert (windows == crop).all((3, 4, 5)).any()
    assert load_augmented(path, Size(100, 90), np.random.default_rng(0), config=config).shape == (3, 100, 90)


@pytest.mark.parametrize("ending", ["jpg", "png", "bmp", "webp", "gif", "tif"])
def test_truncated_files_of_every_kind_show_before_training(demo: Path, tmp_path: Path, ending: str) -> None:
    shutil.copytree(demo, tmp_path / "data")
    path = picture(tmp_path / f"data/trainA/x.{ending}", (64, 64, 3))
    assert open_folders(tmp_path / "data").skipped == ()
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BadImagesError, match=f"x.{ending}"):
        open_folders(tmp_path / "data")


def test_two_plain_folders_are_the_domains(demo: Path) -> None:
    folders = open_domains(demo / "trainA", demo / "testB")
    assert (len(folders.train["A"]), len(folders.train["B"]), folders.test["A"], folders.root) == (5, 3, (), None)
    with pytest.raises(InputError, match="no such folder"):
        open_domains(demo / "trainA", demo / "nothing")


def folders_of(tmp_path: Path, count: int) -> UnpairedFolders:
    folders = {name: tmp_path / name for name in ("trainA", "trainB", "testA", "testB")}
    train = {domain: tuple(folders[f"train{domain}"] / f"{n}.png" for n in range(count)) for domain in ("A", "B")}
    return UnpairedFolders(tmp_path, train, {"A": (), "B": ()}, folders=folders)  # type: ignore[arg-type]


def test_a_tenth_of_the_training_images_is_held_out(tmp_path: Path) -> None:
    folders = folders_of(tmp_path, 95)
    split = hold_out(folders, seed=1)
    assert split.held_out is not None
    assert split.judged is split.held_out
    for domain in ("A", "B"):
        kept, apart = split.train[domain], split.held_out[domain]
        assert (len(kept), len(apart)) == (86, 9)
        assert sorted((*kept, *apart)) == sorted(folders.train[domain])
        assert [path for path in folders.train[domain] if path in kept] == list(kept)
    assert [p.name for p in split.held_out["A"]] != [p.name for p in split.held_out["B"]]
    assert split == hold_out(folders, seed=1) != hold_out(folders, seed=2)


def test_small_and_large_sets_hold_out_what_is_worth_it(tmp_path: Path) -> None:
    few = folders_of(tmp_path, 79)
    assert hold_out(few, seed=0) is few
    assert few.judged is few.test
    many = hold_out(folders_of(tmp_path, 6000), seed=0)
    assert many.held_out is not None
    assert len(many.held_out["A"]) == 500
