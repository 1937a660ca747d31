"""The learning rate as a pure function of the step: the same after a resume as without one, and never negative."""

from __future__ import annotations

from nicegan.config import OptimConfig


def learning_rate(step: int, config: OptimConfig) -> float:
    """Learning rate of step `step`, counted from 1.

    With h steps before the rate falls and f steps in which it falls: lr until step h, then lr·(1 − (step − h)/f),
    floored at 0. For NICE-GAN and U-GAT-IT, where `constant` is ½, this is their authors' schedule (theirs goes below
    0 at the last step of an odd number, and by subtracting twice after a resume).
    """
    constant = int(config.iterations * config.constant)
    falling = int(config.iterations * (1 - config.constant))
    if not config.decay or falling == 0 or step <= constant:
        return config.learning_rate
    return config.learning_rate * max(0.0, 1.0 - (step - constant) / falling)
