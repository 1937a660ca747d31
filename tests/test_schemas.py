"""What the programs write keeps to the JSON Schemas in docs/schemas, as it was really written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator, ValidationError

from tests.gan_eval.study.exports import SECRET, folders

SCHEMAS = Path(__file__).resolve().parent.parent / "docs" / "schemas"
TINY_RUN = (
    *("--preset", "demo", "--channels", 4, "--n-res", 1, "--size", 24, "--scales", 0, "--margin", 4),
    *("--iterations", 1, "--checkpoint-every", 1, "--validate-every", 0, "--sample-every", 0, "--batch-size", 1),
    *("--no-tensorboard", "--device", "cpu"),
)
KINDS = ("best-of-k", "pairwise", "real-fake", "two-alternative")


def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")))


def hold(name: str, document: Any) -> Any:
    """Fail, naming the place, where a document does not keep to its schema; its value otherwise."""
    schema(name).validate(document)
    return document


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def ran(*words: object) -> str:
    """Run `gan-eval …` or `nicegan …`, which must succeed; its standard output."""
    from gan_eval_cli.app import gan_eval_group
    from gan_eval_cli.nicegan import nicegan_group

    group = {"gan-eval": gan_eval_group, "nicegan": nicegan_group}[str(words[0])]
    result = CliRunner().invoke(group, list(map(str, words[1:])), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within a document that has fields of a format, not names that are data."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from objects(each)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `data`, `run` (one step of training) and `out`, its translation."""
    place = tmp_path_factory.mktemp("trained")
    ran("nicegan", "data", "make-demo", place / "data", "--size", 32, "--train", 3, "--test", 4)
    ran("nicegan", "train", place / "data", "--out", place / "run", *TINY_RUN)
    ran("nicegan", "translate", place / "run", place / "data", "--direction", "AtoB", "--out", place / "out")
    return place


@pytest.fixture(scope="module", params=KINDS)
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `study`, exported from small pictures, and `answers` of six made-up people."""
    place = tmp_path_factory.mktemp("study")
    given = folders(place / "pictures", real=True, inputs=True)
    (place / "secret").write_bytes(SECRET)
    methods = [word for name, path in given.methods.items() for word in ("--method", f"{name}={path}")]
    real = ["--real", given.real] if request.param in ("real-fake", "two-alternative") else []
    words = ("--kind", request.param, *methods, *real, "--secret-file", place / "secret", "--out", place / "study")
    (place / "new.json").write_text(ran("gan-eval", "study", "new", *words, "--items", 4, "--json"), encoding="utf-8")
    simulated = ("simulate", place / "study", "--people", 6, "--careless", 0.2, "--out", place / "answers", "--json")
    (place / "simulate.json").write_text(ran("gan-eval", "study", *simulated), encoding="utf-8")
    return place


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.stem)
def test_a_schema_is_one_itself(path: Path) -> None:
    document = read(path)
    Draft202012Validator.check_schema(document)
    assert document["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("translation", "out/translation.json"),
        ("run-config", "run/config.json"),
        ("checkpoint-config", "run/checkpoints/step-00000001/config.json"),
    ],
)
def test_files_of_training_and_translation(name: str, file: str, trained: Path) -> None:
    hold(name, read(trained / file))


def test_files_of_a_study(asked: Path) -> None:
    hold("study-manifest", read(asked / "study" / "study.json"))
    hold("study-key", read(asked / "study" / "study.key.json"))
    lines = (asked / "answers" / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert len([hold("study-event", json.loads(line)) for line in lines]) > 6


def test_a_field_without_a_schema_is_refused_wherever_it_stands(trained: Path) -> None:
    document = read(trained / "out" / "translation.json")
    places = [each for each in objects(document) if each is not document["versions"]]
    assert len(places) == 4
    for place in places:
        place["colour"] = 1
        with pytest.raises(ValidationError, match="colour"):
            hold("translation", document)
        del place["colour"]


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.stem)
def test_no_object_takes_fields_that_nobody_declared(path: Path) -> None:
    for body in objects(read(path)):
        if "properties" in body and body.get("type") == "object":
            assert body["additionalProperties"] is False
