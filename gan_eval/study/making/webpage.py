"""The page as one HTML document: our own style and script inline, the study as data blocks, and a policy for both.

The content-security policy allows exactly this script and this style (by hash), pictures from the page itself or from
beside it, and no connection but to the study's own server; nothing is ever requested from anywhere else. Data blocks
are JSON that a browser does not execute, with `<` escaped, so that no name can end them.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
from markupsafe import Markup

from gan_eval.errors import InputError, UnreadableError
from gan_eval.strict_json import encode, parse_json
from gan_eval.study.schema.manifest import Manifest, Text, decode_manifest
from gan_eval.study.schema.trials import Kind

_FOLDER = Path(__file__).parent.parent / "page"
_SCRIPTS = ("dom", "journal", "delivery", "pictures", "session", "screens", "trial", "main")
_BLOCK = r'<script type="application/json" id="{}">(.*?)</script>'

LANGUAGES = ("en", "de", "zh")


@dataclass(frozen=True, slots=True)
class Page:
    """What a study's HTML holds. images: id → bytes (None: they lie in `img/`); truths: trial → right answer, None
    where the page must not know; deployment: what a server tells the page, None on disk."""

    manifest: Manifest
    images: Mapping[str, bytes] | None = None
    truths: Mapping[str, str] | None = None
    deployment: Mapping[str, Any] | None = None


@functools.cache
def script() -> str:
    """The page's program, one closure."""
    parts = [(_FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS]
    return '(() => {\n"use strict";\n' + "\n".join(parts) + "})();"


@functools.cache
def style() -> str:
    """The page's style sheet."""
    return (_FOLDER / "style.css").read_text(encoding="utf-8")


@functools.cache
def _template() -> str:
    return (_FOLDER / "index.html").read_text(encoding="utf-8")


def skeleton() -> list[str]:
    """The document's own parts between what a study puts in."""
    return [part for part in re.split(r"\{\{ \w+ \}\}", _template()) if part.strip()]


@functools.cache
def _language(lang: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((_FOLDER / "strings" / f"{lang}.json").read_text(encoding="utf-8"))
    return document


def direction(lang: str) -> Any:
    """`ltr` or `rtl`."""
    return _language(lang)["dir"]


@functools.cache
def _kind(kind: Kind) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((_FOLDER / "kinds" / f"{kind}.json").read_text(encoding="utf-8"))
    return document


def strings(lang: str, kind: Kind) -> dict[str, str]:
    """The page's own words in a language of LANGUAGES, and the words of the kind's labels."""
    return {**_language(lang)["ui"], **_kind(kind)[lang].get("strings", {})}


def default_text(lang: str, kind: Kind, *, with_input: bool) -> Text:
    """The study's words where the researcher gives none of his own."""
    words = _language(lang)["text"]
    texts = _kind(kind)[lang]
    own = texts["with_input" if with_input and "with_input" in texts else "alone"]
    return Text(own["title"], words["consent"], own["instructions"], own["question"], words["debrief"], contact="")


def policy(manifest: Manifest) -> str:
    """The content-security policy of a study's page."""
    connect = ["'self'", *([_origin(manifest.post_url)] if manifest.post_url else [])]
    forms = [f"https://{host}" for host in manifest.platform.hosts] if manifest.platform.finish == "form" else []
    rules = {
        "default-src": "'none'",
        "script-src": _hash(script()),
        "style-src": _hash(style()),
        "img-src": "'self' data: blob:",
        "connect-src": " ".join(connect),
        "base-uri": "'none'",
        "form-action": " ".join(forms) or "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def render(page: Page) -> str:
    """The whole document. The same page gives the same bytes."""
    manifest = page.manifest
    images = page.images
    encoded = None if images is None else {name: base64.b64encode(images[name]).decode("ascii") for name in images}
    values = {
        "lang": manifest.lang,
        "dir": manifest.dir,
        "policy": html.escape(policy(manifest), quote=False),
        "title": html.escape(manifest.text.title),
        "noscript": html.escape(manifest.strings.get("noscript", "")),
        "style": style(),
        "script": script(),
        "study": _data({"manifest": encode(manifest), "manifest_sha256": manifest.sha256}),
        "images": _data(encoded),
        "truths": _data(page.truths),
        "deployment": _data(page.deployment),
    }
    # One pass, so that a text with {{ in it is not looked at again.
    return re.sub(r"\{\{ (\w+) \}\}", lambda found: values[found[1]], _template())


def parse(document: str, *, where: str) -> Page:
    """Reads back what `render` was given. Raises InputError where the document is not a study's page."""
    blocks = {name: _block(document, name, where) for name in ("study", "images", "truths", "deployment")}
    study = blocks["study"]
    if not isinstance(study, dict) or "manifest" not in study:
        raise InputError(f"{where}: its study block holds no manifest")
    manifest = decode_manifest(study["manifest"], where=f"{where} manifest")
    images = blocks["images"]
    try:
        pictures = (
            None if images is None else {name: base64.b64decode(data, validate=True) for name, data in images.items()}
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise UnreadableError(f"{where}: its images block is damaged ({error})") from error
    return Page(manifest, pictures, blocks["truths"], blocks["deployment"])


def counts_page(counts: Mapping[str, Any]) -> str:
    """The researcher's page: how far the study has come, and nothing about who is ahead."""
    template = jinja2.Environment(autoescape=True).from_string((_FOLDER / "counts.html").read_text(encoding="utf-8"))
    return template.render(counts=counts, style=Markup(style()))


def _block(document: str, name: str, where: str) -> Any:
    found = re.search(_BLOCK.format(name), document, flags=re.DOTALL)
    if found is None:
        raise InputError(f"{where}: not a study's page (it has no {name} block)")
    return parse_json(found[1], where=f"{where} {name} block")


def _data(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
