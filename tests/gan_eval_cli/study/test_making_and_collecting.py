"""`gan-eval study new`, `check`, `serve`, `collect`, `forget`: what they print, write and exit with."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from gan_eval.study.making.folder import read_study
from tests.gan_eval.study.exports import SECRET, folders
from tests.gan_eval.study.studies import SESSION, answer, event, start

Invoke = Callable[..., Result]


@pytest.fixture
def new(tmp_path: Path, invoke: Invoke) -> Callable[..., Result]:
    """Run `study new` on small folders: `new("pairwise", "--items", 4)`."""
    given = folders(tmp_path / "pictures", real=True, inputs=True)
    (tmp_path / "secret").write_bytes(SECRET)

    def call(kind: str, *options: object, out: str = "study") -> Result:
        methods = [it for name, path in given.methods.items() for it in ("--method", f"{name}={path}")]
        real = ["--real", given.real] if kind in ("real-fake", "two-alternative") else []
        secret = ["--secret-file", tmp_path / "secret"]
        return invoke("study", "new", "--kind", kind, *methods, *real, *secret, "--out", tmp_path / out, *options)

    return call


@pytest.mark.parametrize("kind", ["best-of-k", "pairwise", "real-fake", "two-alternative"])
def test_new_writes_a_study_and_tells_of_it(kind: str, new: Callable[..., Result], tmp_path: Path) -> None:
    result = new(kind, "--items", 4, "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["kind"] == kind
    assert len(document["items"]) == 4
    assert Path(document["page"]) == tmp_path / "study" / "study.html"
    assert read_study(tmp_path / "study").manifest.sha256 == document["manifest_sha256"]


def test_new_takes_every_option(new: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text('[text]\ncontact = "a@b.example"\n[rules]\nmedian_rt_ms_min = 1\n')
    given = f"""
        --site --items 3 --trials 3 --forms 2 --practice 1 --repeats 0 --checks 1 --gold 1 --lang de --both-bad --skip
        --confirm --min-ms 100 --deadline-ms 9000 --exposure-ms 700 --show-px 300 --kiosk --resize 40x30 --crop
        --jpeg 90 --settings {tmp_path}/s.toml --platform prolific --id-param PID --completion C0DE --post https://lab.example/
        --id mine --seed 9 --quiet --input {tmp_path}/pictures/inputs
    """.split()
    result = new("pairwise", *given)
    assert result.exit_code == 0, result.stderr
    study = read_study(tmp_path / "study")
    ui, key = study.manifest.ui, study.key
    assert (ui.exposure_ms, ui.deadline_ms, ui.min_ms, ui.css_px, ui.tie) == (
        700,
        9000,
        100,
        (300, 225),
        "tie+both-bad",
    )
    assert (ui.kiosk, ui.confirm, ui.skip, ui.show_reference) == (True, True, True, True)
    assert (key.seed, key.rules.median_rt_ms_min, key.study_id) == ("9", 1, "mine")
    assert key.completion is not None
    assert key.completion.endswith("cc=C0DE")
    assert study.manifest.platform.id_params == ("PID",)
    assert study.manifest.text.contact == "a@b.example"
    assert (study.manifest.post_url or "").startswith("https://lab.example/s/")
    assert {(it.w, it.h, it.mime) for it in study.manifest.images.values()} == {(40, 30, "image/jpeg")}


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--method", "x"], 2, "is not NAME=DIR"),
        (["--method", "alpha-net=elsewhere"], 2, "is given twice"),
        (["--kind", "other"], 2, "is not one of"),
        (["--method", "x=/does/not/exist"], 3, "no such folder"),
        (["--resize", "big"], 2, "use a size in pixels"),
        (["--items", 99], 3, "items asked for"),
        (["--completion", "C0DE"], 3, "--completion C0DE: goes with"),
        (["--settings", "/does/not/exist"], 3, "no such file"),
        (["--feedback", "always"], 3, "no right answers"),
        (["--id", "../x"], 3, "study_id"),
    ],
)
def test_new_says_what_is_wrong_and_writes_nothing(
    options: list[object], code: int, message: str, new: Callable[..., Result], tmp_path: Path
) -> None:
    result = new("pairwise", *options)
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert not (tmp_path / "study").exists()


def test_check_is_content_with_a_sound_study(new: Callable[..., Result], invoke: Invoke, tmp_path: Path) -> None:
    new("pairwise", "--items", 4)
    result = invoke("study", "check", tmp_path / "study", "--no-browser", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["ok"] is True


def test_check_names_the_leak_and_exits_with_4(new: Callable[..., Result], invoke: Invoke, tmp_path: Path) -> None:
    new("pairwise", "--items", 4)
    page = tmp_path / "study" / "study.html"
    page.write_text(page.read_text().replace("<body>", "<body data-by='alpha-net'>"))
    result = invoke("study", "check", tmp_path / "study", "--no-browser")
    assert result.exit_code == 4
    assert "method 'alpha-net'" in result.stderr
    result = invoke("study", "check", tmp_path / "study", "--no-browser", "--json")
    assert (result.exit_code, json.loads(result.stdout)["ok"]) == (4, False)


def session_file(study: Path, path: Path) -> Path:
    manifest = read_study(study).manifest
    documents = [event(manifest, "start", start()), event(manifest, "answer", answer(manifest, 0), seq=1)]
    path.write_text("".join(json.dumps(it) + "\n" for it in documents) + "not JSON\n")
    return path


def test_collect_then_forget(new: Callable[..., Result], invoke: Invoke, tmp_path: Path) -> None:
    new("pairwise", "--items", 4)
    mail = session_file(tmp_path / "study", tmp_path / "one.jsonl")
    arguments = ("study", "collect", mail, "--study", tmp_path / "study", "--out", tmp_path / "answers")
    result = invoke(*arguments, "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert (found["events"], found["sessions"], len(found["rejected"])) == (2, 1, 1)
    assert "left out: " in result.stderr
    assert invoke(*arguments).exit_code == 0
    result = invoke("study", "forget", tmp_path / "answers", SESSION[:8])
    assert (result.exit_code, result.stdout.count("2 events")) == (0, 1)
    result = invoke("study", "forget", tmp_path / "answers", SESSION)
    assert (result.exit_code, "no session" in result.stderr) == (3, True)


def test_serve_says_when_the_port_is_taken(new: Callable[..., Result], invoke: Invoke, tmp_path: Path) -> None:
    new("pairwise", "--items", 4)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = invoke("study", "serve", tmp_path / "study", "--port", taken.getsockname()[1])
    assert result.exit_code == 3
    assert "cannot listen" in result.stderr


def test_serve_refuses_another_studys_store(new: Callable[..., Result], invoke: Invoke, tmp_path: Path) -> None:
    from gan_eval.study.collecting.store import Store

    new("pairwise", "--items", 4)
    new("pairwise", "--items", 3, out="other")
    Store(tmp_path / "answers.db", read_study(tmp_path / "other").manifest).close()
    result = invoke("study", "serve", tmp_path / "study", "--store", tmp_path / "answers.db")
    assert result.exit_code == 3
    assert "holds answers to manifest" in result.stderr


def test_addresses_are_printed_alone(new: Callable[..., Result], tmp_path: Path) -> None:
    from tests.gan_eval.study.driving import serving

    new("pairwise", "--items", 4)
    with serving(tmp_path / "study") as server:
        assert server.participants.startswith("http://127.0.0.1:")
        assert server.events() == []
