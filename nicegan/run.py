"""The folder of a run: `config.json` says what it is; who finds it there continues it as it was, or not at all.

config.json  log.jsonl  metrics.jsonl  checkpoints/  samples/  tensorboard/
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import distributed as dist

from gan_eval.errors import InputError, MismatchError
from gan_eval.files import read_json, sha256_bytes, write_json
from gan_eval.translation import FOLDERS
from nicegan import checkpoint
from nicegan.checkpoint import Checkpoint
from nicegan.config import RunConfig, up_to_date
from nicegan.data import UnpairedFolders
from nicegan.journal import METRICS, records
from nicegan.state import differences

SCHEMA = "nicegan-run/1"
CONFIG = "config.json"


def open_run(
    config: RunConfig, folders: UnpairedFolders, run: Path, *, resume: bool, rank: int = 0, world: int = 1
) -> Checkpoint | None:
    """Claim the folder `run` for a run, and return the checkpoint that it continues from, or None.

    Raises InputError if a run is there and `resume` is False, MismatchError if what is resumed had another
    configuration, other training images or another number of processes.
    """
    if rank == 0:
        document = _document(config, folders, world)
        if (run / CONFIG).exists():
            if not resume:
                raise InputError(f"{run}: holds a run already (continue it with --resume, or choose another --out)")
            _compare(_read(run), document, run)
        write_json(run / CONFIG, document)
    if world > 1:
        dist.barrier()
    newest = checkpoint.newest(run) if resume else None
    if rank == 0 and newest is not None:
        checkpoint.mark_best(run, best_step(run, until=newest.step))
    return newest


def read_config(run: Path) -> RunConfig:
    """The configuration that a run has been made with."""
    config: RunConfig = RunConfig.from_dict(up_to_date(_read(run)["config"]))
    return config


def read_data(run: Path) -> Path:
    """The DATA folder that a run has been made with."""
    return Path(_read(run)["data"])


def best_step(run: Path, *, until: int | None = None) -> int | None:
    """The step whose validation was best, the earliest of equals; None if there was none."""
    found = [
        record
        for record in records(run / METRICS)
        if record.get("images") == "translated" and (until is None or record["step"] <= until)
    ]
    if not found:
        return None
    sign = 1 if found[0]["direction"] == "lower" else -1
    return int(min(found, key=lambda record: sign * record["mean"])["step"])


def _document(config: RunConfig, folders: UnpairedFolders, world: int) -> dict[str, Any]:
    """What config.json holds; the images' names are hashed, so that another set is noticed."""
    images = {}
    for name in FOLDERS:
        paths = (folders.train if name.startswith("train") else folders.test)[name[-1]]  # type: ignore[index]
        names = "\n".join(path.relative_to(folders.root).as_posix() for path in paths)
        images[name] = {"count": len(paths), "names_sha256": sha256_bytes(names.encode())}
    return {
        "schema": SCHEMA,
        "config": config.to_dict(),
        "data": str(folders.root.resolve()),
        "images": images,
        "processes": world,
    }


def _read(run: Path) -> dict[str, Any]:
    document = read_json(run / CONFIG)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise InputError(f"{run / CONFIG}: not of a training run ({SCHEMA})")
    return document


def _compare(then: dict[str, Any], now: dict[str, Any], run: Path) -> None:
    """Raise MismatchError that names every difference which would change a number of the run."""
    changes = differences(
        _numbers(RunConfig.from_dict(up_to_date(then["config"]))), _numbers(RunConfig.from_dict(now["config"]))
    )
    if then["processes"] != now["processes"]:
        changes += f", processes {then['processes']} → {now['processes']}"
    for name in ("trainA", "trainB"):
        before, after = then["images"][name], now["images"][name]
        if before["count"] != after["count"]:
            changes += f", {name} {before['count']} images → {after['count']}"
        elif before != after:
            changes += f", {name} other image names"
    if changes:
        raise MismatchError(f"{run}: cannot be resumed as another run: {changes.removeprefix(', ')}")


def _numbers(config: RunConfig) -> RunConfig:
    """The configuration without what changes no weight: how long, how often, how many workers."""
    kept = RunConfig()
    return replace(
        config,
        optim=replace(config.optim, stop_at=None),
        workers=kept.workers,
        log_every=kept.log_every,
        sample_every=kept.sample_every,
        checkpoint_every=kept.checkpoint_every,
        validate_every=kept.validate_every,
        keep_last=kept.keep_last,
        keep_every=kept.keep_every,
    )
