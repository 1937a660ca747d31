"""The two files of a study: the public manifest, which the page carries, and the key, which the researcher keeps.

The manifest holds what a participant's browser needs and nothing that names or groups methods: opaque ids, every list
in the order of the ids, forms that are the result of a draw and not its seed. The key maps the ids back and holds the
seed, the secret, the rules of exclusion and the plan of the analysis; its hash, salted with a nonce, stands in the
manifest (`key_commitment`), so that rules and mapping provably were fixed before the first answer.

On disk: `study.json` and `study.key.json` (mode 0600). The manifest's numbers are all integers,
because JavaScript and Python print floats differently and it is hashed.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from gan_eval.errors import InputError, MismatchError
from gan_eval.files import read_bytes, read_document, write_json
from gan_eval.strict_json import AtMost, Between, DocumentFormat, Matches, canonical, canonical_sha256, encode
from gan_eval.study.options import Feedback as Feedback
from gan_eval.study.schema.trials import LABEL_PATTERN, Kind, Label, Prompt, Role

StudyId = Annotated[str, Matches(r"[a-z0-9][a-z0-9._-]{0,63}")]
ImageId = Annotated[str, Matches(r"i[0-9a-f]{20}")]
TrialId = Annotated[str, Matches(r"t[0-9a-f]{20}")]
FormId = Annotated[str, Matches(r"f[0-9]{2,4}")]
MethodId = Annotated[str, Matches(r"m[0-9]{1,3}|real|input|broken|check")]
Sha256 = Annotated[str, Matches(r"[0-9a-f]{64}")]
Commitment = Annotated[str, Matches(r"sha256:[0-9a-f]{64}")]
Count = Annotated[int, Between(0, 1_000_000)]
Milliseconds = Annotated[int, Between(0, 86_400_000)]
Share = Annotated[float, Between(0.0, 1.0)]
SizeInPixels = tuple[Count, Count]
#: The right answer: this picture, or this word.
Truth = Annotated[str, Matches(rf"i[0-9a-f]{{20}}|{LABEL_PATTERN}")]

MANIFEST_FILE = "study.json"
KEY_FILE = "study.key.json"


@dataclass(frozen=True, slots=True)
class Picture:
    """A delivered image: hash and length of its bytes as served, size in pixels. It lies in the page or in `img/`."""

    sha256: Sha256
    w: Count
    h: Count
    mime: Literal["image/webp", "image/jpeg"]
    bytes: Count


@dataclass(frozen=True, slots=True)
class Trial:
    """One question. options: image ids in the order of the ids; reference: the input shown beside them.

    prompt: set where the trial is an instruction to follow (choose the tick, answer "fake") instead of a judgement.
    """

    trial_id: TrialId
    options: tuple[ImageId, ...]
    reference: ImageId | None = None
    prompt: Prompt | None = None


@dataclass(frozen=True, slots=True)
class Practice:
    """A trial before the main part, with images that occur nowhere else, and the answer to show where there is one."""

    trial_id: TrialId
    options: tuple[ImageId, ...]
    reference: ImageId | None = None
    truth: Truth | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """The main part as one participant gets it: (index into trials, which option stands in slot 0, 1, …) per place."""

    form_id: FormId
    sequence: tuple[tuple[int, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Ui:
    """What the page shows and for how long. Times in milliseconds, sizes in CSS pixels.

    slots: pictures per trial. tie: whether "equal" (and "both bad") may be answered. confirm: a choice must be
    confirmed. min_ms: earliest answer after onset. deadline_ms: latest. exposure_ms: pictures disappear after it.
    kiosk: one device, many participants: the last page offers to begin anew. labels: the words of which one is said
    of a single picture, by `Manifest.strings`; empty where a picture is chosen. ranks: all pictures are put in order.
    """

    slots: Annotated[int, Between(1, 9)]
    show_reference: bool
    tie: Literal["none", "tie", "tie+both-bad"]
    skip: bool
    confirm: bool
    min_ms: Milliseconds
    deadline_ms: Milliseconds | None
    exposure_ms: Milliseconds | None
    css_px: SizeInPixels
    kiosk: bool
    labels: Annotated[tuple[Label, ...], AtMost(9)] = ()
    ranks: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """The study's own words as plain text; a blank line parts paragraphs."""

    title: str
    consent: str
    instructions: str
    question: str
    debrief: str
    contact: str


@dataclass(frozen=True, slots=True)
class Platform:
    """How a participant arrives and leaves (gan_eval.study.schema.platforms has the presets).

    id_params: URL parameters that name the person, first present one wins; extra_params: others worth keeping.
    preview: a parameter and the value with which a platform shows the page without a participant.
    finish: nothing, a redirect, or a form POST; hosts: the only ones a form may be posted to.
    url: the redirect's target if it may stand in the page; else the server gives it once `finish` is stored.
    """

    name: Annotated[str, Matches(r"[a-z0-9-]{1,32}")]
    id_params: tuple[str, ...]
    extra_params: tuple[str, ...]
    preview: tuple[str, str] | None
    finish: Literal["none", "redirect", "form"]
    hosts: tuple[str, ...]
    url: str | None


@dataclass(frozen=True)
class Manifest:
    """The public description of a study; `study.json`, and the same object within the page."""

    schema: str
    study_id: StudyId
    generator: str
    kind: Kind
    key_commitment: Commitment
    lang: Annotated[str, Matches(r"[a-z]{2}")]
    dir: Literal["ltr", "rtl"]
    text: Text
    strings: Mapping[str, str]
    ui: Ui
    feedback: Feedback
    images: Mapping[ImageId, Picture]
    practice: tuple[Practice, ...]
    trials: tuple[Trial, ...]
    forms: tuple[Form, ...]
    post_url: str | None
    platform: Platform

    @functools.cached_property
    def sha256(self) -> str:
        """Hash of the canonical form; every event carries it. Taken once: it costs as much as writing the file."""
        return canonical_sha256(encode_manifest(self))

    def trial(self, trial_id: str) -> Trial | Practice | None:
        """The main or practice trial of that id, or None."""
        everything: tuple[Trial | Practice, ...] = (*self.trials, *self.practice)
        return next((trial for trial in everything if trial.trial_id == trial_id), None)


def encode_manifest(manifest: Manifest) -> dict[str, Any]:
    """The JSON-ready form, in the version that the manifest has: its hash never changes."""
    document = encode(manifest)
    if manifest.schema == "study-manifest/1":
        del document["ui"]["labels"]
    if not manifest.ui.ranks:
        # The hash of a study that puts nothing in order is what it was before there was such a kind.
        del document["ui"]["ranks"]
    return document


def decode_manifest(document: Any, *, where: str) -> Manifest:
    """A manifest from parsed JSON of any version (InputError)."""
    manifest = MANIFEST.decode(document, where=where)
    return replace(manifest, schema=document["schema"])  # its hash, which every answer carries, covers the version


def _with_labels(document: dict[str, Any]) -> dict[str, Any]:
    """Version 1 knew labels of one kind only, and did not write them."""
    labels = ["real", "fake"] if document.get("kind") == "real-fake" else []
    ui = document.get("ui")
    return {**document, "ui": {**ui, "labels": labels}} if isinstance(ui, dict) else document


MANIFEST = DocumentFormat(
    "study-manifest", Manifest, (_with_labels,), remedy="damaged, or of another program: export the study again"
)


@dataclass(frozen=True, slots=True)
class KeyMethod:
    """A method's name and the folder its images came from."""

    name: str
    dir: str


@dataclass(frozen=True, slots=True)
class KeyImage:
    """Where a delivered image came from. method: an id of `Key.methods`, or real, input, broken, check."""

    method: MethodId
    item: str
    source: str
    source_sha256: Sha256
    delivered_sha256: Sha256


@dataclass(frozen=True, slots=True)
class KeyTrial:
    """What a trial is for. repeat_of: the trial it repeats; expected: the answer a check or gold trial asks for."""

    role: Role
    item: str
    repeat_of: TrialId | None = None
    expected: Truth | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of exclusion, fixed at export.

    min_answers_share: share of the form's main trials that must be answered. checks_pass_min: instruction checks that
    must be followed. median_rt_ms_min: a faster median reaction time means clicking through. max_same_slot_share_p:
    straight-lining, when the binomial tail probability of the fullest slot's share is below it. first_n_dropped:
    stabilising presentations left out at the start of the main part. duplicate_participant: of a person who began
    several times, keep the first session with enough answers (else the first with any), the first, or all.
    """

    min_answers_share: Share = 0.8
    checks_pass_min: Count = 0
    median_rt_ms_min: Milliseconds = 400
    max_same_slot_share_p: Share = 0.001
    first_n_dropped: Count = 0
    duplicate_participant: Literal["keep_first_complete", "keep_first", "keep_all"] = "keep_first_complete"


@dataclass(frozen=True, slots=True)
class AnalysisPlan:
    """The analysis planned before the first answer. alpha: 0.05 gives 95 % intervals."""

    primary: Annotated[str, Matches(r"[a-z][a-z0-9_]{0,31}")] = "share"
    alpha: Annotated[float, Between(1e-6, 0.5)] = 0.05
    bootstrap: Annotated[int, Between(100, 1_000_000)] = 10_000
    bootstrap_seed: Count = 0
    ties: Literal["half", "drop"] = "half"
    adjust: Literal["holm"] = "holm"


@dataclass(frozen=True, slots=True)
class Key:
    """The researcher's file; `study.key.json`. Whoever has it can unblind the study.

    truths: main trial → right answer, for kinds that have one. completion: address that ends a platform's session;
    completion_failed, completion_declined: those for who failed the instructed checks, and for who did not consent.
    commitment and manifest_sha256 are not part of what the commitment covers.
    """

    schema: str
    study_id: StudyId
    kind: Kind
    seed: str
    secret_hex: Annotated[str, Matches(r"[0-9a-f]{64}")]
    nonce_hex: Annotated[str, Matches(r"[0-9a-f]{64}")]
    methods: Mapping[MethodId, KeyMethod]
    items: tuple[str, ...]
    images: Mapping[ImageId, KeyImage]
    trials: Mapping[TrialId, KeyTrial]
    truths: Mapping[TrialId, Truth]
    rules: Rules
    analysis: AnalysisPlan
    completion: Annotated[str, AtMost(500)] | None = None
    completion_failed: Annotated[str, AtMost(500)] | None = None
    completion_declined: Annotated[str, AtMost(500)] | None = None
    commitment: Commitment | None = None
    manifest_sha256: Sha256 | None = None


KEY = DocumentFormat(
    "study-key", Key, remedy="damaged, or not a study's key: use the file that `study new` wrote, or a copy of it"
)


def commitment(key: Key) -> str:
    """sha256(nonce ‖ canonical key without `commitment` and `manifest_sha256`), as the manifest carries it."""
    document = encode(key)
    del document["commitment"], document["manifest_sha256"]
    # Keys of older studies have no such fields, and their commitment stands in pages that are out.
    for name in ("completion_failed", "completion_declined"):
        if document[name] is None:
            del document[name]
    return "sha256:" + hashlib.sha256(bytes.fromhex(key.nonce_hex) + canonical(document)).hexdigest()


def sealed(key: Key, manifest: Manifest) -> Key:
    """The key with its commitment and the hash of the manifest that it belongs to."""
    return replace(key, commitment=commitment(key), manifest_sha256=manifest.sha256)


def read_manifest(path: Path) -> Manifest:
    """Read `study.json`, or the `study.json` of a study's folder (InputError)."""
    path = path / MANIFEST_FILE if path.is_dir() else path
    return decode_manifest(MANIFEST.parsed(read_bytes(path), where=str(path)), where=str(path))


def read_key(path: Path) -> Key:
    """Read `study.key.json`, or the one of a study's folder; refuse one that was changed after export (InputError)."""
    path = path / KEY_FILE if path.is_dir() else path
    key = read_document(path, KEY)
    if key.commitment != commitment(key):
        raise InputError(
            f"{path}: the key was changed after export: its commitment is {key.commitment}, its content gives "
            f"{commitment(key)} (use the file that `study new` wrote; rules are fixed before the first answer)"
        )
    return key


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write `study.json`."""
    write_json(path, encode_manifest(manifest))


def write_key(path: Path, key: Key) -> None:
    """Write `study.key.json`, readable by its owner alone from its first byte on, whole or not at all."""
    with private_file(path) as temporary:
        temporary.write_text(json.dumps(encode(key), indent=2, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")


@contextlib.contextmanager
def private_file(destination: Path) -> Iterator[Path]:
    """Yield a temporary path of mode 0600; rename it onto `destination` when the block ends without an error.

    `files.atomic_file` gives the modes that the umask allows; what unblinds a study must never be readable by others.
    """
    handle, name = tempfile.mkstemp(dir=destination.parent, prefix=f".{destination.name}.", suffix=".tmp")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(destination)
    finally:
        temporary.unlink(missing_ok=True)


def require_same_study(key: Key, manifest_sha256: str) -> None:
    """Refuse answers to another study's page, or to another export of the same study (MismatchError)."""
    if key.manifest_sha256 != manifest_sha256:
        raise MismatchError(
            f"the answers belong to manifest {manifest_sha256}, the key to {key.manifest_sha256} "
            "(use the key that was exported together with the page)"
        )
