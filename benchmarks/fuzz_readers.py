"""Every reader that gets bytes from outside, with sound files to damage.

A target's files lie in a folder of its own; one of them is damaged and the reader is called. What it gives is compared
with what it gives of the sound files: for files of this program's own, anything else than that, a refusal or nothing is
damage that was believed.
"""

from __future__ import annotations

import io
import json
import random
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import save

from benchmarks import fuzz_mutations as mutations
from gan_eval.cache import Cache
from gan_eval.discriminative.runs import _load, _save
from gan_eval.discriminative.saved import from_curves, read_curves
from gan_eval.discriminative.training import FoldResult
from gan_eval.extractors.state_dict import read_state_dict
from gan_eval.feature_set import FeatureSet, read_entry, write_entry
from gan_eval.grouping import _table
from gan_eval.images import decode, open_source, peers, photographs, probe, scan
from gan_eval.metrics.moments import StreamingMoments
from gan_eval.statistics_file import open_statistics
from gan_eval.statistics_file import save as save_statistics
from gan_eval.study.collecting.collect import merge_sources
from gan_eval.study.collecting.simulate import People, made_up_events
from gan_eval.study.collecting.store import Incoming, Store
from gan_eval.study.making.export import export
from gan_eval.study.making.folder import read_study
from gan_eval.study.making.request import Amounts, Hosting, Screen, StudyRequest
from gan_eval.study.making.settings import read_settings
from gan_eval.study.making.sources import Folders
from gan_eval.study.schema.events import Event, read_events, write_events
from gan_eval.study.schema.ids import read_secret
from gan_eval.study.votes.reading import read_ballots
from gan_eval.translation import FOLDERS, TRANSLATION, InputsRecord, TranslationRecord, record_of, recorded_inputs
from gan_eval.vectors import VectorWriter
from nicegan import checkpoint, run
from nicegan.config import RunConfig
from nicegan.journal import VALIDATION_LINE, ValidationRecord, records
from nicegan.models.authors import load_official

#: Reads the damaged file; returns a text or a number that stands for what was read, None where it counts as absent.
Reader = Callable[[Path], object]


@dataclass(frozen=True)
class Target:
    """A reader and its files.

    files: name below the target's folder → sound bytes. damaged: names of those that are damaged, one at a time.
    mutate: how. read: gets the path of the damaged file. own: whether the files are this program's own and carry
    hashes, so that damage must be found. weight: how often it is tried, relative to the others.
    """

    name: str
    files: Mapping[str, bytes]
    mutate: mutations.Mutation
    read: Reader
    damaged: tuple[str, ...] = ()
    own: bool = False
    weight: int = 10

    @property
    def names(self) -> tuple[str, ...]:
        """The files that are damaged."""
        return self.damaged or tuple(self.files)


def targets(room: Path) -> list[Target]:
    """All of them; `room` is an empty folder for what must be made on a disk."""
    return [*_pictures(), *_sets(), *_arrays(), *_weights(room), *_records(room), *_studies(room), *_cached(room)]


# ------------------------------------------------------------------------------------------------ images


def _pictures() -> Iterator[Target]:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    rgb, grey = Image.fromarray(pixels), Image.fromarray(pixels[..., 0])
    deep = Image.fromarray(pixels[..., 0].astype(np.uint16) * 200)
    alpha, indexed = rgb.convert("RGBA"), rgb.convert("P")
    frames: dict[str, Any] = {"save_all": True, "append_images": [grey.convert("RGB")]}
    exif = Image.Exif()
    exif[0x0112] = 6
    forms: dict[str, Sequence[tuple[Image.Image, str, dict[str, Any]]]] = {
        "png": [
            (rgb, "PNG", {}),
            (alpha, "PNG", {}),
            (indexed, "PNG", {}),
            (deep, "PNG", {}),
            (rgb, "PNG", frames),
            (grey, "PNG", {"exif": exif}),
        ],
        "jpg": [
            (rgb, "JPEG", {}),
            (rgb, "JPEG", {"progressive": True, "exif": exif}),
            (rgb.convert("CMYK"), "JPEG", {}),
            (grey, "JPEG", {}),
            (rgb, "MPO", frames),
        ],
        "webp": [(rgb, "WEBP", {}), (alpha, "WEBP", {"lossless": True}), (rgb, "WEBP", frames)],
        "gif": [(indexed, "GIF", {}), (indexed, "GIF", {"save_all": True, "append_images": [indexed.rotate(90)]})],
        "bmp": [(rgb, "BMP", {}), (indexed, "BMP", {}), (grey.convert("1"), "BMP", {})],
        "tif": [
            (rgb, "TIFF", {}),
            *((rgb, "TIFF", {"compression": one}) for one in ("tiff_lzw", "jpeg", "tiff_deflate", "packbits")),
            (deep, "TIFF", {}),
            (grey.convert("F"), "TIFF", {}),
            (grey.convert("1"), "TIFF", {"compression": "group4"}),
            (rgb, "TIFF", frames),
        ],
        "jp2": [(rgb, "JPEG2000", {}), (grey, "JPEG2000", {"irreversible": True})],
        "avif": [(rgb, "AVIF", {}), (rgb, "AVIF", frames)],
        "ppm": [(rgb, "PPM", {}), (grey, "PPM", {}), (grey.convert("1"), "PPM", {}), (deep, "PPM", {})],
    }
    for ending, pictures in forms.items():
        files = {f"{place}.{ending}": _encoded(*picture) for place, picture in enumerate(pictures)}
        mutate = mutations.png if ending == "png" else mutations.damaged
        yield Target(
            f"images .{ending}", files, mutate, _picture, weight={"png": 40, "jpg": 30, "avif": 4}.get(ending, 20)
        )


def _encoded(picture: Image.Image, form: str, options: Mapping[str, Any]) -> bytes:
    stream = io.BytesIO()
    # Copies, since Pillow keeps the options of the last time in the picture.
    more = {"append_images": [one.copy() for one in options["append_images"]]} if "append_images" in options else {}
    picture.copy().save(stream, form, **{**options, **more})
    return stream.getvalue()


def _picture(path: Path) -> object:
    data = path.read_bytes()
    header = probe(data, path.name)
    return header, decode(data, path.name, policy=photographs if len(data) % 2 else peers).shape


def _sets() -> Iterator[Target]:
    picture = _encoded(Image.new("RGB", (8, 8), (9, 200, 60)), "PNG", {})
    members = [(f"a/{place}.png", picture) for place in range(3)] + [("notes.txt", b"none")]
    pairs = [(f"{place}.{side}.png", picture) for place in range(2) for side in ("input", "output")]
    zips = {
        "stored.zip": mutations.zip_of(members),
        "packed.zip": mutations.zip_of(members, 8),
        "lzma.zip": mutations.zip_of(members, 14),
    }
    yield Target("zip", zips, mutations.within_zip(mutations.png), _source, weight=20)
    yield Target(
        "tar",
        {"a.tar": mutations.tar_of(members), "pairs.tar": mutations.tar_of(pairs)},
        mutations.within_tar,
        _source,
        weight=20,
    )
    yield Target(
        "tar.gz", {"a.tar.gz": mutations.tar_of(members, "w:gz")}, mutations.within_gzip(mutations.within_tar), _source
    )
    yield Target(
        "tar.xz",
        {"a.tar.xz": mutations.tar_of(members, "w:xz"), "a.tar.bz2": mutations.tar_of(members, "w:bz2")},
        mutations.damaged,
        _source,
    )
    listing = "# three\n1.png\n2.png\n\nsub/3.png\n".encode("utf-8-sig")
    pictures = dict.fromkeys(("1.png", "2.png", "sub/3.png"), picture)
    yield Target(
        "list",
        {"list.txt": listing, **pictures},
        mutations.text,
        lambda path: _source(f"@{path}"),
        damaged=("list.txt",),
    )
    yield Target("groups", {"groups.csv": b'name,group\n"1.png",a\n2.png,"b, c"\n3.png,a\n'}, mutations.text, _table)


def _source(given: object) -> object:
    source = open_source(given)
    contents = scan(source, workers=0, on_bad_image="skip")
    shapes = [
        item.pixels().shape for item in source.items() if not any(line.startswith(item.name) for line in contents.bad)
    ]
    return contents.sha256, shapes


def _arrays() -> Iterator[Target]:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    features = rng.standard_normal((6, 4)).astype(np.float32)
    sets = {
        "images.npz": {"arr_0": images, "labels": np.arange(3)},
        "floats.npz": {"images": images / 255, "latents": features},
        "moments.npz": {"mu": features.mean(0), "sigma": np.cov(features, rowvar=False)},
        "features.npz": {"feats": features},
    }
    npz = {
        name: _saved(np.savez_compressed if "images" in name else np.savez, **arrays) for name, arrays in sets.items()
    }
    npy = {
        "images.npy": _saved(np.save, images),
        "one.npy": _saved(np.save, images[0]),
        "features.npy": _saved(np.save, features),
    }
    yield Target("npz", npz, mutations.within_zip(mutations.array), _numbers, weight=30)
    yield Target("npy", npy, mutations.array, _numbers, weight=20)


def _saved(write: Callable[..., None], *arrays: Any, **named: Any) -> bytes:
    stream = io.BytesIO()
    write(stream, *arrays, **named)
    return stream.getvalue()


def _numbers(path: Path) -> object:
    file = open_statistics(path)
    return _source(path) if file is None else (file.statistics.n, _digest(file.statistics.mean, file.statistics.cov))


def _digest(*arrays: NDArray[Any] | None) -> str:
    return " ".join(
        "none" if one is None else f"{one.shape} {hash(np.ascontiguousarray(one).tobytes())}" for one in arrays
    )


# ------------------------------------------------------------------------------------------------ weights


def _weights(room: Path) -> Iterator[Target]:
    state = {"conv.weight": torch.arange(24.0).reshape(2, 3, 2, 2), "bn.running_mean": torch.zeros(2)}
    stream = io.BytesIO()
    torch.save({"state_dict": state}, stream)
    old = io.BytesIO()
    torch.save(state, old, _use_new_zipfile_serialization=False)
    pickles = {"new.pt": stream.getvalue(), "old.pt": old.getvalue()}

    def mutate(data: bytes, rng: random.Random) -> bytes:
        within = mutations.within_zip(mutations.damaged) if data[:2] == b"PK" else mutations.damaged
        return within(data, rng)

    yield Target(".safetensors", {"a.safetensors": save(state)}, mutations.tensors, _tensors, weight=20)
    yield Target(".pt", pickles, mutate, _tensors, weight=20)
    yield Target("authors' .pt", pickles, mutate, lambda path: sorted(map(str, load_official(path))))
    folder = room / "checkpoint"
    checkpoint.save(
        folder, step=3, config=RunConfig(), weights={"gen2B": state}, optimisers={"G": {"state": {0: state}}}
    )
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    yield Target("checkpoint", files, mutations.damaged, _checkpoint, own=True, weight=20)
    yield Target("checkpoint config, values", files, mutations.document, _checkpoint, damaged=(checkpoint.CONFIG,))


def _tensors(path: Path) -> object:
    return {name: (tuple(value.shape), str(value.dtype)) for name, value in read_state_dict(path).items()}


def _checkpoint(path: Path) -> object:
    found = checkpoint.read(path.parent)
    weights = checkpoint.load_weights(found, found.networks[0])
    state = checkpoint.load_state(found) if found.resumable else None
    numbers = [(name, value.numpy().tobytes()) for name, value in sorted(weights.items())]
    return str((found.step, found.networks, found.config, found.data, numbers, state))


# ------------------------------------------------------------------------------------------------ documents


def _records(room: Path) -> Iterator[Target]:
    curves = {"real": [0.9, 0.8, 0.9], "a": [0.5, 0.4, 0.3], "b": [0.2, 0.1, 0.05]}
    plain = {"curves.json": json.dumps(curves).encode(), "wrapped.json": json.dumps({"curves": curves}).encode()}
    ours = json.dumps(from_curves(curves).to_dict(), indent=2).encode()
    yield Target("curves", plain, mutations.document, lambda path: from_curves(read_curves(path)).areas)
    yield Target(
        "curves of nrds --json", {"nrds.json": ours}, mutations.damaged, lambda path: str(read_curves(path)), own=True
    )
    yield Target(
        "curves of nrds --json, values",
        {"nrds.json": ours},
        mutations.document,
        lambda path: str(read_curves(path)),
        own=True,
    )
    folder = room / "translated"
    folder.mkdir()
    (folder / "input.png").write_bytes(_encoded(Image.new("RGB", (4, 4)), "PNG", {}))
    sha256 = scan(open_source([folder / "input.png"])).sha256
    record = TranslationRecord("AtoB", str(folder), InputsRecord((str(folder / "input.png"),), sha256, 1, "0" * 64))
    translation = {"translation.json": json.dumps(TRANSLATION.encode(record)).encode()}
    yield Target("translation.json", translation, mutations.document, _translation)
    yield from _runs()


def _runs() -> Iterator[Target]:
    images = {name: run.ImageNames(2, "0" * 64) for name in FOLDERS}
    document = run.RunDocument(RunConfig(), None, {name: f"/data/{name}" for name in FOLDERS}, images, 1)
    config = {"config.json": json.dumps(run.RUN.encode(document)).encode()}
    yield Target("run configuration", config, mutations.damaged, _run, own=True)
    yield Target("run configuration, values", config, mutations.document, _run, weight=15)
    counts = {"AtoB": (2, 2)}
    lines = [ValidationRecord(step, 0.1, "kd", "tiny", "lower", "translated", counts, 0.1) for step in range(4)]
    log = b"".join(json.dumps(VALIDATION_LINE.encode(line)).encode() + b"\n" for line in lines)
    yield Target("run's journal", {"metrics.jsonl": log}, mutations.lines, _journal)


def _journal(path: Path) -> object:
    return list(records(path)), run.best_step(path.parent)


def _translation(path: Path) -> object:
    return record_of(path.parent), recorded_inputs({"a": path.parent}).missing


def _run(path: Path) -> object:
    return str((run.read_config(path.parent), run.read_data(path.parent), run.read_domains(path.parent)))


# ------------------------------------------------------------------------------------------------ studies


def _studies(room: Path) -> Iterator[Target]:
    methods = {name: _painted(room / name, seed) for seed, name in enumerate(("alpha", "beta"))}
    request = StudyRequest(
        kind="pairwise",
        folders=Folders(methods, None, None),
        seed="7",
        secret=bytes(range(32)),
        amounts=Amounts(items=2, trials=2, practice=1, checks=1, repeats=0, forms=1),
        screen=Screen(min_ms=0),
        hosting=Hosting(),
    )
    export(request, room / "study", site=False, progress=lambda what, done, total: None)
    study = read_study(room / "study")
    events = made_up_events(study.manifest, study.key, People(1, {}), rng=np.random.default_rng(0))
    write_events(room / "events.jsonl", events)
    files = {path.name: path.read_bytes() for path in (room / "study").iterdir() if path.is_file()}
    names = tuple(name for name in files if name.endswith(".json"))
    yield Target("study: manifest and key", files, mutations.document, _study, damaged=names, own=True)
    yield Target("study: page", files, mutations.text, _study, damaged=("study.html",), weight=3)
    yield Target(
        "events",
        {"events.jsonl": (room / "events.jsonl").read_bytes()},
        mutations.lines,
        lambda path: len(read_events(path)),
    )
    yield Target(
        "answers to be collected",
        {"events.jsonl": (room / "events.jsonl").read_bytes()},
        mutations.lines,
        _collected,
        weight=5,
    )
    yield Target(
        "store of answers", {"answers.db": _store(room, study.manifest, events)}, mutations.damaged, _stored, weight=5
    )
    votes = b"voter,item,model_a,model_b,winner\np1,1,x,y,model_a\np2,2,y,x,tie\np1,3,x,z,model_b\n"
    rates = b"model,person,fooled,fakes\nx,p1,3,10\ny,p1,1,10\nx,p2,2,10\ny,p2,0,10\n"
    ballots = {"votes.csv": votes, "rates.csv": rates}
    yield Target("votes", ballots, mutations.text, lambda path: str(read_ballots(path)), weight=15)
    settings = b'[text]\nquestion = "Which?"\n[rules]\nmedian_rt_ms_min = 500\n[analysis]\nbootstrap = 2000\n'
    yield Target("study: settings", {"study.toml": settings}, mutations.text, read_settings, weight=5)
    yield Target(
        "study: secret",
        {"secret": b"0f" * 32, "raw": bytes(range(32))},
        mutations.text,
        lambda path: len(read_secret(path)),
        weight=3,
    )


def _painted(folder: Path, seed: int) -> Path:
    folder.mkdir()
    for place in range(4):
        colours = np.random.default_rng((seed, place)).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(colours).save(folder / f"scene-{place}.png")
    return folder


def _study(path: Path) -> object:
    return read_study(path.parent).manifest.sha256


def _collected(path: Path) -> object:
    out = path.parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    return merge_sources([path], out, study=None, keep_platform_ids=False).events


def _store(room: Path, manifest: Any, events: Sequence[Event]) -> bytes:
    store = Store(room / "answers.db", manifest)
    store.add([Incoming(event) for event in events], now=datetime(2026, 1, 1, tzinfo=UTC))
    store.close()
    return (room / "answers.db").read_bytes()


def _stored(path: Path) -> object:
    for beside in path.parent.glob(f"{path.name}-*"):
        beside.unlink()
    store = Store(path)
    try:
        return len(list(store.events())), store.sessions(), store.platform_ids()
    finally:
        store.close()


# ------------------------------------------------------------------------------------------------ own files


def _cached(room: Path) -> Iterator[Target]:
    yield _entry(room, "cache entry of features", {"what": "vectors"}, _write_set, _read_set)
    yield _entry(room, "cache entry of nrds", {"what": "nrds"}, _write_folds, _read_folds)
    rng = np.random.default_rng(0)
    moments = StreamingMoments(4)
    moments.update(rng.standard_normal((9, 4)))
    made = FeatureSet("a", 9, "0" * 64, {"network": "tiny"}, moments.finish())
    save_statistics(room / "own.npz", made)
    yield Target(
        "statistics of gan-eval stats",
        {"own.npz": (room / "own.npz").read_bytes()},
        mutations.damaged,
        _statistics,
        own=True,
        weight=20,
    )


def _entry(
    room: Path, name: str, key: Mapping[str, str], write: Callable[[Path], None], read: Callable[[Path], str]
) -> Target:
    made = Cache(room / name)
    made.add(key, write)
    found = made.find(key)
    assert found is not None
    folder = found.relative_to(room / name)
    files = {str(folder / path.name): path.read_bytes() for path in found.iterdir()}

    def reader(path: Path) -> object:
        return Cache(path.parents[2]).read(key, read)

    return Target(name, files, mutations.damaged, reader, own=True, weight=20)


def _write_set(room: Path) -> None:
    rng = np.random.default_rng(0)
    with VectorWriter(room / "features.f32") as writer:
        features = rng.standard_normal((9, 4)).astype(np.float32)
        writer.append(features)
    moments = StreamingMoments(4)
    moments.update(features)
    write_entry(room, moments.finish(), [])


def _read_set(entry: Path) -> str:
    found = read_entry(entry, label="a", sha256="0", network={}, contents=None)
    vectors = None if found.vectors is None else found.vectors[:]
    return f"{found.n} {_digest(found.statistics.mean, found.statistics.cov, vectors)}"


def _write_folds(room: Path) -> None:
    rng = np.random.default_rng(0)
    fold = FoldResult(
        (rng.random(5), rng.random(4)), rng.random((2, 3)), rng.random((2, 3)), rng.random((1, 3)), (True,), False
    )
    _save(room, [fold, fold])


def _read_folds(entry: Path) -> str:
    folds = [_load(entry, number) for number in (0, 1)]
    return " ".join(
        _digest(*fold.heights, fold.held_out, fold.trained, fold.confusion) + str((fold.told, fold.separated))
        for fold in folds
    )


def _statistics(path: Path) -> object:
    file = open_statistics(path)
    return (
        None
        if file is None
        else f"{file.statistics.n} {file.network} {_digest(file.statistics.mean, file.statistics.cov)}"
    )
