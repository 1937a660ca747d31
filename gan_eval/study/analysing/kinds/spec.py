"""What is particular to a kind of study: all that design, page, simulation, planning, analysis and report ask of it.

Each kind has one file beside this one, which ends in its `SPEC`; `table` names the kinds. Nothing else in the package
branches on a kind's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gan_eval.study.analysing.findings import AnalysisSettings, Findings
from gan_eval.study.analysing.tables import RowIndex, TrialAnswer
from gan_eval.study.schema.trials import REAL

Floats = NDArray[np.float64]
Sources = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrialSpec:
    """What a trial shows and asks. A source is a method's id or `trials.REAL`.

    meetings: method ids → the sources that meet in a main trial, one tuple per sort of trial, in the proportions in
    which they come. labels: words of which one is said of a single picture; empty where a picture is chosen.
    truth: sources of a trial → the label or the source that is right; None where nothing is right or wrong.
    spoilt: the label that a picture spoilt beyond doubt deserves. least_methods: fewest methods. ties: whether
    "no difference" may be offered. ranked: whether all pictures are put in order instead of one chosen. shows_input:
    whether an input may stand beside. practice: usual practice items.
    exposure_ms: usual exposure, None where pictures stay.
    """

    meetings: Callable[[Sequence[str]], list[Sources]]
    labels: tuple[str, ...] = ()
    truth: Callable[[Sources], str] | None = None
    spoilt: str | None = None
    least_methods: int = 1
    ties: bool = False
    shows_input: bool = False
    ranked: bool = False
    practice: int = 2
    exposure_ms: int | None = None

    @property
    def needs_real(self) -> bool:
        """Whether real pictures take part."""
        return any(REAL in sources for sources in self.meetings(("m0", "m1")))

    @property
    def real_beside_fake(self) -> bool:
        """Whether a real picture stands beside each fake, so that items and real pictures go in pairs."""
        return all(REAL in sources and len(sources) > 1 for sources in self.meetings(("m0", "m1")))

    def options(self, methods: int) -> int:
        """How many pictures a trial puts to choice."""
        return len(self.meetings([f"m{number}" for number in range(methods)])[0])


@dataclass(frozen=True, slots=True)
class AnalysisSpec:
    """How answers become findings.

    tabulate: answers with the index of their people and items → the table that `find` takes. measures: those that may
    be the main one, the usual first. score: the measure on an unbounded scale, drawn apart, and what it means.
    ties_tell: whether an answer of no difference says something (it counts for all options alike).
    """

    tabulate: Callable[[RowIndex, Sequence[TrialAnswer], Mapping[str, int]], Any]
    find: Callable[[Any, AnalysisSettings], Findings]
    measures: tuple[str, ...]
    score: tuple[str, str] | None = None
    ties_tell: bool = False


class PlannedTest(NamedTuple):
    """A test as a plan sees it: a per-person number of this mean and standard deviation, tested against zero.

    family: how many tests share the level (Holm's strictest step takes alpha / family). groups: methods whose
    equality is tested together; 2 where one number is tested. at_half: whether the number is a share less one half.
    seen: share of the people who have such a number.
    """

    name: str
    mean: float
    sd: float
    family: int = 1
    groups: int = 2
    at_half: bool = False
    seen: float = 1.0


@dataclass(frozen=True, slots=True)
class PlanSpec:
    """How large a study must be. k: number of methods.

    chance: k → value of the effect if there is none. usual: k → effect that is worth finding. effect: its name.
    upward: whether the effect must lie above chance. cell: (k, trials of a person) → answers of one person that speak
    of one method, or of one pair. primary, others: (effect, k, trials, rho) → the planned test, the same one that
    the analysis marks as primary; and the further tests, adjusted by Holm (None where there are none).
    least, most: limits of an effect.
    """

    chance: Callable[[int], float]
    usual: Callable[[int], float]
    effect: str
    upward: bool
    cell: Callable[[int, int], int]
    primary: Callable[[float, int, int, float], PlannedTest]
    others: Callable[[float, int, int, float], PlannedTest | None]
    least: float = 0.0
    most: float = 1.0


@dataclass(frozen=True, slots=True)
class SimulationSpec:
    """Made-up people. planted: what is planted per method, `usual` where nothing is, between `least` and `most`.

    probabilities: (sources, source → planted value, share of real pictures called fake) → expected share of each
    label, or of each source where a picture is chosen.
    """

    planted: str
    usual: float
    least: float
    most: float
    probabilities: Callable[[Sources, Mapping[str, float], float], Floats]


@dataclass(frozen=True, slots=True)
class ReportSpec:
    """The kind's own sentences in a report; `{k}`, `{beside}` and `{time}` are filled in.

    task: what was done in a trial. verbs: measure → how a sentence puts it ("was chosen in"). reference: what the value
    at chance means, empty where no value is that of no difference. verdicts: what the primary test says where it shows
    a difference, and where it does not. better: how a sentence orders two methods. notes: how the numbers were made.
    model: name of the first method, as R writes it → formula of a mixed model and the condition on the rows it takes.
    counted: of what a share is one. fitter: R's function for the model, and its arguments but the data. difference:
    factor and unit of a difference of two methods.
    """

    task: str
    verbs: Mapping[str, str]
    reference: str
    verdicts: tuple[str, str]
    better: str
    notes: str
    model: Callable[[str], tuple[str, str]]
    counted: str = "of its trials"
    fitter: tuple[str, str] = ("lme4::glmer", "family = binomial, ")
    difference: tuple[float, str] = field(default=(100.0, "percentage points"))


@dataclass(frozen=True, slots=True)
class KindSpec:
    """A kind of study. name: as the CLI and the files write it; its words on the page are `page/kinds/NAME.json`."""

    name: str
    trial: TrialSpec
    analysis: AnalysisSpec
    plan: PlanSpec
    simulation: SimulationSpec
    report: ReportSpec
