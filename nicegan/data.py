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
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from gan_eval import images
from gan_eval.errors import BadImagesError, InputError
from gan_eval.images import OnBadImage, UnreadableImage
from gan_eval.images.scanning import in_order
from gan_eval.result import Progress
from gan_eval.translation import FOLDERS
from nicegan.config import DataConfig, Fit

DomainName = Literal["A", "B"]
DOMAINS: tuple[DomainName, DomainName] = ("A", "B")


class Size(NamedTuple):
    """Height and width in pixels."""

    height: int
    width: int


@dataclass(frozen=True, slots=True)
class UnpairedFolders:
    """The sorted image files of a DATA folder. The test sets may be empty; the training sets are not."""

    root: Path
    train: Mapping[DomainName, tuple[Path, ...]]
    test: Mapping[DomainName, tuple[Path, ...]]
    skipped: tuple[str, ...] = ()


def open_folders(root: Path, *, on_bad_image: OnBadImage = "fail", progress: Progress | None = None) -> UnpairedFolders:
    """List `root`/{trainA, trainB, testA, testB} and decode every file once, so that a bad one shows before training.

    Raises InputError for a missing or empty training folder, BadImagesError for unreadable files unless
    `on_bad_image` is "skip", which leaves them out and names them in `skipped`.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder (DATA holds {', '.join(FOLDERS)})")
    if missing := [name for name in ("trainA", "trainB") if not (root / name).is_dir()]:
        raise InputError(f"{root}: has no {' and no '.join(missing)} (DATA holds {', '.join(FOLDERS)})")
    listed = {name: images.list_images(root / name) if (root / name).is_dir() else [] for name in FOLDERS}
    bad = unreadable([path for paths in listed.values() for path in paths], progress=progress)
    reasons = tuple(f"{path.relative_to(root)}: {reason}" for path, reason in bad.items())
    if reasons and on_bad_image == "fail":
        raise BadImagesError(str(root), reasons)
    good = {name: tuple(path for path in paths if path not in bad) for name, paths in listed.items()}
    for name in ("trainA", "trainB"):
        if not good[name]:
            raise InputError(f"{root / name}: no readable image (training needs at least one of each domain)")
    return UnpairedFolders(
        root=root,
        train={"A": good["trainA"], "B": good["trainB"]},
        test={"A": good["testA"], "B": good["testB"]},
        skipped=reasons,
    )


def unreadable(paths: Sequence[Path], *, progress: Progress | None = None) -> dict[Path, str]:
    """Those of `paths` that cannot be decoded, in their order, each with the reason."""
    bad: dict[Path, str] = {}

    def reason(path: Path) -> str | None:
        try:
            images.decode(path, path.name)
        except UnreadableImage as error:
            return error.reason
        return None

    for done, (path, found) in enumerate(zip(paths, in_order(reason, paths), strict=True), 1):
        if found is not None:
            bad[path] = found
        if progress:
            progress("checking images", done, len(paths))
    return bad


def load_plain(path: Path, size: Size, *, fit: Fit = "stretch") -> Tensor:
    """An image as testing sees it, (3, H, W) uint8: resized to `size`, and with "crop" its middle."""
    picture = _resize(_open(path), size, fit)
    left, top = (picture.width - size.width) // 2, (picture.height - size.height) // 2
    return _to_tensor(picture.crop((left, top, left + size.width, top + size.height)))


def load_augmented(path: Path, size: Size, rng: np.random.Generator, *, config: DataConfig) -> Tensor:
    """An image as training sees it, (3, H, W) uint8: flipped with probability ½, resized, cropped at random.

    The order, the margin of 30 pixels and the bilinear resize are the official ones. Three draws from `rng`, always.
    """
    picture = _open(path)
    if rng.random() < 0.5 and config.flip:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    picture = _resize(picture, Size(size.height + config.margin, size.width + config.margin), config.fit)
    top = int(rng.integers(picture.height - size.height + 1))
    left = int(rng.integers(picture.width - size.width + 1))
    return _to_tensor(picture.crop((left, top, left + size.width, top + size.height)))


def _resize(picture: Image.Image, size: Size, fit: Fit) -> Image.Image:
    """To exactly `size` ("stretch": the aspect is ignored), or to the smallest size that covers it ("crop")."""
    tall, wide = size
    if fit == "crop":
        scale = max(tall / picture.height, wide / picture.width)
        tall, wide = max(tall, round(picture.height * scale)), max(wide, round(picture.width * scale))
    return picture.resize((wide, tall), Image.Resampling.BILINEAR)


def to_range(pixels: Tensor, device: torch.device | str = "cpu") -> Tensor:
    """uint8 in [0, 255] → float32 in [-1, 1], by the operations of ToTensor and Normalize(0.5, 0.5)."""
    return pixels.to(device, non_blocking=True).to(torch.float32).div_(255).sub_(0.5).div_(0.5)


def to_pixels(values: Tensor) -> Tensor:
    """Float in [-1, 1] → uint8 in [0, 255], rounded to the nearest and saturated."""
    return values.float().add(1).mul(127.5).round_().clamp_(0, 255).to(torch.uint8)


def index_at(position: int, *, count: int, seed: int, domain: DomainName) -> int:
    """Which of a domain's `count` images stands at a position: every `count` positions form one shuffle of them."""
    turn, place = divmod(position, count)
    return int(_shuffle(count, turn, seed, DOMAINS.index(domain))[place])


@lru_cache(maxsize=8)
def _shuffle(count: int, turn: int, seed: int, domain: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, domain, 0, turn]).permutation(count)


class ImagePair(NamedTuple):
    """One image, or one batch, of each domain: (3, H, W) or (B, 3, H, W) uint8."""

    a: Tensor
    b: Tensor


class TrainingPairs(Dataset[ImagePair]):
    """Position → an augmented image of A and one of B, drawn independently."""

    def __init__(
        self, train: Mapping[DomainName, Sequence[Path]], size: Size, *, seed: int, config: DataConfig | None = None
    ) -> None:
        self.train, self.size, self.seed, self.config = train, size, seed, config or DataConfig()

    def __getitem__(self, position: int) -> ImagePair:
        return ImagePair(self._draw(position, "A"), self._draw(position, "B"))

    def _draw(self, position: int, domain: DomainName) -> Tensor:
        paths = self.train[domain]
        path = paths[index_at(position, count=len(paths), seed=self.seed, domain=domain)]
        rng = np.random.default_rng([self.seed, DOMAINS.index(domain), 1, position])
        return load_augmented(path, self.size, rng, config=self.config)


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
        worker_init_fn=_leave_interrupts_to_the_parent,
        generator=torch.Generator(),  # for the seeds of the workers, which nothing uses: spares the global generator
    )
    yield from loader


def _leave_interrupts_to_the_parent(_: int) -> None:
    """On Ctrl-C the terminal tells all processes; the workers must go on until the parent has finished its step."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _open(path: Path) -> Image.Image:
    return Image.fromarray(images.decode(path, path.name))


def _to_tensor(picture: Image.Image) -> Tensor:
    """PIL RGB → (3, H, W) uint8."""
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous()
