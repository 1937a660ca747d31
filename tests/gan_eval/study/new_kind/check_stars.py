"""The test that goes with the kind, run in the scratch copy."""

from __future__ import annotations

import numpy as np
import pytest

from gan_eval.study.analysing.findings import AnalysisSettings
from gan_eval.study.analysing.kinds.table import kind_spec


def test_mean_opinion_is_the_mean_over_people() -> None:
    module = __import__("gan_eval.study.analysing.kinds.stars", fromlist=["Stars"])
    zeros = np.zeros(4, int)
    rows = module.Stars(("A",), 2, ("i",), np.array([0, 1, 1, 1]), zeros, zeros, np.array([5.0, 1.0, 1.0, 1.0]))
    [method] = kind_spec("stars").analysis.find(rows, AnalysisSettings(resamples=100)).methods
    assert method.measures[0].estimate.value == pytest.approx(3.0)
