from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gan_eval.errors import InputError
from gan_eval.images import FilesSource, open_source, scan
from gan_eval.translation import RecordedInputs, record_of, recorded_inputs, recorded_reference

MakeFolder = Callable[..., Path]


def record(folder: Path, **fields: Any) -> Path:
    folder.mkdir(exist_ok=True)
    document = {"schema": "nicegan-translation/1", "direction": "AtoB", "reference": None, **fields}
    (folder / "translation.json").write_text(json.dumps(document))
    return folder


def inputs_of(folder: Path) -> dict[str, Any]:
    return {"named": [str(folder)], "count": 12, "sha256": scan(open_source(folder)).sha256}


def test_the_reference_is_the_one_that_all_record(tmp_path: Path, make_folder: MakeFolder) -> None:
    real = make_folder("real")
    models = {name: record(tmp_path / name, reference=str(real)) for name in "ab"}
    assert recorded_reference(models) == real


@pytest.mark.parametrize("missing", ["no record", "no reference"])
def test_a_model_without_a_reference_asks_for_real(tmp_path: Path, make_folder: MakeFolder, missing: str) -> None:
    models = {"a": record(tmp_path / "a", reference=str(make_folder("real"))), "b": make_folder("b")}
    if missing == "no reference":
        record(models["b"])
    with pytest.raises(InputError, match=r"b: no real set is recorded .*real=SOURCE"):
        recorded_reference(models)


def test_references_that_disagree_ask_for_real(tmp_path: Path) -> None:
    models = {name: record(tmp_path / name, reference=f"/data/{name}") for name in "ab"}
    with pytest.raises(InputError, match=r"a /data/a, b /data/b.*real=SOURCE"):
        recorded_reference(models)


def test_a_reference_that_is_gone_asks_for_real(tmp_path: Path) -> None:
    models = {name: record(tmp_path / name, reference="/nowhere") for name in "ab"}
    with pytest.raises(InputError, match=r"/nowhere.*real=SOURCE"):
        recorded_reference(models)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "wanted an object with schema nicegan-translation/2, found a list of 0"),
        ('{"schema": "nicegan-translation/2", "direction": "AtoB"', "not valid JSON"),
        ("9" * 10_000_000, "an integer of 10,000,000 digits"),
        ("[" * 1_000_000, "nested too deeply"),
        (
            '{"schema": "other/1", "direction": "AtoB"}',
            "schema: wanted nicegan-translation/2, found 'other/1' .*remove this",
        ),
        ('{"schema": "nicegan-translation/3"}', r"newer than this program.*update gan-eval"),
        ('{"schema": "nicegan-translation/2"}', "direction is missing"),
        ('{"schema": "nicegan-translation/2", "direction": "AtoC"}', 'wanted "AtoB" or "BtoA"'),
        ('{"schema": "nicegan-translation/1", "direction": "AtoB", "named": 5, "inputs": {}}', "sha256 is missing"),
        ('{"schema": "nicegan-translation/1", "direction": "AtoB", "inputs": [[]]}', "inputs: wanted an object"),
    ],
    ids=range(10),
)
def test_a_damaged_record_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "translation.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=f"translation.json.*{message}") as error:
        record_of(tmp_path)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400


def test_arrays_have_no_record() -> None:
    with pytest.raises(InputError, match="real=SOURCE"):
        recorded_reference({"a": [1, 2]})


def test_inputs_are_found_again(tmp_path: Path, make_folder: MakeFolder) -> None:
    cats = make_folder("cats")
    models = {name: record(tmp_path / name, inputs=inputs_of(cats)) for name in "ab"}
    found = recorded_inputs(models).source
    assert found is not None
    assert scan(found).sha256 == inputs_of(cats)["sha256"]


def test_inputs_of_a_data_folder_are_its_test_images(tmp_path: Path, make_folder: MakeFolder) -> None:
    cats = make_folder("data/testA")
    fields = {**inputs_of(cats), "named": [str(cats.parent)]}
    found = recorded_inputs({"a": record(tmp_path / "a", inputs=fields)}).source
    assert found is not None
    assert found.count == 12


@pytest.mark.parametrize("form", ["named at the top", "named within", "version 2"])
def test_every_version_of_the_record_is_read(tmp_path: Path, make_folder: MakeFolder, form: str) -> None:
    inputs = inputs_of(make_folder("cats"))
    named = inputs.pop("named")
    fields = {
        "named at the top": {"named": named, "inputs": inputs},
        "named within": {"inputs": {**inputs, "named": named}},
        "version 2": {"schema": "nicegan-translation/2", "inputs": {**inputs, "named": named}},
    }[form]
    found = recorded_inputs({"a": record(tmp_path / "a", **fields)})
    assert list(found.images) == [f"{n:03}" for n in range(12)]
    assert found.missing is None


def test_a_record_of_a_killed_translation_names_no_inputs(tmp_path: Path, make_folder: MakeFolder) -> None:
    inputs = inputs_of(make_folder("cats"))
    del inputs["named"]
    assert "not there any more" in (recorded_inputs({"a": record(tmp_path / "a", inputs=inputs)}).missing or "")


def test_inputs_named_one_by_one_and_by_folder_keep_their_order(tmp_path: Path, make_folder: MakeFolder) -> None:
    cats, more = make_folder("z.cats", 2), make_folder("katzen-äöü", 2, seed=1)
    (cats / "001.png").rename(cats / "hund.à.v2.png")
    (more / "000.png").rename(more / "ähnlich.png")
    (more / "001.png").rename(more / "b.png")
    files = [more / "b.png", *sorted(cats.iterdir()), more / "ähnlich.png"]
    named = [str(more / "b.png"), str(cats), str(more / "ähnlich.png")]
    inputs = {"named": named, "sha256": scan(FilesSource.paths("x", files)).sha256}
    found = recorded_inputs({"a": record(tmp_path / "a", inputs=inputs)})
    assert list(found.images.items()) == [(file.stem, file) for file in files]
    assert found.source is not None
    assert [item.name for item in found.source.items()] == [file.name for file in files]


def test_folders_that_moved_together_are_found_again(tmp_path: Path, make_folder: MakeFolder) -> None:
    cats = make_folder("project/data/testA")
    fields = {"schema": "nicegan-translation/2", "out": str(tmp_path / "project/out/a")}
    inputs = {**inputs_of(cats), "named": [str(cats.parent)]}
    (tmp_path / "project/out").mkdir()
    record(tmp_path / "project/out/a", **fields, inputs=inputs, reference=str(cats))
    (tmp_path / "project").rename(tmp_path / "elsewhere")
    models = {"a": tmp_path / "elsewhere/out/a"}
    assert recorded_reference(models) == tmp_path / "elsewhere/data/testA"
    assert len(recorded_inputs(models).images) == 12


def test_a_damaged_record_tells_why_inputs_are_missing(tmp_path: Path) -> None:
    (tmp_path / "translation.json").write_text("{")
    assert "not valid JSON" in (recorded_inputs({"a": tmp_path}).missing or "")


def test_inputs_that_have_changed_do_not_compete(tmp_path: Path, make_folder: MakeFolder) -> None:
    models = {"a": record(tmp_path / "a", inputs=inputs_of(make_folder("cats")))}
    make_folder("cats", seed=5)
    found = recorded_inputs(models)
    assert found.source is None
    assert found.missing is not None


def test_inputs_that_are_gone_do_not_compete(tmp_path: Path) -> None:
    fields = {"named": [str(tmp_path / "gone")], "count": 2, "sha256": "0" * 64}
    found = recorded_inputs({"a": record(tmp_path / "a", inputs=fields)})
    assert found.source is None
    assert "not there any more" in (found.missing or "")


def test_models_of_other_inputs_have_no_common_ones(tmp_path: Path, make_folder: MakeFolder) -> None:
    cats, dogs = make_folder("cats"), make_folder("dogs", seed=1)
    models = {"a": record(tmp_path / "a", inputs=inputs_of(cats)), "b": record(tmp_path / "b", inputs=inputs_of(dogs))}
    assert recorded_inputs(models) == RecordedInputs({}, "a, b: translated different images")


def test_a_record_that_names_a_whole_disk_makes_nobody_walk_it(
    tmp_path: Path, make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    for number in range(300):
        (disk / f"{number:03}" / "below").mkdir(parents=True)
    model = record(tmp_path / "a", inputs={**inputs_of(make_folder("inputs")), "named": [str(disk)]})
    monkeypatch.setattr("gan_eval.translation._MOST_ENTRIES", 100)
    monkeypatch.setattr("gan_eval.translation.named_images", lambda *_: pytest.fail("walks the disk"))
    found = recorded_inputs({"a": model})
    assert not found.images
    assert "far more files" in str(found.missing)
