"""How images become features: the options of every command and function that reads images, as one plain value.

`ReadingOptions` is the one place where such an option is written: its name, type, default, range and meaning. Functions
take them as `**reading: Unpack[ReadingOptions]`, the command line makes its flags of them, and `Settings` holds them
once they are checked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, TypedDict

from gan_eval.extractors.known import names_in_words, names_pattern, offered_names
from gan_eval.options import Option, defaults, option_rows

#: Tools whose preprocessing, estimators and constants can be followed.
Like = Literal["clean-fid", "pytorch-fid", "torch-fidelity", "nice-gan", "torchmetrics", "adm", "edm2"]
#: Layers of the 2015 Inception: the names of pytorch-fid's `--dims`, and sFID's spatial features.
Layer = Literal["64", "192", "768", "2048", "spatial"]
#: Ways to a network's input size: see the table in `gan_eval.resize`.
Resampling = Literal[
    "clean-fid",
    "pytorch-fid",
    "nice-gan",
    "torch-fidelity",
    "adm",
    "torchmetrics",
    "edm2",
    "pillow",
    "pillow-square",
    "pillow-crop",
]
#: Number format that a network computes in.
Precision = Literal["fp32", "bf16"]
#: What an unreadable image does.
OnBadImage = Literal["fail", "skip"]
#: What happens to pixels beyond 8 bits: refused, cut at 255, or mapped from their full range.
Deep = Literal["fail", "clip", "scale"]
#: Library that runs the network.
RuntimeChoice = Literal["auto", "torch", "openvino"]


class DeviceLike(Protocol):
    """What `torch.device` is, told without importing torch: its `str` is the name of the device."""

    @property
    def type(self) -> str: ...
    @property
    def index(self) -> Any: ...


class CustomNetworkLike(Protocol):
    """What `gan_eval.CustomNetwork` is, told without importing numpy or torch."""

    @property
    def module(self) -> Callable[..., Any]: ...
    def preprocessing(self) -> str:
        """How images are handed to the module, as one text."""
        ...


def is_own_network(value: object) -> bool:
    """Whether a value of `features` is a network itself: a module, a function, or one with its preprocessing."""
    whole = callable(value) or (hasattr(value, "module") and hasattr(value, "preprocessing"))
    return whole and not isinstance(value, (str, type))


class ExtractorOptions(TypedDict, total=False):
    """The options of the feature network, and of how images reach it."""

    features: Annotated[
        str | Callable[..., Any] | CustomNetworkLike,
        Option(
            "auto",
            f"The feature network: {names_in_words()}. auto is the 2015 Inception when its weights are at hand or can "
            "be fetched, else the embedded EfficientNet-Lite0.",
            metavar="NETWORK",
            pattern=names_pattern(),
            wanted=names_in_words(),
            offered=offered_names(),
            objects=is_own_network,
            objects_named="torch module, callable or CustomNetwork",
        ),
    ]
    weights: Annotated[
        str | os.PathLike[str] | None,
        Option(None, "File of the feature network's weights (also: GAN_EVAL_WEIGHTS)."),
    ]
    input_size: Annotated[
        int | None,
        Option(
            None,
            "Side of the network's input in pixels, for models of timm.",
            least=1,
            most=4096,
            shown_default="the size of published numbers for DINOv2, else timm's own",
        ),
    ]
    layer: Annotated[
        Layer | None,
        Option(
            None,
            "Layer of the 2015 Inception: 64, 192 or 768 features of lower layers (dims in pytorch-fid), or spatial, "
            "the features of sFID.",
            shown_default="2048, the last pool",
        ),
    ]
    like: Annotated[
        Like | None,
        Option(
            None,
            "Preprocessing, estimators and constants of that tool.",
            shown_default="clean-fid's preprocessing with estimators of our own",
        ),
    ]
    workers: Annotated[
        int | None,
        Option(None, "Threads that decode and resize.", least=0, shown_default="one per core"),
    ]
    device: Annotated[
        str | DeviceLike,
        Option(
            "auto",
            "auto, cpu, cuda or cuda:N. auto is CUDA where there is a GPU.",
            pattern=r"auto|cpu|cuda(:\d+)?",
            wanted="auto, cpu, cuda or cuda:N",
        ),
    ]
    precision: Annotated[
        Precision,
        Option(
            "fp32",
            "bf16 is for tracking a training run: faster where the processor has it, and labelled in every output.",
        ),
    ]


def _is_place(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


class SourceOptions(TypedDict, total=False):
    """The options that tell what of a source is read, and how its pixels become 8 bits."""

    column: Annotated[
        str | int | None,
        Option(
            None,
            "Where the images are in samples of several parts: a dataset's column, the place in a tuple, or, in shards "
            "and zip files, the picture of each sample (output.png). Other sources are read whole.",
            metavar="NAME",
            wanted="a name or a place from 0 on",
            shown_default="the only part that can hold images",
            objects=_is_place,
            objects_named="int",
        ),
    ]
    deep: Annotated[
        Deep,
        Option(
            "fail",
            "What happens to pixels beyond 8 bits (16-bit grey, floating point): fail ends the run before the work, "
            "clip cuts values above 255 to white as other tools do, scale maps the full range to 8 bits.",
        ),
    ]


class NetworkOptions(ExtractorOptions, SourceOptions, total=False):
    """The options of reading but `batch_size`, for use cases that have a batch size of their own."""

    cache: Annotated[bool, Option(True, "Keep and use results on disk.")]
    on_bad_image: Annotated[
        OnBadImage,
        Option("fail", "What an unreadable image does: end the run before the work, or be left out and listed."),
    ]
    runtime: Annotated[
        RuntimeChoice,
        Option("auto", "Library that runs the network; auto is OpenVINO on a CPU where it is installed, else torch."),
    ]


class BatchOptions(TypedDict, total=False):
    """How many images the network sees at once."""

    batch_size: Annotated[int, Option(32, "Images in each forward pass.", least=1)]


class ReadingOptions(NetworkOptions, BatchOptions, total=False):
    """The options of everything that turns images into features."""


_DEFAULT = defaults(ReadingOptions)


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of `ReadingOptions`, checked; `gan_eval.features.reader` makes a reader of them.

    Raises InputError, which names the parameter, for a value that does not fit.
    """

    features: str | Callable[..., Any] | CustomNetworkLike = _DEFAULT["features"]
    weights: Path | None = _DEFAULT["weights"]
    input_size: int | None = _DEFAULT["input_size"]
    layer: Layer | None = _DEFAULT["layer"]
    like: Like | None = _DEFAULT["like"]
    workers: int | None = _DEFAULT["workers"]
    device: str = _DEFAULT["device"]
    precision: Precision = _DEFAULT["precision"]
    column: str | int | None = _DEFAULT["column"]
    deep: Deep = _DEFAULT["deep"]
    cache: bool = _DEFAULT["cache"]
    on_bad_image: OnBadImage = _DEFAULT["on_bad_image"]
    runtime: RuntimeChoice = _DEFAULT["runtime"]
    batch_size: int = _DEFAULT["batch_size"]

    def __post_init__(self) -> None:
        rows = option_rows(ReadingOptions)
        for field in fields(self):
            object.__setattr__(self, field.name, rows[field.name].check(getattr(self, field.name)))

    @property
    def preprocessing(self) -> Like:
        """The tool whose preprocessing is followed."""
        return self.like or "clean-fid"


class SeedOptions(TypedDict, total=False):
    """The seed."""

    seed: Annotated[int, Option(0, "Seed of everything random.", least=0)]


class _BarOptions(TypedDict, total=False):
    interval: Annotated[bool, Option(True, "Error bars.")]


class IntervalOptions(_BarOptions, SeedOptions, total=False):
    """The options of error bars."""


class EstimatorOptions(IntervalOptions, total=False):
    """The options that every metric has."""

    group: Annotated[
        str | None,
        Option(
            None,
            "What images have in common: `parent` (their folder), a CSV file of names and groups, or a regular "
            "expression over their names. The group is then the unit of intervals and tests.",
            pattern=r"[^\0]+",
            wanted="parent, a CSV file or a regular expression",
            metavar="RULE",
        ),
    ]


class ScoringOptions(ReadingOptions, EstimatorOptions, total=False):
    """The options of everything that scores images."""


def settings_of(values: Mapping[str, Any]) -> Settings:
    """Those of the values, by name, that are options of reading, as `Settings`."""
    return Settings(**{name: values[name] for name in option_rows(ReadingOptions) if name in values})
