"""Do the intervals of `gan-eval study analyse` cover, and do its tests err as often as they say?

Simulates studies of each kind from people whose answers depend on each other, runs the findings on each, and counts
how often an interval covers the planted value (wanted 92–98 %) and how often a test rejects a true hypothesis at
5 % (wanted 3–7 %).

The people: each person's probabilities are drawn from a Dirichlet (beta) distribution whose mean are the planted ones,
with intra-person correlation RHO; given them the answers are independent. Half of the studies have 12 people, where
the t interval is quoted, half 24, where the bootstrap is. Everybody judges 36 items, hence 12 of each pair or method.
With fewer answers per cell the permutation tests err less often than they say, never more: their ties count against
rejection.

Run from the repository's root:  python -m benchmarks.study_coverage [--studies 1000] [--seed 0]
Prints one table; exit code 4 if a figure falls outside its band. About five minutes on one core.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Callable

import numpy as np
from scipy import special, stats

from gan_eval.inference.ordinal import ordinal_strengths
from gan_eval.study.analysing.findings import AnalysisSettings, Findings
from gan_eval.study.analysing.kinds.best_of_k import best_of_k
from gan_eval.study.analysing.kinds.pairwise import pairwise
from gan_eval.study.analysing.kinds.rank_k import Rankings, rank_k
from gan_eval.study.analysing.kinds.rating import Ratings, rating
from gan_eval.study.analysing.kinds.real_fake import real_fake
from gan_eval.study.analysing.kinds.two_alternative import two_alternative_forced
from gan_eval.study.analysing.tables import BestOf, Doubles, Labels, Pairs

RHO, TRIALS = 0.05, 36
PEOPLE = (12, 24)
NAMES = ("A", "B", "C")
STRENGTHS = np.array([0.5, 0.0, -0.5])
FOOLED = np.array([0.45, 0.35, 0.25])
REAL_SAID_REAL = 0.8

Planted = dict[str, float]
Tally = dict[tuple[str, str, int, str], list[bool]]


def people(mean: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Probabilities (P, k) of so many people around `mean` (k,) with intra-person correlation RHO."""
    return rng.dirichlet(mean * (1 / RHO - 1), size=count)


def rates(mean: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Probabilities (P, q) of so many people, one beta draw each, around `mean` (q,)."""
    spread = 1 / RHO - 1
    return rng.beta(mean * spread, (1 - mean) * spread, size=(count, len(mean)))


def index(count: int) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Person and item of each answer, items' names: everybody answers the same TRIALS items."""
    names = tuple(f"item{i}" for i in range(TRIALS))
    return np.repeat(np.arange(count), TRIALS), np.tile(np.arange(TRIALS), count), names


def simulate_best_of_k(strengths: np.ndarray, count: int, rng: np.random.Generator) -> tuple[BestOf, Planted]:
    share = special.softmax(strengths)
    person, item, items = index(count)
    own = people(share, count, rng)
    chosen = (rng.random(len(person))[:, None] > np.cumsum(own, axis=1)[person]).sum(1)
    truth = {f"share {n}": s for n, s in zip(NAMES, share, strict=True)}
    truth |= {f"strength {n}": s for n, s in zip(NAMES, strengths - strengths.mean(), strict=True)}
    truth |= {f"{a}-{b}": share[i] - share[j] for i, a in enumerate(NAMES) for j, b in enumerate(NAMES) if i < j}
    return BestOf(NAMES, count, items, person, item, np.eye(3)[np.minimum(chosen, 2)]), truth


def simulate_pairwise(strengths: np.ndarray, count: int, rng: np.random.Generator) -> tuple[Pairs, Planted]:
    pairs = np.array([(0, 1), (0, 2), (1, 2)])
    p = special.expit(strengths[pairs[:, 0]] - strengths[pairs[:, 1]])
    person, item, items = index(count)
    which = (item + person) % 3
    won = (rng.random(len(person)) < rates(p, count, rng)[person, which]).astype(float)
    truth = {f"strength {n}": s for n, s in zip(NAMES, strengths - strengths.mean(), strict=True)}
    table = np.zeros((3, 3))
    for (i, j), share in zip(pairs, p, strict=True):
        table[i, j], table[j, i] = share, 1 - share
        truth[f"{NAMES[i]}-{NAMES[j]}"] = 2 * share - 1
    truth |= {f"share {n}": table[m].sum() / 2 for m, n in enumerate(NAMES)}
    rows = Pairs(
        NAMES, count, items, person, item, pairs[which, 0], pairs[which, 1], won, rng.random(len(person)) < 0.5
    )
    return rows, truth


def simulate_real_fake(fooled: np.ndarray, count: int, rng: np.random.Generator) -> tuple[Labels, Planted]:
    real = REAL_SAID_REAL if np.ptp(fooled) else fooled[0]
    mean = np.array([real, *fooled])
    # Half of the pictures are real, the other half is shared by the methods.
    source = np.tile([0, 1, 0, 2, 0, 3], TRIALS * 2 // 6)
    person, item = np.repeat(np.arange(count), TRIALS * 2), np.tile(np.arange(TRIALS * 2), count)
    said = rng.random(len(person)) < rates(mean, count, rng)[person, source[item]]
    truth = {f"fooling_rate {n}": f for n, f in zip(NAMES, fooled, strict=True)}
    truth |= {f"hype_infinity {n}": (f + 1 - real) / 2 for n, f in zip(NAMES, fooled, strict=True)}
    truth |= {
        f"d_prime {n}": special.ndtri(1 - f) - special.ndtri(1 - real) for n, f in zip(NAMES, fooled, strict=True)
    }
    truth |= {
        f"criterion {n}": -(special.ndtri(1 - f) + special.ndtri(1 - real)) / 2
        for n, f in zip(NAMES, fooled, strict=True)
    }
    truth |= {f"{a}-{b}": fooled[i] - fooled[j] for i, a in enumerate(NAMES) for j, b in enumerate(NAMES) if i < j}
    truth |= {"real_error": 1 - real, "hype_infinity": (fooled.mean() + 1 - real) / 2}
    items = tuple(f"item{i}" for i in range(TRIALS * 2))
    return Labels(NAMES, count, items, person, item, source[item] - 1, said), truth


def simulate_two_alternative(fooled: np.ndarray, count: int, rng: np.random.Generator) -> tuple[Doubles, Planted]:
    person, item, items = index(count)
    which = (item + person) % 3
    taken = rng.random(len(person)) < rates(fooled, count, rng)[person, which]
    truth = {f"fooling_rate {n}": f for n, f in zip(NAMES, fooled, strict=True)}
    truth |= {f"d_prime {n}": np.sqrt(2) * special.ndtri(1 - f) for n, f in zip(NAMES, fooled, strict=True)}
    truth |= {f"{a}-{b}": fooled[i] - fooled[j] for i, a in enumerate(NAMES) for j, b in enumerate(NAMES) if i < j}
    return Doubles(NAMES, count, items, person, item, which, taken), truth


def simulate_rating(opinions: np.ndarray, count: int, rng: np.random.Generator) -> tuple[Ratings, Planted]:
    person, item, items = index(count)
    which = (item + person) % 3
    mean = stats.binom.pmf(np.arange(5), 4, (opinions[:, None] - 1) / 4)
    own = np.stack([people(row, count, rng) for row in mean], axis=1)
    points = (rng.random(len(person))[:, None] > np.cumsum(own[person, which], axis=1)).sum(1)
    # The strengths that these points have are those of endlessly many answers.
    strengths = ordinal_strengths(1e7 * mean[None])[0]
    truth = {f"mean_opinion {n}": o for n, o in zip(NAMES, opinions, strict=True)}
    truth |= {f"strength {n}": s for n, s in zip(NAMES, strengths, strict=True)}
    truth |= {f"{a}-{b}": opinions[i] - opinions[j] for i, a in enumerate(NAMES) for j, b in enumerate(NAMES) if i < j}
    return Ratings(NAMES, count, items, person, item, which, np.minimum(points, 4) + 1), truth


def simulate_rank_k(strengths: np.ndarray, count: int, rng: np.random.Generator) -> tuple[Rankings, Planted]:
    # The ratio of two parts of a Dirichlet draw does not depend on the third, so that over people the rankings are
    # those of Plackett and Luce's model with the planted strengths.
    share = special.softmax(strengths)
    person, item, items = index(count)
    own = people(share, count, rng)
    order = (-(np.log(np.maximum(own, 1e-300))[person] + rng.gumbel(size=(len(person), 3)))).argsort(1)
    above = special.expit(strengths[:, None] - strengths)
    truth = {f"rivals_below {n}": (above[m].sum() - 0.5) / 2 for m, n in enumerate(NAMES)}
    truth |= {f"strength {n}": s for n, s in zip(NAMES, strengths - strengths.mean(), strict=True)}
    truth |= {f"ranked_first {n}": s for n, s in zip(NAMES, share, strict=True)}
    truth |= {f"mean_rank {n}": 3 - (above[m].sum() - 0.5) for m, n in enumerate(NAMES)}
    truth |= {f"{a}-{b}": 2 * above[i, j] - 1 for i, a in enumerate(NAMES) for j, b in enumerate(NAMES) if i < j}
    return Rankings(NAMES, count, items, person, item, order), truth


def tally_coverage(tally: Tally, kind: str, count: int, findings: Findings, truth: Planted) -> None:
    """Whether each quoted interval covers its planted value, grouped by kind of measure."""
    quoted = {f"{m.name} {method.name}": m.estimate for method in findings.methods for m in method.measures}
    quoted |= {f"{pair.a}-{pair.b}": pair.difference for pair in findings.pairs}
    quoted |= {m.name: m.estimate for m in findings.overall if m.name in truth}
    for name, value in truth.items():
        interval = quoted[name].interval
        group = "difference" if "-" in name else name.split()[0]
        tally["coverage", kind, count, group].append(interval is not None and interval.low <= value <= interval.high)


def tally_errors(tally: Tally, kind: str, count: int, findings: Findings) -> None:
    """Whether each person-level test rejects, all hypotheses being true; unadjusted, and any of a Holm family."""
    families: dict[str, list[float]] = defaultdict(list)
    for test in findings.tests:
        if test.unit == "person" and "Friedman" not in test.name:
            name = test.name.split(": ")[-1]
            tally["type-1 error", kind, count, name].append(test.p_value < 0.05)
            if test.adjusted_p is not None:
                families[f"any, Holm: {name}"].append(test.adjusted_p)
    for pair in findings.pairs:
        assert pair.p_value is not None, "12 people are enough for a test"
        assert pair.adjusted_p is not None, "and so for its adjustment"
        tally["type-1 error", kind, count, "two methods differ"].append(pair.p_value < 0.05)
        families["any, Holm: two methods differ"].append(pair.adjusted_p)
    for name, adjusted in families.items():
        tally["family error", kind, count, name].append(min(adjusted) < 0.05)


KINDS: dict[str, tuple[Callable, Callable, np.ndarray, np.ndarray]] = {
    "best-of-k": (simulate_best_of_k, best_of_k, STRENGTHS, np.zeros(3)),
    "pairwise": (simulate_pairwise, pairwise, STRENGTHS, np.zeros(3)),
    "real-fake": (simulate_real_fake, real_fake, FOOLED, np.full(3, 0.5)),
    "two-alternative": (simulate_two_alternative, two_alternative_forced, FOOLED, np.full(3, 0.5)),
    "rating": (simulate_rating, rating, np.array([3.6, 3.0, 2.4]), np.full(3, 3.0)),
    "rank-k": (simulate_rank_k, rank_k, STRENGTHS, np.zeros(3)),
}
BANDS = {"coverage": (0.92, 0.98), "type-1 error": (0.03, 0.07), "family error": (0.0, 0.07)}


def main() -> int:
    """Simulate, count, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=1000, help="studies per kind and number of people")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", action="append", choices=tuple(KINDS), help="only this kind; may be repeated")
    options = parser.parse_args()
    tally: Tally = defaultdict(list)
    began = time.process_time()
    for kind, (simulate, findings_of, planted, null) in KINDS.items():
        if options.kind and kind not in options.kind:
            continue
        for count in PEOPLE:
            rng = np.random.default_rng([options.seed, count, len(kind)])
            for number in range(options.studies):
                settings = AnalysisSettings(resamples=1000, arrangements=1999, seed=number)
                rows, truth = simulate(planted, count, rng)
                tally_coverage(tally, kind, count, findings_of(rows, settings), truth)
                rows, _ = simulate(null, count, rng)
                tally_errors(tally, kind, count, findings_of(rows, settings))
    outside = 0
    print(f"{'':13}{'kind':16}{'people':>6}  {'what':52}{'n':>6}{'share':>8}")
    for (what, kind, count, name), hits in tally.items():
        low, high = BANDS[what]
        share = float(np.mean(hits))
        outside += (miss := not low <= share <= high)
        print(f"{what:13}{kind:16}{count:6}  {name:52}{len(hits):6}{share:8.3f}{' OUTSIDE' if miss else ''}")
    print(f"{len(tally)} figures, {outside} outside; CPU {time.process_time() - began:.0f} s")
    return 4 if outside else 0


if __name__ == "__main__":
    sys.exit(main())
