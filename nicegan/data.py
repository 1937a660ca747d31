"""Unpaired folders, the official augmentation, and an order of images that is a pure function of seed and position.

A position is the 0-based ordinal of a pair of training images, one of each domain. What stands at a position (which
image of A, which of B, flipped or not, cropped where) follows from the seed and the position alone: not from the
number of workers or processes, nor from how often the run was interrupted.

One difference from the official loaders: each domain is shuffled anew when all of it has been seen, as there, but a
batch runs on into the next shuffle where the official one is cut short.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from gan_eval import images
from gan_eval.errors import BadImagesError, InputError, NotFoundError
from gan_eval.images import OnBadImage, UnreadableImage
from gan_eval.images.scanning import in_order
from gan_eval.result import Progress
from gan_eval.translation import FOLDERS
from nicegan.config import DataConfig, Fit
from nicegan.pictures import Size, check_header, common_white, load_augmented, shape

DomainName = Literal["A", "B"]
DOMAINS: tuple[DomainName, DomainName] = ("A", "B")


@dataclass(frozen=True, slots=True)
class UnpairedFolders:
    """The sorted image files of both domains. The test sets may be empty; the training sets are not.

    root: the DATA folder, None where the domains are two plain folders. white: the value that means white in images
    deeper than 8 bits, None where there are none. held_out: training images that validation uses and training does not;
    None where validation uses the test images.
    """

    root: Path | None
    train: Mapping[DomainName, tuple[Path, ...]]
    test: Mapping[DomainName, tuple[Path, ...]]
    skipped: tuple[str, ...] = ()
    white: float | None = None
    folders: Mapping[str, Path] = field(default_factory=dict)
    held_out: Mapping[DomainName, tuple[Path, ...]] | None = None

    @property
    def judged(self) -> Mapping[DomainName, tuple[Path, ...]]:
        """The images that validation translates, and compares with."""
        return self.test if self.held_out is None else self.held_out

    def names(self, part: str) -> list[str]:
        """Names of the images of trainA, trainB, testA or testB, relative to their folder."""
        paths = (self.train if part.startswith("train") else self.test)[part[-1]]  # type: ignore[index]
        return [path.relative_to(self.folders[part]).as_posix() for path in paths]


#: Share of the training images that is held out for validation, the fewest that are worth it, and the most.
HELD_OUT, FEWEST_HELD_OUT, MOST_HELD_OUT = 0.1, 8, 500


def hold_out(folders: UnpairedFolders, *, seed: int) -> UnpairedFolders:
    """The folders with a tenth of each domain's training images set apart for validation.

    They are drawn by `seed`, at most 500 of a domain. Folders in which a tenth of a domain is fewer than 8 images are
    returned as they are, and are then validated on their test images.
    """
    counts = {domain: min(int(HELD_OUT * len(paths)), MOST_HELD_OUT) for domain, paths in folders.train.items()}
    if min(counts.values()) < FEWEST_HELD_OUT:
        return folders
    train: dict[DomainName, tuple[Path, ...]] = {}
    held_out: dict[DomainName, tuple[Path, ...]] = {}
    for number, (domain, paths) in enumerate(folders.train.items()):
        order = np.random.default_rng([seed, 5, number]).permutation(len(paths))
        apart = set(order[: counts[domain]].tolist())
        held_out[domain] = tuple(path for place, path in enumerate(paths) if place in apart)
        train[domain] = tuple(path for place, path in enumerate(paths) if place not in apart)
    return replace(folders, train=train, held_out=held_out)


def open_folders(root: Path, *, on_bad_image: OnBadImage = "fail", progress: Progress | None = None) -> UnpairedFolders:
    """List `root`/{trainA, trainB, testA, testB} and look at every file's header, so that a bad one shows before.

    Raises InputError for a missing or empty training folder, BadImagesError for unreadable files unless
    `on_bad_image` is "skip", which leaves them out and names them in `skipped`.
    """
    if not root.is_dir():
        raise NotFoundError(f"{root}: no such folder (DATA holds {', '.join(FOLDERS)})")
    if missing := [name for name in ("trainA", "trainB") if not (root / name).is_dir()]:
        raise InputError(
            f"{root}: has no {' and no '.join(missing)} (DATA holds {', '.join(FOLDERS)}; two plain folders: "
            "domain_a=DIR domain_b=DIR)"
        )
    folders = {name: root / name for name in FOLDERS}
    return _opened(folders, root=root, on_bad_image=on_bad_image, progress=progress)


def open_domains(
    domain_a: Path, domain_b: Path, *, on_bad_image: OnBadImage = "fail", progress: Progress | None = None
) -> UnpairedFolders:
    """Two plain folders of photographs to train on, without test images. Raises as `open_folders` does."""
    for folder in (domain_a, domain_b):
        if not folder.is_dir():
            raise NotFoundError(f"{folder}: no such folder")
    folders = {"trainA": domain_a, "trainB": domain_b}
    return _opened(folders, root=None, on_bad_image=on_bad_image, progress=progress)


def _opened(
    folders: Mapping[str, Path], *, root: Path | None, on_bad_image: OnBadImage, progress: Progress | None
) -> UnpairedFolders:
    listed = {name: images.list_images(path) if path.is_dir() else [] for name, path in folders.items()}
    bad = unreadable([path for paths in listed.values() for path in paths], progress=progress)
    reasons = tuple(f"{path.relative_to(root) if root else path}: {reason}" for path, reason in bad.items())
    where = str(root) if root else f"{folders['trainA']}, {folders['trainB']}"
    if reasons and on_bad_image == "fail":
        raise BadImagesError(where, reasons)
    good = {name: tuple(path for path in listed.get(name, []) if path not in bad) for name in FOLDERS}
    for name in ("trainA", "trainB"):
        if not good[name]:
            raise InputError(f"{folders[name]}: no readable image (training needs at least one of each domain)")
    return UnpairedFolders(
        root=root,
        train={"A": good["trainA"], "B": good["trainB"]},
        test={"A": good["testA"], "B": good["testB"]},
        skipped=reasons,
        white=common_white([path for paths in good.values() for path in paths]),
        folders=folders,
    )


def unreadable(paths: Sequence[Path], *, progress: Progress | None = None) -> dict[Path, str]:
    """Returns the files among `paths` that are not whole images, in their order, each with the reason."""
    bad: dict[Path, str] = {}
    for done, (path, reason) in enumerate(zip(paths, in_order(check_header, paths), strict=True), 1):
        if reason is not None:
            bad[path] = reason
        if progress:
            progress("checking images", done, len(paths))
    return bad


def index_at(position: int, *, count: int, seed: int, domain: DomainName) -> int:
    """Returns the index of the image at a position; every `count` positions are one shuffle of a domain's images."""
    turn, place = divmod(position, count)
    return int(_shuffle(count, turn, seed, DOMAINS.index(domain))[place])


@lru_cache(maxsize=8)
def _shuffle(count: int, turn: int, seed: int, domain: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, domain, 0, turn]).permutation(count)


class ImagePair(NamedTuple):
    """One image, or one batch, of each domain: (3, H, W) or (B, 3, H, W) uint8."""

    a: Tensor
    b: Tensor


def check_pairs(folders: UnpairedFolders, fit: Fit) -> None:
    """Raise InputError unless the training images of both domains are aligned pairs: same names, same shapes."""
    a, b = ([PurePosixPath(name).with_suffix("") for name in folders.names(part)] for part in ("trainA", "trainB"))
    if a != b:
        alone = sorted({*a} ^ {*b}) or [name for name in a if a.count(name) > 1]
        raise InputError(
            f"{folders.folders['trainA']}, {folders.folders['trainB']}: {alone[0]} is not in each of them once (this "
            "model learns from aligned pairs: both folders hold files of the same names)"
        )
    for one, other in zip(folders.train["A"], folders.train["B"], strict=True) if fit != "stretch" else ():
        if shape(one) != shape(other):
            raise InputError(
                f"{other}: {shape(other)} pixels, its partner in A {shape(one)} (fit=stretch takes such pairs)"
            )


class TrainingPairs(Dataset[ImagePair]):
    """Position → an augmented image of A and one of B, drawn independently, or in aligned pairs, augmented alike."""

    def __init__(
        self,
        train: Mapping[DomainName, Sequence[Path]],
        size: Size,
        *,
        seed: int,
        config: DataConfig | None = None,
        on_bad_image: OnBadImage = "fail",
        paired: bool = False,
    ) -> None:
        self.paired = paired
        self.train, self.size, self.seed, self.config = train, size, seed, config or DataConfig()
        self.on_bad_image = on_bad_image

    def __getitem__(self, position: int) -> ImagePair:
        if self.paired:
            return ImagePair(*self._draw(position, "A", DOMAINS))
        return ImagePair(*self._draw(position, "A", ("A",)), *self._draw(position, "B", ("B",)))

    def _draw(self, position: int, domain: DomainName, wanted: Sequence[DomainName]) -> list[Tensor]:
        """The images at a position of a domain's order; where one cannot be decoded and is to be skipped, the next."""
        paths = self.train[domain]
        first = index_at(position, count=len(paths), seed=self.seed, domain=domain)
        for ahead in range(len(paths)):
            place, key = (first + ahead) % len(paths), [self.seed, DOMAINS.index(domain), 1, position]
            try:
                return [
                    load_augmented(self.train[each][place], self.size, np.random.default_rng(key), config=self.config)
                    for each in wanted
                ]
            except UnreadableImage:
                if self.on_bad_image == "fail":
                    raise
        raise InputError(f"{paths[0].parent}: no image of it can be decoded")


def batches(
    pairs: TrainingPairs,
    *,
    first: int,
    last: int,
    batch: int,
    rank: int = 0,
    world: int = 1,
    workers: int = 0,
    pinned: bool = False,
) -> Iterator[ImagePair]:
    """Batches number `first` to `last` - 1, counted from 0.

    Batch k of `world` processes covers positions k·B·world to (k+1)·B·world - 1, and rank r takes the r-th B of them:
    together, two processes with B see what one process sees with 2B.
    """
    starts = ((number * world + rank) * batch for number in range(first, last))
    loader: DataLoader[ImagePair] = DataLoader(
        pairs,
        batch_sampler=(list(range(start, start + batch)) for start in starts),
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        pin_memory=pinned,
        worker_init_fn=_leave_signals_to_the_parent,
        generator=torch.Generator(),  # for the seeds of the workers, which nothing uses: spares the global generator
    )
    yield from loader


def _leave_signals_to_the_parent(_: int) -> None:
    """A terminal and a scheduler tell all processes of a job; workers go on until the parent has finished its step.

    They end when it closes its loader, and, as PyTorch sees to, soon after it has died.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
