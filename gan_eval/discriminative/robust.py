"""From the runs of all seeds to scores, error bars and tests."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import trapezoid

from gan_eval.discriminative import crossed as statistics
from gan_eval.discriminative.crossed import Heights
from gan_eval.discriminative.outcome import Curves, NrdsPair, SeedOutcome
from gan_eval.discriminative.pair_tests import pair_p_values
from gan_eval.discriminative.training import FoldResult
from gan_eval.inference.intervals import holm
from gan_eval.result import Interval

Array = NDArray[np.float64]

REAL = "real"
METHOD = "crossed bootstrap over seeds and source images, simultaneous over the models"
PAIR_METHOD = "crossed bootstrap over seeds and source images, simultaneous over the pairs"


class Seat(NamedTuple):
    """One set judged by one discriminator. row: its place in that discriminator's results."""

    name: str
    result: FoldResult
    row: int

    @property
    def held_out(self) -> Array:
        """(E,) mean output over the images judged."""
        return np.asarray(self.result.held_out[self.row])

    @property
    def trained(self) -> Array:
        """(E,) mean output over the images learnt from."""
        return np.asarray(self.result.trained[self.row])


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Every discriminator's results.

    names: of the models, in the order of the sets. sources: per set, real first. groups: which models each
    discriminator faced, by place; every model stands in one group. folds: [seed][group][fold].
    """

    names: tuple[str, ...]
    sources: tuple[tuple[str, ...], ...]
    groups: tuple[tuple[int, ...], ...]
    folds: tuple[tuple[tuple[FoldResult, FoldResult], ...], ...]

    def seats(self, seed: int | None = None) -> Iterator[Seat]:
        """Every set with every discriminator, of one seed or of all."""
        for of_seed in self.folds if seed is None else [self.folds[seed]]:
            for group, results in zip(self.groups, of_seed, strict=True):
                for result in results:
                    yield Seat(REAL, result, 0)
                    yield from (Seat(self.names[place], result, row) for row, place in enumerate(group, 1))

    def heights(self, place: int, group: int) -> Heights:
        """Held-out heights of a set (0 is real) under the discriminators of one group."""
        row = 0 if place == 0 else self.groups[group].index(place - 1) + 1
        values = [np.nanmean([one.heights[row] for one in of_seed[group]], axis=0) for of_seed in self.folds]
        return Heights(np.stack(values), self.sources[place])


@dataclass(frozen=True, slots=True)
class Numbers:
    """Score, error bar and test of one model.

    share: its score, relative to the others. fraction: its height over that of the held-out reals, for which no rival
    is needed. height, trained_height: mean height of the curves over images judged and over images learnt from.
    confusion: mean height of 1 − AUC against the held-out reals, ½ where nothing tells them apart. real_p: p-value of
    "not to be told from held-out reals", Holm's over the models. told: whether every discriminator told its images from
    reals in the end, among those it learnt from.
    """

    share: float
    share_interval: Interval
    fraction: float
    fraction_interval: Interval
    height: float
    trained_height: float
    confusion: float
    real_p: float
    told: bool


@dataclass(frozen=True, slots=True)
class ReducedRuns:
    """`Runs`, reduced.

    models: by name. real: mean height of the held-out reals. separated: whether every discriminator came to an end
    before its epochs did.
    """

    models: Mapping[str, Numbers]
    pairs: tuple[NrdsPair, ...]
    real: float
    separated: bool
    seeds: tuple[SeedOutcome, ...]
    curves: Curves
    trained_curves: Curves


def analyse(runs: Runs, seed: int) -> ReducedRuns:
    """Reduce all runs; `seed` decides the bootstrap's and the tests' draws."""
    rng = np.random.default_rng([seed, len(runs.folds)])
    group_of = {place: number for number, group in enumerate(runs.groups) for place in group}
    models = [runs.heights(place + 1, group_of[place]) for place in range(len(runs.names))]
    reals = [runs.heights(0, group) for group in range(len(runs.groups))]
    by_seed = np.stack([one.values.mean(axis=1) for one in models])  # (n, S)
    faced = [group_of[place] for place in range(len(models))]
    drawn = statistics.bootstrap(reals, models, rng, faced)
    pairs = _pairs(runs, models, by_seed, drawn.shares, rng)
    return ReducedRuns(
        models=_numbers(runs, by_seed, np.array([reals[group].values.mean() for group in faced]), drawn),
        pairs=tuple(pairs),
        real=float(np.mean([one.values.mean() for one in reals])),
        separated=all(seat.result.separated for seat in runs.seats()),
        seeds=tuple(_seed(runs, number, by_seed[:, number]) for number in range(len(runs.folds))),
        curves=_mean_curves([(seat.name, seat.held_out) for seat in runs.seats()]),
        trained_curves=_mean_curves([(seat.name, seat.trained) for seat in runs.seats()]),
    )


def _numbers(runs: Runs, by_seed: Array, reals: Array, drawn: statistics.Replicates) -> dict[str, Numbers]:
    share, fraction = statistics.shares(by_seed), by_seed.mean(axis=1) / reals
    share_intervals = statistics.intervals(share, drawn.shares, method=METHOD)
    fraction_intervals = statistics.intervals(fraction, drawn.fractions, method=METHOD)
    seats: dict[str, list[Seat]] = defaultdict(list)
    for seat in runs.seats():
        seats[seat.name].append(seat)
    made = {}
    for place, name in enumerate(runs.names):
        mine = seats[name]
        made[name] = Numbers(
            share=float(share[place]),
            share_interval=share_intervals[place],
            fraction=float(fraction[place]),
            fraction_interval=fraction_intervals[place],
            height=float(by_seed[place].mean()),
            trained_height=float(np.mean([_height(seat.trained) for seat in mine])),
            confusion=float(np.mean([_height(seat.result.confusion[seat.row - 1]) for seat in mine])),
            real_p=statistics.real_p_value([_judged(seat) for seat in mine]),
            told=all(seat.result.told[seat.row - 1] for seat in mine),
        )
    adjusted = holm([one.real_p for one in made.values()])
    return {name: replace(one, real_p=p) for (name, one), p in zip(made.items(), adjusted, strict=True)}


def _judged(seat: Seat) -> tuple[Array, Array]:
    """Heights of the reals and of the set's images that this discriminator judged."""
    real, mine = seat.result.heights[0], seat.result.heights[seat.row]
    return real[~np.isnan(real)], mine[~np.isnan(mine)]


def _pairs(
    runs: Runs, models: Sequence[Heights], by_seed: Array, drawn: Array, rng: np.random.Generator
) -> list[NrdsPair]:
    """Every pair, the better one first."""
    values = statistics.shares(by_seed)
    places = [sorted(pair, key=lambda i: -values[i]) for pair in itertools.combinations(range(len(models)), 2)]
    p_values = pair_p_values([(models[i], models[j]) for i, j in places], rng)
    if not places:
        return []
    left, right = (list(side) for side in zip(*places, strict=True))
    differences = values[left] - values[right]
    intervals = statistics.intervals(differences, drawn[:, left] - drawn[:, right], method=PAIR_METHOD, signed=True)
    return [
        NrdsPair(
            a=runs.names[i],
            b=runs.names[j],
            metric="nrds",
            difference=float(difference),
            interval=interval,
            p_value=p,
            adjusted_p=adjusted,
            seeds_for_a=int((by_seed[i] > by_seed[j]).sum()),
        )
        for (i, j), difference, interval, p, adjusted in zip(
            places, differences, intervals, p_values, holm(p_values), strict=True
        )
    ]


def _seed(runs: Runs, number: int, heights: Array) -> SeedOutcome:
    seats = list(runs.seats(number))
    return SeedOutcome(
        seed=number,
        scores=dict(zip(runs.names, map(float, heights / heights.sum()), strict=True)),
        areas=dict(zip(runs.names, map(float, heights), strict=True)),
        epochs=tuple(len(seat.held_out) for seat in seats if seat.name == REAL),
        curves=_mean_curves([(seat.name, seat.held_out) for seat in seats]),
    )


def _mean_curves(found: Sequence[tuple[str, Array]]) -> Curves:
    """Mean over discriminators; one that had separated its sets is taken to go on as it ended."""
    longest = max(len(curve) for _, curve in found)
    curves: dict[str, list[Array]] = defaultdict(list)
    for name, curve in found:
        curves[name].append(np.pad(curve, (0, longest - len(curve)), mode="edge"))
    return {name: tuple(map(float, np.mean(rows, axis=0))) for name, rows in curves.items()}


def _height(curve: Array) -> float:
    """Area divided by length: (E,) with E ≥ 2."""
    return float(trapezoid(curve) / (len(curve) - 1))
