"""The options of `gan_eval.study`'s functions and of the `gan-eval study` commands, each written once.

Functions take them as `**options: Unpack[…]`, the command line makes its flags of them.
"""

from __future__ import annotations

import os
from typing import Annotated, Literal, TypedDict

from gan_eval.options import Option
from gan_eval.settings import SeedOptions

Language = Literal["en", "de", "zh"]
#: When participants are told what was right.
Feedback = Literal["off", "practice", "always"]
#: Where participants come from.
PlatformName = Literal["none", "generic", "prolific", "mturk"]
_PathLike = str | os.PathLike[str]


class AmountOptions(TypedDict, total=False):
    """How much of everything a study has."""

    items: Annotated[
        int | None, Option(None, "Items in the main part, drawn by the seed.", least=1, shown_default="all")
    ]
    trials: Annotated[
        int | None,
        Option(None, "Main trials per person.", least=1, shown_default="each item once, at most 40"),
    ]
    forms: Annotated[int, Option(24, "Balanced forms, at least so many.", least=1, most=1000)]
    practice: Annotated[
        int | None, Option(None, "Practice items.", least=0, shown_default="by kind and number of items")
    ]
    repeats: Annotated[int, Option(3, "Trials shown twice to a person.", least=0)]
    checks: Annotated[int, Option(3, "Instructed checks per person.", least=0)]
    gold: Annotated[int, Option(0, "Trials with an obvious answer.", least=0)]


class ScreenOptions(TypedDict, total=False):
    """How a trial looks and behaves."""

    lang: Annotated[Language, Option("en", "Language of the page.")]
    feedback: Annotated[Feedback, Option("off", "When participants are told what was right (realism kinds).")]
    ties: Annotated[bool, Option(False, "Pairwise: offer “no difference”.")]
    both_bad: Annotated[bool, Option(False, "Pairwise: offer “no difference” and “both are bad”.")]
    skip: Annotated[bool, Option(False, "Let a trial be skipped.")]
    confirm: Annotated[bool, Option(False, "A choice has to be confirmed.")]
    min_ms: Annotated[int, Option(300, "Earliest answer after onset, in milliseconds.", least=0)]
    deadline_ms: Annotated[
        int | None,
        Option(None, "A trial ends unanswered after so many milliseconds.", least=250, shown_default="none"),
    ]
    exposure_ms: Annotated[
        int | None,
        Option(
            None,
            "Pictures disappear after so many milliseconds; 0: they stay.",
            least=0,
            shown_default="by the kind",
        ),
    ]
    show_px: Annotated[
        int | None,
        Option(
            None, "Longest side on the screen, in CSS pixels.", least=16, most=4000, shown_default="by the pictures"
        ),
    ]
    kiosk: Annotated[bool, Option(False, "One device, many participants one after the other.")]


class PictureOptions(TypedDict, total=False):
    """How pictures are prepared and where they are put."""

    resize: Annotated[
        str | None,
        Option(
            None,
            "Bring all pictures to SIZE (256 or 256x192) by Lanczos.",
            metavar="SIZE",
            pattern=r"0*[1-9][0-9]{0,4}([x×]0*[1-9][0-9]{0,4})?",
            wanted="a size in pixels such as 256, or 256x192 for width and height",
        ),
    ]
    crop: Annotated[
        bool, Option(False, "Where pictures are resized: keep the aspect and cut the middle instead of stretching.")
    ]
    jpeg: Annotated[
        int | None, Option(None, "JPEG of this quality for all pictures.", least=1, most=100, shown_default="lossless")
    ]
    allow_missing: Annotated[bool, Option(False, "Leave out items that are missing somewhere or unreadable.")]
    site: Annotated[bool, Option(False, "A folder to host instead of one file.")]


class HostingOptions(TypedDict, total=False):
    """Where participants come from and answers go."""

    platform: Annotated[PlatformName, Option("none", "Where participants come from.")]
    id_param: Annotated[
        str | None, Option(None, "URL parameter that names the participant, in place of the platform's own.")
    ]
    completion: Annotated[
        str | None,
        Option(None, "Completion code or address, which `study serve` gives away when all is saved."),
    ]
    completion_failed: Annotated[
        str | None,
        Option(
            None,
            "The same for who failed the instructed checks (rule checks_pass_min).",
            shown_default="as completion",
        ),
    ]
    completion_declined: Annotated[
        str | None,
        Option(None, "The same for who does not consent, as a way back.", shown_default="none"),
    ]
    completion_in_page: Annotated[bool, Option(False, "Put it into the page, where anybody can read it.")]
    post: Annotated[
        str | None,
        Option(None, "Base address of the `study serve` that pages opened elsewhere post to.", metavar="URL"),
    ]


class RecordOptions(SeedOptions, total=False):
    """What a study is called and drawn from."""

    settings: Annotated[_PathLike | None, Option(None, "TOML file with the tables text, rules and analysis.")]
    study_id: Annotated[str | None, Option(None, "Public name of the study.", shown_default="made from the secret")]
    secret_file: Annotated[
        _PathLike | None, Option(None, "File of 32 bytes to make ids from.", shown_default="fresh ones")
    ]


class NewOptions(AmountOptions, ScreenOptions, PictureOptions, HostingOptions, RecordOptions, total=False):
    """The options of `study.new`."""


class SimulateOptions(SeedOptions, total=False):
    """The options of `study.simulate`."""

    people: Annotated[int, Option(30, "People to simulate.", least=1, most=100_000)]
    rho: Annotated[float, Option(0.05, "Correlation of one person's answers.", least=0, most=0.9)]
    ties: Annotated[float, Option(0.1, "Share of ties, where they may be answered.", least=0, most=1)]
    careless: Annotated[
        float, Option(0.0, "Share of people who click at random and follow no instruction.", least=0, most=1)
    ]
    real_error: Annotated[
        float, Option(0.2, "Share of real pictures called fake, in a realism study.", least=0, most=1)
    ]


class PlanningOptions(SeedOptions, total=False):
    """The options of `study.plan`."""

    trials: Annotated[int, Option(30, "Main trials per person.", least=1, most=500)]
    effect: Annotated[
        float | None,
        Option(
            None,
            "Effect worth finding: how often the better method is chosen, or a fooling rate.",
            shown_default="by the kind",
        ),
    ]
    rho: Annotated[
        float, Option(0.05, "Correlation of one person's answers; 0.05 to 0.10 is usual.", least=0, most=0.9)
    ]
    power: Annotated[float, Option(0.8, "Chance to find the effect.", least=0.1, most=0.999)]
    alpha: Annotated[float, Option(0.05, "Level of the tests.", least=0.0001, most=0.2)]
    seconds: Annotated[float, Option(6.0, "Seconds that one trial takes.", least=0.5, most=300)]
    pay: Annotated[float | None, Option(None, "Pay per hour, for the cost.", least=0)]


class MethodCount(TypedDict, total=False):
    """The number of methods of a planned study."""

    methods: Annotated[int, Option(2, "Methods to compare.", least=1, most=9)]
