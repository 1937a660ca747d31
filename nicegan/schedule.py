"""The learning rate as a pure function of the step: the same after a resume as without one, and never negative."""

from __future__ import annotations

from nicegan.config import OptimConfig


def learning_rate(step: int, config: OptimConfig) -> float:
    """Learning rate of step `step`, counted from 1.

    With h = iterations // 2: constant until step h, then lr·(1 − (step − h)/h), the authors' schedule, floored at 0
    (theirs goes below it at the last step of an odd number, and by subtracting twice after a resume).
    """
    half = config.iterations // 2
    if not config.decay or half == 0 or step <= half:
        return config.learning_rate
    return config.learning_rate * max(0.0, 1.0 - (step - half) / half)
