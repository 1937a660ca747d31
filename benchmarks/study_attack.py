"""What does an attacker get from `gan-eval study serve`? Completion codes for nothing, or the server for himself?

Serves a small paid study in a process of its own and then:

1. sends REQUESTS forged or replayed requests for a completion code: without a session, with tokens of other sessions,
   of other forms, cut or changed; sessions without consent, without the last page, with too few answers, with skipped
   trials, with answers to another form, without the platform's id; a code's own request replayed under other sessions,
   and second sessions of one platform id. Wanted: no code. One honest participant before and one after get theirs.
2. opens 1,030 connections that send a byte now and then, and measures how long the page takes meanwhile. Wanted: under
   a second.

Run from the repository's root:  python -m benchmarks.study_attack [--requests 10000]
Prints two lines; exit code 4 if a code was given away, an honest participant got none, or the page took longer.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from gan_eval.study.making.export import export
from gan_eval.study.making.folder import read_study
from gan_eval.study.making.request import Amounts, Hosting, StudyRequest
from gan_eval.study.making.sources import Folders
from gan_eval.study.schema.manifest import Key, Manifest
from gan_eval.study.schema.platforms import platform

CODE = "https://app.prolific.com/submissions/complete?cc=PAID"
CONNECTIONS = 1030
_SERVE = "from gan_eval_cli.app import gan_eval; gan_eval()"


def main() -> int:
    """Attack, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000)
    wanted = parser.parse_args().requests
    with tempfile.TemporaryDirectory() as name:
        folder = make(Path(name))
        words = [sys.executable, "-c", _SERVE, "study", "serve", str(folder), "--port", "0", "--rate", "0"]
        server = subprocess.Popen(
            [*words, "--sessions-per-hour", "1000000"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            assert server.stdout is not None
            base = next(line for line in server.stdout if line.startswith("participants")).split()[1]
            return attack(base, folder, wanted)
        finally:
            server.kill()
            server.wait()


def make(root: Path) -> Path:
    """A study of two methods that ends with a code."""
    rng = np.random.default_rng(0)
    methods = {name: root / name for name in ("a", "b")}
    for path in methods.values():
        path.mkdir()
        for item in range(12):
            Image.fromarray(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(path / f"{item:02d}.png")
    request = StudyRequest(
        "pairwise",
        Folders(methods),
        "7",
        bytes(range(32)),
        Amounts(items=6, trials=6, practice=0, checks=1, repeats=0, forms=2),
        hosting=Hosting(platform("prolific"), CODE),
    )
    export(request, root / "study", site=False, progress=lambda what, done, total: None)
    return root / "study"


class Attacker:
    """Speaks the API of the page, honestly or not. codes: how often a code came back."""

    def __init__(self, base: str, manifest: Manifest, key: Key) -> None:
        self.base, self.manifest, self.key = base, manifest, key
        self.codes = self.sent = 0
        self.rng = random.Random(0)

    def post(self, path: str, body: Any) -> Any:
        """The reply, or None for an error."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return json.load(reply)
        except urllib.error.HTTPError:
            return None

    def ask(self, session: object, token: object) -> bool:
        """Ask for a code; whether one came."""
        self.sent += 1
        reply = self.post("api/completion", {"session_id": session, "token": token})
        got = isinstance(reply, dict) and reply.get("url") is not None
        self.codes += got
        return got

    def session(self, person: str | None, *lacks: str) -> tuple[str, str]:
        """Session and token of one who took part but for what is lacking."""
        session_id = str(uuid.uuid4())
        opened = self.post("api/start", {"session_id": session_id})
        form = next(it for it in self.manifest.forms if it.form_id == opened["form_id"])
        platform_ids = {} if person is None else {"PROLIFIC_PID": person}
        events = [self.event(session_id, 0, "start", _start(opened, platform_ids))]
        if "consent" not in lacks:
            events.append(self.event(session_id, 1, "consent", {"agreed": True}))
        if "answers" not in lacks:
            events += [self.answer(session_id, form, place, lacks) for place in range(len(form.sequence))]
        if "finish" not in lacks:
            events.append(self.event(session_id, 99, "finish", {"answers": 6, "duration_ms": 60_000}))
        self.post("api/events", {"events": events})
        return session_id, opened["token"]

    def answer(self, session_id: str, form: Any, place: int, lacks: tuple[str, ...]) -> dict[str, Any]:
        """One answer, skipped or of another form where that is the trick."""
        number, order = form.sequence[place]
        trial = self.manifest.trials[number]
        shown = [trial.options[option] for option in order]
        key = self.key.trials[trial.trial_id]
        slot = shown.index(key.expected) if key.role == "imc" and key.expected else 0
        other = next(it.form_id for it in self.manifest.forms if it.form_id != form.form_id)
        return self.event(
            session_id,
            place + 2,
            "answer",
            {
                "trial_id": trial.trial_id,
                "form_id": other if "form" in lacks else form.form_id,
                "index": place,
                "shown": shown,
                "choice": {"none": "skip"} if "judging" in lacks else {"slot": slot, "image_id": shown[slot]},
                "rt_ms": 900,
                "onset_ms": 1000 * place,
                "exposure_ms": None,
                "changes": 0,
                "input": "mouse",
                "hidden_ms": 0,
                "viewport": [1280, 720],
                "dpr": 1,
                "vv_scale": 1,
                "img_css": [256, 256],
                "attempt": 1,
            },
        )

    def event(self, session_id: str, seq: int, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
        """An event as the page sends it."""
        return {
            "schema": "study-event/1",
            "study_id": self.manifest.study_id,
            "manifest_sha256": self.manifest.sha256,
            "session_id": session_id,
            "event_id": str(uuid.uuid4()),
            "seq": seq,
            "type": kind,
            "t_utc": "2026-11-22T00:30:11.123Z",
            "t_ms": 1000 * seq,
            "payload": payload,
        }


def _start(opened: dict[str, str], platform_ids: dict[str, str]) -> dict[str, Any]:
    return {
        "form_id": opened["form_id"],
        "form_source": "server",
        "platform": platform_ids,
        "participant_id": None,
        "user_agent": "attack",
        "webdriver": False,
        "language": "en",
        "screen": [1280, 720],
        "dpr": 1,
        "touch_points": 0,
        "color_gamut": "srgb",
        "color_scheme": "light",
        "tz_offset_min": 0,
        "storage": "indexeddb",
        "token": opened["token"],
    }


def attack(base: str, folder: Path, wanted: int) -> int:
    """Both attacks; the exit code."""
    study = read_study(folder)
    attacker = Attacker(base, study.manifest, study.key)
    first = attacker.session("honest-1")
    honest = [attacker.ask(*first)]
    # The honest code is no prize: from here on none may come.
    attacker.codes = attacker.sent = 0
    forge(attacker, first, wanted)
    given, sent = attacker.codes, attacker.sent
    honest += [attacker.ask(*attacker.session("honest-2")), attacker.ask(*first)]
    print(f"{sent} forged or replayed requests: {given} codes; honest participants served: {sum(honest)} of 3")
    slowest = trickle(base)
    print(f"{CONNECTIONS} trickling connections: the page came in {slowest:.2f} s at most")
    return 4 if given or not all(honest) or slowest >= 1 else 0


def forge(attacker: Attacker, honest: tuple[str, str], wanted: int) -> None:
    """Requests for codes that nobody has earned."""
    lacking = [attacker.session(f"x{n}", *lacks) for n, lacks in enumerate(
        [("consent",), ("finish",), ("answers",), ("judging",), ("form",), ("consent", "answers", "finish")] * 8
    )]  # fmt: skip
    lacking += [attacker.session(None) for _ in range(8)]
    again = [attacker.session("honest-1") for _ in range(8)]
    session, token = honest
    junk: list[object] = [
        None,
        "",
        7,
        [token],
        {"token": token},
        "0" * 64,
        "é" * 64,
        token[:-1],
        token + "0",
        token.upper(),
    ]
    rng = attacker.rng
    while attacker.sent < wanted:
        trick = rng.randrange(6)
        if trick == 0:
            attacker.ask(*rng.choice(lacking))
        elif trick == 1:
            attacker.ask(*rng.choice(again))
        elif trick == 2:
            attacker.ask(rng.choice(lacking)[0], token)
        elif trick == 3:
            attacker.ask(session, rng.choice([it for it in junk if it != token]))
        elif trick == 4:
            attacker.ask(str(uuid.uuid4()), rng.choice([token, *junk]))
        else:
            flipped = rng.randrange(len(token))
            attacker.ask(session, token[:flipped] + rng.choice("ghijkl") + token[flipped + 1 :])


def trickle(base: str) -> float:
    """The longest time that the page takes while connections send a byte now and then."""
    parts = urlsplit(base)
    assert parts.hostname is not None
    open_ones = []
    for _ in range(CONNECTIONS):
        connection = socket.create_connection((parts.hostname, parts.port or 80))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        open_ones.append(connection)
    slowest = 0.0
    for _ in range(5):
        for connection in open_ones:
            try:
                connection.sendall(b"a")
            except OSError:
                continue
        began = time.perf_counter()
        with urllib.request.urlopen(base, timeout=30) as reply:
            reply.read()
        slowest = max(slowest, time.perf_counter() - began)
        time.sleep(1)
    for connection in open_ones:
        connection.close()
    return slowest


if __name__ == "__main__":
    sys.exit(main())
