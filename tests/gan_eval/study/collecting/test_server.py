"""The server refuses what is hostile, keeps quiet about results, and stays alive."""

from __future__ import annotations

import json
import socket
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gan_eval.study.collecting.limits import Limits
from gan_eval.study.collecting.server import Serving, create_app
from gan_eval.study.collecting.service import Service, most_events
from gan_eval.study.collecting.store import Store
from gan_eval.study.making.export import StudyFiles
from gan_eval.study.making.folder import read_study
from gan_eval.study.making.request import Hosting, Screen
from gan_eval.study.schema.manifest import Rules
from gan_eval.study.schema.platforms import platform
from tests.gan_eval.study.exports import make
from tests.gan_eval.study.studies import answer, event, start

NO_LIMIT = Limits(rate=0)


class Client:
    """A participant's side of the API, and the study behind it."""

    def __init__(self, folder: Path, store: Path, serving: Serving) -> None:
        study = read_study(folder)
        self.manifest, self.key = study.manifest, study.key
        self.store = Store(store, study.manifest, most_per_session=most_events(study.manifest))
        self.service = Service(study, self.store)
        self.http: FlaskClient = create_app(self.service, serving).test_client()
        self.base = f"/s/{self.service.token}/"

    def send(self, *documents: Any) -> Any:
        return self.http.post(self.base + "api/events", json={"events": list(documents)})

    def answer(self, place: int = 0, **changes: Any) -> dict[str, Any]:
        return event(self.manifest, "answer", answer(self.manifest, place)) | changes


@pytest.fixture
def client(study_folder: Path, tmp_path: Path) -> Client:
    return Client(study_folder, tmp_path / "answers.db", Serving(NO_LIMIT))


@pytest.fixture(scope="module")
def lasting(studies: Callable[[str], StudyFiles], tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A client whose store outlives the test."""
    folder = studies("pairwise").page.parent
    return Client(folder, tmp_path_factory.mktemp("fuzz") / "answers.db", Serving(NO_LIMIT))


def test_page_and_pictures(client: Client) -> None:
    page = client.http.get(client.base)
    assert page.status_code == 200
    assert '"api":"api/"' in page.text
    name, picture = next(iter(client.manifest.images.items()))
    reply = client.http.get(f"{client.base}img/{name}.webp")
    assert (reply.mimetype, len(reply.data)) == ("image/webp", picture.bytes)


@pytest.mark.parametrize(
    "path",
    [
        "/", "/s/", "/s/wrong/", "/r/", "/r/wrong/counts.json", "/study.key.json", "/s//", "/x//", "/answers.db",
        "{base}study.key.json", "{base}../study.key.json", "{base}img/../../study.key.json",
        "{base}img/%2e%2e%2fstudy.json", "{base}img/", "{base}img/i0.webp", "{base}api/", "/r/{token}/",
    ],
)  # fmt: skip
def test_everything_else_is_not_there(path: str, client: Client) -> None:
    reply = client.http.get(path.format(base=client.base, token=client.service.token))
    assert reply.status_code == 404
    assert client.key.secret_hex not in reply.text


def test_session_gets_a_form_and_a_signature(client: Client) -> None:
    session = str(uuid.uuid4())
    reply = client.http.post(client.base + "api/start", json={"session_id": session}).json
    payload = start(form_id=reply["form_id"], form_source="server", token=reply["token"])
    assert client.send(event(client.manifest, "start", payload) | {"session_id": session}).status_code == 200
    assert client.service.counts(now=_now())["unsigned"] == 0
    client.send(event(client.manifest, "start", payload))
    assert client.service.counts(now=_now())["unsigned"] == 1


def _now() -> Any:
    from gan_eval.study.collecting.service import utc_now

    return utc_now()


def test_replayed_events_are_acknowledged_and_count_once(client: Client) -> None:
    document = client.answer()
    replies = [client.send(document, document).json for _ in range(3)]
    assert {tuple(reply["stored"]) for reply in replies} == {(document["event_id"],) * 2}
    assert len(list(client.store.events())) == 1


def test_sound_events_are_stored_and_the_others_named(client: Client) -> None:
    good, bad = client.answer(), client.answer(1, seq=-1)
    reply = client.send(good, bad)
    assert reply.json["stored"] == [good["event_id"]]
    [refused] = reply.json["refused"]
    assert refused["event_id"] == bad["event_id"]
    assert "seq: wanted a number from 0" in refused["reason"]


@pytest.mark.parametrize(
    "change",
    [
        {"session_id": "../../etc/passwd"},
        {"manifest_sha256": "0" * 64},
        {"study_id": "other"},
        {"type": "admin"},
        {"extra": 1},
        {"payload": {}},
        {"payload": None},
        {"t_ms": 10**30},
        {"t_ms": True},
        {"event_id": None},
    ],
)
def test_forged_events_are_refused(change: dict[str, Any], client: Client) -> None:
    assert client.send(client.answer() | change).status_code == 400
    assert list(client.store.events()) == []


@pytest.mark.parametrize("change", [{"trial_id": "t" + "0" * 20}, {"index": 99}, {"form_id": "f99"}, {"shown": []}])
def test_answers_to_trials_that_are_not_there_are_refused(change: dict[str, Any], client: Client) -> None:
    assert client.send(event(client.manifest, "answer", answer(client.manifest, 0) | change)).status_code == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff\xfe\xfa", 400),
        (b'{"events": NaN}', 400),
        (b'{"events": [NaN]}', 400),
        (b'{"events": []}', 400),
        (b'{"events": {}}', 400),
        (b'{"events": [1, null, "x", []]}', 400),
        (b'{"events": [' + b"[" * 50_000 + b"]" * 50_000 + b"]}", 400),
        (b'{"events": [{"type": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}]}", 400),
        (b'{"events": [' + b"1," * 300 + b"1]}", 400),
        (b'{"a": 1, "a": 2}', 400),
        (b" " * 300_000, 413),
    ],
)
def test_malformed_bodies_are_refused(body: bytes, status: int, client: Client) -> None:
    reply = client.http.post(client.base + "api/events", data=body, content_type="application/json")
    assert reply.status_code == status
    assert client.send(client.answer()).status_code == 200


def test_other_content_types_are_refused_and_a_beacon_is_not(client: Client) -> None:
    body = json.dumps({"events": [client.answer()]})
    for kind, status in (
        ("text/plain;charset=UTF-8", 200),
        ("application/x-www-form-urlencoded", 415),
        ("text/html", 415),
    ):
        assert client.http.post(client.base + "api/events", data=body, content_type=kind).status_code == status


def test_text_with_markup_comes_back_as_data(client: Client) -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    client.send(
        event(client.manifest, "start", start(user_agent=evil)), event(client.manifest, "comment", {"text": evil})
    )
    reply = client.http.get(f"/r/{client.service.researcher_token}/events.jsonl")
    assert reply.mimetype == "application/x-ndjson"
    assert [json.loads(line)["payload"].get("text") for line in reply.text.splitlines()].count(evil) == 1
    assert evil not in client.http.get(f"/r/{client.service.researcher_token}/").text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_fuzzed_events_are_refused_or_valid(data: st.DataObject, lasting: Client) -> None:
    """One field, anywhere, is replaced by anything; the server answers, and what it stores can be read again."""
    document = lasting.answer(data.draw(st.integers(0, 3)))
    place = document if data.draw(st.booleans()) else document["payload"]
    place[data.draw(st.sampled_from([*place, "other"]))] = data.draw(JSON)
    body = json.dumps({"events": [document]}).encode("utf-8", "surrogatepass")
    reply = lasting.http.post(lasting.base + "api/events", data=body, content_type="application/json")
    assert reply.status_code in (200, 400)
    if reply.status_code == 200:
        assert reply.json is not None
        assert reply.json["stored"][0] in {it.event_id for it in lasting.store.events()}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.text(max_size=40), body=st.binary(max_size=200), method=st.sampled_from(["GET", "POST", "PUT", "OPTIONS"])
)
def test_fuzzed_requests_get_an_answer(path: str, body: bytes, method: str, lasting: Client) -> None:

    for base in ("/", lasting.base, lasting.base + "api/", lasting.base + "img/"):
        reply = lasting.http.open(
            base + quote(path.encode("utf-8", "surrogatepass"), safe="/%"), method=method, data=body
        )
        assert reply.status_code < 500


def test_headers_of_every_reply(client: Client) -> None:
    for path in (client.base, client.base + "img/none", "/nothing"):
        headers = client.http.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize(
    ("origin", "allowed"), [("null", True), ("https://other.example", False), ("http://localhost", True)]
)
def test_origins(origin: str, allowed: bool, study_folder: Path, tmp_path: Path) -> None:
    client = Client(study_folder, tmp_path / "answers.db", Serving(NO_LIMIT, ("null",)))
    headers = {"Origin": origin}
    reply = client.http.post(client.base + "api/events", json={"events": [client.answer()]}, headers=headers)
    assert reply.status_code == (200 if allowed else 403)
    preflight = client.http.options(client.base + "api/events", headers=headers)
    assert preflight.headers.get("Access-Control-Allow-Origin") == ("null" if origin == "null" else None)


def test_file_pages_are_refused_unless_allowed(client: Client) -> None:
    reply = client.http.post(client.base + "api/events", json={"events": [client.answer()]}, headers={"Origin": "null"})
    assert reply.status_code == 403


def test_too_many_requests(study_folder: Path, tmp_path: Path) -> None:
    client = Client(study_folder, tmp_path / "answers.db", Serving(Limits(rate=0.001, burst=3, sessions_per_hour=2)))
    session = {"session_id": str(uuid.uuid4())}
    assert [client.http.post(client.base + "api/start", json=session).status_code for _ in range(4)] == [
        200,
        200,
        429,
        429,
    ]


def test_counts_tell_progress_and_no_results(client: Client) -> None:
    session = {"session_id": str(uuid.uuid4())}
    checks = {name: it for name, it in client.key.trials.items() if it.role == "imc"}
    places = range(len(client.manifest.forms[0].sequence))
    client.send(event(client.manifest, "start", start()) | session)
    client.send(*(client.answer(n, seq=n + 1, **session) for n in places))
    client.send(event(client.manifest, "finish", {"answers": len(places), "duration_ms": 90_000}) | session)
    counts = client.http.get(f"/r/{client.service.researcher_token}/counts.json").json
    assert counts is not None
    assert (counts["started"], counts["finished"], counts["answers"]) == (1, 1, len(places))
    assert counts["checks"]["answered"] == len(checks)
    assert counts["median_minutes"] == 1.5
    text = json.dumps(counts)
    assert not [word for word in ("alpha-net", "beta-net", "share", "m0", *client.manifest.images) if word in text]


@pytest.fixture
def paid(tmp_path: Path) -> Client:
    """A server of a study that ends with a completion code."""
    address = "https://app.prolific.com/submissions/complete?cc=C0DE"
    make(tmp_path, "pairwise", hosting=Hosting(platform("prolific"), address))
    return Client(tmp_path / "study", tmp_path / "answers.db", Serving(NO_LIMIT))


def finished(
    client: Client,
    *,
    person: str = "P1",
    consent: bool = True,
    trials: int | None = None,
    finish: bool = True,
    skip: bool = False,
    follow: bool = True,
) -> tuple[str, str]:
    """Session and token of a participant who did what is said; follow: answers instructed checks as asked."""
    name = str(uuid.uuid4())
    opened = client.http.post(client.base + "api/start", json={"session_id": name}).json
    assert opened is not None
    form = next(it for it in client.manifest.forms if it.form_id == opened["form_id"])
    own: dict[str, Any] = {"session_id": name}
    client.send(event(client.manifest, "start", start(platform={"PROLIFIC_PID": person}, **opened)) | own)
    if consent:
        client.send(event(client.manifest, "consent", {"agreed": True}, seq=1) | own)
    for place, (number, order) in enumerate(form.sequence[:trials]):
        shown = [client.manifest.trials[number].options[option] for option in order]
        asked = client.key.trials[client.manifest.trials[number].trial_id]
        slot = shown.index(asked.expected) if asked.role == "imc" and asked.expected else 0
        slot = slot if follow or asked.role != "imc" else (slot + 1) % len(shown)
        given = answer(client.manifest, place) | {
            "trial_id": client.manifest.trials[number].trial_id,
            "form_id": form.form_id,
            "shown": shown,
            "choice": {"none": "skip"} if skip else {"slot": slot, "image_id": shown[slot]},
        }
        client.send(event(client.manifest, "answer", given, seq=place + 2) | own)
    if finish:
        client.send(event(client.manifest, "finish", {"answers": 1, "duration_ms": 1}, seq=900) | own)
    return name, str(opened["token"])


def code(client: Client, session_id: str, token: object) -> str | None:
    """What the server gives at the end of a session."""
    reply = client.http.post(client.base + "api/completion", json={"session_id": session_id, "token": token}).json
    assert reply is not None
    assert isinstance(reply["url"], str | None)
    return reply["url"]


def test_who_took_part_gets_the_code_as_often_as_it_is_asked_for(paid: Client) -> None:
    assert "C0DE" not in paid.http.get(paid.base).text
    given = finished(paid)
    assert [code(paid, *given), code(paid, *given)] == ["https://app.prolific.com/submissions/complete?cc=C0DE"] * 2


@pytest.mark.parametrize("lack", [{"consent": False}, {"trials": 0}, {"trials": 2}, {"finish": False}])
def test_who_leaves_something_out_gets_no_code(lack: dict[str, Any], paid: Client) -> None:
    assert code(paid, *finished(paid, **lack)) is None


@pytest.mark.parametrize("token", [None, "", "0" * 64, 7, ["x"], "é"])
def test_no_code_without_the_token_of_the_session(token: object, paid: Client) -> None:
    assert code(paid, finished(paid)[0], token) is None


def test_a_token_is_worth_nothing_in_another_session(paid: Client) -> None:
    (first, token), (second, _) = finished(paid), finished(paid, person="P2")
    assert code(paid, second, token) is None
    assert code(paid, first, token) is not None


def test_a_platform_id_gets_one_code(paid: Client) -> None:
    first, again, other = finished(paid), finished(paid), finished(paid, person="P2")
    assert [code(paid, *it) is not None for it in (first, again, first, other)] == [True, False, True, True]


@pytest.mark.parametrize("origin", ["http://[bad", "http://[::1", "//[", "http://]["])
def test_an_origin_that_is_none_is_a_bad_request(origin: str, client: Client) -> None:
    reply = client.http.post(client.base + "api/events", json={"events": [{}]}, headers={"Origin": origin})
    assert reply.status_code in (400, 403)


def test_right_answers_are_held_back_until_the_own_one_is_stored(tmp_path: Path) -> None:
    make(tmp_path, "real-fake", screen=Screen(feedback="always"))
    client = Client(tmp_path / "study", tmp_path / "answers.db", Serving(NO_LIMIT))
    assert 'id="truths">null<' in client.http.get(client.base).text
    number, _ = client.manifest.forms[0].sequence[0]
    trial = client.manifest.trials[number]
    document = client.answer(0)
    document["payload"]["choice"] = {"label": "real"}
    truth = client.key.truths.get(trial.trial_id)
    assert client.send(document).json["truths"] == ({} if truth is None else {trial.trial_id: truth})


def test_connections_that_trickle_do_not_shut_others_out(servers: Callable[[str], Any]) -> None:
    address = urlsplit(servers("pairwise").participants)
    held = []
    try:
        for _ in range(950):
            held.append(socket.create_connection((address.hostname, address.port)))
            held[-1].sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        began = time.monotonic()
        with urlopen(address.geturl(), timeout=5) as reply:
            assert reply.status == 200
        assert time.monotonic() - began < 3
    finally:
        for each in held:
            each.close()


ADDRESS = "https://app.prolific.com/submissions/complete?cc="


@pytest.fixture
def strict(tmp_path: Path) -> Client:
    """A server of a study with three codes, whose rules ask for the instructed check."""
    hosting = Hosting(platform("prolific"), f"{ADDRESS}DONE", f"{ADDRESS}FAILED", f"{ADDRESS}NOT")
    make(tmp_path, "pairwise", hosting=hosting, rules=Rules(checks_pass_min=1))
    return Client(tmp_path / "study", tmp_path / "answers.db", Serving(NO_LIMIT))


def test_who_fails_the_checks_gets_another_code(strict: Client) -> None:
    assert code(strict, *finished(strict, person="P1", follow=False)) == f"{ADDRESS}FAILED"
    assert code(strict, *finished(strict, person="P2", follow=True)) == f"{ADDRESS}DONE"


def test_who_does_not_consent_gets_a_way_back_and_nothing_is_stored(strict: Client) -> None:
    reply = strict.http.post(strict.base + "api/declined", json={})
    assert reply.json == {"url": f"{ADDRESS}NOT"}
    assert strict.service.counts(now=_now())["started"] == 0
    assert f"{ADDRESS}NOT" not in strict.http.get(strict.base).text


def test_no_code_without_the_platforms_id(paid: Client) -> None:
    assert code(paid, *finished(paid, person="")) is None


def test_skipped_trials_are_not_answers(paid: Client) -> None:
    assert code(paid, *finished(paid, skip=True)) is None


def test_a_full_disk_is_told_in_a_line_and_the_page_tries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    make(tmp_path, "pairwise")
    client = Client(tmp_path / "study", tmp_path / "answers.db", Serving(NO_LIMIT, tell=lines.append))
    store = client.service._store
    # SQLite's own limit makes its real error: "database or disk is full".
    pages = store._writer.execute("PRAGMA page_count").fetchone()[0]
    store._writer.execute(f"PRAGMA max_page_count = {pages}")
    replies = [client.send(client.answer(place % 4)).status_code for place in range(60)]
    assert replies[-1] == 503
    assert len(lines) == 1
    assert lines[0].startswith(f"{tmp_path / 'answers.db'}: answers cannot be stored: database or disk is full")
    assert client.service.counts(now=_now())["trouble"] == lines[0]
    store._writer.execute("PRAGMA max_page_count = 1000000")
    assert client.send(client.answer(0)).status_code == 200
    assert client.service.counts(now=_now())["trouble"] is None
