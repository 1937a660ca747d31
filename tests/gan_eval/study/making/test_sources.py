"""Folders: pairing by stem, what is wrong with them, sampling that looks at names alone, translation.json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gan_eval.errors import InputError, MismatchError
from gan_eval.images import FilesSource, list_images, scan
from gan_eval.study.making.pictures import PictureSize
from gan_eval.study.making.sources import (
    Folders,
    PictureReader,
    Problems,
    open_sources,
    shuffled_stems,
    stems,
    translated,
)
from gan_eval.study.schema.trials import PictureSource
from tests.gan_eval.study.exports import ITEMS, folders, paint


def test_stems_keep_their_folders(tmp_path: Path) -> None:
    paint(tmp_path / "a" / "deep", seed=0, items=("x",))
    assert list(stems(tmp_path / "a")) == ["deep/x"]


def test_two_files_of_one_stem_are_refused(tmp_path: Path) -> None:
    paint(tmp_path, seed=0, items=("x",))
    (tmp_path / "x.jpg").write_bytes(b"")
    with pytest.raises(InputError, match="have one stem"):
        stems(tmp_path)


def test_items_are_what_all_folders_share(tmp_path: Path) -> None:
    given = folders(tmp_path, inputs=True)
    assert isinstance(given.inputs, Path)
    (given.inputs / "scene-03.png").unlink()
    (given.methods["beta-net"] / "scene-05.png").unlink()
    sources = open_sources(given)
    assert set(ITEMS) - set(sources.items) == {"scene-03", "scene-05"}
    assert sources.missing == {"alpha-net": [], "beta-net": ["scene-05"], "inputs": ["scene-03"]}


def test_folders_that_share_nothing_are_refused(tmp_path: Path) -> None:
    paint(tmp_path / "a", seed=0, items=("x",))
    paint(tmp_path / "b", seed=0, items=("y",))
    with pytest.raises(InputError, match="no stem in common: one has x; two has y"):
        open_sources(Folders({"one": tmp_path / "a", "two": tmp_path / "b"}))


def test_sampling_depends_on_names_and_seed_alone() -> None:
    once = shuffled_stems(ITEMS, seed="7", label="items")
    assert once == shuffled_stems(reversed(ITEMS), seed="7", label="items")
    assert once != shuffled_stems(ITEMS, seed="8", label="items")
    assert sorted(once) == sorted(ITEMS)


def test_reader_names_every_damaged_file(tmp_path: Path) -> None:
    given = folders(tmp_path)
    for folder in given.methods.values():
        (folder / "scene-01.png").write_bytes(b"no image")
    reader = PictureReader(open_sources(given), None)
    assert not reader.readable([PictureSource("m0", "scene-01"), PictureSource("m1", "scene-01")])
    assert len(reader.unreadable) == 2
    assert reader.readable([PictureSource("m0", "scene-02")])


def test_identical_outputs_are_found(tmp_path: Path) -> None:
    given = folders(tmp_path)
    same = (given.methods["alpha-net"] / "scene-01.png").read_bytes()
    (given.methods["beta-net"] / "scene-01.png").write_bytes(same)
    reader = PictureReader(open_sources(given), None)
    assert reader.readable([PictureSource(source, item) for source in ("m0", "m1") for item in ITEMS])
    assert reader.identical({"m0": "A", "m1": "B"}) == [("scene-01", "A", "B")]


def test_problems_become_sentences() -> None:
    problems = Problems(
        missing={"A": ["x", "y"], "B": []},
        unreadable=["f.png: damaged"],
        sizes={PictureSize(8, 8): ["a"], PictureSize(9, 9): ["b", "c", "d"]},
        identical=[("x", "A", "B")],
        formats={"A": ["png"], "B": ["jpg"]},
        notices=["by the way"],
    )
    assert problems.lines() == [
        "A: 2 items missing: x, y",
        "1 unreadable files: f.png: damaged",
        "sizes differ: 8×8 1 (a); 9×9 3 (b, c and 1 more)",
        "1 outputs are byte-identical, a tie by construction: x of A and B",
        "file formats differ, and people notice compression: A png; B jpg",
        "by the way",
    ]
    assert Problems().lines() == []


def note(folder: Path, **fields: object) -> None:
    document = {"schema": "nicegan-translation/2", "direction": "AtoB", **fields}
    (folder / "translation.json").write_text(json.dumps(document))


def inputs_of(*named: Path) -> dict[str, object]:
    files = [file for path in named for file in (list_images(path) if path.is_dir() else [path])]
    return {"named": list(map(str, named)), "sha256": scan(FilesSource.paths("x", files)).sha256}


def test_translation_gives_inputs_and_real_pictures(tmp_path: Path) -> None:
    given = folders(tmp_path)
    paint(tmp_path / "in", seed=1)
    for folder in given.methods.values():
        note(folder, inputs=inputs_of(tmp_path / "in"), reference=str(tmp_path))
    found, notices = translated(given, wants_inputs=True, wants_real=True)
    assert (found.inputs, found.real) == (stems(tmp_path / "in"), tmp_path)
    assert len(notices) == 2


def test_inputs_that_were_single_files_are_found(tmp_path: Path) -> None:
    given = folders(tmp_path)
    paint(tmp_path / "in", seed=1)
    files = list_images(tmp_path / "in")
    note(given.methods["alpha-net"], inputs=inputs_of(*files))
    found, _ = translated(given, wants_inputs=True, wants_real=False)
    assert found.inputs == {file.stem: file for file in files}
    assert open_sources(found).items == open_sources(given).items


def test_inputs_that_changed_are_not_shown(tmp_path: Path) -> None:
    given = folders(tmp_path)
    paint(tmp_path / "in", seed=1)
    note(given.methods["alpha-net"], inputs=inputs_of(tmp_path / "in"))
    paint(tmp_path / "in", seed=2)
    found, [notice] = translated(given, wants_inputs=True, wants_real=False)
    assert found.inputs is None
    assert "not the images that were translated (pass inputs=DIR)" in notice


def test_what_was_given_is_not_replaced(tmp_path: Path) -> None:
    given = folders(tmp_path, inputs=True)
    note(given.methods["alpha-net"])
    assert translated(given, wants_inputs=True, wants_real=False) == (given, [])


def test_methods_of_different_directions_do_not_mix(tmp_path: Path) -> None:
    given = folders(tmp_path)
    note(given.methods["alpha-net"])
    note(given.methods["beta-net"], direction="BtoA")
    with pytest.raises(MismatchError, match="differ in direction: alpha-net AtoB; beta-net BtoA"):
        translated(given, wants_inputs=True, wants_real=True)


def test_methods_of_different_inputs_do_not_mix(tmp_path: Path) -> None:
    given = folders(tmp_path)
    for number, folder in enumerate(given.methods.values()):
        paint(tmp_path / f"in{number}", seed=number)
        note(folder, inputs=inputs_of(tmp_path / f"in{number}"))
    with pytest.raises(MismatchError, match=r"differ in inputs: alpha-net .*in0 .*; beta-net .*in1 "):
        translated(given, wants_inputs=True, wants_real=False)


def test_a_damaged_record_is_refused(tmp_path: Path) -> None:
    given = folders(tmp_path)
    (given.methods["alpha-net"] / "translation.json").write_text("[]")
    with pytest.raises(InputError, match=r"translation\.json: wanted an object"):
        translated(given, wants_inputs=False, wants_real=False)
