"""A checkpoint's generator as a file that needs none of this package: ONNX, or a program of `torch.export`.

The file takes one image (1, 3, H, W) in [-1, 1] and gives its translation, for any H and W that are multiples of what
the generator needs; a generator that is bound to one size takes that alone.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.export import Dim, ExportedProgram

from gan_eval.errors import GanEvalError, InputError
from gan_eval.files import atomic_file
from gan_eval.translation import TranslationDirection
from nicegan.checkpoint import Checkpoint
from nicegan.translate import Translator

#: Largest difference of an output in [-1, 1] that is taken for rounding: half a step of 8 bits.
TOLERANCE = 1 / 255


def export_torch(source: Checkpoint, out: Path, *, direction: TranslationDirection) -> None:
    """Write what `torch.export.load` reads.

    Parameters
    ----------
    source: whose generator; averaged weights where it has them.
    out: the file, usually named *.pt2.
    direction: in which it translates.
    """
    program = _program(Translator(source, direction), _example(source))
    with atomic_file(out) as temporary, _quiet():
        # torch.export writes into files named *.pt2 alone without a complaint.
        place = temporary.with_suffix(".pt2")
        torch.export.save(program, place)
        place.replace(temporary)


def export_onnx(source: Checkpoint, out: Path, *, direction: TranslationDirection) -> float | None:
    """Write an ONNX file; its largest difference from our own output, None where onnxruntime is not installed.

    Parameters as of `export_torch`. Raises InputError where a package that writes ONNX is missing, and GanEvalError
    where the file, run by onnxruntime on images of two sizes, differs by more than rounding.
    """
    translator = Translator(source, direction)
    program = _program(translator, _example(source))
    with atomic_file(out) as temporary:
        with _quiet():
            written = _onnx_program(program)
            written.save(str(temporary), external_data=False)
        difference = _difference(translator, temporary, source)
        if difference is not None and difference > TOLERANCE:
            raise GanEvalError(
                f"{out}: onnxruntime's output differs by {difference:.3g} from ours, which is more than rounding "
                "(torch=True writes a file for torch.export instead)"
            )
    return difference


def _example(source: Checkpoint, larger: int = 0) -> Tensor:
    """An image (1, 3, H, W) of noise, of the size of training or `larger` steps more."""
    network = source.config.network
    more = larger * network.multiple
    draw = torch.Generator().manual_seed(0)
    return torch.rand(1, 3, network.height + more, network.width + 2 * more, generator=draw) * 2 - 1


def _program(translator: Translator, image: Tensor) -> ExportedProgram:
    translator.to(memory_format=torch.contiguous_format)
    sides = None if translator.fixed_size else {"image": {2: Dim.AUTO, 3: Dim.AUTO}}
    with _quiet(), torch.no_grad():
        return torch.export.export(translator, (image,), dynamic_shapes=sides)


def _onnx_program(program: ExportedProgram) -> Any:
    try:
        return torch.onnx.export(program, (), dynamo=True, verbose=False)
    except (ImportError, torch.onnx.errors.OnnxExporterError) as error:
        if not isinstance(error, ImportError) and not isinstance(error.__cause__, ImportError):
            raise
        raise InputError("ONNX needs two more packages (pip install onnx onnxscript; torch=True needs none)") from error


def _difference(translator: Translator, path: Path, source: Checkpoint) -> float | None:
    """Largest difference of onnxruntime's outputs from ours."""
    try:
        import onnxruntime
    except ImportError:
        return None
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    images = [_example(source, larger) for larger in ((0,) if translator.fixed_size else (0, 1))]
    name, differences = session.get_inputs()[0].name, []
    for image in images:
        (made,) = session.run(None, {name: image.numpy()})
        with torch.no_grad():
            differences.append((torch.from_numpy(made) - translator(image)).abs().max().item())
    return float(max(differences))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporters' notes on their own progress."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
