"""The folder of a run. Its `config.json` says what the run is; a run is continued as it was, or not at all.

config.json  log.jsonl  metrics.jsonl  checkpoints/  samples/  tensorboard/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

from torch import distributed as dist

from gan_eval.errors import GanEvalError, InputError, MismatchError
from gan_eval.files import read_document, sha256_bytes, write_json
from gan_eval.strict_json import Between, DocumentFormat, Matches, PathText
from gan_eval.translation import FOLDERS
from nicegan import checkpoint
from nicegan.checkpoint import Checkpoint
from nicegan.config import RunConfig, up_to_date
from nicegan.data import UnpairedFolders
from nicegan.journal import METRICS, records
from nicegan.state import differences

T = TypeVar("T")

CONFIG = "config.json"

_Path = Annotated[str, PathText()]
_FolderName = Annotated[str, Matches(r"(train|test)[AB]")]


@dataclass(frozen=True, slots=True)
class ImageNames:
    """The number of images in a folder, and the SHA-256 of their names."""

    count: Annotated[int, Between(0, 10**9)]
    names_sha256: Annotated[str, Matches(r"[0-9a-f]{64}")]


@dataclass(frozen=True, slots=True)
class RunDocument:
    """The content of a run's config.json.

    data: DATA folder, None for two plain folders. domains: the folders of images. images: what was in them.
    judge: what the validation's numbers depend on, None without one. processes: that trained together.
    """

    config: RunConfig
    data: _Path | None
    domains: Mapping[_FolderName, _Path]
    images: Mapping[_FolderName, ImageNames]
    processes: Annotated[int, Between(1, 10**6)]
    judge: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        if missing := [name for name in FOLDERS[:2] if name not in self.domains]:
            raise InputError(f"domains: {missing[0]} is missing")
        if missing := [name for name in FOLDERS if name not in self.images]:
            raise InputError(f"images: {missing[0]} is missing")


def _from_version_1(document: dict[str, Any]) -> dict[str, Any]:
    """Version 1 had configurations of several forms, and at first no domains: they stood in the DATA folder."""
    data = document.get("data")
    domains = {name: f"{data}/{name}" for name in FOLDERS} if isinstance(data, str) else {}
    return {"domains": domains, **document, "config": up_to_date(document.get("config"))}


RUN = DocumentFormat(
    "nicegan-run",
    RunDocument,
    (_from_version_1,),
    remedy="damaged, or changed by hand: put back a copy of it, or train on in another folder, from its images and "
    "its newest checkpoint",
    sealed=True,
)


class SaidElsewhere(GanEvalError):
    """An error that the first process of a job reports; the others end quietly."""


def once(make: Callable[[], T], *, rank: int, world: int) -> T:
    """Runs `make` in the first process, and returns its result in every process.

    A GanEvalError of the first is raised there, and SaidElsewhere in the others.
    """
    if world == 1:
        return make()
    result: list[Any] = [None]
    if rank == 0:
        try:
            result = [make()]
        except GanEvalError as error:
            dist.broadcast_object_list([SaidElsewhere(str(error))])
            raise
    dist.broadcast_object_list(result)
    if isinstance(result[0], SaidElsewhere):
        raise result[0]
    value: T = result[0]
    return value


def open_run(
    config: RunConfig,
    folders: UnpairedFolders,
    run: Path,
    *,
    resume: bool,
    rank: int = 0,
    world: int = 1,
    judge: Mapping[str, str] | None = None,
) -> Checkpoint | None:
    """Claim the folder `run` for a run, and return the checkpoint that it continues from, or None.

    judge: what the validation's numbers depend on beside the test images. All processes call this; what the first one
    finds wrong is raised in all of them.

    Raises InputError if a run is there and `resume` is False, MismatchError if what is resumed had another
    configuration, other training images or another number of processes, or if it has been validated with another
    judge or other test images.
    """
    once(lambda: _claim(config, folders, run, resume=resume, world=world, judge=judge), rank=rank, world=world)
    newest = checkpoint.newest(run) if resume else None
    if rank == 0 and newest is not None:
        checkpoint.mark_best(run, best_step(run, until=newest.step))
    return newest


def _claim(
    config: RunConfig,
    folders: UnpairedFolders,
    run: Path,
    *,
    resume: bool,
    world: int,
    judge: Mapping[str, str] | None,
) -> None:
    """Writes the run's config.json, or checks that the one there belongs to this run."""
    document = _document(config, folders, world, judge)
    if (run / CONFIG).exists():
        if not resume:
            raise InputError(f"{run}: holds a run already (continue it with resume=True, or choose another folder)")
        before = _read(run)
        _compare(before, document, run)
        if judge is None and best_step(run) is not None:
            document = replace(document, judge=before.judge)
    write_json(run / CONFIG, RUN.encode(document))


def read_config(run: Path) -> RunConfig:
    """Returns the configuration of a run."""
    return _read(run).config


def read_data(run: Path) -> Path | None:
    """Returns the DATA folder of a run; None where it trains on two plain folders."""
    data = _read(run).data
    return None if data is None else Path(data)


def read_domains(run: Path) -> tuple[Path, Path]:
    """Returns the folders of training images of both domains."""
    domains = _read(run).domains
    return Path(domains["trainA"]), Path(domains["trainB"])


def best_step(run: Path, *, until: int | None = None) -> int | None:
    """Returns the step with the best validation, the earliest of equals; None where nothing was validated."""
    validations = [
        record
        for record in records(run / METRICS)
        if record.get("images") == "translated" and (until is None or record["step"] <= until)
    ]
    if not validations:
        return None
    sign = 1 if validations[0]["direction"] == "lower" else -1
    return int(min(validations, key=lambda record: sign * record["mean"])["step"])


def _document(config: RunConfig, folders: UnpairedFolders, world: int, judge: Mapping[str, str] | None) -> RunDocument:
    """Returns the content of config.json. It holds a hash of the images' names, so that another set is noticed."""
    images = {}
    for name in FOLDERS:
        names = [f"{name}/{each}" for each in folders.names(name)]
        images[name] = ImageNames(len(names), sha256_bytes("\n".join(names).encode("utf-8", "surrogateescape")))
    return RunDocument(
        config=config,
        data=None if folders.root is None else str(folders.root.resolve()),
        domains={name: str(path.resolve()) for name, path in folders.folders.items()},
        images=images,
        judge=None if judge is None else dict(judge),
        processes=world,
    )


def _read(run: Path) -> RunDocument:
    return read_document(run / CONFIG, RUN)


def _compare(then: RunDocument, now: RunDocument, run: Path) -> None:
    """Raise MismatchError that names every difference which would change a number of the run."""
    changes = differences(_numbers(then.config), _numbers(now.config))
    if then.processes != now.processes:
        changes += f", processes {then.processes} → {now.processes}"
    validated = now.judge is not None and best_step(run) is not None
    if validated and now.judge is not None:
        changes += "".join(f", {difference}" for difference in _other_judge(then.judge, now.judge))
    for name in FOLDERS if validated else FOLDERS[:2]:
        before, after = then.images[name], now.images[name]
        if before.count != after.count:
            changes += f", {name} {before.count} images → {after.count}"
        elif before != after:
            changes += f", {name} other image names"
    if changes:
        raise MismatchError(
            f"{run}: cannot be resumed as another run: {changes.removeprefix(', ')} (leave it as it was, or begin a "
            f"new run from where this one stands: parent={run} out=NEW)"
        )


def _other_judge(then: Mapping[str, str] | None, now: Mapping[str, str]) -> list[str]:
    """Lists how the validation of a run differs from before; empty where the earlier one is unknown."""
    if then is None:
        return []
    names = dict.fromkeys([*then, *now])
    return [
        f"validation's {name} {str(then.get(name))[:40]} → {str(now.get(name))[:40]}"
        for name in names
        if then.get(name) != now.get(name)
    ]


def _numbers(config: RunConfig) -> RunConfig:
    """Returns the configuration with defaults in place of all settings that change no weight, such as `workers`."""
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
        features=kept.features,
        threads=kept.threads,
    )
