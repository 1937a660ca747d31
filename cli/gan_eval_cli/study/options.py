"""The options of `gan-eval study new`, gathered into the values that a plan is made of."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_AMOUNTS = {
    "items": click.option(
        "--items", type=click.IntRange(min=1), help="Items in the main part, drawn by the seed.  [default: all]"
    ),
    "trials": click.option(
        "--trials", type=click.IntRange(min=1), help="Main trials per person.  [default: each item once, at most 40]"
    ),
    "forms": click.option(
        "--forms", type=click.IntRange(1, 1000), default=24, show_default=True, help="Balanced forms, at least so many."
    ),
    "practice": click.option(
        "--practice", type=click.IntRange(min=0), help="Practice items.  [default: by kind and number of items]"
    ),
    "repeats": click.option(
        "--repeats", type=click.IntRange(min=0), default=3, show_default=True, help="Trials shown twice to a person."
    ),
    "checks": click.option(
        "--checks", type=click.IntRange(min=0), default=3, show_default=True, help="Instructed checks per person."
    ),
    "gold": click.option(
        "--gold", type=click.IntRange(min=0), default=0, show_default=True, help="Trials with an obvious answer."
    ),
}

_SCREEN = {
    "lang": click.option(
        "--lang", type=click.Choice(["en", "de", "zh"]), default="en", show_default=True, help="Language of the page."
    ),
    "feedback": click.option(
        "--feedback",
        type=click.Choice(["off", "practice", "always"]),
        default="off",
        show_default=True,
        help="When participants are told what was right (realism kinds).",
    ),
    "ties": click.option("--ties", is_flag=True, help="Pairwise: offer “no difference”."),
    "both_bad": click.option("--both-bad", is_flag=True, help="Pairwise: offer “no difference” and “both are bad”."),
    "skip": click.option("--skip", is_flag=True, help="Let a trial be skipped."),
    "confirm": click.option("--confirm", is_flag=True, help="A choice has to be confirmed."),
    "min_ms": click.option(
        "--min-ms", type=click.IntRange(min=0), default=300, show_default=True, help="Earliest answer after onset."
    ),
    "deadline_ms": click.option(
        "--deadline-ms", type=click.IntRange(min=250), help="A trial ends unanswered after it.  [default: none]"
    ),
    "exposure_ms": click.option(
        "--exposure-ms",
        type=click.IntRange(min=0),
        help="Pictures disappear after it; 0: they stay.  [default: by the kind]",
    ),
    "show_px": click.option(
        "--show-px", type=click.IntRange(16, 4000), help="Longest side on the screen, in CSS pixels."
    ),
    "kiosk": click.option("--kiosk", is_flag=True, help="One device, many participants one after the other."),
}

_HOSTING = (
    click.option(
        "--platform",
        type=click.Choice(["none", "generic", "prolific", "mturk"]),
        default="none",
        show_default=True,
        help="Where participants come from.",
    ),
    click.option("--id-param", help="URL parameter that names the participant, in place of the platform's own."),
    click.option("--completion", help="Completion code or address, which `study serve` gives away when all is saved."),
    click.option(
        "--completion-failed",
        help="The same for who failed the instructed checks (rule checks_pass_min).  [default: --completion]",
    ),
    click.option("--completion-declined", help="The same for who does not consent, as a way back.  [default: none]"),
    click.option("--completion-in-page", is_flag=True, help="Put it into the page, where anybody can read it."),
    click.option(
        "--post", metavar="URL", help="Base address of the `study serve` that pages opened elsewhere post to."
    ),
)


def with_amounts(command: Callable[..., None]) -> Callable[..., None]:
    """Add options; the command receives them as `amounts: gan_eval.study.making.request.Amounts`."""

    def make(given: dict[str, Any]) -> Any:
        from gan_eval.study.making.request import Amounts

        return Amounts(**given)

    return _gathered(command, "amounts", _AMOUNTS, make)


def with_screen(command: Callable[..., None]) -> Callable[..., None]:
    """Add options; the command receives them as `screen: gan_eval.study.making.request.Screen`."""

    def make(given: dict[str, Any]) -> Any:
        from gan_eval.study.making.request import Screen

        return Screen(**given)

    return _gathered(command, "screen", _SCREEN, make)


def with_hosting(command: Callable[..., None]) -> Callable[..., None]:
    """Add options; the command receives them as `hosting: gan_eval.study.making.request.Hosting`."""

    def make(given: dict[str, Any]) -> Any:
        from gan_eval.study.making.request import Hosting
        from gan_eval.study.schema import platforms

        name, completion, post = given["platform"], given["completion"], given["post"]
        texts = (completion, given["completion_failed"], given["completion_declined"])
        if completion is None and any(texts):
            raise click.UsageError("--completion-failed and --completion-declined go with --completion.")
        ending, failed, declined = (None if text is None else platforms.completion_url(name, text) for text in texts)
        public = ending if given["completion_in_page"] else None
        return Hosting(
            platforms.platform(name, id_param=given["id_param"], public_url=public),
            ending,
            failed,
            declined,
            None if post is None else platforms.checked_url(post.rstrip("/")),
        )

    names = (
        *("platform", "id_param", "completion", "completion_failed", "completion_declined"),
        *("completion_in_page", "post"),
    )
    return _gathered(command, "hosting", dict(zip(names, _HOSTING, strict=True)), make)


def named_folders(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, Path]:
    """NAME=DIR, each name once, in the order given."""
    found: dict[str, Path] = {}
    for value in values:
        name, equals, folder = value.partition("=")
        if not (name and equals and folder):
            raise click.BadParameter(f"{value!r} is not NAME=DIR")
        if name in found:
            raise click.BadParameter(f"{name!r} is given twice")
        found[name] = Path(folder)
    return found


def _gathered(
    command: Callable[..., None], name: str, table: dict[str, Any], make: Callable[[dict[str, Any]], Any]
) -> Callable[..., None]:
    """The command with the table's options added and passed as one value called `name`."""

    @functools.wraps(command)
    def gather(*arguments: Any, **given: Any) -> None:
        value = make({option: given.pop(option) for option in table})
        command(*arguments, **{name: value}, **given)

    result: Callable[..., None] = gather
    for option in reversed(table.values()):
        result = option(result)
    return result
