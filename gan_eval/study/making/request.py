"""A researcher's request: amounts, the look of a trial, and the participants' platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gan_eval.study.making.pictures import Fitting
from gan_eval.study.making.sources import Folders
from gan_eval.study.schema.manifest import AnalysisPlan, Feedback, Platform, Rules
from gan_eval.study.schema.platforms import PRESETS
from gan_eval.study.schema.trials import Kind


@dataclass(frozen=True, slots=True)
class Amounts:
    """The amounts. items: of those the folders share (None: all that practice leaves). trials: main trials
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
    """Where participants come from and answers go.

    platform: how they arrive and leave. completion: address that ends a platform's session, given away by the server
    alone; failed, declined: those for who failed the instructed checks, and who did not consent. server: base address
    of the `study serve` that a page opened from elsewhere posts to.
    """

    platform: Platform = PRESETS["none"]
    completion: str | None = None
    failed: str | None = None
    declined: str | None = None
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
