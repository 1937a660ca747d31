"""The demo pair: same seed same bytes, two domains that differ in coat alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nicegan.demo import draw_scene, make_demo, render

COUNTS = {"trainA": 2, "trainB": 2, "testA": 1, "testB": 1}


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        make_demo(tmp_path / name, size=32, counts=COUNTS, seed=seed)
    bytes_of = {
        name: {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.png")}
        for name in ("one", "two", "other")
    }
    assert len(bytes_of["one"]) == 6
    assert bytes_of["one"] == bytes_of["two"] != bytes_of["other"]


def test_no_scene_is_drawn_in_both_domains(tmp_path: Path) -> None:
    make_demo(tmp_path / "demo", size=32, counts=COUNTS, seed=0)
    contents = [path.read_bytes() for path in (tmp_path / "demo").rglob("*.png")]
    assert len(set(contents)) == 6


def test_domains_differ_on_the_animal_alone(rng: np.random.Generator) -> None:
    scene = draw_scene(rng, 64)
    plain, striped = (render(scene, striped=value).astype(int) for value in (False, True))
    difference = np.abs(plain - striped).max(axis=2)
    assert difference[scene.cover == 0].max() == 0
    assert difference[scene.cover == 1].mean() > 30
    assert 0.03 < scene.cover.mean() < 0.4
