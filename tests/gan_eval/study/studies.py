"""A small study made by hand, for tests of what reads one."""

from __future__ import annotations

import uuid
from typing import Any

from gan_eval.study.schema.manifest import (
    AnalysisPlan,
    Form,
    Key,
    KeyImage,
    KeyMethod,
    KeyTrial,
    Manifest,
    Picture,
    Platform,
    Practice,
    Rules,
    Text,
    Trial,
    Ui,
    commitment,
    sealed,
)

SESSION = "6f0c2f6e-0000-4000-8000-000000000001"


def ident(letter: str, number: int) -> str:
    """A well-formed id."""
    return f"{letter}{number:020x}"


def small_key() -> Key:
    """Two methods, four items, pairwise; images 0–3 of m0, 4–7 of m1; one practice trial with images 8 and 9."""
    images = {
        ident("i", n): KeyImage(f"m{n // 4}", f"item{n % 4}", f"a/{n}.png", "0" * 64, f"{n:064x}") for n in range(8)
    }
    return Key(
        schema="study-key/1",
        study_id="demo-study",
        kind="pairwise",
        seed="7",
        secret_hex="00" * 32,
        nonce_hex="11" * 32,
        methods={"m0": KeyMethod("first", "a"), "m1": KeyMethod("second", "b")},
        items=tuple(f"item{n}" for n in range(4)),
        images=images,
        trials={ident("t", n): KeyTrial("main", f"item{n}") for n in range(4)},
        truths={},
        rules=Rules(),
        analysis=AnalysisPlan(),
    )


def small_manifest(key: Key) -> Manifest:
    """The public side of `small_key`, with two forms."""
    picture = {ident("i", n): Picture(f"{n:064x}", 8, 8, "image/webp", 100) for n in range(10)}
    trials = tuple(Trial(ident("t", n), (ident("i", n), ident("i", n + 4))) for n in range(4))
    return Manifest(
        schema="study-manifest/1",
        study_id=key.study_id,
        generator="test",
        kind=key.kind,
        key_commitment=commitment(key),
        lang="en",
        dir="ltr",
        text=Text("t", "c", "i", "q", "d", "k"),
        strings={"next": "Next"},
        ui=Ui(2, False, "tie", False, False, 0, None, None, (256, 256), False),
        feedback="off",
        images=picture,
        practice=(Practice(ident("t", 99), (ident("i", 8), ident("i", 9))),),
        trials=trials,
        forms=(
            Form("f00", tuple((n, (0, 1)) for n in range(4))),
            Form("f01", tuple((n, (1, 0)) for n in (3, 2, 1, 0))),
        ),
        post_url=None,
        platform=Platform("none", (), (), None, "none", (), None),
    )


def small_study() -> tuple[Manifest, Key]:
    """Manifest and sealed key."""
    key = small_key()
    manifest = small_manifest(key)
    return manifest, sealed(key, manifest)


def event(manifest: Manifest, kind: str, payload: dict[str, Any], *, seq: int = 0, **changes: Any) -> dict[str, Any]:
    """An event as parsed JSON."""
    return {
        "schema": "study-event/1",
        "study_id": manifest.study_id,
        "manifest_sha256": manifest.sha256,
        "session_id": SESSION,
        "event_id": str(uuid.uuid4()),
        "seq": seq,
        "type": kind,
        "t_utc": "2026-11-22T00:30:11.123Z",
        "t_ms": 1000 * seq,
        "payload": payload,
    } | changes


def start(**changes: Any) -> dict[str, Any]:
    """Payload of a start."""
    return {
        "form_id": "f00",
        "form_source": "random",
        "platform": {},
        "participant_id": None,
        "user_agent": "test",
        "webdriver": False,
        "language": "en",
        "screen": [1280, 720],
        "dpr": 1,
        "touch_points": 0,
        "color_gamut": "srgb",
        "color_scheme": "light",
        "tz_offset_min": 0,
        "storage": "indexeddb",
        "token": None,
    } | changes


def answer(manifest: Manifest, place: int, slot: int = 0, **changes: Any) -> dict[str, Any]:
    """Payload of a well-formed answer at this place of form f00: the picture in `slot`."""
    number, order = manifest.forms[0].sequence[place]
    trial = manifest.trials[number]
    shown = [trial.options[option] for option in order]
    return {
        "trial_id": trial.trial_id,
        "form_id": "f00",
        "index": place,
        "shown": shown,
        "choice": {"slot": slot, "image_id": shown[slot]},
        "rt_ms": 800,
        "onset_ms": 100,
        "exposure_ms": None,
        "changes": 0,
        "input": "key",
        "hidden_ms": 0,
        "viewport": [1280, 720],
        "dpr": 1.25,
        "vv_scale": 1,
        "img_css": [256, 256],
        "attempt": 1,
    } | changes
