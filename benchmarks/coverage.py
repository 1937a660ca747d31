"""What the intervals cover: share of simulated samples whose 95 % interval holds the truth.

    OMP_NUM_THREADS=1 python -m benchmarks.coverage [--repeats 200] [--kinds gauss,relu] [--sizes 64:100,64:500]
    OMP_NUM_THREADS=1 python -m benchmarks.coverage --sizes 64:5000 --distances      # of FID and KID alone

The truth of the Fréchet distance, of precision, recall, density, coverage and of the Inception score is their
expectation at that n, taken as the mean over the repeats; that of MMD² is its mean, and 0 for equal sets. With 200
repeats a share is known to about ±3 points (two standard errors). Sizes are D:n.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import astuple

import numpy as np
from numpy.typing import NDArray

from gan_eval.metrics.frechet_error import assess, difference
from gan_eval.metrics.inception_score import inception_score
from gan_eval.metrics.kernel_error import variance
from gan_eval.metrics.kernel_sums import kernel_sums
from gan_eval.metrics.manifold import prdc
from gan_eval.metrics.manifold_error import intervals
from gan_eval.metrics.relative import kernel_difference
from gan_eval.result import Interval

Draw = Callable[[int, np.random.Generator, float], NDArray[np.float32]]
KINDS = ("gauss", "relu", "exponential", "student", "clusters", "two-clusters")
SIZES = ("64:100", "512:100", "64:500", "64:2000")
GAPS = (0.0, 0.3)


def features(kind: str, dim: int) -> Draw:
    """Features with a falling spectrum, mixed by a rotation; `gap` moves and stretches a fake set."""
    rng = np.random.default_rng(0)
    scale = np.arange(1, dim + 1) ** -0.6
    rotation = np.linalg.qr(rng.standard_normal((dim, dim)))[0]
    stretch, shift = rng.standard_normal((dim, dim)) / np.sqrt(dim), 0.2 * rng.standard_normal(dim)
    centres = rng.standard_normal((10, dim)) * 0.5

    def draw(n: int, rng: np.random.Generator, gap: float) -> NDArray[np.float32]:
        base = {
            "exponential": lambda: rng.exponential(1, (n, dim)) - 1,
            "student": lambda: rng.standard_t(5, (n, dim)) * 0.775,
        }.get(kind, lambda: rng.standard_normal((n, dim)))()
        x = (base * scale) @ (rotation + gap * stretch) + gap * shift + 0.3
        if kind == "clusters":
            x += centres[rng.integers(0, 10, n)]
        elif kind == "two-clusters":
            x += rng.choice([-0.5, 0.5], (n, 1))
        elif kind == "relu":
            x = np.maximum(3 * x, 0)
        return x.astype(np.float32)

    return draw


def covered(intervals: list[Interval | None], truth: float) -> float:
    """Share of the intervals that hold the truth; a missing one does not."""
    return float(np.mean([one is not None and one.low <= truth <= one.high for one in intervals]))


BALLS = ("precision", "recall", "density", "coverage")


def cell(kind: str, dim: int, n: int, gap: float, repeats: int, *, with_balls: bool) -> dict[str, float]:
    """Coverage of FID, KID, of both's difference of two like models, and of `BALLS`."""
    draw, rng = features(kind, dim), np.random.default_rng(1)
    fid, kid, fid_difference, kid_difference, balls = [], [], [], [], []
    for _ in range(repeats):
        real, fake, other = draw(n, rng, 0.0), draw(n, rng, gap), draw(n, rng, gap)
        error = assess(real, fake)
        fid.append((error.value, error.interval()))
        if error.enough:  # with fewer images two models are not compared by FID
            fid_difference.append(difference(error, assess(real, other)).interval)
        sums = kernel_sums(real, fake)
        spread = variance(sums)
        kid.append((sums.mmd2, spread.interval(sums.mmd2) if spread else None))
        kid_difference.append(kernel_difference(sums, kernel_sums(real, other)).interval)
        if with_balls:
            made = prdc(real, fake)
            balls.append((astuple(made), intervals(real, fake, made)))
    truth = 0.0 if gap == 0 else float(np.mean([value for value, _ in kid]))
    return {
        "fid": covered([one for _, one in fid], float(np.mean([value for value, _ in fid]))),
        "kid": covered([one for _, one in kid], truth),
        "fid difference": covered(list(fid_difference), 0.0) if fid_difference else float("nan"),
        "kid difference": covered(list(kid_difference), 0.0),
        **{
            name: covered([each[at] for _, each in balls], float(np.mean([values[at] for values, _ in balls])))
            for at, name in enumerate(BALLS if with_balls else ())
        },
    }


def inception_cell(n: int, classes: int, splits: int, repeats: int) -> float:
    """Coverage of the Inception score's interval for its expectation."""
    rng = np.random.default_rng(1)
    weights = rng.standard_normal((10, classes))
    made = []
    for _ in range(repeats):
        logits = rng.standard_normal((n, 10)) @ weights + 0.3 * rng.standard_normal((n, classes))
        made.append(inception_score(logits, splits=splits))
    truth = float(np.mean([one.mean for one in made]))
    return covered([one.interval() for one in made], truth)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--distances", action="store_true", help="leave out all but FID and KID, for large n")
    chosen = parser.parse_args()
    names = ("FID", "KID", "FID dif", "KID dif", *(() if chosen.distances else BALLS))
    print(f"{'features':13s} {'D':>5s} {'n':>6s} {'gap':>4s}" + "".join(f"{name:>10s}" for name in names), flush=True)
    for size in chosen.sizes.split(","):
        dim, n = map(int, size.split(":"))
        for kind in chosen.kinds.split(","):
            for gap in GAPS:
                row = cell(kind, dim, n, gap, chosen.repeats, with_balls=not chosen.distances)
                print(
                    f"{kind:13s} {dim:5d} {n:6d} {gap:4.1f}" + "".join(f"{v:10.3f}" for v in row.values()), flush=True
                )
    if chosen.distances:
        return
    for n, classes, splits in ((200, 20, 1), (500, 200, 1), (1000, 50, 10)):
        share = inception_cell(n, classes, splits, chosen.repeats)
        print(f"Inception score, n = {n}, {classes} classes, {splits} splits: {share:.3f}", flush=True)


if __name__ == "__main__":
    main()
