"""Which items and real pictures enter a study: drawn from their names by the seed, then opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gan_eval.errors import InputError
from gan_eval.result import Progress
from gan_eval.study.analysing.kinds.table import kind_spec
from gan_eval.study.making.request import StudyRequest
from gan_eval.study.making.sources import PictureReader, Sources, shuffled_stems
from gan_eval.study.schema.trials import INPUT, REAL, PictureSource, Pool


class Pools(NamedTuple):
    main: Pool
    practice: Pool
    gold: Pool


def sample(
    plan: StudyRequest, sources: Sources, reader: PictureReader, methods: Sequence[str], progress: Progress
) -> Pools:
    """Draw items (and real pictures) from their names, then open them; a damaged one gives way to the next drawn."""
    order = shuffled_stems(sources.items, seed=plan.seed, label="items")
    practice, gold, main = _amounts(plan, len(order))
    labels = [*methods, *([INPUT] if INPUT in sources.files else [])]
    items: list[str] = []
    for stem in order:
        if len(items) == main + practice + gold:
            break
        if reader.readable([PictureSource(label, stem) for label in labels]):
            items.append(stem)
        progress("reading", len(items), main + practice + gold)
    if plan.amounts.items is None:
        main = max(0, len(items) - practice - gold)
    apart, chosen = items[: practice + gold], tuple(items[practice + gold :][:main])
    groups = (chosen, tuple(apart[gold:]), tuple(apart[:gold]))
    if not kind_spec(plan.kind).trial.needs_real or REAL not in sources.files:
        return Pools(*(Pool(group) for group in groups))
    return Pools(*map(Pool, groups, _reals(plan, sources, reader, *groups)))


def _amounts(plan: StudyRequest, available: int) -> tuple[int, int, int]:
    """Practice, gold and main items (InputError where the folders share fewer)."""
    wanted = plan.amounts
    usual = min(kind_spec(plan.kind).trial.practice, available // 4)
    practice = usual if wanted.practice is None else wanted.practice
    main = wanted.items if wanted.items is not None else max(1, available - practice - wanted.gold)
    if main + practice + wanted.gold > available:
        raise InputError(
            f"{main + practice + wanted.gold} items asked for ({main} main, {practice} practice, {wanted.gold} gold), "
            f"the folders share {available} (ask for fewer, or give more pictures)"
        )
    return practice, wanted.gold, main


def _reals(
    plan: StudyRequest, sources: Sources, reader: PictureReader, *groups: tuple[str, ...]
) -> list[tuple[str, ...]]:
    """Real pictures for each group of items: of the same stem where all have one, else drawn without replacement."""
    paired = kind_spec(plan.kind).trial.real_beside_fake and all(
        stem in sources.files[REAL] for group in groups for stem in group
    )
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
            raise InputError(f"{len(sources.reals)} real pictures are too few for this study (give more of them)")
        taken.append(tuple(mine))
    return [taken[2], taken[0], taken[1]]
