"""Answers from everywhere, once each; what does not belong stays out; a person who goes stays gone."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from gan_eval.errors import InputError, MismatchError
from gan_eval.study.collecting import collect as collecting
from gan_eval.study.collecting.collect import forget, merge_sources
from gan_eval.study.collecting.service import Service, utc_now
from gan_eval.study.collecting.store import Store
from gan_eval.study.making.folder import read_study
from gan_eval.study.making.request import Hosting
from gan_eval.study.schema.events import Start, read_events
from gan_eval.study.schema.platforms import platform
from tests.gan_eval.study.exports import make
from tests.gan_eval.study.studies import answer, event, start

ONE, TWO = "6f0c2f6e-0000-4000-8000-000000000001", "7a0c2f6e-0000-4000-8000-000000000002"


@pytest.fixture
def study(study_folder: Path) -> Any:
    return read_study(study_folder)


def session(study: Any, name: str, **changes: Any) -> list[dict[str, Any]]:
    """A short session: start, two answers, finish."""
    payloads = [
        ("start", start(**changes)),
        ("answer", answer(study.manifest, 0)),
        ("answer", answer(study.manifest, 1)),
        ("finish", {"answers": 2, "duration_ms": 9000}),
    ]
    return [event(study.manifest, kind, it, seq=n) | {"session_id": name} for n, (kind, it) in enumerate(payloads)]


def write(path: Path, documents: list[Any], *, end: str = "\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(json.dumps(it) + end for it in documents).encode("utf-8"))
    return path


def gather(out: Path, study: Any, *sources: Path, keep: bool = False) -> Any:
    return merge_sources(sources, out, study=study.folder, keep_platform_ids=keep)


def test_files_lists_and_stores_merge_by_event_id(study: Any, tmp_path: Path) -> None:
    one, two = session(study, ONE), session(study, TWO)
    write(tmp_path / "mail" / "one.jsonl", one, end="\r\n")
    write(tmp_path / "mail" / "again.txt", one[1:])
    (tmp_path / "mail" / "two.json").write_text("\ufeff" + json.dumps({"events": two[:2]}), encoding="utf-8")
    store = Store(tmp_path / "answers.db", study.manifest)
    Service(study, store).receive(two, now=utc_now())
    store.close()
    found = gather(tmp_path / "out", study, tmp_path / "mail", tmp_path / "answers.db")
    assert (found.events, found.new, found.sessions, found.finished, found.rejected) == (8, 8, 2, 2, [])


def test_collecting_again_adds_only_what_is_new(study: Any, tmp_path: Path) -> None:
    first = write(tmp_path / "one.jsonl", session(study, ONE))
    gather(tmp_path / "out", study, first)
    content = (tmp_path / "out" / "events.jsonl").read_bytes()
    assert gather(tmp_path / "out", study, first).new == 0
    assert (tmp_path / "out" / "events.jsonl").read_bytes() == content
    assert gather(tmp_path / "out", study, write(tmp_path / "two.jsonl", session(study, TWO))).new == 4


def test_what_does_not_belong_is_left_out_with_a_reason(study: Any, tmp_path: Path) -> None:
    documents = session(study, ONE)
    forged = documents[1] | {"payload": documents[1]["payload"] | {"index": 3}}
    (tmp_path / "x.jsonl").write_text(
        "\n".join([json.dumps(documents[0]), '{"rt": NaN}', "hello", json.dumps(forged), json.dumps({"a": 1})])
    )
    found = gather(tmp_path / "out", study, tmp_path / "x.jsonl")
    assert found.events == 1
    assert [reason.split(":")[1] for reason in found.rejected] == ["2", "3", "4", "5"]


def test_answers_to_another_export_are_refused_with_both_hashes(study: Any, tmp_path: Path) -> None:
    other = [it | {"manifest_sha256": "0" * 64} for it in session(study, ONE)]
    with pytest.raises(InputError, match=f"{'0' * 64}.*{study.manifest.sha256}"):
        gather(tmp_path / "out", study, write(tmp_path / "x.jsonl", other))
    assert not (tmp_path / "out").exists()


def test_two_exports_do_not_mix_even_without_the_study(study: Any, tmp_path: Path) -> None:
    other = [it | {"manifest_sha256": "0" * 64} for it in session(study, TWO)]
    files = [write(tmp_path / "a.jsonl", session(study, ONE)), write(tmp_path / "b.jsonl", other)]
    with pytest.raises(MismatchError):
        merge_sources(files, tmp_path / "out", study=None, keep_platform_ids=False)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"<html>"])
def test_nothing_sound_is_a_fault(content: bytes, study: Any, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(content)
    with pytest.raises(InputError, match="nothing to collect"):
        gather(tmp_path / "out", study, tmp_path / "x.jsonl")


def test_missing_source_is_a_fault(study: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        gather(tmp_path / "out", study, tmp_path / "none")


@pytest.fixture
def recruited(tmp_path: Path) -> Any:
    """A study whose participants come from a platform."""
    make(tmp_path, "pairwise", hosting=Hosting(platform("prolific")))
    return read_study(tmp_path / "study")


def test_one_person_gets_one_pseudonym_from_server_and_download(recruited: Any, tmp_path: Path) -> None:
    ids = {"PROLIFIC_PID": "5f1e", "SESSION_ID": "=HYPERLINK(0)"}
    store = Store(tmp_path / "answers.db", recruited.manifest)
    Service(recruited, store, keep_platform_ids=True).receive(session(recruited, ONE, platform=ids), now=utc_now())
    store.close()
    mail = write(tmp_path / "x.jsonl", session(recruited, TWO, platform=ids))
    gather(tmp_path / "out", recruited, tmp_path / "answers.db", mail, keep=True)
    starts = [it.payload for it in read_events(tmp_path / "out") if isinstance(it.payload, Start)]
    assert len(starts) == 2
    assert len({it.participant_id for it in starts}) == 1
    assert [it.platform for it in starts] == [{}, {}]
    kept = tmp_path / "out" / "platform_ids.csv"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert f"{TWO},SESSION_ID,'=HYPERLINK(0)" in kept.read_text()
    assert "5f1e" not in (tmp_path / "out" / "events.jsonl").read_text()


def test_platform_ids_need_the_study(recruited: Any, tmp_path: Path) -> None:
    mail = write(tmp_path / "x.jsonl", session(recruited, ONE, platform={"PROLIFIC_PID": "5f1e"}))
    with pytest.raises(InputError, match="pass study=DIR"):
        merge_sources([mail], tmp_path / "out", study=None, keep_platform_ids=False)


def test_who_is_forgotten_does_not_come_back(recruited: Any, tmp_path: Path) -> None:
    mail = [
        write(tmp_path / f"{name[:2]}.jsonl", session(recruited, name, platform={"PROLIFIC_PID": name}))
        for name in (ONE, TWO)
    ]
    gather(tmp_path / "out", recruited, *mail, keep=True)
    assert forget(tmp_path / "out", ONE[:8]) == 4
    again = gather(tmp_path / "out", recruited, *mail, keep=True)
    assert (again.sessions, again.forgotten) == (1, 4)
    assert ONE not in "".join(path.read_text() for path in (tmp_path / "out").iterdir())


def test_forgetting_in_the_servers_store(study: Any, tmp_path: Path) -> None:
    store = Store(tmp_path / "answers.db", study.manifest)
    Service(study, store).receive(session(study, ONE), now=utc_now())
    store.close()
    assert forget(tmp_path / "answers.db", ONE) == 4
    with pytest.raises(InputError, match="no session"):
        forget(tmp_path / "answers.db", ONE)


@pytest.mark.parametrize("name", ["6f", "ffffffff"])
def test_forgetting_needs_one_session(name: str, study: Any, tmp_path: Path) -> None:
    gather(tmp_path / "out", study, write(tmp_path / "x.jsonl", session(study, ONE)))
    with pytest.raises(InputError, match="no session"):
        forget(tmp_path / "out", name)


@pytest.mark.parametrize(("value", "cell"), [("=1+1", "'=1+1"), ("@x", "'@x"), ("x=1", "x=1"), ("a,b", '"a,b"')])
def test_platform_ids_are_kept_as_text_that_no_spreadsheet_calculates(value: str, cell: str, tmp_path: Path) -> None:
    path = tmp_path / "platform.csv"
    for _ in range(2):  # what is read back and written again stays as it is
        collecting._write_platform(path, {(ONE, "PROLIFIC_PID"): value})
    assert path.read_text() == f"session_id,parameter,value\n{ONE},PROLIFIC_PID,{cell}\n"
    collecting._write_platform(path, {(ONE, "STUDY"): "s"})
    assert f"PROLIFIC_PID,{cell}\n" in path.read_text()


@pytest.mark.parametrize("text", ["session_id,parameter,value\na,b\n", "x\na,b,c,d\n", 'x\n"a\0\n'])
def test_a_damaged_table_of_platform_ids_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "platform.csv").write_text(text)
    with pytest.raises(InputError, match=r"platform\.csv: not the table that was written here \(repair it"):
        collecting._write_platform(tmp_path / "platform.csv", {(ONE, "STUDY"): "s"})
