"""How far may NRDS be trusted? Order, copies, counts and coverage, by repeated runs.

    python -m benchmarks.nrds_stability data/testB --large data/trainA --work /tmp/nrds    # about 30 minutes on a core
    python -m benchmarks.nrds_stability data/testB --work /tmp/nrds --only published --published-repetitions 20

1. order      graded degradations of one set, other seeds each time: share of runs with the right full order, by the
              robust protocol (features head) and by the published one (its CNN at reduced size, batch and epochs, which
              are printed: at full size a run takes many minutes on a CPU).
2. copies     n copies of one set: runs in which every score's interval holds 1/n.
3. parts      n disjoint random parts of one large set against a further part: the same count, where the truth is 1/n
              but no two sets are equal; and how often the tests tell two of them apart at 5 %.
4. permuted   whether permuting the models permutes the scores to the bit.
5. counts     by what share of its interval's half-width a score moves when a model gives half of its images.

Features are computed once (EfficientNet-Lite0) and kept in --work; the runs themselves are not taken from the cache.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.degraded import GRADES, write
from gan_eval.cache import Cache
from gan_eval.discriminative.outcome import NrdsResult
from gan_eval.discriminative.protocol import nrds
from gan_eval.extractors import resolve
from gan_eval.features import FeatureReader, Needs

NETWORK = "efficientnet-lite0"


def features(source: str | Path, work: Path) -> np.ndarray:
    """(N, 1280) float32."""
    reader = FeatureReader(resolve(NETWORK), cache=Cache(work / "cache"), on_bad_image="skip")
    with reader:
        made = reader.read(source, Needs(vectors=True)).vectors
        assert made is not None
        return np.array(made.array())


def as_file(work: Path, name: str, rows: np.ndarray) -> str:
    """The rows as a .npz, which is a source too; row i shows source i."""
    path = work / f"{name}.npz"
    np.savez(path, feats=rows)
    return str(path)


def robust(models: dict[str, str], real: str, seed: int, *, against: str = "pool") -> NrdsResult:
    return nrds(models, real, seed=seed, against=against, features=NETWORK, cache=False)  # type: ignore[arg-type]


def is_ordered(made: NrdsResult, names: list[str]) -> bool:
    return [score.details["model"] for score in made.scores] == names


def order(images: str, work: Path, repetitions: int, against: str) -> dict[str, float]:
    real = as_file(work, "real", features(write(images, work), work))
    shares = {}
    for kind, grades in GRADES.items():
        names = [f"{kind}-{grade}" for grade in grades]
        models = {
            f"{kind}-{grade}": as_file(work, f"{kind}-{grade}", features(write(images, work, kind, grade), work))
            for grade in grades
        }
        runs = [is_ordered(robust(models, real, seed, against=against), names) for seed in range(repetitions)]
        shares[kind] = float(np.mean(runs))
    return shares


def published_order(images: str, work: Path, repetitions: int, size: int, batch: int, epochs: int) -> dict[str, float]:
    shares = {}
    for kind, grades in GRADES.items():
        models = {f"{kind}-{grade}": write(images, work, kind, grade) for grade in grades}
        runs = []
        for seed in range(repetitions):
            made = nrds(
                models, write(images, work), protocol="published", size=size, batch_size=batch, epochs=epochs, seed=seed
            )
            runs.append(is_ordered(made, list(models)))
        shares[kind] = float(np.mean(runs))
        print(f"   published, {kind}: {shares[kind]:.0%}", flush=True)
    return shares


def copies(images: str, work: Path, runs: int, against: str) -> dict[str, object]:
    real = as_file(work, "real", features(write(images, work), work))
    models = {name: as_file(work, name, features(write(images, work, "blur", 1), work)) for name in "abc"}
    held, told = [], []
    for seed in range(runs):
        made = robust(models, real, seed, against=against)
        held.append(all(score.interval.low <= 1 / 3 <= score.interval.high for score in made.scores))  # type: ignore[union-attr]
        told += [pair.distinguishable for pair in made.pairs]
    return {"runs_with_all_held": float(np.mean(held)), "pairs_told_apart": float(np.mean(told))}


def parts(rows: np.ndarray, count: int, models: int, runs: int, work: Path, against: str) -> dict[str, object]:
    held, single, p_values, of_real = [], [], [], []
    for seed in range(runs):
        drawn = np.random.default_rng(seed).permutation(len(rows))[: count * (models + 1)].reshape(-1, count)
        files = [as_file(work, f"part{number}", rows[places]) for number, places in enumerate(drawn)]
        made = robust({f"m{number}": file for number, file in enumerate(files[1:])}, files[0], seed, against=against)
        inside = [score.interval.low <= 1 / models <= score.interval.high for score in made.scores]  # type: ignore[union-attr]
        held.append(all(inside))
        single += inside
        p_values += [pair.p_value for pair in made.pairs]
        of_real += [score.details["distinguishable_from_real"] for score in made.scores]
    return {
        "runs_with_all_held": float(np.mean(held)),
        "intervals_that_hold": float(np.mean(single)),
        "pairs_with_p_below_5_percent": float(np.mean(np.array(p_values) < 0.05)),
        "told_from_real": float(np.mean(of_real)),
    }


def permuted(images: str, work: Path) -> bool:
    real = as_file(work, "real", features(write(images, work), work))
    models = {
        f"blur-{g}": as_file(work, f"blur-{g}", features(write(images, work, "blur", g), work)) for g in (1, 2, 3)
    }
    found = []
    for names in itertools.permutations(models):
        made = robust({name: models[name] for name in names}, real, 0)
        found.append({name: made[name].to_dict() for name in models})
    return all(one == found[0] for one in found)


def counts(images: str, work: Path, runs: int) -> list[float]:
    """Sets by their files' names here, so that half of a model's images show the sources that they show in the rest."""
    folders = {f"blur-{g}": write(images, work, "blur", g) for g in (1, 2, 3)}
    files = sorted(folders["blur-2"].glob("*.png"))
    chosen = work / "half.txt"
    moved = []
    for seed in range(runs):
        models = {name: str(folder) for name, folder in folders.items()}
        whole = robust(models, str(write(images, work)), seed)["blur-2"]
        half = np.random.default_rng(seed).permutation(len(files))[: len(files) // 2]
        chosen.write_text("".join(f"{files[place]}\n" for place in sorted(half)))
        part = robust(models | {"blur-2": f"@{chosen}"}, str(write(images, work)), seed)["blur-2"]
        assert part.interval is not None
        reach = (part.interval.high - part.interval.low) / 2
        moved.append(abs(part.value - whole.value) / reach)
    return moved


def sections(given: argparse.Namespace) -> Iterator[tuple[str, object]]:
    images, work, against = given.images, given.work, given.against
    chosen = given.only or ["order", "copies", "parts", "permuted", "counts"]
    if "order" in chosen:
        yield "order, robust", order(images, work, given.repetitions, against)
    if "published" in chosen:
        settings = {"size": given.size, "batch": given.batch_size, "epochs": given.epochs}
        yield "published settings", settings
        yield "order, published", published_order(images, work, given.published_repetitions, **settings)
    if "copies" in chosen:
        yield "copies", copies(images, work, given.runs, against)
    if "parts" in chosen and given.large:
        rows = features(given.large, work)
        for models in (2, 3, 5):
            count = min(100, len(rows) // (models + 1))
            yield f"{models} parts of {count}", parts(rows, count, models, given.runs, work, against)
    if "permuted" in chosen:
        yield "permuted to the bit", permuted(images, work)
    if "counts" in chosen:
        moved = counts(images, work, given.repetitions)
        yield "counts: shift over half-width, largest", max(moved)
        yield "counts: shift over half-width, median", float(np.median(moved))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", help="a set of images, of which graded degradations are made")
    parser.add_argument("--large", help="a set of some hundred images, for disjoint parts")
    parser.add_argument("--work", type=Path, required=True, help="where sets and features are kept")
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--published-repetitions", type=int, default=20)
    parser.add_argument("--runs", type=int, default=100, help="for coverage")
    parser.add_argument("--against", choices=["pool", "real"], default="pool")
    parser.add_argument("--only", nargs="+", choices=["order", "published", "copies", "parts", "permuted", "counts"])
    parser.add_argument("--size", type=int, default=32, help="of the published CNN here")
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=20)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    begun = time.perf_counter()
    for name, found in sections(given):
        print(f"{name}: {json.dumps(found)}   [{time.perf_counter() - begun:.0f} s]", flush=True)


if __name__ == "__main__":
    main()
