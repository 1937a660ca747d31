"""The study server under load, and killed under load.

    python benchmarks/study_server.py load     16 clients, 5,000 answers: answers per second, latency, each stored once
    python benchmarks/study_server.py kill     kill -9 under load, 20 times: is an acknowledged answer ever missing?

Each client is a participant: it opens a session, then sends one answer per request over a kept connection, as the page
does. Clients and server share the machine. Run from the repository's root; --answers, --clients and --times change the
amounts; the result is one JSON object on stdout.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from gan_eval.study.collecting.store import Store  # noqa: E402
from gan_eval.study.making.export import export  # noqa: E402
from gan_eval.study.making.request import Amounts, StudyRequest  # noqa: E402 - the path comes first
from gan_eval.study.making.sources import Folders  # noqa: E402
from gan_eval.study.schema.manifest import Manifest  # noqa: E402

COMMAND = "from gan_eval_cli.app import gan_eval; gan_eval()"


class Server:
    """`gan-eval study serve` in a process of its own."""

    def __init__(self, study: Path) -> None:
        arguments = ["study", "serve", str(study), "--port", "0", "--rate", "0", "--sessions-per-hour", "1000000"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        address = urlsplit(self.process.stdout.readline().split()[1])
        self.host, self.port, self.path = address.hostname or "", address.port or 0, address.path

    def kill(self) -> None:
        """kill -9, wherever it is."""
        self.process.kill()
        self.process.communicate()


class Client(threading.Thread):
    """A participant who answers without pause until told to stop; remembers what the server acknowledged."""

    def __init__(self, server: Server, manifest: Manifest, answers: int) -> None:
        super().__init__()
        self.acknowledged: list[str] = []
        self.latencies: list[float] = []
        self.faults = 0
        self._server, self._manifest, self._answers = server, manifest, answers

    def run(self) -> None:
        connection = http.client.HTTPConnection(self._server.host, self._server.port, timeout=30)
        try:
            while len(self.acknowledged) < self._answers:
                self._session(connection)
        except (OSError, http.client.HTTPException):
            self.faults += 1  # the server is gone
        finally:
            connection.close()

    def _session(self, connection: http.client.HTTPConnection) -> None:
        session = str(uuid.uuid4())
        form_id = self._post(connection, "start", {"session_id": session})["form_id"]
        [form] = [form for form in self._manifest.forms if form.form_id == form_id]
        for index in range(min(len(form.sequence), self._answers - len(self.acknowledged))):
            event = answer(self._manifest, session, form_id, index)
            begun = time.perf_counter()
            reply = self._post(connection, "events", {"events": [event]})
            self.latencies.append(time.perf_counter() - begun)
            self.acknowledged += reply["stored"]

    def _post(self, connection: http.client.HTTPConnection, path: str, body: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", f"{self._server.path}api/{path}", json.dumps(body), headers)
        return json.loads(connection.getresponse().read())


def answer(manifest: Manifest, session: str, form_id: str, index: int) -> dict[str, Any]:
    """An answer event: the left picture, at this place of the form."""
    [sequence] = [form.sequence for form in manifest.forms if form.form_id == form_id]
    number, order = sequence[index]
    trial = manifest.trials[number]
    shown = [trial.options[option] for option in order]
    payload = {
        "trial_id": trial.trial_id, "form_id": form_id, "index": index, "shown": shown,
        "choice": {"slot": 0, "image_id": shown[0]}, "rt_ms": 900, "onset_ms": 1000 * index, "exposure_ms": None,
        "changes": 0, "input": "mouse", "hidden_ms": 0, "viewport": [1280, 720], "dpr": 1.25, "vv_scale": 1,
        "img_css": [256, 256], "attempt": 1,
    }  # fmt: skip
    return {
        "schema": "study-event/1", "study_id": manifest.study_id, "manifest_sha256": manifest.sha256,
        "session_id": session, "event_id": str(uuid.uuid4()), "seq": index, "type": "answer",
        "t_utc": "2026-11-22T00:30:11.123Z", "t_ms": 1000 * index, "payload": payload,
    }  # fmt: skip


def make_study(root: Path) -> Manifest:
    """A pairwise study of 40 trials, of noise."""
    folders = {}
    for number, name in enumerate(("one", "two")):
        folders[name] = root / name
        folders[name].mkdir()
        for item in range(42):
            pixels = np.random.default_rng((number, item)).integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folders[name] / f"{item:03d}.png")
    plan = StudyRequest("pairwise", Folders(folders), "7", bytes(range(32)), Amounts(items=40, practice=2))
    return export(plan, root / "study", site=False, progress=lambda what, done, total: None).manifest


def load(root: Path, *, clients: int, answers: int) -> dict[str, Any]:
    """All clients at once; how fast, and is every answer there exactly once."""
    manifest = make_study(root)
    server = Server(root / "study")
    threads = [Client(server, manifest, answers // clients + (n < answers % clients)) for n in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    server.kill()
    sent = [name for thread in threads for name in thread.acknowledged]
    milliseconds = np.array([it for thread in threads for it in thread.latencies]) * 1000
    return {
        "clients": clients,
        "answers": len(sent),
        "cores": os.cpu_count(),
        "seconds": round(seconds, 2),
        "answers_per_second": round(len(sent) / seconds, 1),
        "latency_ms": {f"p{q}": round(float(np.percentile(milliseconds, q)), 1) for q in (50, 95, 99, 100)},
        "faults": sum(thread.faults for thread in threads),
        "stored_exactly_once": stored(root) == Counter(sent) and max(Counter(sent).values()) == 1,
    }


def kill(root: Path, *, clients: int, times: int) -> dict[str, Any]:
    """Again and again on one store: load, kill -9 at a random moment, and look for what was acknowledged."""
    manifest = make_study(root)
    draw = random.Random(0)
    acknowledged: list[str] = []
    missing = []
    for _ in range(times):
        server = Server(root / "study")
        threads = [Client(server, manifest, 10**9) for _ in range(clients)]
        for thread in threads:
            thread.start()
        time.sleep(draw.uniform(0.2, 1.2))
        server.kill()
        for thread in threads:
            thread.join()
        acknowledged += [name for thread in threads for name in thread.acknowledged]
        missing.append(len(set(acknowledged) - stored(root).keys()))
    return {
        "kills": times,
        "clients": clients,
        "acknowledged": len(acknowledged),
        "stored": sum(stored(root).values()),
        "acknowledged_but_missing": missing,
        "stored_twice": sum(count > 1 for count in stored(root).values()),
    }


def stored(root: Path) -> Counter[str]:
    """Event ids in the store, as the next reader finds it."""
    store = Store(root / "study" / "answers.db")
    found = Counter(event.event_id for event in store.events())
    store.close()
    return found


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("load", "kill"))
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--answers", type=int, default=5000)
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.what == "load":
            result = load(Path(folder), clients=given.clients, answers=given.answers)
        else:
            result = kill(Path(folder), clients=given.clients, times=given.times)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
