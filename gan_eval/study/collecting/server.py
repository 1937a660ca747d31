"""The study over HTTP: Flask on waitress, for a laptop, a laboratory or a machine behind a proxy that speaks TLS.

Addresses carry random tokens, one for participants and one for the researcher; there are no cookies and no logins.
Pictures are looked up by id in a dictionary, never by path. A body is parsed strictly, its events are checked one by
one, and what is acknowledged is on the disk.
"""

from __future__ import annotations

import hmac
import logging
import re
import socket
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import waitress
from flask import Flask, Response, abort, request
from waitress.channel import HTTPChannel
from werkzeug.exceptions import HTTPException

from gan_eval.errors import InputError
from gan_eval.strict_json import canonical, parse_json
from gan_eval.study.collecting.limits import HourlyCount, Limits, TokenBucket
from gan_eval.study.collecting.service import Service, utc_now
from gan_eval.study.making.folder import file_name
from gan_eval.study.making.webpage import counts_page, policy
from gan_eval.study.schema.events import UUID4_PATTERN, dump_event
from gan_eval.study.schema.manifest import Manifest

_UUID4 = re.compile(UUID4_PATTERN)


@dataclass(frozen=True, slots=True)
class Serving:
    """How a study is served. origins: other origins that may post answers, `null` for pages opened from disk.

    tell: takes a line for the researcher, such as that the disk is full.
    """

    limits: Limits = field(default_factory=Limits)
    origins: tuple[str, ...] = ()
    tell: Callable[[str], None] = lambda line: None


def create_app(service: Service, serving: Serving) -> Flask:
    """The application: `/s/TOKEN/` for participants, `/r/TOKEN/` for the researcher, nothing else."""
    app = Flask("study", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = serving.limits.body_bytes
    bucket = TokenBucket(serving.limits.rate, serving.limits.burst)
    hourly = HourlyCount(serving.limits.sessions_per_hour)
    page = service.page()
    pictures = _pictures(service)
    tokens = {"s": service.token, "r": service.researcher_token}

    @app.before_request
    def guard() -> Response | None:
        parts = request.path.split("/")
        token = tokens.get(parts[1]) if len(parts) > 2 else None
        # Compared in constant time, so that a token cannot be guessed letter by letter.
        welcome = token is not None and hmac.compare_digest(token.encode(), parts[2].encode())
        if (not welcome or request.method == "POST") and not bucket.allows(request.remote_addr or ""):
            abort(429)
        if not welcome:
            abort(404)
        if request.method == "OPTIONS":
            return Response(status=204)
        if request.method == "POST":
            _refuse_foreign_origin(serving.origins)
        return None

    @app.after_request
    def secure(response: Response) -> Response:
        return _with_headers(response, service.manifest, serving.origins)

    @app.errorhandler(HTTPException)
    def fault(error: HTTPException) -> Response:
        return _json({"error": error.name}, status=error.code or 500)

    @app.errorhandler(InputError)
    def bad_input(error: InputError) -> Response:
        return _json({"error": str(error)}, status=400)

    @app.errorhandler(sqlite3.Error)
    def disk_fault(error: sqlite3.Error) -> Response:
        # The page keeps the answers and sends them again; the researcher has to make room.
        trouble = f"{service.store_path}: answers cannot be stored: {error} (make room; pages try again by themselves)"
        if service.trouble != trouble:
            service.trouble = trouble
            serving.tell(trouble)
        return _json({"error": "answers cannot be stored now"}, status=503)

    @app.get("/s/<token>/")
    def study(token: str) -> Response:
        return Response(page, mimetype="text/html")

    @app.get("/s/<token>/img/<name>")
    def picture(token: str, name: str) -> Response:
        if name not in pictures:
            abort(404)
        data, mime = pictures[name]
        response = Response(data, mimetype=mime)
        response.headers["Cache-Control"] = "private, max-age=86400, immutable"
        return response

    @app.post("/s/<token>/api/start")
    def start(token: str) -> Response:
        session_id = _session(_body())
        if not hourly.allows():
            abort(429)
        return _json(service.open_session(session_id, now=utc_now()))

    @app.post("/s/<token>/api/events")
    def events(token: str) -> Response:
        body = _body()
        documents = body.get("events")
        if not isinstance(documents, list) or not 1 <= len(documents) <= serving.limits.events:
            raise InputError(f"events: wanted a list of 1 to {serving.limits.events}")
        outcome = service.receive(documents, now=utc_now())
        reply = {
            "stored": list(outcome.stored),
            "refused": [it._asdict() for it in outcome.refused],
            "truths": dict(outcome.truths),
        }
        return _json(reply, status=200 if outcome.stored else 400)

    @app.post("/s/<token>/api/completion")
    def completion(token: str) -> Response:
        body = _body()
        return _json({"url": service.completion(_session(body), body.get("token"))})

    @app.post("/s/<token>/api/declined")
    def declined(token: str) -> Response:
        return _json({"url": service.declined()})

    @app.get("/r/<token>/")
    def watch(token: str) -> Response:
        return Response(counts_page(service.counts(now=utc_now())), mimetype="text/html")

    @app.get("/r/<token>/counts.json")
    def counts(token: str) -> Response:
        return _json(service.counts(now=utc_now()))

    @app.get("/r/<token>/events.jsonl")
    def export(token: str) -> Response:
        lines = "".join(dump_event(event) + "\n" for event in service.events())
        return Response(lines, mimetype="application/x-ndjson")

    return app


def run_server(app: Flask, *, host: str, port: int, behind_proxy: bool, ready: Callable[[int], None]) -> None:
    """Serve until interrupted. port 0 takes a free one; `ready` is called with the port once requests are answered.

    behind_proxy: believe the X-Forwarded headers of a proxy on this machine. Raises InputError where the port is taken.
    """
    # waitress warns of every request that waits for a thread, which is what a queue is for.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    with _listening(host, port) as listener:
        server = waitress.create_server(
            app,
            sockets=[listener],
            threads=8,
            ident="",
            connection_limit=900,
            asyncore_use_poll=True,
            channel_timeout=60,
            max_request_body_size=app.config["MAX_CONTENT_LENGTH"],
            trusted_proxy="127.0.0.1" if behind_proxy else None,
            trusted_proxy_headers={"x-forwarded-for", "x-forwarded-proto"} if behind_proxy else set(),
            clear_untrusted_proxy_headers=True,
        )
        server.channel_class = _Connection
        ready(int(listener.getsockname()[1]))
        server.run()


#: Connections that one address may hold open; a browser holds about six.
MOST_OF_ONE_ADDRESS = 200


class _Connection(HTTPChannel):  # type: ignore[misc]
    """A connection that takes the place of its address's oldest idle one where there are too many.

    Idle is one without a whole request: clients that send a byte now and then cannot shut the others out.
    """

    def __init__(self, server: Any, sock: socket.socket, addr: Any, adj: Any, map: Any = None) -> None:
        same = [it for it in list(server.active_channels.values()) if it.addr[0] == addr[0]]
        idle = [it for it in same if not it.requests and not it.total_outbufs_len]
        if len(same) >= MOST_OF_ONE_ADDRESS and idle:
            min(idle, key=lambda it: (it.request is None, it.creation_time)).handle_close()
        super().__init__(server, sock, addr, adj, map=map)


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError(f"{host}:{port}: cannot listen: {error.strerror} (choose another port)") from error


def _body() -> dict[str, Any]:
    """The request's JSON object. text/plain is what a page that is being closed can send (a beacon)."""
    if request.mimetype not in ("application/json", "text/plain"):
        abort(415)
    document = parse_json(request.get_data(), where="body")
    if not isinstance(document, dict):
        raise InputError("body: wanted an object")
    return document


def _session(body: dict[str, Any]) -> str:
    value = body.get("session_id")
    if not isinstance(value, str) or _UUID4.fullmatch(value) is None:
        raise InputError("session_id: wanted a random UUID")
    return value


def _pictures(service: Service) -> dict[str, tuple[bytes, str]]:
    images = service.manifest.images
    return {file_name(name, service.manifest): (data, images[name].mime) for name, data in service.images.items()}


def _json(document: Any, *, status: int = 200) -> Response:
    return Response(canonical(document), status=status, mimetype="application/json")


def _refuse_foreign_origin(origins: tuple[str, ...]) -> None:
    origin = request.headers.get("Origin")
    if origin is None or origin in origins:
        return
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        abort(400)
    if host != request.host:
        abort(403)


def _with_headers(response: Response, manifest: Manifest, origins: tuple[str, ...]) -> Response:
    frames = [f"https://{host}" for host in manifest.platform.hosts] if manifest.platform.finish == "form" else []
    ancestors = " ".join(frames) or "'none'"
    headers = response.headers
    headers["Content-Security-Policy"] = f"{policy(manifest)}; frame-ancestors {ancestors}"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers.setdefault("Cache-Control", "no-store")
    origin = request.headers.get("Origin")
    if origin is not None and origin in origins:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Allow-Methods"] = "POST"
        headers["Access-Control-Allow-Headers"] = "Content-Type"
        headers["Access-Control-Max-Age"] = "600"
        headers["Vary"] = "Origin"
    return response
