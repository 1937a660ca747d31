"""What the intervals of the newer metrics cover: share of simulated samples whose 95 % interval holds the expectation.

    OMP_NUM_THREADS=1 python -m benchmarks.newer_coverage [--repeats 200] [--sizes 64:100,64:500] [--kinds gauss,relu]

The truth is the mean over the repeats. With 200 repeats a share is known to about ±3 points. Sizes are D:n.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.coverage import GAPS, KINDS, features
from gan_eval.metrics.sides import EstimatorPlan, MetricEstimate
from gan_eval.metrics.table import TABLE, MetricName
from gan_eval.scoring import Options

METRICS: tuple[MetricName, ...] = ("cmmd", "mind", "clipped", "authpct", "realism")


@dataclass
class SimulatedSide:
    """A set of simulated features."""

    vectors: Any
    label: str = "simulated"
    statistics: Any = None
    logits: Any = None
    groups: Any = None

    @property
    def n(self) -> int:
        """Number of images."""
        return len(self.vectors)


def cell(kind: str, dim: int, n: int, gap: float, repeats: int) -> dict[str, float]:
    """Coverage of every number of `METRICS`."""
    draw, rng = features(kind, dim), np.random.default_rng(1)
    found: dict[str, list[MetricEstimate]] = {}
    options = Options()
    for repeat in range(repeats):
        real, fake = SimulatedSide(draw(n, rng, 0.0)), SimulatedSide(draw(n, rng, gap))
        for name in METRICS:
            own = options.own_of(TABLE[name]) | ({"directions": 100} if name == "mind" else {})
            for estimate in TABLE[name].estimate(real, fake, EstimatorPlan(seed=repeat), own):
                found.setdefault(estimate.number, []).append(estimate)
    return {number: _covered(estimates) for number, estimates in found.items()}


def _covered(estimates: Sequence[MetricEstimate]) -> float:
    truth = float(np.mean([estimate.value for estimate in estimates]))
    bars = [estimate.interval for estimate in estimates]
    return float(np.mean([bar is not None and bar.low <= truth <= bar.high for bar in bars]))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--sizes", default="64:100,64:500")
    chosen = parser.parse_args()
    for size in chosen.sizes.split(","):
        dim, n = map(int, size.split(":"))
        for kind in chosen.kinds.split(","):
            for gap in GAPS:
                shares = cell(kind, dim, n, gap, chosen.repeats)
                listed = "  ".join(f"{number} {share:.3f}" for number, share in shares.items())
                print(f"{kind:13s} {dim:5d} {n:6d} {gap:4.1f}  {listed}", flush=True)


if __name__ == "__main__":
    main()
