"""Scores of GAN images with error bars and provenance.

    import gan_eval

    print(float(gan_eval.fid("real/", "fake/")))

Names are imported when they are first used, so that `import gan_eval` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gan_eval.version import __version__

if TYPE_CHECKING:
    from gan_eval import study
    from gan_eval.api import PRDC, Reference, compare, fid, inception_score, kid, prdc, score
    from gan_eval.comparison import Comparison, Model
    from gan_eval.discriminative.outcome import NrdsPair, NrdsResult
    from gan_eval.discriminative.protocol import nrds
    from gan_eval.errors import (
        BadImagesError,
        CheckFailed,
        GanEvalError,
        InputError,
        MismatchError,
        NetworkError,
        NotFoundError,
        TooFewError,
        UnreadableError,
        WeightsError,
    )
    from gan_eval.evaluate import Evaluation
    from gan_eval.extractors.custom import CustomNetwork
    from gan_eval.image_plan import ImagePlan, plan
    from gan_eval.metric import Metric
    from gan_eval.pairs import Pair
    from gan_eval.provenance import Provenance
    from gan_eval.result import Interval, Score
    from gan_eval.scoring import Options
    from gan_eval.settings import Settings
    from gan_eval.training_runs import ModelRun, TrainingRuns

#: Public names that are modules.
_MODULES = ("study",)
_HOMES = {
    "comparison": ("Comparison", "Model"),
    "discriminative.outcome": ("NrdsPair", "NrdsResult"),
    "discriminative.protocol": ("nrds",),
    "pairs": ("Pair",),
    "api": ("PRDC", "Reference", "compare", "fid", "inception_score", "kid", "prdc", "score"),
    "errors": (
        "BadImagesError",
        "CheckFailed",
        "GanEvalError",
        "InputError",
        "MismatchError",
        "NetworkError",
        "NotFoundError",
        "TooFewError",
        "UnreadableError",
        "WeightsError",
    ),
    "evaluate": ("Evaluation",),
    "extractors.custom": ("CustomNetwork",),
    "image_plan": ("ImagePlan", "plan"),
    "metric": ("Metric",),
    "provenance": ("Provenance",),
    "result": ("Interval", "Score"),
    "scoring": ("Options",),
    "settings": ("Settings",),
    "training_runs": ("ModelRun", "TrainingRuns"),
}

__all__ = [
    "PRDC",
    "BadImagesError",
    "CheckFailed",
    "Comparison",
    "CustomNetwork",
    "Evaluation",
    "GanEvalError",
    "ImagePlan",
    "InputError",
    "Interval",
    "Metric",
    "MismatchError",
    "Model",
    "ModelRun",
    "NetworkError",
    "NotFoundError",
    "NrdsPair",
    "NrdsResult",
    "Options",
    "Pair",
    "Provenance",
    "Reference",
    "Score",
    "Settings",
    "TooFewError",
    "TrainingRuns",
    "UnreadableError",
    "WeightsError",
    "__version__",
    "compare",
    "fid",
    "inception_score",
    "kid",
    "nrds",
    "plan",
    "prdc",
    "score",
    "study",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"gan_eval.{name}")
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"gan_eval.{module}"), name)
    from gan_eval.metrics.table import TABLE

    if name in TABLE and name.isidentifier():
        from gan_eval.api import metric_function

        return metric_function(name)
    raise AttributeError(f"module 'gan_eval' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
