"""From what a researcher asks for to a study in memory: items sampled, pictures read, design drawn, both files filled.

Order matters: the items are drawn from their names by the seed, then opened; the design is drawn from names alone.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple, TypeVar

from gan_eval.errors import InputError
from gan_eval.files import sha256_bytes
from gan_eval.result import Progress
from gan_eval.strict_json import decode, encode
from gan_eval.study.making.design import build
from gan_eval.study.making.draw import Drbg
from gan_eval.study.making.pictures import (
    Fitting,
    Mime,
    PictureSize,
    Pixels,
    padded,
    scrambled,
    sign,
    size_of,
)
from gan_eval.study.making.pictures import (
    encode as encode_picture,
)
from gan_eval.study.making.sources import (
    Folders,
    PictureReader,
    Problems,
    Sources,
    formats,
    open_sources,
    shuffled_stems,
    translated,
)
from gan_eval.study.making.webpage import Page, default_text, direction, strings
from gan_eval.study.schema.ids import mac, participants_token
from gan_eval.study.schema.manifest import (
    AnalysisPlan,
    Feedback,
    Form,
    Key,
    KeyImage,
    KeyMethod,
    KeyTrial,
    Manifest,
    Platform,
    Practice,
    Rules,
    Trial,
    Ui,
    commitment,
    sealed,
)
from gan_eval.study.schema.manifest import Picture as Delivered
from gan_eval.study.schema.platforms import PRESETS
from gan_eval.study.schema.trials import BROKEN, CHECK, INPUT, REAL, Design, Kind, Layout, PictureSource, Pool
from gan_eval.version import __version__

T = TypeVar("T", Key, Manifest)

#: Practice items where none are asked for; a realism study shows as many real pictures again.
USUAL_PRACTICE: Mapping[Kind, int] = {"best-of-k": 2, "pairwise": 2, "real-fake": 4, "two-alternative": 8}
#: CycleGAN's protocol: both pictures for one second, then as long as one likes.
USUAL_EXPOSURE_MS: Mapping[Kind, int] = {"two-alternative": 1000}


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much of everything. items: of those the folders share (None: all that practice leaves). trials: main trials
    per person (None: each item once, at most 40). forms: at least so many. repeats, checks: per person.
    practice (None: the kind's usual), gold: items.
    """

    items: int | None = None
    trials: int | None = None
    forms: int = 24
    practice: int | None = None
    repeats: int = 3
    checks: int = 3
    gold: int = 0


@dataclass(frozen=True, slots=True)
class Screen:
    """How a trial looks and behaves; times in milliseconds.

    ties, both_bad: further answers of a pairwise trial. exposure_ms: None is the kind's usual one, 0 no limit.
    show_px: longest side in CSS pixels (None: by the size of the pictures).
    """

    lang: str = "en"
    feedback: Feedback = "off"
    ties: bool = False
    both_bad: bool = False
    skip: bool = False
    confirm: bool = False
    min_ms: int = 300
    deadline_ms: int | None = None
    exposure_ms: int | None = None
    show_px: int | None = None
    kiosk: bool = False


@dataclass(frozen=True, slots=True)
class Hosting:
    """Where participants come from and answers go. completion: address that ends a platform's session, given away by
    the server alone. server: base address of the `study serve` that a page opened from elsewhere posts to."""

    platform: Platform = PRESETS["none"]
    completion: str | None = None
    server: str | None = None


@dataclass(frozen=True, slots=True)
class StudyRequest:
    """What a researcher asks for.

    seed: of all draws; secret: 32 bytes that the ids are made from. text: fields of `manifest.Text` in place of the
    page's own words. fit: one size for all pictures; jpeg_quality: None is lossless. allow_missing: leave out items
    that a folder lacks or that cannot be read.
    """

    kind: Kind
    folders: Folders
    seed: str
    secret: bytes
    amounts: Amounts = field(default_factory=Amounts)
    screen: Screen = field(default_factory=Screen)
    hosting: Hosting = field(default_factory=Hosting)
    study_id: str | None = None
    text: Mapping[str, str] = field(default_factory=dict)
    fit: Fitting | None = None
    jpeg_quality: int | None = None
    allow_missing: bool = False
    rules: Rules | None = None
    analysis: AnalysisPlan | None = None


class Study(NamedTuple):
    """A study in memory. page: as it is on disk; problems: what the researcher should hear."""

    page: Page
    key: Key
    images: Mapping[str, bytes]
    problems: Problems

    @property
    def manifest(self) -> Manifest:
        """The public manifest."""
        return self.page.manifest


class _Pools(NamedTuple):
    main: Pool
    practice: Pool
    gold: Pool


def compose(plan: StudyRequest, *, progress: Progress) -> Study:
    """Make the study. Raises InputError for whatever in the folders must be mended first."""
    _refuse_contradictions(plan)
    prefers = plan.kind in ("best-of-k", "pairwise")
    folders, notices = translated(plan.folders, wants_inputs=prefers, wants_real=not prefers)
    sources = open_sources(folders)
    names = {f"m{n}": name for n, name in enumerate(folders.methods)}
    reader = PictureReader(sources, plan.fit)
    pools = _sample(plan, sources, reader, tuple(names), progress)
    problems = Problems(
        {} if not any(sources.missing.values()) else sources.missing,
        reader.unreadable,
        reader.sizes,
        reader.identical(names),
        formats(sources, names),
        [*notices, *_resampled(reader, plan.fit)],
    )
    _refuse_problems(plan, problems, len(pools.main.items))
    _refuse_copies(problems, len({picture.item for picture in reader.hashes if picture.source in names}))
    study_id = plan.study_id or "study-" + mac(plan.secret, "", "study-id")[:8]
    layout = Layout(
        kind=plan.kind,
        study_id=study_id,
        methods=tuple(names),
        main=pools.main,
        practice=pools.practice,
        gold=pools.gold,
        reference=prefers and folders.inputs is not None,
        trials=plan.amounts.trials,
        forms=plan.amounts.forms,
        repeats=plan.amounts.repeats,
        imc=plan.amounts.checks,
    )
    design = build(layout, seed=plan.seed, secret=plan.secret)
    pixels = _pixels(design, reader, plan.seed)
    images = _delivered(pixels, plan.jpeg_quality, progress)
    key = _checked(_key(plan, study_id, design, folders, sources, reader, images, pools.main.items))
    manifest = _checked(_manifest(plan, layout, design, key, images, pixels))
    return Study(Page(manifest, truths=_page_truths(plan, key)), sealed(key, manifest), images, problems)


def _checked(record: T) -> T:
    """The record, once it has been seen to survive being written and read (InputError names the field at fault)."""
    return decode(type(record), encode(record), where="study")


def _refuse_contradictions(plan: StudyRequest) -> None:
    if plan.kind in ("best-of-k", "pairwise") and plan.screen.feedback != "off":
        raise InputError(f"a {plan.kind} study has no right answers, so there is no feedback (leave --feedback out)")
    if (plan.screen.ties or plan.screen.both_bad) and plan.kind != "pairwise":
        raise InputError(f"ties go with a pairwise study, not with {plan.kind}")
    paths = [path.resolve() for path in plan.folders.methods.values()]
    if len(set(paths)) < len(paths):
        raise InputError("one folder is given for two methods (give each method its own)")
    if unknown := sorted(plan.text.keys() - set(default_text("en", plan.kind, with_input=False).__slots__)):
        raise InputError(f"the page has no text called {unknown[0]!r}")


def _sample(
    plan: StudyRequest, sources: Sources, reader: PictureReader, methods: Sequence[str], progress: Progress
) -> _Pools:
    """Draw items (and real pictures) from their names, then open them; a damaged one gives way to the next drawn."""
    order = shuffled_stems(sources.items, seed=plan.seed, label="items")
    usual = min(USUAL_PRACTICE[plan.kind], len(order) // 4)
    practice = usual if plan.amounts.practice is None else plan.amounts.practice
    main = plan.amounts.items if plan.amounts.items is not None else max(1, len(order) - practice - plan.amounts.gold)
    wanted = main + practice + plan.amounts.gold
    if wanted > len(order):
        raise InputError(
            f"{wanted} items asked for ({main} main, {practice} practice, {plan.amounts.gold} gold), the folders share "
            f"{len(order)} (ask for fewer, or give more pictures)"
        )
    labels = [*methods, *([INPUT] if INPUT in sources.files else [])]
    items: list[str] = []
    for stem in order:
        if len(items) == wanted:
            break
        if reader.readable([PictureSource(label, stem) for label in labels]):
            items.append(stem)
        progress("reading", len(items), wanted)
    if plan.amounts.items is None:
        main = max(0, len(items) - practice - plan.amounts.gold)
    chosen, rest = tuple(items[practice + plan.amounts.gold :][:main]), items[: practice + plan.amounts.gold]
    gold, exercise = tuple(rest[: plan.amounts.gold]), tuple(rest[plan.amounts.gold :])
    if plan.kind in ("best-of-k", "pairwise") or REAL not in sources.files:
        return _Pools(Pool(chosen), Pool(exercise), Pool(gold))
    reals = _reals(plan, sources, reader, chosen, exercise, gold)
    return _Pools(Pool(chosen, reals[0]), Pool(exercise, reals[1]), Pool(gold, reals[2]))


def _reals(
    plan: StudyRequest, sources: Sources, reader: PictureReader, *groups: tuple[str, ...]
) -> list[tuple[str, ...]]:
    """Real pictures for each group of items: of the same stem where all have one, else drawn without replacement."""
    paired = plan.kind == "two-alternative" and all(stem in sources.files[REAL] for group in groups for stem in group)
    if paired and all(reader.readable([PictureSource(REAL, stem) for stem in group]) for group in groups):
        return list(groups)
    order = iter(shuffled_stems(sources.reals, seed=plan.seed, label="reals"))
    taken: list[tuple[str, ...]] = []
    # Practice and gold first: they are few, and the main part can do with fewer real pictures than items.
    for group in (groups[1], groups[2], groups[0]):
        mine: list[str] = []
        while len(mine) < len(group) and (stem := next(order, None)) is not None:
            if reader.readable([PictureSource(REAL, stem)]):
                mine.append(stem)
        if group and not mine:
            raise InputError(f"{len(sources.reals)} real pictures are too few for this study (give more in --real)")
        taken.append(tuple(mine))
    return [taken[2], taken[0], taken[1]]


def _resampled(reader: PictureReader, fit: Fitting | None) -> list[str]:
    notices = []
    if reader.resampled_inputs:
        notices.append(f"{len(reader.resampled_inputs)} inputs were resampled to the size of the outputs beside them")
    if fit is not None and reader.resampled:
        how = "cropped and resampled" if fit.crop else "resampled"
        notices.append(f"{len(reader.resampled)} of {len(reader.pixels)} pictures were {how} to {fit.size}")
    return notices


def _refuse_problems(plan: StudyRequest, problems: Problems, main: int) -> None:
    """What would make the study unfair, or is likely a mistake, ends the export; the rest is only told."""
    if len(problems.sizes) > 1:
        [line] = replace(Problems(), sizes=problems.sizes).lines()
        raise InputError(f"{line} (people pick by size; pass --resize WIDTHxHEIGHT to bring all to one)")
    leaves_out = replace(Problems(), missing=problems.missing, unreadable=problems.unreadable).lines()
    if leaves_out and not plan.allow_missing:
        raise InputError("; ".join(leaves_out) + " (mend this, or pass --allow-missing to leave these items out)")
    if main < 1:
        raise InputError("no readable items are left for the main part: " + "; ".join(leaves_out))


def _refuse_copies(problems: Problems, items: int) -> None:
    """Two methods that gave the same file for every item are one method."""
    for (first, second), count in Counter((a, b) for _, a, b in problems.identical).items():
        if count == items:
            raise InputError(f"{first} and {second} gave the same files throughout (is one folder given twice?)")


def _pixels(design: Design, reader: PictureReader, seed: str) -> dict[str, Pixels]:
    """Pixels of every picture that a trial shows; signs and spoilt pictures are made here."""
    size = size_of(next(iter(reader.pixels.values())))

    def make(picture: PictureSource) -> Pixels:
        if picture.source == CHECK:
            return sign(picture.item, size)
        if picture.source == BROKEN:
            draw = Drbg(seed, f"broken-{picture.item}-{picture.copy}")
            return scrambled(reader.pixels[PictureSource("m0", picture.item)], draw.shuffled)
        return reader.pixels[picture]

    return {name: make(picture) for name, picture in design.pictures.items()}


def _delivered(pixels: Mapping[str, Pixels], jpeg_quality: int | None, progress: Progress) -> dict[str, bytes]:
    """Every picture through one encoder, and padded to the length of the longest."""
    encoded: dict[str, bytes] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, data in zip(
            pixels, pool.map(partial(encode_picture, jpeg_quality=jpeg_quality), pixels.values()), strict=True
        ):
            encoded[name] = data
            progress("encoding", len(encoded), len(pixels))
    length = max(map(len, encoded.values()))
    return {name: padded(data, length + length % 2) for name, data in encoded.items()}


def _key(
    plan: StudyRequest,
    study_id: str,
    design: Design,
    folders: Folders,
    sources: Sources,
    reader: PictureReader,
    images: Mapping[str, bytes],
    items: tuple[str, ...],
) -> Key:
    def image(name: str, picture: PictureSource) -> KeyImage:
        drawn = picture not in reader.hashes
        return KeyImage(
            method=picture.source,
            item=picture.item,
            source=f"drawn:{picture.source}" if drawn else str(sources.path(picture)),
            source_sha256=sha256_bytes(images[name]) if drawn else reader.hashes[picture],
            delivered_sha256=sha256_bytes(images[name]),
        )

    everything = (*design.trials, *design.practice)
    return Key(
        schema="study-key/1",
        study_id=study_id,
        kind=plan.kind,
        seed=plan.seed,
        secret_hex=plan.secret.hex(),
        nonce_hex=mac(plan.secret, study_id, "nonce"),
        methods={f"m{n}": KeyMethod(name, str(path)) for n, (name, path) in enumerate(folders.methods.items())},
        items=items,
        images={name: image(name, picture) for name, picture in design.pictures.items()},
        trials={it.trial_id: KeyTrial(it.role, it.item, it.repeat_of, it.expected) for it in everything},
        truths=_truths(design),
        rules=plan.rules or _usual_rules(plan.amounts.checks),
        analysis=plan.analysis or AnalysisPlan(primary="fooling_rate" if _has_truth(plan.kind) else "share"),
        completion=plan.hosting.completion,
    )


def _usual_rules(checks: int) -> Rules:
    """One slip is human where there are three checks or more."""
    return Rules(checks_pass_min=checks - 1 if checks >= 3 else checks)


def _has_truth(kind: Kind) -> bool:
    return kind in ("real-fake", "two-alternative")


def _truths(design: Design) -> dict[str, str]:
    """Right answers of the realism kinds: the word for a single picture, the real one of two."""
    truths: dict[str, str] = {}
    for trial in design.trials:
        if not _has_truth(design.kind) or trial.role == "imc":
            continue
        real = [name for name in trial.options if design.pictures[name].source == REAL]
        truths[trial.trial_id] = real[0] if design.kind == "two-alternative" else "real" if real else "fake"
    return truths


def _page_truths(plan: StudyRequest, key: Key) -> Mapping[str, str] | None:
    return key.truths if plan.screen.feedback == "always" else None


def _manifest(
    plan: StudyRequest,
    layout: Layout,
    design: Design,
    key: Key,
    images: Mapping[str, bytes],
    pixels: Mapping[str, Pixels],
) -> Manifest:
    size = size_of(next(iter(pixels.values())))
    mime: Mime = "image/webp" if plan.jpeg_quality is None else "image/jpeg"
    exposure = USUAL_EXPOSURE_MS.get(plan.kind) if plan.screen.exposure_ms is None else plan.screen.exposure_ms or None
    return Manifest(
        schema="study-manifest/1",
        study_id=layout.study_id,
        generator=f"gan-eval {__version__}",
        kind=plan.kind,
        key_commitment=commitment(key),
        lang=plan.screen.lang,
        dir=direction(plan.screen.lang),
        text=replace(default_text(plan.screen.lang, plan.kind, with_input=layout.reference), **dict(plan.text)),
        strings=strings(plan.screen.lang),
        ui=Ui(
            slots=len(design.trials[0].options),
            show_reference=layout.reference,
            tie="tie+both-bad" if plan.screen.both_bad else "tie" if plan.screen.ties else "none",
            skip=plan.screen.skip,
            confirm=plan.screen.confirm,
            min_ms=plan.screen.min_ms,
            deadline_ms=plan.screen.deadline_ms,
            exposure_ms=exposure,
            css_px=shown_size(size, plan.screen.show_px),
            kiosk=plan.screen.kiosk,
        ),
        feedback=plan.screen.feedback,
        images={
            name: Delivered(sha256_bytes(data), size.width, size.height, mime, len(data))
            for name, data in sorted(images.items())
        },
        practice=tuple(
            Practice(it.trial_id, it.options, it.reference, it.expected if plan.screen.feedback != "off" else None)
            for it in design.practice
        ),
        trials=tuple(Trial(it.trial_id, it.options, it.reference, it.prompt) for it in design.trials),
        forms=tuple(Form(it.form_id, tuple((step.trial, step.slots) for step in it.sequence)) for it in design.forms),
        post_url=_api(plan, layout.study_id),
        platform=plan.hosting.platform,
    )


def _api(plan: StudyRequest, study_id: str) -> str | None:
    """Where pages hosted elsewhere post to, on the server that will serve this study."""
    server = plan.hosting.server
    return None if server is None else f"{server}/s/{participants_token(plan.secret, study_id)}/api/"


def shown_size(size: PictureSize, longest: int | None) -> PictureSize:
    """Size on the screen in CSS pixels: small pictures by a whole factor up to 256, large ones down to 640."""
    side = max(size)
    if longest is None:
        longest = side * max(1, 256 // side) if side < 192 else min(side, 640)
    return PictureSize(max(1, round(size.width * longest / side)), max(1, round(size.height * longest / side)))
