"""The metrics: one row each. Options, commands, functions, tables, reports and JSON follow from the row.

A row names the module of `gan_eval.metrics` that holds the metric's code, so that help can be printed without importing
numpy and scipy. That module has

- `estimate(real, fake, plan, *, <options>) -> Sequence[MetricEstimate]`, with the options of the row's table, and
- where the row tests pairs, `differences(real, fakes, *, plan, matches, own) -> PairTests`, with the values of the
  row's options in `own`.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, TypedDict

from gan_eval.metrics.sides import EstimatorPlan, Matches, MetricEstimate, Needs, PairTests, Side
from gan_eval.options import Option
from gan_eval.result import Direction

MetricName = Literal["fid", "kid", "is", "prdc", "cmmd", "mind", "clipped", "authpct", "fld", "realism", "vendi"]


class NoOptions(TypedDict, total=False):
    """A metric without options of its own."""


class FidOptions(TypedDict, total=False):
    """The options of FID alone."""

    infinity: Annotated[bool, Option(False, "Also extrapolate FID to infinitely many images.")]


class KidOptions(TypedDict, total=False):
    """The options of KID alone."""

    exact: Annotated[bool, Option(False, "KID over all pairs, whatever the number of images.")]
    subsets: Annotated[
        int | None, Option(None, "KID as the mean over so many random subsets, as the peers do.", least=1)
    ]
    subset_size: Annotated[int, Option(1000, "Images in each subset.", least=2)]


class InceptionOptions(TypedDict, total=False):
    """The options of the Inception score alone."""

    splits: Annotated[
        int | None,
        Option(None, "Parts of the Inception score.", least=1, shown_default="10 from 5,000 images on, else 1"),
    ]


class PrdcOptions(TypedDict, total=False):
    """The options of precision, recall, density and coverage alone."""

    nearest: Annotated[
        int | None,
        Option(
            None,
            "k of precision, recall, density, coverage and realism: the neighbour that a ball reaches to.",
            least=1,
            shown_default="5, with like='adm' and of realism 3",
        ),
    ]


class MindOptions(TypedDict, total=False):
    """The options of MIND alone."""

    directions: Annotated[int, Option(1000, "Random directions of MIND.", least=1)]


class VendiOptions(TypedDict, total=False):
    """The options of the Vendi score alone."""

    order: Annotated[
        float, Option(1.0, "q of the Vendi score: 1 for Shannon's entropy; a larger q counts what is common.", least=0)
    ]


class MetricOptions(FidOptions, KidOptions, InceptionOptions, PrdcOptions, MindOptions, VendiOptions, total=False):
    """The own options of all metrics together."""


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A number that a metric gives.

    Parameters
    ----------
    name : identifier in JSON.
    title : what tables and reports call it.
    digits : decimals that it is read with where no interval tells.
    direction : which way is better.
    unit : empty for a pure number.
    defined_on : the network that the name is defined on, for a number that is called otherwise elsewhere.
    elsewhere : name and title of the same number where the network is not one that the name is defined on.
    elsewhere_digits : decimals of that number.
    spatially : name and title of the same number on the spatial features of the network that the name is defined on.
    also_times : a factor that papers print the number times, shown beside it; 1 for none.
    compared_at : numbers of images at which two values may be compared.
    """

    name: str
    title: str
    digits: int
    direction: Direction
    unit: str = ""
    defined_on: str = "inception"
    elsewhere: tuple[str, str] | None = None
    elsewhere_digits: int = 3
    spatially: tuple[str, str] | None = None
    also_times: int = 1
    compared_at: Literal["any n", "equal n", "infinitely many"] = "equal n"

    def renamed(self) -> NumberRow:
        """The number as it is called with another network."""
        if self.elsewhere is None:
            return self
        name, title = self.elsewhere
        return replace(self, name=name, title=title, digits=self.elsewhere_digits, elsewhere=None)

    def every_name(self) -> tuple[NumberRow, ...]:
        """The number by each name that it can have."""
        spatial = () if self.spatially is None else (replace(self, name=self.spatially[0], title=self.spatially[1]),)
        return self, self.renamed(), *spatial


@dataclass(frozen=True, slots=True)
class DetailRow:
    """A number among a score's details, `details[key]["value"]`, that tables show below the score.

    of_fake: whether it is a number of the fake set, so that a direction is the better one.
    """

    key: str
    label: str
    digits: int
    of_fake: bool = True

    def better(self, direction: Direction) -> str:
        """The direction, or nothing where there is none."""
        return direction if self.of_fake else ""


@dataclass(frozen=True, slots=True)
class MetricRow:
    """A metric.

    Parameters
    ----------
    name : the name in commands and in `metrics=`.
    sides : `both`: a fake set against a real one. `fake`: the fake set alone; a real set is optional.
    needs : what must be kept of each image, by the plan and the values of the own options.
    numbers : what it gives, in order.
    help : first sentence of its help; REAL and FAKE stand for the sets.
    module : module of `gan_eval.metrics` with its `estimate`.
    options : table of its own options.
    function : its name in Python, where that is not `name`.
    example : further words of the example in its help, after the sources.
    pairs : whether pairs of models are tested by it: never, where it is asked for, or always.
    details : details that tables show.
    """

    name: MetricName
    sides: Literal["fake", "both"]
    needs: Callable[[EstimatorPlan, Mapping[str, Any]], Needs]
    numbers: tuple[NumberRow, ...]
    help: str
    module: str
    options: type = NoOptions
    function: str = ""
    example: str = ""
    pairs: Literal["never", "asked", "always"] = "never"
    details: tuple[DetailRow, ...] = ()

    def estimate(
        self, real: Side | None, fake: Side, plan: EstimatorPlan, own: Mapping[str, Any]
    ) -> list[MetricEstimate]:
        """The metric's numbers of a fake set; `own` holds a value for each of its options."""
        estimates: Sequence[MetricEstimate] = self._module().estimate(real, fake, plan, **own)
        return list(estimates)

    def differences(
        self, real: Side, fakes: Mapping[str, Side], *, plan: EstimatorPlan, matches: Matches, own: Mapping[str, Any]
    ) -> PairTests:
        """Test each pair of models; `matches`: rows of two models that show the same inputs."""
        tests: PairTests = self._module().differences(real, fakes, plan=plan, matches=matches, own=own)
        return tests

    def _module(self) -> Any:
        return importlib.import_module(f"gan_eval.metrics.{self.module}")


def _null(digits: int) -> DetailRow:
    """The number of two halves of the real set, beside that of the fakes."""
    return DetailRow("null", "two halves of the real set", digits, of_fake=False)


_ROWS = (
    MetricRow(
        name="fid",
        sides="both",
        needs=lambda plan, own: Needs(vectors=plan.interval or own["infinity"]),
        numbers=(
            NumberRow(
                "fid",
                "FID",
                2,
                "lower",
                elsewhere=("fd", "Fréchet distance"),
                spatially=("sfid", "sFID"),
                compared_at="infinitely many",
            ),
        ),
        help="Fréchet inception distance between a REAL and a FAKE set (lower is better).",
        module="fid",
        options=FidOptions,
        pairs="asked",
        details=(DetailRow("infinity", "at infinitely many images", 2),),
    ),
    MetricRow(
        name="kid",
        sides="both",
        needs=lambda plan, own: Needs(vectors=True),
        numbers=(
            NumberRow(
                "kid",
                "KID",
                5,
                "lower",
                elsewhere=("kd", "kernel distance"),
                elsewhere_digits=5,
                also_times=100,
                compared_at="any n",
            ),
        ),
        help="Kernel inception distance between a REAL and a FAKE set (lower is better): unbiased, over all pairs.",
        module="kid",
        options=KidOptions,
        example="--json",
        pairs="always",
    ),
    MetricRow(
        name="is",
        sides="fake",
        needs=lambda plan, own: Needs(vectors=True, logits=True),
        numbers=(NumberRow("is", "Inception score", 3, "higher", elsewhere=("score_is", "class score")),),
        help="Inception score of a FAKE set (higher means sharper and more varied labels, not nearer to your data).",
        module="inception_score",
        options=InceptionOptions,
        function="inception_score",
        example="--real real/",
        pairs="asked",
        details=(DetailRow("real", "the real set's own", 3, of_fake=False),),
    ),
    MetricRow(
        name="prdc",
        sides="both",
        needs=lambda plan, own: Needs(vectors=True),
        numbers=tuple(NumberRow(name, name, 3, "higher") for name in ("precision", "recall", "density", "coverage")),
        help="Precision, recall, density and coverage of a FAKE set against a REAL one (higher is better).",
        module="prdc",
        options=PrdcOptions,
        example="--nearest 5",
        pairs="asked",
    ),
    MetricRow(
        name="cmmd",
        sides="both",
        needs=lambda plan, own: Needs(vectors=True),
        numbers=(
            NumberRow(
                "cmmd",
                "CMMD",
                4,
                "lower",
                defined_on="clip",
                elsewhere=("gaussian_kd", "Gaussian kernel distance"),
                elsewhere_digits=4,
            ),
        ),
        help="CMMD between a REAL and a FAKE set (lower is better): the biased Gaussian kernel distance, times 1000.",
        module="cmmd",
        pairs="asked",
        details=(
            DetailRow("unbiased", "without its bias", 4),
            DetailRow("linear", "10 times the squared distance of the means", 4),
            _null(4),
        ),
    ),
    MetricRow(
        name="mind",
        sides="both",
        needs=lambda plan, own: Needs(vectors=True),
        numbers=(NumberRow("mind", "MIND", 3, "lower"),),
        help="MIND between a REAL and a FAKE set (lower is better): gaps of sorted projections on random directions.",
        module="mind",
        options=MindOptions,
        details=(_null(3),),
    ),
    MetricRow(
        name="clipped",
        sides="both",
        needs=lambda plan, own: Needs(vectors=True),
        numbers=(
            NumberRow("clipped_density", "clipped density", 3, "higher"),
            NumberRow("clipped_coverage", "clipped coverage", 3, "higher"),
        ),
        help="Clipped density and coverage of a FAKE set against a REAL one (higher is better, at most 1).",
        module="clipped",
        options=PrdcOptions,
        details=(_null(3),),
    ),
    MetricRow(
        name="authpct",
        sides="both",
        needs=lambda plan, own: Needs(vectors=True),
        numbers=(NumberRow("authpct", "AuthPct", 1, "higher", unit="%"),),
        help="Share of a FAKE set that is no near copy of the training images, which REAL must be (higher is better).",
        module="authpct",
        details=(_null(1),),
    ),
    MetricRow(
        name="fld",
        sides="both",
        needs=lambda plan, own: Needs(vectors=True),
        numbers=(NumberRow("fld", "FLD of halves", 2, "lower"),),
        help="FLD of a FAKE set: how unlikely it makes one half of a REAL set, fitted to the other (lower is better).",
        module="fld",
        details=(
            DetailRow("gap", "generalisation gap", 2),
            DetailRow("null", "a third of the real set", 2, of_fake=False),
        ),
    ),
    MetricRow(
        name="realism",
        sides="both",
        needs=lambda plan, own: Needs(vectors=True),
        numbers=(NumberRow("realism", "median realism", 3, "higher"),),
        help="Median realism of a FAKE set: how deep its images lie among the REAL ones (higher is better).",
        module="realism",
        options=PrdcOptions,
        details=(_null(3),),
    ),
    MetricRow(
        name="vendi",
        sides="fake",
        needs=lambda plan, own: Needs(vectors=True),
        numbers=(NumberRow("vendi", "Vendi score", 2, "higher"),),
        help="Vendi score of a FAKE set: how many different images it holds in effect (higher means more varied).",
        module="vendi",
        options=VendiOptions,
        example="--real real/",
    ),
)

TABLE: Mapping[str, MetricRow] = {row.name: row for row in _ROWS}


@functools.cache
def rows_by_number() -> Mapping[str, MetricRow]:
    """The metric of each number, by each name that the number can have."""
    return {each.name: row for row in TABLE.values() for number in row.numbers for each in number.every_name()}


@functools.cache
def number_rows() -> Mapping[str, NumberRow]:
    """Each number that a metric gives, by each name that it can have."""
    numbers = [number for row in TABLE.values() for number in row.numbers]
    return {number.name: number for original in numbers for number in original.every_name()}
