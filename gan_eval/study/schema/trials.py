"""The plain values of a study's design: pictures, trials, forms, and the layout they are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, NamedTuple

from gan_eval.strict_json import Matches

#: A word that may be said of a single picture.
LABEL_PATTERN = r"[a-z0-9][a-z0-9-]{0,15}"
#: Which kinds there are, `analysing.kinds.table` says.
Kind = Annotated[str, Matches(r"[a-z][a-z0-9-]{0,31}")]
Label = Annotated[str, Matches(LABEL_PATTERN)]
Role = Literal["practice", "main", "repeat", "gold", "imc"]
Prompt = Annotated[str, Matches(rf"check(-{LABEL_PATTERN})?")]

#: Sources that are not methods: the input shown beside, a real picture, a picture spoilt beyond doubt (for gold
#: trials), and the drawn signs of an instructed check: item TICK, and item CROSS in as many copies as needed.
INPUT, REAL, BROKEN, CHECK = "input", "real", "broken", "check"
TICK, CROSS = "tick", "cross"
#: A picture, or two pictures of one item, come back after this many trials at the earliest.
GAP = 8
#: A session of more main trials than this is tiring; the default takes no more.
USUAL_TRIALS = 40


class PictureSource(NamedTuple):
    """What an image id stands for: a method's id ("m0") or a source that is none; the item's stem; which copy."""

    source: str
    item: str
    copy: str = "0"


class FormStep(NamedTuple):
    """One position of a form: the trial's index in `Design.trials`, and for each slot the index of the option in it."""

    trial: int
    slots: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DesignTrial:
    """One screen. Only `trial_id`, `reference`, `options` and `prompt` may be public.

    options: image ids, sorted. repeat_of: trial id of the same options shown before.
    expected: of a practice, gold or instructed trial the right answer: an image id or a label; None where there is
    none. prompt: of an instructed trial (imc) what to ask for: the picture with the tick, or the label.
    """

    trial_id: str
    role: Role
    item: str
    options: tuple[str, ...]
    reference: str | None = None
    repeat_of: str | None = None
    expected: str | None = None
    prompt: Prompt | None = None


@dataclass(frozen=True, slots=True)
class TrialSequence:
    """A prebuilt sequence for one participant."""

    form_id: str
    sequence: tuple[FormStep, ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """Items by stem. reals: stems of real pictures; in two-alternative trials items[i] meets reals[i mod len]."""

    items: tuple[str, ...] = ()
    reals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """What a design is made from; the pools share no picture.

    methods: ids ("m0", …). reference: whether the input is shown beside the options.
    trials: main trials per person (None: all there are, at most USUAL_TRIALS). forms: at least so many; rounded up
    to whole groups. repeats: main trials shown again per person, as far as GAP leaves room. imc: instructed
    checks per person. gold: a check per item of the pool.
    """

    kind: Kind
    study_id: str
    methods: tuple[str, ...]
    main: Pool
    practice: Pool = field(default_factory=Pool)
    gold: Pool = field(default_factory=Pool)
    reference: bool = False
    trials: int | None = None
    forms: int = 24
    repeats: int = 3
    imc: int = 3


@dataclass(frozen=True, slots=True)
class Design:
    """All that is drawn. pictures: image id → what it is, sorted by id; trials sorted by id; practice in order."""

    kind: Kind
    pictures: Mapping[str, PictureSource]
    practice: tuple[DesignTrial, ...]
    trials: tuple[DesignTrial, ...]
    forms: tuple[TrialSequence, ...]


class TrialUnit(NamedTuple):
    """A possible main trial: the sources that meet on an item."""

    sources: tuple[str, ...]
    item: str
