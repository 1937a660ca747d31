"""Translates images with a checkpoint. Only one domain's encoder and one generator are loaded.

Every output file appears whole or not at all, and `translation.json` beside them says what made them, so that a
translation that was killed goes on with what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from gan_eval.errors import BadImagesError, InputError, MismatchError
from gan_eval.files import atomic_file, read_bytes, read_document, sha256_bytes, write_json
from gan_eval.hardware import Precision
from gan_eval.images import Contents, FilesSource, OnBadImage, UnreadableImage, list_images, scan
from gan_eval.images.scanning import content_digest, in_order
from gan_eval.result import Progress
from gan_eval.translation import (
    TRANSLATION,
    TRANSLATION_FILE,
    CheckpointRecord,
    InputsRecord,
    OutputSettings,
    TranslationDirection,
    TranslationRecord,
    located,
    named_images,
    record_of,
)
from gan_eval.version import __version__
from nicegan import checkpoint
from nicegan.checkpoint import Checkpoint
from nicegan.models.protocol import implementation
from nicegan.pictures import Size, load_plain, to_pixels, to_range

Format = Literal["png", "jpg", "webp"]
_WRITERS: Mapping[Format, tuple[str, dict[str, Any]]] = {
    "png": ("PNG", {}),
    "jpg": ("JPEG", {"quality": 95}),
    "webp": ("WEBP", {"lossless": True}),
}


class Translator(nn.Module):
    """The networks that translate in one direction, with a checkpoint's weights, in evaluation mode.

    Averaged weights are used where the checkpoint has them.
    """

    def __init__(
        self, source: Checkpoint, direction: TranslationDirection, *, device: torch.device | str = "cpu"
    ) -> None:
        super().__init__()
        model = implementation(source.config.model)
        if direction not in model.directions:
            raise InputError(f"{source.folder}: a model that translates {' and '.join(model.directions)} alone")
        self.path = model.one_way(source.config, direction)
        self.multiple, self.fixed_size = source.config.network.multiple, source.config.network.fixed_size
        for name, module in self.path.stored().items():
            averaged = f"{checkpoint.AVERAGE}{name}"
            module.load_state_dict(checkpoint.load_weights(source, averaged if averaged in source.networks else name))
        layout = torch.channels_last if source.config.channels_last else torch.contiguous_format
        self.to(device, memory_format=layout)  # type: ignore[call-overload]
        self.requires_grad_(False).eval()

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] → the same."""
        translated: Tensor = self.path(image)
        return translated

    def sha256(self) -> str:
        """Hash of all its weights."""
        parts = (value.detach().cpu().contiguous().numpy().tobytes() for value in self.state_dict().values())
        return sha256_bytes("".join(map(sha256_bytes, parts)).encode())


@dataclass(frozen=True, slots=True)
class Input:
    """A file to translate and the name of its output, relative and without suffix."""

    path: Path
    stem: PurePosixPath


#: An input with its pixels (3, H, W) uint8, or with the reason why it has none.
Loaded = tuple[Input, Tensor | str]


@dataclass(frozen=True, slots=True)
class TranslationInputs:
    """What the user named, as files. reference: the real images of the target domain, if DATA was given."""

    named: tuple[str, ...]
    files: tuple[Input, ...]
    reference: Path | None

    @property
    def label(self) -> str:
        """Returns what the user named, in a few words."""
        return self.named[0] if len(self.named) == 1 else f"{self.named[0]} and {len(self.named) - 1} more"

    @property
    def names_sha256(self) -> str:
        """Hash of the outputs' names."""
        return sha256_bytes("\n".join(str(one.stem) for one in self.files).encode("utf-8", "surrogateescape"))


@dataclass(frozen=True, slots=True)
class Translation:
    """The outcome of a call: images written, images kept from an earlier call, and files left out."""

    written: int
    kept: int
    skipped: tuple[str, ...]
    out: Path
    reference: Path | None


def find_inputs(given: Sequence[Path], direction: TranslationDirection) -> TranslationInputs:
    """Resolve folders (with their sub-folders), files, or a DATA folder (its test images of the source domain).

    Raises InputError if something is missing or empty, or if two files would be written under one name.
    """
    if not given:
        raise InputError("nothing to translate (name a folder, image files, or a DATA folder)")
    files: dict[PurePosixPath, Path] = {}
    reference = None
    for path in given:
        if (path / f"test{direction[0]}").is_dir():
            reference = path / f"test{direction[-1]}"
        for file, name in named_images(path, direction):
            stem = PurePosixPath(name)
            if stem in files:
                raise InputError(f"{files[stem]} and {file} would both become {stem} (translate them into two folders)")
            files[stem] = file
    chosen = reference if len(given) == 1 and reference is not None and reference.is_dir() else None
    return TranslationInputs(tuple(map(str, given)), tuple(Input(path, stem) for stem, path in files.items()), chosen)


def translate(
    source: Checkpoint,
    inputs: TranslationInputs,
    out: Path,
    *,
    direction: TranslationDirection,
    device: torch.device | str = "cpu",
    size: Size | Literal["keep"] | None = None,
    tile: int = 1536,
    batch_size: int = 8,
    precision: Precision = "fp32",
    image_format: Format = "png",
    on_bad_image: OnBadImage = "fail",
    workers: int | None = None,
    progress: Progress | None = None,
) -> Translation:
    """Write the translation of every input to `out`, under its own stem and sub-folder.

    size: of the outputs; default the size of training, to which inputs are resized as in testing; "keep" for each
    input's own. tile: with "keep", images of more pixels than a square of this side are translated in overlapping
    parts, which takes less memory; each part then has its own normalisation statistics.
    Averaged generators are used where the checkpoint has them. If `out` holds a part of this very translation, only
    the rest is made; a translation of other inputs by the same weights and settings is added to it.

    Raises InputError if `out` holds anything else, MismatchError if it holds a translation with other settings,
    BadImagesError for unreadable inputs unless `on_bad_image` is "skip".
    """
    fitted = _output_size(size, source)
    inputs = _with_earlier(inputs, out, direction)
    contents = scan(
        FilesSource.paths(inputs.label, [str(one.path) for one in inputs.files]),
        workers=workers,
        on_bad_image=on_bad_image,
        deep="scale",
        progress=progress,
    )
    translator = Translator(source, direction, device=device)
    reference = inputs.reference or _recorded_reference(source, direction)
    record = TranslationRecord(
        direction=direction,
        reference=None if reference is None else _recorded(reference),
        inputs=_inputs_record(inputs, contents),
        out=_recorded(out),
        checkpoint=CheckpointRecord(_recorded(source.folder), source.step, translator.sha256()),
        settings=OutputSettings(
            fitted and fitted.height,
            fitted and fitted.width,
            source.config.data.fit,
            precision,
            image_format,
            source.averaged,
        ),
        complete=False,
        versions={"nicegan": __version__, "torch": str(torch.__version__)},
    )
    _claim(out, record)
    missing = [one for one in inputs.files if not _target(out, one, image_format).exists()]
    skipped: list[str] = []

    def load(one: Input) -> Loaded:
        """Returns the input's pixels, or the reason why it cannot be read."""
        try:
            data = _as_scanned(one, contents)
            return one, load_plain(one.path, fitted, config=source.config.data, data=data)
        except UnreadableImage as error:
            return one, str(error)

    loaded = in_order(load, missing, workers=workers, ahead=4 * batch_size if fitted else 4)
    done = 0
    for batch in _batched(loaded, batch_size, skipped):
        pixels = _translated(translator, [tensor for _, tensor in batch], device, precision, None if fitted else tile)
        for (one, _), picture in zip(batch, pixels, strict=True):
            _write(Image.fromarray(picture.numpy()), _target(out, one, image_format), image_format)
        done += len(batch)
        if progress:
            progress("translating", done, len(missing))
    if skipped and on_bad_image == "fail":
        raise BadImagesError(inputs.label, skipped)
    _write_record(out, replace(record, complete=True, skipped=tuple(map(_printable, skipped))))
    return Translation(done, len(inputs.files) - len(missing), tuple(skipped), out, reference)


def _as_scanned(one: Input, contents: Contents) -> bytes:
    """The bytes of an input. Raises InputError where the scan, whose hash the record holds, saw others."""
    data = read_bytes(one.path)
    listed = any(line.startswith(f"{one.path}: ") for line in contents.bad)
    if not listed and content_digest(data)[:8] not in contents.digests:
        raise InputError(f"{one.path}: changed while it was being translated (run again, into a new folder)")
    return data


def _output_size(size: Size | Literal["keep"] | None, source: Checkpoint) -> Size | None:
    """The size of every output; None where each keeps its input's. InputError where the generator cannot make it."""
    network = source.config.network
    if size == "keep":
        if network.fixed_size:
            raise InputError(f"size=keep: this generator makes {network.width}x{network.height} alone")
        return None
    size = size or Size(network.height, network.width)
    step = network.multiple
    if size.height % step or size.width % step:
        raise InputError(f"size={size.width}x{size.height}: not multiples of {step}, which the generator needs")
    if network.fixed_size and size != (network.height, network.width):
        raise InputError(
            f"size={size.width}x{size.height}: this generator makes {network.width}x{network.height} alone "
            "(leave it out)"
        )
    return size


def _with_earlier(inputs: TranslationInputs, out: Path, direction: TranslationDirection) -> TranslationInputs:
    """The inputs of an earlier translation into `out` and these, so that one photograph can follow another.

    Only where the earlier one is complete and all that it was made of is still there; else these alone.
    """
    earlier = record_of(out)
    if earlier is None or earlier.inputs is None or not earlier.complete or earlier.direction != direction:
        return inputs
    paths = [located(name, earlier, out) for name in earlier.inputs.named]
    named = [Path(name).resolve() for name in inputs.named]
    if not all(path.exists() for path in paths) or set(paths) == set(named):
        return inputs
    before = find_inputs(paths, direction)
    contents = scan(
        FilesSource.paths(before.label, [str(one.path) for one in before.files]), on_bad_image="skip", deep="scale"
    )
    if contents.sha256 != earlier.inputs.sha256:
        return inputs
    both = find_inputs(list(dict.fromkeys([*paths, *named])), direction)
    return replace(both, reference=both.reference or inputs.reference or before.reference)


def translate_one(
    source: Checkpoint,
    picture: Path,
    out: Path,
    *,
    direction: TranslationDirection,
    device: torch.device | str = "cpu",
    size: Size | Literal["keep"] | None = None,
    tile: int = 1536,
    precision: Precision = "fp32",
) -> None:
    """Write the translation of one photograph to the file `out`, whose ending says the format; no record is kept.

    Parameters as of `translate`. Raises InputError for an ending that cannot be written, and UnreadableImage.
    """
    image_format = format_of(out)
    if image_format is None:
        raise InputError(f"{out}: not a name of an image file ({', '.join(f'.{each}' for each in _WRITERS)})")
    fitted = _output_size(size, source)
    pixels = load_plain(picture, fitted, config=source.config.data)
    translator = Translator(source, direction, device=device)
    made = _translated(translator, [pixels], device, precision, None if fitted else tile)[0]
    _write(Image.fromarray(made.numpy()), out, image_format)


def format_of(path: Path) -> Format | None:
    """The format that a file's ending names; None where it names none that can be written."""
    ending = path.suffix.lower().removeprefix(".").replace("jpeg", "jpg")
    return next((each for each in _WRITERS if each == ending), None)


def _recorded_reference(source: Checkpoint, direction: TranslationDirection) -> Path | None:
    """The target domain's test images of the set that the checkpoint was trained on, if they are still there."""
    if source.data is None:
        return None
    folder = source.data / f"test{direction[-1]}"
    return folder if folder.is_dir() else None


def _claim(out: Path, record: TranslationRecord) -> None:
    """Makes `out` the folder of this translation, or checks that it already is."""
    if not (out / TRANSLATION_FILE).exists():
        if out.exists() and (not out.is_dir() or list_images(out)):
            raise InputError(f"{out}: holds other images (choose another folder, or empty it)")
        _write_record(out, record)
        return
    earlier = read_document(out / TRANSLATION_FILE, TRANSLATION)
    there, wanted = _identity(earlier), _identity(record)
    if _grows(earlier, record):
        del wanted["inputs"]
    if different := [name for name, value in wanted.items() if there[name] != value]:
        raise MismatchError(
            f"{out}: holds another translation (other {', '.join(different)}; choose another folder, or remove it)"
        )


def _grows(earlier: TranslationRecord, record: TranslationRecord) -> bool:
    """Whether a complete translation's inputs are among those of this one, unchanged, with more beside them."""
    if earlier.inputs is None or record.inputs is None or not earlier.complete:
        return False
    return set(earlier.inputs.named) < set(record.inputs.named)


def _identity(record: TranslationRecord) -> dict[str, object]:
    """Returns the parts of a record that decide about the outputs; places of folders are left out."""
    checkpoint, inputs = record.checkpoint, record.inputs
    return {
        "checkpoint": checkpoint and checkpoint.sha256,
        "direction": record.direction,
        "inputs": inputs and (inputs.sha256, inputs.names_sha256),
        "settings": record.settings,
    }


def _inputs_record(inputs: TranslationInputs, contents: Contents) -> InputsRecord:
    named = tuple(_recorded(Path(name)) for name in inputs.named)
    return InputsRecord(named, contents.sha256, contents.count, inputs.names_sha256)


def _write_record(out: Path, record: TranslationRecord) -> None:
    write_json(out / TRANSLATION_FILE, TRANSLATION.encode(record))


def _recorded(path: Path) -> str:
    return _printable(str(path.resolve()))


def _printable(text: str) -> str:
    """The text with what is not Unicode escaped: JSON cannot hold a file name that is not UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _target(out: Path, one: Input, image_format: Format) -> Path:
    return out.joinpath(*one.stem.parts[:-1], f"{one.stem.name}.{image_format}")


def _batched(loaded: Iterator[Loaded], batch_size: int, skipped: list[str]) -> Iterator[list[tuple[Input, Tensor]]]:
    """Batches of what could be read; the reasons of the others go to `skipped`."""
    while part := list(islice(loaded, batch_size)):
        skipped += [pixels for _, pixels in part if isinstance(pixels, str)]
        if batch := [(one, pixels) for one, pixels in part if not isinstance(pixels, str)]:
            yield batch


def _translated(
    translator: Translator,
    tensors: Sequence[Tensor],
    device: torch.device | str,
    precision: Precision,
    tile: int | None,
) -> list[Tensor]:
    """Translations (H, W, 3) uint8 of images (3, H, W) uint8, each of its input's size.

    tile: side of the parts that large images are cut into; None where all have one size that the generator takes.
    """
    if tile is None:
        return list(_run(translator, torch.stack(list(tensors)), device, precision))
    return [_of_any_size(translator, tensor, device, precision, tile) for tensor in tensors]


#: Shorter sides are padded to it: a reflected border must not be wider than what it reflects.
_SMALLEST = 32
#: Pixels that parts of a large image have in common, over which one fades into the other.
_OVERLAP = 128


def _of_any_size(
    translator: Translator, pixels: Tensor, device: torch.device | str, precision: Precision, tile: int
) -> Tensor:
    """Pad to a size that the generator takes, translate, cut the padding off; in overlapping parts where it is large.

    pixels: (3, H, W) uint8. Returned: (H, W, 3) uint8.
    """
    height, width = pixels.shape[1:]
    padded = _padded(pixels, translator.multiple)
    if padded.shape[1] * padded.shape[2] <= tile * tile:
        return _run(translator, padded[None], device, precision)[0][:height, :width]
    total = torch.zeros(*padded.shape[1:], 3)
    weight = torch.zeros(*padded.shape[1:], 1)
    for top in _starts(padded.shape[1], tile):
        for left in _starts(padded.shape[2], tile):
            part = padded[:, top : top + tile, left : left + tile]
            fade = _fade(part.shape[1])[:, None, None] * _fade(part.shape[2])[None, :, None]
            place = (slice(top, top + part.shape[1]), slice(left, left + part.shape[2]))
            total[place] += fade * _run(translator, part[None], device, precision)[0]
            weight[place] += fade
    return (total / weight).round_().to(torch.uint8)[:height, :width]


def _padded(pixels: Tensor, step: int) -> Tensor:
    """(3, H, W) with its mirror image to the right and below, up to multiples of `step` and `_SMALLEST`."""
    height, width = pixels.shape[1:]
    more = [max(-(-side // step) * step, _SMALLEST) - side for side in (height, width)]
    mirrored = np.pad(pixels.numpy(), ((0, 0), (0, more[0]), (0, more[1])), mode="symmetric")
    return torch.from_numpy(mirrored)


def _starts(side: int, tile: int) -> list[int]:
    """Where parts of `tile` pixels begin, so that neighbours overlap and the last one ends at the edge."""
    if side <= tile:
        return [0]
    count = -(-(side - _OVERLAP) // (tile - _OVERLAP))
    return [
        (side - tile) * index // (count - 1) // 8 * 8 if index < count - 1 else side - tile for index in range(count)
    ]


def _fade(side: int) -> Tensor:
    """(side,) weights that rise from the edge over the overlap."""
    distance = torch.minimum(torch.arange(1, side + 1), torch.arange(side, 0, -1)).float()
    return (distance / _OVERLAP).clamp(max=1)


@torch.inference_mode()
def _run(translator: Translator, pixels: Tensor, device: torch.device | str, precision: Precision) -> Tensor:
    """(N, 3, H, W) uint8 → its translation, (N, H, W, 3) uint8 on the CPU."""
    device = torch.device(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
        return to_pixels(translator(to_range(pixels, device))).permute(0, 2, 3, 1).cpu()


def _write(picture: Image.Image, target: Path, image_format: Format) -> None:
    name, options = _WRITERS[image_format]
    with atomic_file(target) as temporary:
        picture.save(temporary, format=name, **options)
