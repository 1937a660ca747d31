"""Fill a study's two files, the public manifest and the researcher's key, from what was drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from gan_eval.files import sha256_bytes
from gan_eval.picture_size import PictureSize
from gan_eval.strict_json import decode, encode
from gan_eval.study.analysing.kinds.table import kind_spec
from gan_eval.study.making.delivery import shown_size
from gan_eval.study.making.design import right_answer
from gan_eval.study.making.pictures import Pixels, size_of
from gan_eval.study.making.request import StudyRequest
from gan_eval.study.making.sources import PictureReader, Sources
from gan_eval.study.making.webpage import default_text, direction, strings
from gan_eval.study.schema.ids import mac, participants_token
from gan_eval.study.schema.manifest import (
    KEY,
    MANIFEST,
    AnalysisPlan,
    Form,
    Key,
    KeyImage,
    KeyMethod,
    KeyTrial,
    Manifest,
    Picture,
    Practice,
    Rules,
    Trial,
    Ui,
    commitment,
    sealed,
)
from gan_eval.study.schema.trials import Design, Layout, PictureSource
from gan_eval.version import __version__


class Drawn(NamedTuple):
    """All that was drawn and read. pixels, images: image id → pixels, and bytes as delivered."""

    layout: Layout
    design: Design
    sources: Sources
    reader: PictureReader
    pixels: Mapping[str, Pixels]
    images: Mapping[str, bytes]


def fill(plan: StudyRequest, drawn: Drawn) -> tuple[Manifest, Key]:
    """The manifest, and the key sealed with it (InputError names a field that the researcher filled badly)."""
    key = decode(Key, encode(_key(plan, drawn)), where="study")
    manifest = decode(Manifest, encode(_manifest(plan, drawn, key)), where="study")
    return manifest, sealed(key, manifest)


def _key(plan: StudyRequest, drawn: Drawn) -> Key:
    design, study_id = drawn.design, drawn.layout.study_id
    methods = plan.folders.methods
    return Key(
        schema=KEY.schema,
        study_id=study_id,
        kind=plan.kind,
        seed=plan.seed,
        secret_hex=plan.secret.hex(),
        nonce_hex=mac(plan.secret, study_id, "nonce"),
        methods={f"m{n}": KeyMethod(name, str(path)) for n, (name, path) in enumerate(methods.items())},
        items=drawn.layout.main.items,
        images={name: _image(drawn, name, picture) for name, picture in design.pictures.items()},
        trials={
            it.trial_id: KeyTrial(it.role, it.item, it.repeat_of, it.expected)
            for it in (*design.trials, *design.practice)
        },
        truths=_truths(design),
        rules=plan.rules or _usual_rules(plan.amounts.checks),
        analysis=plan.analysis or AnalysisPlan(primary=kind_spec(plan.kind).analysis.measures[0]),
        completion=plan.hosting.completion,
        completion_failed=plan.hosting.failed,
        completion_declined=plan.hosting.declined,
    )


def _image(drawn: Drawn, name: str, picture: PictureSource) -> KeyImage:
    delivered = sha256_bytes(drawn.images[name])
    made = picture not in drawn.reader.hashes
    return KeyImage(
        method=picture.source,
        item=picture.item,
        source=f"drawn:{picture.source}" if made else str(drawn.sources.path(picture)),
        source_sha256=delivered if made else drawn.reader.hashes[picture],
        delivered_sha256=delivered,
    )


def _usual_rules(checks: int) -> Rules:
    """One slip is human where there are three checks or more."""
    return Rules(checks_pass_min=checks - 1 if checks >= 3 else checks)


def _truths(design: Design) -> dict[str, str]:
    """Right answers of the kinds that have them, of all trials but instructed checks."""
    trial = kind_spec(design.kind).trial
    answers = {
        it.trial_id: right_answer(trial, [(design.pictures[name].source, name) for name in it.options])
        for it in design.trials
        if it.role != "imc"
    }
    return {name: answer for name, answer in answers.items() if answer is not None}


def _manifest(plan: StudyRequest, drawn: Drawn, key: Key) -> Manifest:
    layout, design, screen = drawn.layout, drawn.design, plan.screen
    size = size_of(next(iter(drawn.pixels.values())))
    text = default_text(screen.lang, plan.kind, with_input=layout.reference)
    return Manifest(
        schema=MANIFEST.schema,
        study_id=layout.study_id,
        generator=f"gan-eval {__version__}",
        kind=plan.kind,
        key_commitment=commitment(key),
        lang=screen.lang,
        dir=direction(screen.lang),
        text=replace(text, **dict(plan.text)),
        strings=strings(screen.lang, plan.kind),
        ui=_ui(plan, layout, design, size),
        feedback=screen.feedback,
        images=_pictures(plan, drawn, size),
        practice=tuple(
            Practice(it.trial_id, it.options, it.reference, it.expected if screen.feedback != "off" else None)
            for it in design.practice
        ),
        trials=tuple(Trial(it.trial_id, it.options, it.reference, it.prompt) for it in design.trials),
        forms=tuple(Form(it.form_id, tuple((step.trial, step.slots) for step in it.sequence)) for it in design.forms),
        post_url=_api(plan, layout.study_id),
        platform=plan.hosting.platform,
    )


def _ui(plan: StudyRequest, layout: Layout, design: Design, size: PictureSize) -> Ui:
    screen, trial = plan.screen, kind_spec(plan.kind).trial
    return Ui(
        slots=len(design.trials[0].options),
        show_reference=layout.reference,
        tie="tie+both-bad" if screen.both_bad else "tie" if screen.ties else "none",
        skip=screen.skip,
        confirm=screen.confirm,
        min_ms=screen.min_ms,
        deadline_ms=screen.deadline_ms,
        exposure_ms=trial.exposure_ms if screen.exposure_ms is None else screen.exposure_ms or None,
        css_px=shown_size(size, screen.show_px),
        kiosk=screen.kiosk,
        labels=trial.labels,
        ranks=trial.ranked,
    )


def _pictures(plan: StudyRequest, drawn: Drawn, size: PictureSize) -> dict[str, Picture]:
    lossless = plan.jpeg_quality is None
    return {
        name: Picture(
            sha256_bytes(data), size.width, size.height, "image/webp" if lossless else "image/jpeg", len(data)
        )
        for name, data in sorted(drawn.images.items())
    }


def _api(plan: StudyRequest, study_id: str) -> str | None:
    """Where pages hosted elsewhere post to, on the server that will serve this study."""
    server = plan.hosting.server
    return None if server is None else f"{server}/s/{participants_token(plan.secret, study_id)}/api/"
