from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gan_eval.errors import InputError
from gan_eval.images import open_source, scan
from gan_eval.translation import recorded_inputs, recorded_reference

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
    with pytest.raises(InputError, match=r"b: no real set is recorded .*--real"):
        recorded_reference(models)


def test_references_that_disagree_ask_for_real(tmp_path: Path) -> None:
    models = {name: record(tmp_path / name, reference=f"/data/{name}") for name in "ab"}
    with pytest.raises(InputError, match=r"a /data/a, b /data/b.*--real"):
        recorded_reference(models)


def test_a_reference_that_is_gone_asks_for_real(tmp_path: Path) -> None:
    models = {name: record(tmp_path / name, reference="/nowhere") for name in "ab"}
    with pytest.raises(InputError, match=r"/nowhere.*--real"):
        recorded_reference(models)


def test_a_record_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nicegan-translation/1"):
        recorded_reference({"a": record(tmp_path / "a", schema="other")})


def test_arrays_have_no_record() -> None:
    with pytest.raises(InputError, match="--real"):
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


def test_inputs_that_have_changed_do_not_compete(tmp_path: Path, make_folder: MakeFolder) -> None:
    models = {"a": record(tmp_path / "a", inputs=inputs_of(make_folder("cats")))}
    make_folder("cats", seed=5)
    found = recorded_inputs(models)
    assert found.source is None
    assert found.missing is not None


def test_inputs_that_are_gone_do_not_compete(tmp_path: Path) -> None:
    fields = {"named": [str(tmp_path / "gone")], "count": 2, "sha256": "0"}
    found = recorded_inputs({"a": record(tmp_path / "a", inputs=fields)})
    assert found.source is None
    assert "not there any more" in (found.missing or "")


def test_models_of_other_inputs_have_no_common_ones(tmp_path: Path, make_folder: MakeFolder) -> None:
    cats, dogs = make_folder("cats"), make_folder("dogs", seed=1)
    models = {"a": record(tmp_path / "a", inputs=inputs_of(cats)), "b": record(tmp_path / "b", inputs=inputs_of(dogs))}
    assert recorded_inputs(models) == (None, None)
