"""`nrds`: models in, scores out, by the robust protocol or by the published one."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from gan_eval.arguments import check_models, check_source
from gan_eval.discriminative.discriminators import DiscriminatorName
from gan_eval.discriminative.findings import COPIES, Contest, published_outcome, robust_outcome
from gan_eval.discriminative.outcome import NrdsResult
from gan_eval.discriminative.plan import Against, ContestPlan, Protocol, plan
from gan_eval.discriminative.published import published_curves
from gan_eval.discriminative.robust import REAL, Runs, analyse
from gan_eval.discriminative.runs import seed_run
from gan_eval.discriminative.sets import ImageSet, read_features, read_pixels
from gan_eval.discriminative.training import FoldResult
from gan_eval.errors import InputError, TooFewError
from gan_eval.extractors.known import LITE0
from gan_eval.features import FeatureReader, Opened
from gan_eval.features import reader as feature_reader
from gan_eval.guards.copies import nearness
from gan_eval.images import Given
from gan_eval.options import checked, takes_options
from gan_eval.provenance import Provenance
from gan_eval.result import Progress
from gan_eval.settings import NetworkOptions, Settings
from gan_eval.translation import recorded_inputs, recorded_reference

IDENTITY = "identity"
#: The smallest set that can be halved into something to learn from and something to judge.
LEAST = 4
TRAINING = "epochs of discriminators"


@takes_options(NetworkOptions)
def nrds(
    models: Mapping[str, Given] | Sequence[str | os.PathLike[str]],
    real: Given | None = None,
    *,
    protocol: Protocol = "robust",
    discriminator: DiscriminatorName | None = None,
    against: Against = "pool",
    inputs: Given | None = None,
    seeds: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    size: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    **reading: Unpack[NetworkOptions],
) -> NrdsResult:
    """Normalized relative discriminative score of two or more models. Higher is more realistic; the scores sum to 1.

    With the cache, seeds that are finished are not run again. The feature network also tells near copies.

    Parameters
    ----------
    models : mapping of name to source, or sequence of paths
        The models' images; a path is named by its last part.
    real : source or None, default None
        The real images; None for the set that `nicegan translate` recorded beside the models' images.
    protocol : {'robust', 'published'}, default 'robust'
        `robust`: several seeds, held-out images, equal exposure, error bars and tests. `published`: the published
        code's single run, for comparison with numbers of others.
    discriminator : {'features', 'paper', 'small'} or None, default None
        None for `features`; the published protocol has `paper`.
    against : {'pool', 'real'}, default 'pool'
        `pool`: all models in front of one discriminator. `real`: each model in front of one of its own.
    inputs : source or None, default None
        The images that the models translated; untranslated they compete as `identity`, and must come last. None for
        those that `nicegan translate` recorded, if they are still there. The published protocol has no such thing.
    seeds : int or None, default None
        Runs of the robust protocol; None for 5.
    epochs, batch_size, size : int or None, default None
        Of the discriminator, instead of its own.
    seed : int, default 0
        Seed of everything random.
    progress : callable or None, default None
        Called with (step, done, total or None).

    Returns
    -------
    NrdsResult
        Scores, intervals, pairs and what was found on the way.

    Raises
    ------
    InputError, BadImagesError, WeightsError: what cannot be read. TooFewError: fewer than two models, or sets too
    small to be halved.
    """
    chosen = plan(
        protocol,
        discriminator=discriminator,
        against=against,
        seeds=seeds,
        epochs=epochs,
        batch_size=batch_size,
        size=size,
        seed=seed,
    )
    settings = Settings(**checked(NetworkOptions, reading))
    check_models(models, paths=True)
    for name, source in {"real": real, "inputs": inputs}.items():
        if source is not None:
            check_source(name, source)
    return contest(_named(models), real, chosen, inputs=inputs, settings=settings, progress=progress)


def contest(
    models: Mapping[str, Given],
    real: Given | None,
    chosen: ContestPlan,
    *,
    inputs: Given | None = None,
    settings: Settings = Settings(),  # noqa: B008 - an immutable value
    progress: Progress | None = None,
) -> NrdsResult:
    """`nrds` for a plan that has been checked."""
    _check_names(models)
    robust = chosen.protocol == "robust"
    reference = real if real is not None else recorded_reference(models)
    if not robust:
        settings = replace(settings, features=LITE0.name, weights=None)  # no network takes part
    with feature_reader(settings, progress) as reader:
        opened = {REAL: reader.open(reference)} | {name: reader.open(given) for name, given in models.items()}
        identity, notes = _identity(opened, reader, models, inputs) if robust else (None, ())
        sets = {name: _read(reader, name, one, chosen) for name, one in opened.items()}
        # The order in which models are named must not matter to a single bit: they are ordered by their contents.
        rivals = sorted((sets[name] for name in sets if name != REAL), key=lambda one: (one.key(), one.name))
        entered = Contest(chosen, sets[REAL], tuple(rivals), reader.network.name, identity, notes)
        outcome = (_robust if robust else _published)(entered, reader)
        return replace(outcome, warnings=(*reader.cache.notes, *outcome.warnings))


def _robust(entered: Contest, reader: FeatureReader) -> NrdsResult:
    _check_sizes(entered)
    with reader.timed("statistics"):
        near = nearness(entered.real.feature_rows(), [one.feature_rows() for one in entered.models])
    copiers = [place for place, one in enumerate(near) if one.near_copies > COPIES]
    with reader.timed("discriminators"):
        runs = _run_seeds(entered, reader, copiers)
    with reader.timed("statistics"):
        found = analyse(runs, entered.plan.seed)
    notes = (*reader.network.notices, *entered.notes)
    return robust_outcome(replace(entered, notes=notes), found, near, _provenance(entered, reader))


def _published(entered: Contest, reader: FeatureReader) -> NrdsResult:
    chosen = entered.plan
    with reader.timed("discriminators"):
        curves = published_curves(
            chosen.recipe,
            entered.real,
            entered.models,
            chosen.seed,
            cache=reader.cache,
            device=reader.network.device,
            on_epoch=_reporting(reader.progress, 0, chosen.recipe.epochs),
        )
    return published_outcome(entered, curves, replace(_provenance(entered, reader), features={}))


def groups_of(count: int, against: Against, copiers: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Which of `count` models, by place, face one discriminator together.

    Copies of real images would teach the pool's discriminator that reals are fakes, and so lift every rival's height
    over that of the reals: copiers face a discriminator of their own.
    """
    alone = range(count) if against == "real" else copiers
    pool = tuple(place for place in range(count) if place not in alone)
    return (*((pool,) if pool else ()), *((place,) for place in alone))


def _run_seeds(entered: Contest, reader: FeatureReader, copiers: Sequence[int]) -> Runs:
    chosen, models = entered.plan, entered.models
    groups = groups_of(len(models), chosen.against, copiers)
    network = reader.network.key() if chosen.recipe.name == "features" else {}
    each = 2 * chosen.recipe.epochs
    total = chosen.seeds * len(groups) * each
    results = []
    for number in range(chosen.seeds):
        of_seed: list[tuple[FoldResult, FoldResult]] = []
        for group in groups:
            done = (number * len(groups) + len(of_seed)) * each
            of_seed.append(
                seed_run(
                    chosen.recipe,
                    entered.real,
                    [models[place] for place in group],
                    (chosen.seed, number),
                    cache=reader.cache,
                    network=network,
                    device=reader.network.device,
                    on_epoch=_reporting(reader.progress, done, total),
                )
            )
        results.append(tuple(of_seed))
    if reader.progress:
        reader.progress(TRAINING, total, total)
    sources = (entered.real.sources, *(one.sources for one in models))
    return Runs(tuple(one.name for one in models), sources, groups, tuple(results))


def _read(reader: FeatureReader, name: str, opened: Opened, chosen: ContestPlan) -> ImageSet:
    """Read a set: the discriminator's inputs, and features for the search for near copies."""
    if chosen.protocol == "robust" and chosen.recipe.name == "features":
        return read_features(reader, name, opened)
    size, deep = chosen.recipe.size, reader.deep
    pixels = read_pixels(name, opened, size, workers=reader.workers, deep=deep, progress=reader.progress)
    if chosen.protocol == "published":
        return pixels
    return replace(pixels, features=read_features(reader, name, opened).features)


def _identity(
    opened: dict[str, Opened], reader: FeatureReader, models: Mapping[str, Given], inputs: Given | None
) -> tuple[str | None, tuple[str, ...]]:
    """Add the untranslated inputs as a model if they are known and not a model yet: their name, and notes."""
    if IDENTITY in models:
        return IDENTITY, ()
    missing = None
    if inputs is None:
        recorded = recorded_inputs(models)
        inputs, missing = recorded.source, recorded.missing
    if inputs is None:
        return None, (f"the untranslated images could not be added as a model: {missing}",) if missing else ()
    entry = reader.open(inputs)
    for name in models:
        if _hash(opened[name]) is not None and _hash(opened[name]) == _hash(entry):
            return name, ()
    opened[IDENTITY] = entry
    return IDENTITY, ()


def _hash(opened: Opened) -> str | None:
    return opened.contents.sha256 if opened.contents else None


def _check_names(models: Mapping[str, Given]) -> None:
    if len(models) < 2:
        raise TooFewError(f"{len(models)} model: relative scores need at least 2 (one alone has the score 1)")
    if REAL in models:
        raise InputError(f"a model is called {REAL!r}, as the real set is: give it another name (NAME=SOURCE)")


def _check_sizes(entered: Contest) -> None:
    for one in (entered.real, *entered.models):
        shown = len(set(one.sources))
        if shown < LEAST:
            raise TooFewError(
                f"{one.name}: {shown} different source images; training on one half and judging the other needs {LEAST}"
            )


def _named(models: Mapping[str, Given] | Sequence[str | os.PathLike[str]]) -> dict[str, Given]:
    if isinstance(models, Mapping):
        return dict(models)
    named = {Path(given).stem or os.fspath(given): given for given in models}
    if len(named) < len(models):
        raise InputError("two models have the same name: give them as a dictionary of name and source")
    return named


def _provenance(entered: Contest, reader: FeatureReader) -> Provenance:
    return reader.provenance({one.name: one.describe() for one in (entered.real, *entered.models)})


def _reporting(progress: Progress | None, before: int, total: int) -> Callable[[int], None] | None:
    return (lambda epoch: progress(TRAINING, before + epoch, total)) if progress else None
