"""A study's folder, read back: manifest, key, page and pictures, as `study new` wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from gan_eval.errors import InputError, MismatchError, NotFoundError
from gan_eval.files import read_bytes, read_text
from gan_eval.study.making.webpage import Page, parse
from gan_eval.study.schema.manifest import (
    KEY_FILE,
    MANIFEST_FILE,
    Key,
    Manifest,
    read_key,
    read_manifest,
    require_same_study,
)

PAGE_FILE = "study.html"
SITE_FOLDER = "site"
EXTENSION = {"image/webp": "webp", "image/jpeg": "jpg"}


class Exported(NamedTuple):
    """A study on disk. html: the page's text; images: id → bytes, wherever they lie; files: all that is public."""

    folder: Path
    manifest: Manifest
    key: Key
    page: Page
    page_path: Path
    html: str
    images: Mapping[str, bytes]
    files: tuple[Path, ...]


def file_name(name: str, manifest: Manifest) -> str:
    """A picture's file name beside the page."""
    return f"{name}.{EXTENSION[manifest.images[name].mime]}"


def read_study(folder: Path) -> Exported:
    """Read `folder`. Raises InputError (missing, damaged) or MismatchError (files that do not belong together)."""
    if not folder.is_dir():
        raise NotFoundError(f"{folder}: no such folder (give the folder that `study new` made)")
    manifest, key = read_manifest(folder / MANIFEST_FILE), read_key(folder / KEY_FILE)
    require_same_study(key, manifest.sha256)
    site = folder / SITE_FOLDER
    page_path = site / "index.html" if site.is_dir() else folder / PAGE_FILE
    html = read_text(page_path)
    page = parse(html, where=str(page_path))
    if page.manifest.sha256 != manifest.sha256:
        raise MismatchError(
            f"{page_path}: holds manifest {page.manifest.sha256}, {MANIFEST_FILE} is {manifest.sha256} (export again)"
        )
    images = page.images if page.images is not None else _pictures(site / "img", manifest)
    public = sorted(path for path in site.rglob("*") if path.is_file()) if site.is_dir() else [page_path]
    return Exported(folder, manifest, key, page, page_path, html, images, (*public, folder / MANIFEST_FILE))


def _pictures(folder: Path, manifest: Manifest) -> dict[str, bytes]:
    found = {}
    for name in manifest.images:
        path = folder / file_name(name, manifest)
        try:
            found[name] = read_bytes(path)
        except InputError as error:
            raise InputError(f"{error} (export again)") from error
    return found
