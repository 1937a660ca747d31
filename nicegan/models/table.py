"""The models that can be trained: one row each. Everything else about a model follows from its row.

Read without torch: a row says where the model's class stands, and `models.protocol.implementation` imports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gan_eval.errors import InputError
from nicegan.models.cut.settings import CUTLoss, CUTNetwork
from nicegan.models.cyclegan.settings import CycleGANLoss, CycleGANNetwork
from nicegan.models.edgan.settings import EDGANLoss, EDGANNetwork
from nicegan.models.nice.settings import NiceLoss, NiceNetwork
from nicegan.models.ugatit.settings import UGATITLoss, UGATITNetwork
from nicegan.settings import LossSettings, NetworkSettings


@dataclass(frozen=True, slots=True)
class Preset:
    """A ready configuration. changes: what differs from the defaults, as a document. text: what it is."""

    changes: Mapping[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model.

    Attributes
    ----------
    title: its name in words, with its source.
    network, loss: classes of its settings; their fields become options.
    implementation: "module:class" of its `protocol.TranslationModel`.
    official: module that reads and writes its authors' files; None where they publish none.
    presets: the first one is the default.
    """

    title: str
    network: type[NetworkSettings]
    loss: type[LossSettings]
    implementation: str
    official: str | None
    presets: Mapping[str, Preset]


_PAPER_STOP = {"stop_at": 100_000}

_SMALL = {"height": 64, "width": 64}
_PAIRED_OPTIM = {"learning_rate": 2e-4, "weight_decay": 0.0, "iterations": 20_000, "batch_size": 8, "decay": False}
_PAIRS = {"network": _SMALL, "optim": _PAIRED_OPTIM, "data": {"margin": 8}}

MODELS: Mapping[str, ModelRow] = {
    "nice": ModelRow(
        title="NICE-GAN (Chen et al., CVPR 2020)",
        network=NiceNetwork,
        loss=NiceLoss,
        implementation="nicegan.models.nice.model:NiceModel",
        official="nicegan.models.nice.official",
        presets={
            # `paper` and `light4` end at 100K of 300K, as the paper's models did.
            "paper": Preset({"optim": _PAPER_STOP}, "NICE-GAN, light, 256 pixels: the paper's numbers"),
            "light4": Preset({"network": {"n_res": 4}, "optim": _PAPER_STOP}, "NICE-GAN*: four residual blocks"),
            "full": Preset(
                {"network": {"light": False}}, "the authors' default: 553 M generator weights, untested by them"
            ),
            "demo": Preset(
                {
                    "network": {"height": 64, "width": 64, "channels": 16, "n_res": 2, "scales": (0, 1)},
                    "optim": {"learning_rate": 2e-4, "iterations": 1000, "batch_size": 4, "ema": 0.99},
                    "data": {"margin": 8},
                    "sample_every": 100,
                    "checkpoint_every": 100,
                    "validate_every": 100,
                },
                "64 pixels and a quarter of the width: learns in minutes on two cores (ours)",
            ),
        },
    ),
    "cyclegan": ModelRow(
        title="CycleGAN (Zhu et al., ICCV 2017)",
        network=CycleGANNetwork,
        loss=CycleGANLoss,
        implementation="nicegan.models.cyclegan.model:CycleGANModel",
        official="nicegan.models.cyclegan.official",
        presets={
            # 200 epochs of horse2zebra, whose larger domain has 1,334 images. The authors' rate falls once an epoch.
            "paper": Preset(
                {"optim": {"learning_rate": 2e-4, "weight_decay": 0.0, "iterations": 266_800}},
                "CycleGAN, nine residual blocks, 256 pixels, as long as on horse2zebra",
            ),
            "demo": Preset(
                {
                    "network": {"height": 64, "width": 64, "channels": 16, "n_res": 3},
                    "optim": {"learning_rate": 2e-4, "weight_decay": 0.0, "iterations": 1000, "ema": 0.99},
                    "data": {"margin": 8},
                    "sample_every": 100,
                    "checkpoint_every": 100,
                    "validate_every": 100,
                },
                "64 pixels and a quarter of the width: learns in minutes on two cores (ours)",
            ),
        },
    ),
    "cut": ModelRow(
        title="CUT and FastCUT (Park et al., ECCV 2020)",
        network=CUTNetwork,
        loss=CUTLoss,
        implementation="nicegan.models.cut.model:CUTModel",
        official="nicegan.models.cut.official",
        presets={
            # 400 and 200 epochs of horse2zebra, as above.
            "paper": Preset(
                {"optim": {"learning_rate": 2e-4, "weight_decay": 0.0, "iterations": 533_600}},
                "CUT, 256 pixels, as long as on horse2zebra",
            ),
            "fastcut": Preset(
                {
                    "loss": {"nce": 10.0, "nce_identity": False, "flip_equivariance": True},
                    "optim": {"learning_rate": 2e-4, "weight_decay": 0.0, "iterations": 266_800, "constant": 0.75},
                },
                "FastCUT, 256 pixels, as long as on horse2zebra",
            ),
            "demo": Preset(
                {
                    "network": {
                        "height": 64,
                        "width": 64,
                        "channels": 16,
                        "n_res": 3,
                        "nce_layers": (0, 4, 8, 12, 14),
                        "nce_width": 64,
                    },
                    "loss": {"patches": 64},
                    "optim": {"learning_rate": 2e-4, "weight_decay": 0.0, "iterations": 1000, "ema": 0.99},
                    "data": {"margin": 8},
                    "sample_every": 100,
                    "checkpoint_every": 100,
                    "validate_every": 100,
                },
                "64 pixels and a quarter of the width: learns in minutes on two cores (ours)",
            ),
        },
    ),
    "ugatit": ModelRow(
        title="U-GAT-IT, light (Kim et al., ICLR 2020)",
        network=UGATITNetwork,
        loss=UGATITLoss,
        implementation="nicegan.models.ugatit.model:UGATITModel",
        official="nicegan.models.ugatit.official",
        presets={
            "paper": Preset({"optim": {"iterations": 1_000_000}}, "U-GAT-IT-light, 256 pixels, a million steps"),
            "demo": Preset(
                {
                    "network": {"height": 64, "width": 64, "channels": 16, "n_res": 2, "global_judge": False},
                    "optim": {"learning_rate": 2e-4, "iterations": 1000, "ema": 0.99},
                    "data": {"margin": 8},
                    "sample_every": 100,
                    "checkpoint_every": 100,
                    "validate_every": 100,
                },
                "64 pixels and a quarter of the width: learns in minutes on two cores (ours)",
            ),
        },
    ),
    "edgan": ModelRow(
        title="ED//GAN and ED+GAN (Zhang et al., WACV 2018), on aligned pairs, with small networks of ours",
        network=EDGANNetwork,
        loss=EDGANLoss,
        implementation="nicegan.models.edgan.model:EDGANModel",
        official=None,
        presets={
            "decoupled": Preset(_PAIRS, "ED//GAN at 64 pixels: each loss moves a branch of its own"),
            "coupled": Preset(
                {**_PAIRS, "network": {**_SMALL, "coupled": True}},
                "ED+GAN at 64 pixels, the control: both losses move one decoder",
            ),
            "demo": Preset(
                {
                    **_PAIRS,
                    "network": {**_SMALL, "channels": 16},
                    "optim": {**_PAIRED_OPTIM, "iterations": 1000, "ema": 0.99},
                    "sample_every": 100,
                    "checkpoint_every": 100,
                    "validate_every": 100,
                },
                "ED//GAN at half the width: learns in minutes on two cores",
            ),
        },
    ),
}


def model_row(name: str) -> ModelRow:
    """The row of that name; InputError lists the names where there is none."""
    if not isinstance(name, str) or name not in MODELS:
        raise InputError(f"model: there is no {name!r} (choose from {', '.join(MODELS)})")
    return MODELS[name]
