"""What the programs write keeps to the JSON Schemas in docs/schemas, as it was really written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from tests.gan_eval.study.exports import SECRET, folders

SCHEMAS = Path(__file__).resolve().parent.parent / "docs" / "schemas"
TINY_RUN = (
    *("--preset", "demo", "--channels", 4, "--n-res", 1, "--size", 96, "--scales", "0,1,2", "--margin", 4),
    *("--iterations", 1, "--checkpoint-every", 1, "--validate-every", 0, "--sample-every", 0, "--batch-size", 1),
    *("--no-tensorboard", "--device", "cpu"),
)
KINDS = ("best-of-k", "pairwise", "real-fake", "two-alternative", "rating", "rank-k")


#: Votes of seven people on three models.
VOTES = "model_a,model_b,winner,voter\n" + "".join(
    f"{first},{second},{winner},p{person}\n"
    for person in range(7)
    for first, second, winner in (
        ("a", "b", "a"),
        ("b", "c", "tie" if person else "b"),
        ("c", "a", "b"),
        ("b", "a", "a"),
    )
)


def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")))


def hold(name: str, document: Any) -> Any:
    """Fail, naming the place, where a document does not keep to its schema; its value otherwise."""
    fault = best_match(schema(name).iter_errors(document))
    assert fault is None, f"{fault.json_path}: {fault.message}"
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


def test_lines_and_the_note_of_training(trained: Path, tmp_path: Path) -> None:
    from nicegan.checkpoint import mark_best
    from nicegan.journal import METRICS, Journal
    from tests.nicegan.test_own_files import LINES

    [line] = (trained / "run" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert "generator" in hold("log-line", json.loads(line))
    Journal(tmp_path, step=0, tensorboard=False).write(METRICS, 3, LINES[METRICS])
    hold("validation-line", read(tmp_path / METRICS))
    mark_best(tmp_path, 3)
    hold("best-note", read(tmp_path / "checkpoints" / "best.json"))


def test_files_of_a_study(asked: Path) -> None:
    hold("study-manifest", read(asked / "study" / "study.json"))
    hold("study-key", read(asked / "study" / "study.key.json"))
    lines = (asked / "answers" / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert len([hold("study-event", json.loads(line)) for line in lines]) > 6


@pytest.fixture
def sets(make_folder: Callable[..., Path], tiny_everywhere: object) -> dict[str, Path]:
    """A real set and two fake ones, scored with the tiny network."""
    return {name: make_folder(name, 24, seed=seed) for seed, name in enumerate(("real", "a", "b", "c"))}


@pytest.mark.parametrize(
    "words",
    [
        *("fid real a", "fid real a --infinity", "kid real a", "kid real a --subsets 3", "is a", "is a --real real"),
        *("prdc real a", "score real a --metrics fid,kid,is,prdc --no-interval", "score real a", "fid a.npz real"),
        *(
            "compare real a=a b=b",
            "compare real a=a b=b c=c --study votes.csv",
            "nrds --real real a=a b=b --seeds 2 --epochs 2",
            "nrds --curves curves.json",
        ),
    ],
)
def test_scores(words: str, sets: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran("gan-eval", "stats", "a", "-o", "a.npz", "--quiet")
    Path("votes.csv").write_text(VOTES, encoding="utf-8")
    Path("curves.json").write_text('{"real": [0.9, 0.8], "a": [0.1, 0.2], "b": [0.3, 0.1]}')
    document = hold("gan-eval", json.loads(ran("gan-eval", *words.split(), "--json")))
    assert document["command"] == words.split()[0]


def test_votes_from_elsewhere_and_metrics_against_people(tmp_path: Path) -> None:
    votes, metrics = tmp_path / "votes.csv", tmp_path / "metrics.csv"
    votes.write_text(VOTES, encoding="utf-8")
    metrics.write_text("model,fid\na,3\nb,4\nc,5\n", encoding="utf-8")
    hold("gan-eval-votes", json.loads(ran("gan-eval", "study", "analyse", votes, "--json")))
    document = hold("gan-eval-agree", json.loads(ran("gan-eval", "agree", votes, metrics, "--json")))
    assert document["sets"][0]["people"] == 7


def test_statistics_cache_and_weights(sets: dict[str, Path], tmp_path: Path) -> None:
    made = tmp_path / "a.npz"
    everything = [("stats", sets["a"], "-o", made), ("stats", "merge", made, made, "-o", tmp_path / "b.npz")]
    everything += [("cache", "info"), ("cache", "clear"), ("weights", "list")]
    for words in everything:
        assert hold("gan-eval", json.loads(ran("gan-eval", *words, "--json")))


def test_demo() -> None:
    assert hold("gan-eval", json.loads(ran("gan-eval", "demo", "--count", 10, "--json", "--quiet")))["models"]


def test_steps_of_a_study(asked: Path) -> None:
    for name, words in {
        "collect": ("collect", asked / "answers", "--out", asked / "all"),
        "check": ("check", asked / "study", "--no-browser"),
    }.items():
        hold(f"gan-eval-study-{name}", json.loads(ran("gan-eval", "study", *words, "--json")))
    hold("gan-eval-study-new", read(asked / "new.json"))
    hold("gan-eval-study-simulation", read(asked / "simulate.json"))
    session = json.loads((asked / "answers" / "events.jsonl").read_text(encoding="utf-8").splitlines()[0])["session_id"]
    forgotten = ran("gan-eval", "study", "forget", asked / "all", session, "--json")
    assert hold("gan-eval-study-forget", json.loads(forgotten))["events"] > 0


def test_analysis_of_a_study(asked: Path) -> None:
    text = ran("gan-eval", "study", "analyse", asked / "answers", "--key", asked / "study", "--json")
    assert hold("gan-eval-study", json.loads(text))["methods"]


@pytest.mark.parametrize("kind", KINDS)
def test_plan_of_a_study(kind: str) -> None:
    words = ("study", "plan", "--kind", kind, "--methods", 2, "--trials", 12, "--pay", 9)
    hold("gan-eval-study-plan", json.loads(ran("gan-eval", *words, "--json")))


def test_training_and_translation(trained: Path, tmp_path: Path) -> None:
    run, data = trained / "run", trained / "data"
    documents = {
        "train": ("train", data, "--out", tmp_path / "run", *TINY_RUN),
        "translate": ("translate", run, data / "testA", "--direction", "AtoB", "--out", tmp_path / "out"),
        "info": ("info", run),
        "export": ("export", run, "--out", tmp_path / "official.pt"),
        "import": ("import", tmp_path / "official.pt", "--out", tmp_path / "imported", "--size", 96),
    }
    for name, words in documents.items():
        assert hold(f"nicegan-{name}", json.loads(ran("nicegan", *words, "--json")))["command"] == name
    photograph = next((data / "testA").glob("*.png"))
    one = ran("nicegan", "translate", run, photograph, "--direction", "AtoB", "--out", tmp_path / "one.png", "--json")
    assert hold("nicegan-translate", json.loads(one))["written"] == 1
    hold("nicegan-data", json.loads(ran("nicegan", "data", "list", "--json")))


def test_a_field_without_a_schema_is_refused_wherever_it_stands(trained: Path) -> None:
    document = read(trained / "out" / "translation.json")
    places = [each for each in objects(document) if each is not document["versions"]]
    assert len(places) == 4
    for place in places:
        place["colour"] = 1
        with pytest.raises(AssertionError, match="colour"):
            hold("translation", document)
        del place["colour"]


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.stem)
def test_no_object_takes_fields_that_nobody_declared(path: Path) -> None:
    for body in objects(read(path)):
        if "properties" in body and body.get("type") == "object":
            assert body["additionalProperties"] is False
