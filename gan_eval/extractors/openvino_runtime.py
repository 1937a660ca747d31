"""Feature networks in OpenVINO, on the CPU: faster than plain torch, and no torch to import.

A network is converted from its torch module once and kept in the cache folder; the next process reads the converted
network alone.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from gan_eval import hardware
from gan_eval.errors import InputError
from gan_eval.extractors.base import Activations, Network
from gan_eval.extractors.recipes import ExtractorRecipe, Prepare
from gan_eval.files import FileContent, atomic_folder, content_of, is_as_noted, read_document, write_json
from gan_eval.strict_json import DocumentFormat, Matches
from gan_eval.weights import cache_folder

if TYPE_CHECKING:
    from torch import nn

# At its import OpenVINO leaves an ID in the home folder and reports to Google Analytics, by means of this package;
# where the package cannot be imported it does neither. None is Python's own mark for that.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

import openvino as ov  # noqa: E402

_PRECISION = {"fp32": "f32", "bf16": "bf16"}
#: Images per request. All requests have this size, the last one padded, so that an image's features depend neither on
#: the batch size nor on its neighbours; four are enough to fill a core and leave little to throw away.
_CHUNK = 4
_MOST_STREAMS = 8


@dataclass(frozen=True, slots=True)
class ConvertedNetwork:
    """What is noted of a converted network in the cache: its files by name."""

    files: Mapping[Annotated[str, Matches(r"network\.[a-z]{3}")], FileContent]


CONVERTED = DocumentFormat("gan-eval-converted-network", ConvertedNetwork, sealed=True)


@dataclass(frozen=True)
class OpenVinoExtractor:
    """A network run by OpenVINO: a batch is cut into requests, which run side by side, one stream of cores each."""

    network: Network
    prepare: Prepare
    _requests: ov.AsyncInferQueue = field(repr=False)

    def __call__(self, batch: NDArray[np.float32]) -> Activations:
        """See `Extractor`."""
        outputs: dict[int, list[NDArray[np.float32]]] = {}
        self._requests.set_callback(
            lambda request, first: outputs.__setitem__(first, [out.data.copy() for out in request.output_tensors])
        )
        for first in range(0, len(batch), _CHUNK):
            self._requests.start_async({0: _padded(batch[first : first + _CHUNK])}, first)
        self._requests.wait_all()
        ordered = [outputs[first] for first in sorted(outputs)]
        features, *logits = (np.concatenate(pieces)[: len(batch)] for pieces in zip(*ordered, strict=True))
        return Activations(features, logits[0] if logits else None)


def load(network: Network, recipe: ExtractorRecipe) -> OpenVinoExtractor:
    """Read the converted network, or convert it and keep it; then compile it for this processor.

    Raises WeightsError when the weights file is not what the network needs.
    """
    core = ov.Core()
    model = _model(core, network, recipe)
    cores = hardware.cores()
    streams = min(cores, _MOST_STREAMS)
    settings = {
        # Without the hint OpenVINO computes in bf16 by itself on processors that have it, and FID changes silently.
        "INFERENCE_PRECISION_HINT": _PRECISION[network.precision],
        "INFERENCE_NUM_THREADS": str(cores),
        "NUM_STREAMS": str(streams),
    }
    compiled = core.compile_model(_with_range(model, recipe), "CPU", settings)
    return OpenVinoExtractor(network, recipe.prepare, ov.AsyncInferQueue(compiled, streams))


def _with_range(model: ov.Model, recipe: ExtractorRecipe) -> ov.Model:
    """Put the map from 0..255 to the network's range before it; one converted network serves every map."""
    steps = ov.preprocess.PrePostProcessor(model)
    steps.input().tensor().set_layout(ov.Layout("NCHW"))
    steps.input().preprocess().mean(list(recipe.centre)).scale(list(recipe.scale))
    return steps.build()


def _model(core: ov.Core, network: Network, recipe: ExtractorRecipe) -> ov.Model:
    """The converted network; converted now if it is not kept, and kept unless the cache folder cannot be written."""
    blocked = network.precision == "fp32" and hardware.cpu_has_avx512()
    place = _place(network, "blocked" if blocked else "plain")
    if not is_whole(place):
        module = recipe.build()
        try:
            with atomic_folder(place) as folder:
                _convert(module, recipe, folder / _FILE, blocked=blocked)
                note_files(folder)
        except (InputError, RuntimeError):  # a full disk is a RuntimeError of OpenVINO's
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
                _convert(module, recipe, Path(name) / _FILE, blocked=blocked)
                return core.read_model(Path(name) / _FILE)
    return core.read_model(place / _FILE)


def note_files(folder: Path) -> None:
    """Note size and hash of every file of a converted network beside them."""
    files = {path.name: content_of(path) for path in sorted(folder.iterdir())}
    write_json(folder / _NOTE, CONVERTED.encode(ConvertedNetwork(files)))


def is_whole(folder: Path) -> bool:
    """Whether a converted network is there as it was written; one that was damaged is converted anew."""
    try:
        files = read_document(folder / _NOTE, CONVERTED).files
    except InputError:
        return False
    return _FILE in files and all(is_as_noted(folder / name, content) for name, content in files.items())


def _place(network: Network, kernels: str) -> Path:
    """Where the converted network is kept. What it depends on is its folder's name."""
    own = f"{network.layer}{network.size or ''}"
    parts = (
        network.name,
        own,
        network.weights_sha256[:16],
        f"openvino-{metadata.version('openvino')}",
        kernels,
        _FORMAT,
    )
    return cache_folder() / "openvino" / re.sub(r"[^\w.-]", "_", "-".join(parts))


_FILE, _NOTE = "network.xml", "files.json"
#: Part of a converted network's name; to be raised when `_convert`, or the module of a network, changes.
_FORMAT = "2"


def _convert(module: nn.Module, recipe: ExtractorRecipe, path: Path, *, blocked: bool) -> None:
    """Write the network to `path`, and its weights beside it."""
    import torch

    program = torch.export.export(module, (torch.zeros(_CHUNK, 3, *recipe.size),), strict=False)
    model = ov.convert_model(program)
    # Some sizes come out of the conversion open, though all are known.
    model.reshape([_CHUNK, 3, *recipe.size])
    ov.save_model(model, path, compress_to_fp16=False)
    if blocked:
        _prefer_blocked(path)


def _prefer_blocked(path: Path) -> None:
    """Have convolutions run by oneDNN's AVX-512 kernels for blocked channels.

    They are as fast as the kernels that OpenVINO takes by itself and add up in an order that rounds less: Inception's
    features are 3.6e-6 instead of 5.6e-6 standard deviations from their float64 values. The wish can be told in the
    file only. It is for float32 and AVX-512: in bf16, and on older processors, OpenVINO's own choice is the better.
    """
    document = ElementTree.parse(path)
    for layer in document.iterfind("./layers/layer[@type='Convolution']"):
        info = layer.find("rt_info")
        if info is None:
            info = ElementTree.Element("rt_info")
            layer.insert(1, info)  # after the layer's data
        ElementTree.SubElement(info, "attribute", name="primitives_priority", version="0", value="cpu:jit_avx512")
    document.write(path, encoding="utf-8", xml_declaration=True)


def _padded(chunk: NDArray[np.float32]) -> NDArray[np.float32]:
    missing = _CHUNK - len(chunk)
    return np.pad(chunk, ((0, missing), (0, 0), (0, 0), (0, 0))) if missing else chunk
