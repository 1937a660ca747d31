"""How many images tell two models apart, from the images of a pilot.

The test is the one that `compare` makes. Two models are taken from the pilot: two sets that are given, in pairs where
they show the same inputs, or two random halves of one set. The standard error of their difference falls as one over the
root of the number of images, so a difference d is found with the wanted power from

    n = n_pilot · ( smallest difference that the pilot finds / d )²

images of each model on. The real set is taken as it is: what it adds to both models' errors cancels where they are
close.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from gan_eval.api import ScoreCall, options_of
from gan_eval.arguments import check_source
from gan_eval.errors import InputError, TooFewError
from gan_eval.evaluate import grouped, network_of
from gan_eval.feature_set import FeatureSet
from gan_eval.features import Opened
from gan_eval.features import reader as feature_reader
from gan_eval.images import Given
from gan_eval.inference.families import smallest_detectable
from gan_eval.inference.groups import halves_by_group, subset
from gan_eval.metrics import kernel_error
from gan_eval.metrics.moments import StreamingMoments
from gan_eval.metrics.rows import tiles
from gan_eval.metrics.sides import Logits, MatchedRows, rows_of
from gan_eval.metrics.table import TABLE, MetricRow
from gan_eval.options import checked, takes_options
from gan_eval.pairing import image_names, matched_rows, pairing
from gan_eval.result import Progress
from gan_eval.scoring import name_of, needs
from gan_eval.settings import settings_of


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """What numbers of images can tell of two models.

    metric: the number. images: of each model, to find `difference`; None where none was given. pilot: images of each
    model in the pilot. detectable: the smallest difference that so many images, `at` of each model, find. paired:
    whether the models' images show the same inputs. power: the chance to find it, in a test at 5 %.
    """

    metric: str
    difference: float | None
    images: int | None
    pilot: int
    at: int
    detectable: float
    paired: bool
    power: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


@takes_options(ScoreCall)
def plan(
    real: Given,
    fake: Given,
    other: Given | None = None,
    *,
    metric: str = "kid",
    difference: float | None = None,
    images: int | None = None,
    power: float = 0.8,
    progress: Progress | None = None,
    **options: Unpack[ScoreCall],
) -> ImagePlan:
    """Tell how many images find a difference of two models, and which difference so many images find.

    Parameters
    ----------
    real, fake : source
        The real set, and a pilot of generated images; see `Reference` for what a source is.
    other : source or None, default None
        A second model's pilot. Without it two random halves of `fake` stand for two models.
    metric : str, default 'kid'
        A number that `compare` tests pairs by: fid, kid, is, precision, recall, density, coverage.
    difference : float or None, default None
        The difference to be found, in the unit of the metric (of KID itself, not × 100).
    images : int or None, default None
        Images of each model for which the smallest difference is told; those of the pilot where not given.
    power : float, default 0.8
        The chance to find the difference.
    progress : callable or None, default None
        Called with (step, done, total or None).

    Returns
    -------
    ImagePlan
        `images` of each model, and `detectable`.

    Raises
    ------
    GanEvalError
        InputError for a metric without a test, TooFewError for a pilot that is too small for the test.
    """
    check_source("real", real)
    check_source("fake", fake)
    row = _row_of(metric)
    _check(difference, images, power)
    values = checked(ScoreCall, options)
    estimators = options_of(values)
    with feature_reader(settings_of(values), progress) as reader:
        sources = {"real": real, "a": fake} | ({} if other is None else {"b": other})
        opened = {name: reader.open(source) for name, source in sources.items()}
        wanted = needs([row.name], estimators)._replace(vectors=True)
        sets = {name: grouped(reader.read(one, wanted), one, estimators.plan.group) for name, one in opened.items()}
        network = network_of(list(sets.values()), reader.network)
        rows = _rows(sources, opened, sets)
    models = _models(sets, estimators.plan.seed)
    matches = {} if rows is None else {("a", "b"): rows}
    tests = row.differences(sets["real"], models, plan=estimators.plan, matches=matches, own=estimators.own_of(row))
    if metric not in tests.differences:
        raise TooFewError(f"{metric}: the pilot is too small for a plan: {'; '.join(tests.notes)} (give more images)")
    test = tests.differences[metric]["a", "b"]
    pilot = test.paired or min(rows_of(model).shape[0] for model in models.values())
    found = smallest_detectable(test.standard_error, power=power, freedom=test.freedom)
    at = images or pilot
    return ImagePlan(
        metric=name_of(metric, network),
        difference=difference,
        images=None if difference is None else max(math.ceil(pilot * (found / difference) ** 2), _least(row, sets)),
        pilot=pilot,
        at=at,
        detectable=found * math.sqrt(pilot / at),
        paired=bool(test.paired),
        power=power,
    )


def _row_of(metric: str) -> MetricRow:
    """The metric whose test of pairs gives a number."""
    tested = {number.name: row for row in TABLE.values() if row.pairs != "never" for number in row.numbers}
    if metric not in tested:
        raise InputError(f"metric={metric!r}: pairs are not tested by it; use one of {', '.join(tested)}")
    return tested[metric]


def _check(difference: float | None, images: int | None, power: float) -> None:
    if difference is not None and not (math.isfinite(difference) and difference > 0):
        raise InputError(f"difference={difference!r}: use a number above 0")
    if images is not None and images < 1:
        raise InputError(f"images={images!r}: use a whole number from 1 on")
    if not 0.05 < power < 1:
        raise InputError(f"power={power!r}: use a number between 0.05 and 1")


def _least(row: MetricRow, sets: dict[str, FeatureSet]) -> int:
    """Fewest images with which the metric tests at all: FID's bias must be known."""
    return 2 * sets["real"].statistics.dim + 1 if row.name == "fid" else kernel_error.LEAST


def _rows(sources: dict[str, Given], opened: dict[str, Opened], sets: dict[str, FeatureSet]) -> MatchedRows | None:
    """Rows of the two pilots that show the same inputs; None where they do not, or where there is one pilot."""
    if "b" not in sets or pairing({name: sources[name] for name in "ab"}) is None:
        return None
    names = [image_names(opened[name].source, sets[name].bad, sets[name].n or 0) for name in "ab"]
    if names[0] is None or names[1] is None:
        return None
    rows = MatchedRows(*(np.array(found, np.intp) for found in matched_rows(names[0], names[1])))
    return rows if len(rows.a) >= kernel_error.LEAST else None


def _models(sets: dict[str, FeatureSet], seed: int) -> dict[str, FeatureSet]:
    """Two models: the two pilots, or two random halves of the one."""
    if "b" in sets:
        return {name: sets[name] for name in "ab"}
    whole = sets["a"]
    halves = halves_by_group(rows_of(whole).shape[0], whole.groups, np.random.default_rng(seed))
    return {name: _part(whole, rows) for name, rows in zip("ab", halves, strict=True)}


@dataclass(frozen=True, slots=True, eq=False)
class _SomeLogits:
    """Class scores of some of a set's images."""

    whole: Logits
    rows: NDArray[np.intp]

    @property
    def n(self) -> int:
        return len(self.rows)

    def array(self) -> NDArray[np.float32]:
        """The whole in memory."""
        return self.whole.array()[self.rows]


def _part(whole: FeatureSet, rows: NDArray[np.intp]) -> FeatureSet:
    """A set of some of a set's images."""
    vectors = np.asarray(rows_of(whole)[rows])
    moments = StreamingMoments(vectors.shape[1])
    for tile in tiles(len(rows)):
        moments.update(vectors[tile])
    return replace(
        whole,
        n=len(rows),
        vectors=vectors,
        statistics=moments.finish(),
        logits=None if whole.logits is None else _SomeLogits(whole.logits, rows),
        groups=subset(whole.groups, rows),
    )
