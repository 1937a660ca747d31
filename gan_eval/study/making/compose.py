"""Makes a study in memory: samples items, reads pictures, draws the design and fills manifest and key.

Order matters: the items are drawn from their names by the seed, then opened; the design is drawn from names alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from gan_eval.errors import InputError
from gan_eval.result import Progress
from gan_eval.study.analysing.kinds.table import kind_spec
from gan_eval.study.making.delivery import deliver, draw_pictures
from gan_eval.study.making.design import build, repeats_of
from gan_eval.study.making.key_and_manifest import Drawn, fill
from gan_eval.study.making.pictures import Fitting
from gan_eval.study.making.request import StudyRequest
from gan_eval.study.making.sampling import Pools, sample
from gan_eval.study.making.sources import PictureReader, Problems, Sources, formats, open_sources, translated
from gan_eval.study.making.webpage import Page, default_text
from gan_eval.study.schema.ids import mac
from gan_eval.study.schema.manifest import Key, Manifest
from gan_eval.study.schema.trials import Layout


class Study(NamedTuple):
    """A study in memory. page: as it is on disk; problems: sentences for the researcher."""

    page: Page
    key: Key
    images: Mapping[str, bytes]
    problems: Problems

    @property
    def manifest(self) -> Manifest:
        """The public manifest."""
        return self.page.manifest


def compose(plan: StudyRequest, *, progress: Progress) -> Study:
    """Make the study.

    Parameters
    ----------
    plan : StudyRequest
        What the researcher asks for.
    progress : Progress
        Is told what is being read and encoded.

    Returns
    -------
    Study
        Page, key and pictures, and what the researcher should hear.

    Raises
    ------
    InputError
        Something in the request or in the folders must be mended first.
    MismatchError
        The methods' outputs are of different translations.
    """
    _refuse_contradictions(plan)
    trial = kind_spec(plan.kind).trial
    folders, notices = translated(plan.folders, wants_inputs=trial.shows_input, wants_real=trial.needs_real)
    plan = replace(plan, folders=folders)
    sources = open_sources(folders)
    names = {f"m{n}": name for n, name in enumerate(folders.methods)}
    reader = PictureReader(sources, plan.fit)
    pools = sample(plan, sources, reader, tuple(names), progress)
    problems = _problems(plan, sources, reader, names, notices)
    _refuse_problems(plan, problems, len(pools.main.items))
    _refuse_copies(problems, len({picture.item for picture in reader.hashes if picture.source in names}))
    layout = _layout(plan, tuple(names), pools)
    design = build(layout, seed=plan.seed, secret=plan.secret)
    if (room := min(repeats_of(design))) < plan.amounts.repeats:
        told = f"{room} of {plan.amounts.repeats} repeats per person: more have no room between so few trials"
        problems = replace(problems, notices=[*problems.notices, told])
    pixels = draw_pictures(design, reader, plan.seed)
    images = deliver(pixels, plan.jpeg_quality, progress)
    manifest, key = fill(plan, Drawn(layout, design, sources, reader, pixels, images))
    truths = key.truths if plan.screen.feedback == "always" else None
    return Study(Page(manifest, truths=truths), key, images, problems)


def _layout(plan: StudyRequest, methods: tuple[str, ...], pools: Pools) -> Layout:
    amounts = plan.amounts
    return Layout(
        kind=plan.kind,
        study_id=plan.study_id or "study-" + mac(plan.secret, "", "study-id")[:8],
        methods=methods,
        main=pools.main,
        practice=pools.practice,
        gold=pools.gold,
        reference=kind_spec(plan.kind).trial.shows_input and plan.folders.inputs is not None,
        trials=amounts.trials,
        forms=amounts.forms,
        repeats=amounts.repeats,
        imc=amounts.checks,
    )


def _refuse_contradictions(plan: StudyRequest) -> None:
    spec = kind_spec(plan.kind)
    if spec.trial.truth is None and plan.screen.feedback != "off":
        raise InputError(f"feedback={plan.screen.feedback}: a {plan.kind} study has no right answers (leave it out)")
    if (plan.screen.ties or plan.screen.both_bad) and not spec.trial.ties:
        raise InputError(f"ties go with a pairwise study, not with {plan.kind}")
    paths = [path.resolve() for path in plan.folders.methods.values()]
    if len(set(paths)) < len(paths):
        raise InputError("one folder is given for two methods (give each method its own)")
    if unknown := sorted(plan.text.keys() - set(default_text("en", plan.kind, with_input=False).__slots__)):
        raise InputError(f"the page has no text called {unknown[0]!r}")


def _problems(
    plan: StudyRequest, sources: Sources, reader: PictureReader, names: Mapping[str, str], notices: list[str]
) -> Problems:
    return Problems(
        sources.missing if any(sources.missing.values()) else {},
        reader.unreadable,
        reader.sizes,
        reader.identical(names),
        formats(sources, names),
        [*notices, *_resampled(reader, plan.fit)],
    )


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
        raise InputError(f"{line} (people pick by size; pass resize='WIDTHxHEIGHT' to bring all to one)")
    leaves_out = replace(Problems(), missing=problems.missing, unreadable=problems.unreadable).lines()
    if leaves_out and not plan.allow_missing:
        raise InputError("; ".join(leaves_out) + " (mend this, or pass allow_missing=True to leave these items out)")
    if main < 1:
        raise InputError("no readable items are left for the main part: " + "; ".join(leaves_out))


def _refuse_copies(problems: Problems, items: int) -> None:
    """Two methods that gave the same file for every item are one method."""
    for (first, second), count in Counter((a, b) for _, a, b in problems.identical).items():
        if count == items:
            raise InputError(f"{first} and {second} gave the same files throughout (is one folder given twice?)")
