"""Files that scoring and studies write about themselves: older ones are read, damaged ones never believed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_eval.discriminative.saved import from_curves, read_curves
from gan_eval.errors import InputError, MismatchError
from gan_eval.feature_set import FeatureSet
from gan_eval.files import write_json
from gan_eval.images import open_source
from gan_eval.metrics.moments import statistics
from gan_eval.statistics_file import StatisticsFile, open_statistics, save
from gan_eval.study.schema.events import EVENTS_FILE, Answer, parse_event, read_events, write_events
from gan_eval.study.schema.manifest import (
    KEY_FILE,
    MANIFEST_FILE,
    read_key,
    read_manifest,
    require_same_study,
    write_key,
    write_manifest,
)
from gan_eval.translation import TRANSLATION, TRANSLATION_FILE, TranslationRecord, record_of
from tests.damage import damages, flips
from tests.gan_eval.study.studies import answer, event, small_study

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
CURVES = {"real": [0.5, 0.8], "good": [0.5, 0.5], "bad": [0.25, 0.125]}
MANIFEST, KEY = small_study()


def write_record(folder: Path) -> Path:
    write_json(folder / TRANSLATION_FILE, TRANSLATION.encode(TranslationRecord("AtoB", "/real", versions={"a": "1.5"})))
    document = json.loads((folder / TRANSLATION_FILE).read_text())
    write_json(folder / TRANSLATION_FILE, document)
    return folder / TRANSLATION_FILE


def write_the_manifest(folder: Path) -> Path:
    write_manifest(folder / MANIFEST_FILE, MANIFEST)
    return folder / MANIFEST_FILE


def write_the_key(folder: Path) -> Path:
    write_key(folder / KEY_FILE, KEY)
    return folder / KEY_FILE


def write_an_answer(folder: Path) -> Path:
    write_events(folder / EVENTS_FILE, [parse_event(event(MANIFEST, "answer", answer(MANIFEST, 0)), where="x")])
    return folder / EVENTS_FILE


def write_curves(folder: Path) -> Path:
    document = from_curves(CURVES).to_dict()
    fields = ("schema", "command", "curves", "curves_sha256")
    write_json(folder / "curves.json", {name: document[name] for name in fields})
    return folder / "curves.json"


READERS: Mapping[str, tuple[Callable[[Path], Path], Callable[[Path], Any]]] = {
    "manifest": (write_the_manifest, read_manifest),
    "key": (write_the_key, read_key),
    "answers": (write_an_answer, read_events),
    "translation": (write_record, lambda path: record_of(path.parent)),
    "curves": (write_curves, read_curves),
}


@pytest.mark.parametrize("name", READERS)
def test_whatever_damages_a_document_is_named_with_a_remedy_in_one_line(name: str, tmp_path: Path) -> None:
    write, read = READERS[name]
    path = write(tmp_path)
    text = path.read_text()
    assert read(path)
    harmless = {"answers": {"empty"}, "curves": {"an unknown field"}, "translation": {"a text for a number"}}
    if name == "translation":  # it has no number of its own
        harmless[name] |= {"NaN", "a huge number"}
    for what, data in damages(text):
        if what in harmless.get(name, ()):
            continue
        path.write_bytes(data)
        with pytest.raises(InputError) as caught:
            read(path)
        message = str(caught.value)
        assert message.startswith(str(path)), what
        assert "\n" not in message
        assert what in ("not UTF-8", "zeros") or message.endswith(")"), f"{what}: {message}"


def _held(name: str, path: Path) -> Any:
    """Read a document and hold it against what its neighbours say of it, as the commands do."""
    found = READERS[name][1](path)
    if name == "manifest":
        require_same_study(KEY, found.sha256)
    if name == "key":
        require_same_study(found, MANIFEST.sha256)
    return found


@pytest.mark.parametrize("name", ["manifest", "key", "translation", "curves"])
def test_no_turned_bit_is_believed(name: str, tmp_path: Path) -> None:
    path = READERS[name][0](tmp_path)
    before = _held(name, path)
    flipped = list(flips(path.read_text(), every=11 if name in ("manifest", "key") else 3))
    refused = 0
    for data in flipped:
        path.write_bytes(data)
        try:
            assert _held(name, path) == before
        except (InputError, MismatchError):
            refused += 1
    assert refused > 0.9 * len(flipped)


def test_a_study_of_the_first_versions_is_read() -> None:
    manifest, key = read_manifest(GOLDEN / "study-1.json"), read_key(GOLDEN / "study.key-1.json")
    require_same_study(key, manifest.sha256)
    assert (manifest, key) == (MANIFEST, KEY)
    events = read_events(GOLDEN / "events-1.jsonl")
    assert [each.type for each in events] == ["start", "answer", "answer"]
    assert isinstance(events[1].payload, Answer)
    assert {each.manifest_sha256 for each in events} == {manifest.sha256}


def test_curves_of_an_older_result_are_read(tmp_path: Path) -> None:
    assert read_curves(GOLDEN / "nrds-1.json") == CURVES
    document = json.loads((GOLDEN / "nrds-1.json").read_text())
    (tmp_path / "newer.json").write_text(json.dumps(document | {"schema": "gan-eval/2"}))
    with pytest.raises(InputError, match=r"newer\.json: its schema is 'gan-eval/2'"):
        read_curves(tmp_path / "newer.json")


def test_statistics_of_version_1_are_read() -> None:
    found = open_statistics(GOLDEN / "statistics-1.npz")
    assert found is not None
    assert (found.statistics.n, found.network) == (5, {"name": "efficientnet-lite0"})


def write_statistics(folder: Path) -> Path:
    features = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    save(folder / "a.npz", FeatureSet("a", 50, "0" * 64, {"name": "x"}, statistics(features)))
    return folder / "a.npz"


def test_what_is_said_of_statistics_is_read_strictly(tmp_path: Path) -> None:
    path = write_statistics(tmp_path)
    with np.load(path) as file:
        arrays = dict(file)
    for what, data in damages(str(arrays["about"])):
        if what in ("not UTF-8", "zeros", "NaN", "a huge number", "a text for a number"):
            continue  # it is text by then, and has no number
        np.savez(path, **{**arrays, "about": np.array(data.decode())})
        with pytest.raises(InputError, match=r"a\.npz: about") as caught:
            open_statistics(path)
        assert str(caught.value).endswith(")"), what


def test_no_turned_bit_of_statistics_is_believed(tmp_path: Path) -> None:
    path = write_statistics(tmp_path)
    whole = path.read_bytes()
    with np.load(path) as file:
        arrays = {name: file[name].tobytes() for name in file.files}
    refused = 0
    for place in range(0, len(whole), 13):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << (place % 8)
        path.write_bytes(bytes(flipped))
        try:
            found = open_statistics(path) or open_source(path)
        except InputError:
            refused += 1
        else:  # a bit that says nothing of the arrays, such as a date within the archive
            assert isinstance(found, StatisticsFile)
            assert found.statistics.mean.tobytes() == arrays["mu"]
            assert found.statistics.cov.tobytes() == arrays["sigma"]
            assert (found.statistics.n, found.network) == (50, {"name": "x"})
    assert refused > 30


def test_a_damaged_converted_network_is_not_whole(tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    from gan_eval.extractors.openvino_runtime import is_whole, note_files

    room = tmp_path / "network"

    def make() -> None:
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir()
        (room / "network.xml").write_bytes(b"<net/>" * 9)
        (room / "network.bin").write_bytes(bytes(range(200)))
        note_files(room)

    make()
    assert is_whole(room)
    assert not is_whole(tmp_path / "none")
    note = (room / "files.json").read_text()
    for _, data in damages(note):
        (room / "files.json").write_bytes(data)
        assert not is_whole(room)
    for data in flips(note):
        (room / "files.json").write_bytes(data)
        assert not is_whole(room)
    for change in (
        lambda: (room / "network.bin").write_bytes(bytes(200)),
        lambda: (room / "network.bin").write_bytes(bytes(range(100))),
        lambda: (room / "network.bin").unlink(),
        lambda: (room / "network.xml").unlink(),
        lambda: (room / "files.json").unlink(),
    ):
        make()
        change()
        assert not is_whole(room)


def test_a_damaged_note_of_a_timm_model_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gan_eval.extractors import timm_models

    model = timm_models.TimmModel("m", 8, 8, "bicubic", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), 16, "", "model.safetensors")
    asked: list[str] = []
    monkeypatch.setattr(timm_models.weights_files, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(timm_models, "_ask_timm", lambda name: asked.append(name) or model)
    assert timm_models.describe("m") == timm_models.describe("m") == model
    assert asked == ["m"]
    [note] = tmp_path.rglob("m.json")
    text = note.read_text()
    changed = [data for _, data in damages(text)] + list(flips(text, every=9))
    for data in changed:
        note.write_bytes(data)
        assert timm_models.describe("m") == model
    assert len(asked) == 1 + len(changed)
