"""Human studies: made, checked, simulated, collected and analysed with the person as the unit.

    from gan_eval import study

    study.new("pairwise", {"ours": "out/ours/", "theirs": "out/theirs/"}, "study/")
    study.collect(["mail/"], "answers/", study="study/")
    print(study.analyse("answers/", "study/").to_dataframe())

Names are imported when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan_eval.study.analysing.analysis import Analysis
    from gan_eval.study.api import SimulatedAnswers, analyse, check, collect, new, plan, simulate
    from gan_eval.study.checking.check import CheckResult, StudyCheck
    from gan_eval.study.collecting.collect import Collected
    from gan_eval.study.making.export import StudyFiles
    from gan_eval.study.making.planning import StudyPlan

_HOMES = {
    "analysing.analysis": ("Analysis",),
    "api": ("SimulatedAnswers", "analyse", "check", "collect", "new", "plan", "simulate"),
    "checking.check": ("CheckResult", "StudyCheck"),
    "collecting.collect": ("Collected",),
    "making.export": ("StudyFiles",),
    "making.planning": ("StudyPlan",),
}

__all__ = [
    "Analysis",
    "CheckResult",
    "Collected",
    "SimulatedAnswers",
    "StudyCheck",
    "StudyFiles",
    "StudyPlan",
    "analyse",
    "check",
    "collect",
    "new",
    "plan",
    "simulate",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"gan_eval.study.{module}"), name)
    raise AttributeError(f"module 'gan_eval.study' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
