from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Invoke = Callable[..., Result]
MakeFolder = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("tiny_everywhere")


@pytest.fixture
def real(make_folder: MakeFolder) -> Path:
    return make_folder("real", 30)


@pytest.fixture
def fake(make_folder: MakeFolder) -> Path:
    return make_folder("fake", 24, seed=1, shift=30)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("fid",), ["fid"]),
        (("kid",), ["kid"]),
        (("kid", "--exact"), ["kid"]),
        (("kid", "--subsets", "3", "--subset-size", "10"), ["kid"]),
        (("kid", "--like", "nice-gan"), ["kid"]),
        (("prdc", "--nearest", "3"), ["precision", "recall", "density", "coverage"]),
        (("score",), ["fid", "kid", "precision", "recall", "density", "coverage"]),
        (("score", "--metrics", "kid,is"), ["kid", "is"]),
    ],
)
def test_json_is_one_object_on_stdout(
    invoke: Invoke, real: Path, fake: Path, words: tuple[str, ...], names: list[str]
) -> None:
    result = invoke(words[0], real, fake, *words[1:], "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["command"] == words[0]
    assert [score["metric"] for score in document["scores"]] == names


def test_the_inception_score_takes_the_fakes_alone(invoke: Invoke, fake: Path) -> None:
    document = json.loads(invoke("is", fake, "--json").stdout)
    assert list(document["inputs"]) == ["fake"]


def test_the_table_names_the_network_and_what_is_better(invoke: Invoke, real: Path, fake: Path) -> None:
    result = invoke("score", real, fake)
    assert "inception (fp32), clean-fid preprocessing" in result.stdout
    assert re.search(r"KID × 100\s+[-\d.]+\s+[-\d.]+ to [-\d.]+\s+lower", result.stdout)


def test_notes_go_to_stderr(invoke: Invoke, real: Path, make_folder: MakeFolder) -> None:
    result = invoke("fid", real, make_folder("few", 5))
    assert "note: fid: 5 fake images are few" in result.stderr
    assert "note:" not in result.stdout


def test_no_interval_is_a_dash(invoke: Invoke, real: Path, fake: Path) -> None:
    assert re.search(r"FID\s+[\d.]+\s+–", invoke("fid", real, fake, "--no-interval").stdout)


@pytest.mark.parametrize(
    ("arguments", "code", "match"),
    [
        (("fid", "{real}", "nowhere"), 3, r"^gan-eval: error: nowhere: no such file or folder$"),
        (("fid", "{real}", "{empty}"), 3, r"empty: no images in it"),
        (("fid", "{real}", "{broken}"), 3, r"broken: 1 unreadable file: 000\.png: truncated \(repair"),
        (("fid", "{real}"), 2, "Missing argument 'FAKE'"),
        (("fid", "{real}", "{fake}", "--like", "nobody"), 2, "Invalid value for '--like'"),
        (("score", "{real}", "{fake}", "--metrics", "fid,lpips"), 2, "lpips; known are fid, kid, is, prdc"),
        (("fid", "{real}", "{fake}", "--no-such-option"), 2, "No such option"),
        (("prdc", "{real}", "{fake}", "--nearest", "40"), 3, "neighbour"),
    ],
)
def test_faults_are_one_line_and_a_code(
    invoke: Invoke, real: Path, fake: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, match: str
) -> None:
    (tmp_path / "empty").mkdir()
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "000.png").write_bytes((real / "000.png").read_bytes()[:200])
    places = {"real": real, "fake": fake, "empty": tmp_path / "empty", "broken": broken}
    result = invoke(*(argument.format(**places) for argument in arguments))
    assert result.exit_code == code
    assert result.stdout == ""
    assert re.search(match, result.stderr, re.MULTILINE), result.stderr
    if code == 3:
        assert result.stderr.count("\n") == 1


def test_bad_images_can_be_skipped_and_are_listed(invoke: Invoke, real: Path, fake: Path) -> None:
    (fake / "bad.png").write_bytes(b"")
    document = json.loads(invoke("fid", real, fake, "--on-bad-image", "skip", "--json").stdout)
    assert document["scores"][0]["n_fake"] == 24
    assert any("bad.png: empty file" in warning for warning in document["warnings"])


def test_the_same_command_gives_the_same_json(invoke: Invoke, real: Path, fake: Path) -> None:
    documents = []
    for extra in ((), (), ("--no-cache",)):
        document = json.loads(invoke("score", real, fake, "--metrics", "fid,kid,prdc,is", "--json", *extra).stdout)
        del document["seconds"]
        documents.append(document)
    assert documents[0] == documents[1] == documents[2]
