"""Inputs and outputs of metrics, as the rows of `metrics.table` use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from gan_eval.errors import InputError
from gan_eval.result import Interval
from gan_eval.settings import Like

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gan_eval.inference.groups import Groups
    from gan_eval.metrics.moments import Statistics
    from gan_eval.metrics.relative import Difference
    from gan_eval.metrics.rows import Rows


class Needs(NamedTuple):
    """Data that metrics need beside the moments: every feature vector, every image's class scores."""

    vectors: bool = False
    logits: bool = False

    def kinds(self) -> list[str]:
        """Names of the cache entries that satisfy them, the smallest first."""
        kinds = {"moments": Needs(), "features": Needs(True), "features and logits": Needs(True, True)}
        return [name for name, has in kinds.items() if has.vectors >= self.vectors and has.logits >= self.logits]


class Logits(Protocol):
    """Class scores (n, K) float32, read when they are asked for."""

    @property
    def n(self) -> int: ...
    def array(self) -> NDArray[np.float32]:
        """The whole in memory."""
        ...


class Side(Protocol):
    """One of the two sets of images, reduced to what metrics need.

    label: what the user gave. n: number of images, None where a file of moments does not tell. statistics: mean and
    covariance. vectors: (n, D) features, None where they were not kept. logits: (n, K) class scores, likewise.
    groups: (n,) code of each image's group, None where images are independent.
    """

    @property
    def label(self) -> str: ...
    @property
    def n(self) -> int | None: ...
    @property
    def statistics(self) -> Statistics: ...
    @property
    def vectors(self) -> Rows | None: ...
    @property
    def logits(self) -> Logits | None: ...
    @property
    def groups(self) -> Groups | None: ...


class MatchedRows(NamedTuple):
    """Rows of two models' sets whose images show the same inputs: row a[i] of the first and row b[i] of the second."""

    a: NDArray[np.intp]
    b: NDArray[np.intp]

    def whole(self, n: int, m: int) -> bool:
        """Whether these are all n and m rows, in their order."""
        return all(
            len(rows) == count and bool((rows == range(count)).all()) for rows, count in ((self.a, n), (self.b, m))
        )


#: For each pair of models that show the same inputs, their rows.
Matches: TypeAlias = "Mapping[tuple[str, str], MatchedRows]"


class PairTests(NamedTuple):
    """Tests of pairs of models by one metric.

    differences: number → pair → the first model's value less the second's. notes: why pairs are not tested, and other
    sentences that a reader must know, without the number's name before them.
    """

    differences: Mapping[str, Mapping[tuple[str, str], Difference]]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EstimatorPlan:
    """The options that every metric has. like: the tool whose estimators and constants are followed, None for ours.
    group: the rule that groups images, None where they are independent."""

    like: Like | None = None
    interval: bool = True
    seed: int = 0
    group: str | None = None


@dataclass(frozen=True, slots=True)
class MetricEstimate:
    """One number of a metric.

    number: name of its `NumberRow`. details: further numbers, JSON-ready. warnings: sentences that a reader of the
    number must know, without the number's name before them.
    """

    number: str
    value: float
    interval: Interval | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def rows_of(side: Side) -> Rows:
    """The feature vectors of a side. Raises InputError where it holds moments alone."""
    if side.vectors is None:
        raise InputError(
            f"{side.label}: holds moments only, and this metric needs every feature vector "
            "(give the images, or a file that keeps features as well)"
        )
    return side.vectors
