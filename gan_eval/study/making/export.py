"""Write a study: the page (one file, or a folder to host), the manifest beside it, and the key apart from both."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from gan_eval.errors import InputError
from gan_eval.files import atomic_folder
from gan_eval.result import Progress
from gan_eval.study.making.compose import compose
from gan_eval.study.making.folder import PAGE_FILE, SITE_FOLDER, file_name
from gan_eval.study.making.request import StudyRequest
from gan_eval.study.making.webpage import Page, render
from gan_eval.study.schema.manifest import KEY_FILE, MANIFEST_FILE, Key, Manifest, write_key, write_manifest

#: What mail servers and phones still take as one file.
LARGE_PAGE = 25_000_000
#: One time for all files of a site, so that it tells nothing about the order in which they were made.
_MTIME = 946_684_800


class StudyFiles(NamedTuple):
    """The files of a new study. page: `study.html`, or the site's `index.html`; bytes: of the page and its pictures.

    key_file: the key, for nobody but you. manifest, key: their contents. warnings: what the researcher should hear.
    """

    page: Path
    key_file: Path
    bytes: int
    manifest: Manifest
    key: Key
    warnings: list[str]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; nothing of the key's mapping, so that the output may be shown around."""
        manifest = self.manifest
        return {
            "schema": "gan-eval-study-new/1",
            "study_id": manifest.study_id,
            "kind": manifest.kind,
            "page": str(self.page),
            "key": str(self.key_file),
            "manifest_sha256": manifest.sha256,
            "bytes": self.bytes,
            "items": list(self.key.items),
            "methods": [method.name for method in self.key.methods.values()],
            "images": len(manifest.images),
            "trials": len(manifest.trials),
            "practice": len(manifest.practice),
            "forms": len(manifest.forms),
            "trials_per_person": len(manifest.forms[0].sequence),
            "warnings": list(self.warnings),
        }


def export(plan: StudyRequest, out: Path, *, site: bool, progress: Progress) -> StudyFiles:
    """Compose a study and write it to the new folder `out`, whole or not at all.

    Raises InputError where `out` holds anything already: a key that is overwritten can never unblind its answers.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out}: exists and is not empty (choose another folder; a study is never overwritten)")
    study = compose(plan, progress=progress)
    with atomic_folder(out) as folder:
        write_manifest(folder / MANIFEST_FILE, study.manifest)
        write_key(folder / KEY_FILE, study.key)
        if site:
            page = _write_site(folder / SITE_FOLDER, study.page, study.images)
        else:
            page = folder / PAGE_FILE
            page.write_text(render(replace(study.page, images=study.images)), encoding="utf-8")
        size = page.stat().st_size + (sum(map(len, study.images.values())) if site else 0)
    warnings = study.problems.lines()
    if not site and size > LARGE_PAGE:
        warnings.append(
            f"the page has {size / 1e6:.0f} MB, too much for e-mail and old phones (pass site=True, or fewer items)"
        )
    if plan.screen.feedback == "always":
        warnings.append("feedback after every answer: a page on disk holds the right answers; `study serve` hides them")
    return StudyFiles(out / page.relative_to(folder), out / KEY_FILE, size, study.manifest, study.key, warnings)


def _write_site(folder: Path, page: Page, images: Mapping[str, bytes]) -> Path:
    (folder / "img").mkdir(parents=True)
    index = folder / "index.html"
    index.write_text(render(page), encoding="utf-8")
    for name, data in images.items():
        (folder / "img" / file_name(name, page.manifest)).write_bytes(data)
    for path in (index, *(folder / "img").iterdir()):
        os.utime(path, (_MTIME, _MTIME))
    return index
