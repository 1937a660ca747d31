"""Checks a study before it is used: for leaks, balance and whole files, and that it opens without a network.

Each check gives sentences that say what is wrong and where; an empty list is well. What cannot be promised is said
too: whoever has the pictures or reads the page's memory can group them by look. Nothing in the page does it for him.
"""

from __future__ import annotations

import io
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from gan_eval.errors import InputError, MismatchError
from gan_eval.files import read_bytes, sha256_bytes
from gan_eval.metrics.nrds import auc
from gan_eval.study.checking.balance import balance, faults
from gan_eval.study.checking.browser import find_chromium, open_offline
from gan_eval.study.checking.leaks import leaks_in_bytes, leaks_in_text, secret_words
from gan_eval.study.making.folder import PAGE_FILE, SITE_FOLDER, Exported, file_name, read_study
from gan_eval.study.making.pictures import foreign_parts
from gan_eval.study.making.webpage import render, strings
from gan_eval.study.schema.manifest import KEY_FILE, MANIFEST_FILE, Key, Manifest, commitment, read_key
from gan_eval.study.schema.trials import Design, DesignTrial, FormStep, PictureSource, TrialSequence

LIMIT = (
    "nothing in the page names or groups methods; whoever owns the pictures or reads the page's memory can still "
    "group them by look"
)
#: A method whose file lengths can be told from the others' to this degree is warned of by name.
_TELLING = 0.1


class CheckResult(NamedTuple):
    """One check: what was looked at, what is wrong, and remarks that are no fault."""

    name: str
    problems: Sequence[str]
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class StudyCheck:
    """The checks of a study. limit: what no check can promise, as a sentence."""

    results: tuple[CheckResult, ...]
    limit: str = LIMIT

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that is wrong, each with the check that found it."""
        return tuple(f"{result.name}: {problem}" for result in self.results for problem in result.problems)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of the command-line contract."""
        checks = [
            {"name": it.name, "ok": not it.problems, "problems": list(it.problems), "notes": list(it.notes)}
            for it in self.results
        ]
        return {"schema": "gan-eval-study-check/1", "ok": self.ok, "checks": checks, "limit": self.limit}


def run_checks(folder: Path, *, browser: bool) -> list[CheckResult]:
    """Run every check on an exported study; open the page in a browser where one is wanted and found.

    Raises InputError where the folder has no readable key.
    """
    key = read_key(folder / KEY_FILE)
    results = [CheckResult("names", _names(folder, key))]
    try:
        study = read_study(folder)
    except (InputError, MismatchError) as error:
        return [*results, CheckResult("files", [str(error)])]
    results += [
        CheckResult("files", _files(study)),
        CheckResult("page", _page(study)),
        CheckResult("metadata", _metadata(study)),
        CheckResult("sizes and lengths", _sizes(study)),
        CheckResult("order", _order(study)),
        CheckResult("balance", _balance(study)),
        CheckResult("language", _language(study)),
        CheckResult("feedback", [], _feedback(study)),
        _offline(study) if browser else CheckResult("offline", [], ["not opened in a browser"]),
    ]
    return results


def _names(folder: Path, key: Key) -> list[str]:
    """(a) No method, folder, item, user or path in any public byte or file name; the key's secret nowhere."""
    words = secret_words(key)
    faults = []
    for path in _public(folder):
        place = path.relative_to(folder)
        faults += [f"{place}, the file's name: {leak}" for leak in leaks_in_text(f'"{path.stem}"', words)]
        data = read_bytes(path)
        if path.suffix in (".html", ".json"):
            leaks = leaks_in_text(data.decode("utf-8", errors="replace"), words)
        else:
            leaks = leaks_in_bytes(data, words)
        faults += [f"{place}: {leak}" for leak in leaks]
    return faults


def _public(folder: Path) -> list[Path]:
    """Everything that is given away: the page or the site, and the manifest."""
    site = folder / SITE_FOLDER
    inside = sorted(path for path in site.rglob("*") if path.is_file()) if site.is_dir() else []
    return [*inside, *(path for path in (folder / PAGE_FILE, folder / MANIFEST_FILE) if path.is_file())]


def _files(study: Exported) -> list[str]:
    """(f) The key is private, apart from the site, and belongs to the page; pictures are those that were exported."""
    faults = []
    key_file = study.folder / KEY_FILE
    if stat.S_IMODE(key_file.stat().st_mode) & 0o077:
        faults.append(f"{KEY_FILE} can be read by others (chmod 600 {key_file})")
    if study.manifest.key_commitment != commitment(study.key):
        faults.append("the manifest's commitment is not that of the key")
    expected = {study.page_path, study.folder / MANIFEST_FILE}
    if study.page.images is None:
        expected |= {study.page_path.parent / "img" / file_name(name, study.manifest) for name in study.images}
    faults += [
        f"{path.relative_to(study.folder)} is no part of the study" for path in study.files if path not in expected
    ]
    for name, data in study.images.items():
        known = study.key.images.get(name)
        if name not in study.manifest.images or known is None:
            faults.append(f"picture {name} is not in the manifest or the key")
        elif not sha256_bytes(data) == study.manifest.images[name].sha256 == known.delivered_sha256:
            faults.append(f"picture {name} was changed after export")
    return faults


def _page(study: Exported) -> list[str]:
    """(g) The page is what this version writes for this study: program, policy and nothing besides."""
    expected = render(study.page)
    if study.html == expected:
        return []
    pairs = enumerate(zip(study.html, expected, strict=False))
    place = next((n for n, (a, b) in pairs if a != b), min(len(study.html), len(expected)))
    excerpt = repr(study.html[max(0, place - 20) : place + 40])
    return [f"{study.page_path.name} is not what this version writes, from character {place}: {excerpt} (export again)"]


def _metadata(study: Exported) -> list[str]:
    """(b) No EXIF, text, XMP, profile or trailing bytes in any picture."""
    return [f"picture {name}: {part}" for name, data in study.images.items() for part in foreign_parts(data)]


def _sizes(study: Exported) -> list[str]:
    """(c) One size, one format, one length; and if not, whether the length tells the methods apart."""
    faults = []
    shapes: dict[str, list[str]] = {}
    for name, data in study.images.items():
        try:
            with Image.open(io.BytesIO(data)) as image:
                shapes.setdefault(f"{image.width}×{image.height} {image.format}", []).append(name)
        except OSError:
            shapes.setdefault("not decodable", []).append(name)
    if len(shapes) > 1:
        shown = "; ".join(f"{shape} {len(names)} ({names[0]})" for shape, names in sorted(shapes.items()))
        faults.append(f"pictures differ in size or format: {shown}")
    lengths = {name: len(data) for name, data in study.images.items()}
    if len(set(lengths.values())) > 1:
        faults.append(f"pictures differ in length: {min(lengths.values())} to {max(lengths.values())} bytes")
        for method, area in _auc(lengths, study.key).items():
            if abs(area - 0.5) > _TELLING:
                faults.append(f"file length tells method {study.key.methods[method].name!r} apart: AUC {area:.2f}")
    return faults


def _auc(lengths: Mapping[str, int], key: Key) -> dict[str, float]:
    """For each method, the probability that a picture of it is longer than one of another method (ties half)."""
    names = [name for name in lengths if key.images[name].method in key.methods]
    values = np.array([lengths[name] for name in names])
    areas = {}
    for method in key.methods:
        own = np.array([key.images[name].method == method for name in names], dtype=bool)
        if 0 < own.sum() < len(own):
            areas[method] = auc(values[own], values[~own])
    return areas


def _order(study: Exported) -> list[str]:
    """Public lists go by id; practice pictures occur in the practice alone; no order tells anything."""
    manifest = study.manifest
    faults = []
    listed = {"images": list(manifest.images), "trials": [it.trial_id for it in manifest.trials]}
    for label, names in listed.items():
        if names != sorted(names):
            faults.append(f"{label} are not in the order of their ids")
    options = {it.trial_id: it.options for it in manifest.trials}
    options |= {it.trial_id: it.options for it in manifest.practice}
    for name, shown in options.items():
        if list(shown) != sorted(shown):
            faults.append(f"options of {name} are not in the order of their ids")
    practised = {name for it in manifest.practice for name in it.options}
    if shared := sorted(practised & {name for it in manifest.trials for name in it.options}):
        faults.append(f"{len(shared)} practice pictures come back in the main part ({shared[0]})")
    return faults


def _balance(study: Exported) -> list[str]:
    """(d, e) Each method equally often in each slot, pairs in both orders, no item again too soon."""
    return list(faults(balance(design_of(study.manifest, study.key))))


def design_of(manifest: Manifest, key: Key) -> Design:
    """Returns the design, rebuilt from the two files."""
    trials = tuple(
        DesignTrial(
            it.trial_id,
            key.trials[it.trial_id].role,
            key.trials[it.trial_id].item,
            it.options,
            it.reference,
            key.trials[it.trial_id].repeat_of,
            key.trials[it.trial_id].expected,
            it.prompt,
        )
        for it in manifest.trials
    )
    forms = tuple(
        TrialSequence(it.form_id, tuple(FormStep(number, slots) for number, slots in it.sequence))
        for it in manifest.forms
    )
    pictures = {name: PictureSource(image.method, image.item) for name, image in key.images.items()}
    return Design(manifest.kind, pictures, (), trials, forms)


def _language(study: Exported) -> list[str]:
    """Every string of the page is there, in the page's language."""
    manifest = study.manifest
    faults = [
        f"the page has no string {name!r}"
        for name in strings(manifest.lang, manifest.kind)
        if not manifest.strings.get(name)
    ]
    empty = [
        name for name in ("title", "consent", "instructions", "question") if not getattr(manifest.text, name).strip()
    ]
    return [*faults, *(f"the text {name!r} is empty" for name in empty)]


def _feedback(study: Exported) -> list[str]:
    notes = []
    if study.page.truths is not None:
        notes.append("the page on disk holds the right answers, for feedback; `gan-eval study serve` holds them back")
    if study.manifest.platform.url and study.manifest.platform.finish == "redirect":
        notes.append("the completion address stands in the page, where anybody can read it")
    return notes


def _offline(study: Exported) -> CheckResult:
    """(h) The page comes up with the network off, asks nobody for anything, and its policy is content."""
    chromium = find_chromium()
    if chromium is None:
        return CheckResult("offline", [], ["not opened in a browser: no Chromium found (set CHROMIUM)"])
    opened = open_offline(chromium, study.page_path)
    problems = [f"the browser says: {message}" for message in opened.messages]
    problems += [f"the page asks for {address}" for address in opened.requests]
    if opened.state not in ("consent", "preview"):
        problems.append(f"the page does not come up (it stays {opened.state!r})")
    return CheckResult("offline", problems, ["opened in Chromium with the network off"])
