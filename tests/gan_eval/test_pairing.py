"""Which models share their inputs, and which rows of two sets belong together."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_eval.errors import InputError
from gan_eval.pairing import SharedInputs, matched_rows, pairing, source_ids

MakeFolder = Callable[..., Path]
STEMS = tuple(f"{n:03}" for n in range(12))


def record(folder: Path, sha256: str, *, direction: str = "AtoB") -> Path:
    inputs = {"named": ["/gone"], "sha256": sha256 * 64, "names_sha256": "0" * 64}
    document = {"schema": "nicegan-translation/2", "direction": direction, "inputs": inputs}
    (folder / "translation.json").write_text(json.dumps(document))
    return folder


def test_records_of_the_same_inputs_pair(make_folder: MakeFolder) -> None:
    models = {name: record(make_folder(name, ending=ending), "a") for name, ending in (("x", "png"), ("y", "jpg"))}
    found = pairing(models)
    assert found is not None
    assert found.groups == (SharedInputs(("x", "y"), "translation.json", STEMS, "a" * 64),)
    assert found.between("y", "x") == found.groups[0]
    assert found.between("y", "z") is None


def test_records_of_other_inputs_do_not_pair_although_their_names_are_equal(make_folder: MakeFolder) -> None:
    assert pairing({name: record(make_folder(name), name) for name in "ab"}) is None


def test_other_directions_do_not_pair(make_folder: MakeFolder) -> None:
    models = {name: record(make_folder(name), "a", direction=name) for name in ("AtoB", "BtoA")}
    assert pairing(models) is None


def test_missing_outputs_are_left_out_of_the_common_inputs(make_folder: MakeFolder) -> None:
    models = {name: record(make_folder(name), "a") for name in "xy"}
    (models["x"] / "003.png").unlink()
    found = pairing(models)
    assert found is not None
    assert found.groups[0].stems == tuple(stem for stem in STEMS if stem != "003")


def test_equal_names_pair_where_there_is_no_record(make_folder: MakeFolder) -> None:
    found = pairing({"x": make_folder("x"), "y": make_folder("y", ending="jpg"), "z": make_folder("z", 11)})
    assert found is not None
    assert found.groups == (SharedInputs(("x", "y"), "file names", STEMS),)


def test_a_model_without_a_record_joins_by_its_names(make_folder: MakeFolder) -> None:
    x, y, z = record(make_folder("x"), "a"), make_folder("y"), record(make_folder("z"), "a")
    found = pairing({"x": x, "y": y, "z": z})
    assert found is not None
    assert found.groups == (SharedInputs(("x", "y", "z"), "file names", STEMS, "a" * 64),)


def test_a_model_without_a_record_joins_none_of_two_groups_with_its_names(make_folder: MakeFolder) -> None:
    models = {"a": record(make_folder("a"), "a"), "b": record(make_folder("b"), "b"), "c": make_folder("c")}
    assert pairing(models) is None


def test_lists_and_archives_pair_by_the_names_within(make_folder: MakeFolder, tmp_path: Path) -> None:
    folder = make_folder("x.y/out")
    files = sorted(folder.iterdir())
    (tmp_path / "list.txt").write_text("\n".join(map(str, files)))
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        for file in files:
            archive.write(file, f"z/{file.name}")
    found = pairing({"f": folder, "l": f"@{tmp_path}/list.txt", "z": tmp_path / "z.zip", "p": files})
    assert found is not None
    assert found.groups[0].models == ("f", "l", "z", "p")


@pytest.mark.parametrize("source", [[1, 2], iter(()), "no/such/folder", "a.tar", None])
def test_sources_without_names_pair_with_nothing(make_folder: MakeFolder, source: object) -> None:
    assert pairing({"x": make_folder("x"), "y": source}) is None


def test_two_images_of_one_name_pair_with_nothing(make_folder: MakeFolder) -> None:
    assert pairing({name: make_folder(name, ending=ending) for name in "xy" for ending in ("png", "jpg")}) is None


def test_a_damaged_record_is_an_error(make_folder: MakeFolder) -> None:
    (make_folder("x") / "translation.json").write_text("[]")
    with pytest.raises(InputError, match="wanted an object"):
        pairing({"x": make_folder("x"), "y": make_folder("y")})


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["dogs/103.jpg", "dogs/7.png"], ("103", "7")),
        (["a/x/1.jpg", "a/y/1.jpg"], ("x/1", "y/1")),
        (["1.jpg", "sub/2.jpg"], ("1", "sub/2")),
        (["/home/me/1.jpg", "/home/me/2.jpg"], ("1", "2")),
        (["c:\\sets\\1.jpg", "c:\\sets\\2.jpg"], ("1", "2")),
        (["käse.v2.png", "Ω.a.b.jpg"], ("käse.v2", "Ω.a.b")),
        ([], ()),
    ],
)
def test_an_input_is_a_name_below_the_common_folders(names: list[str], wanted: tuple[str, ...]) -> None:
    assert source_ids(names) == wanted


@given(st.permutations(list(STEMS)), st.permutations(list(STEMS)), st.integers(1, 12), st.integers(1, 12))
def test_matched_rows_show_one_input(a: list[str], b: list[str], keep_a: int, keep_b: int) -> None:
    names_a, names_b = [f"{stem}.png" for stem in a[:keep_a]], [f"out/{stem}.webp" for stem in b[:keep_b]]
    rows_a, rows_b = matched_rows(names_a, names_b)
    assert [a[row] for row in rows_a] == [b[row] for row in rows_b]
    assert {a[row] for row in rows_a} == set(a[:keep_a]) & set(b[:keep_b])


def test_an_input_that_is_there_twice_is_left_out() -> None:
    assert matched_rows(["1.png", "1.jpg", "2.png"], ["2.png", "1.png"]) == ([2], [0])
