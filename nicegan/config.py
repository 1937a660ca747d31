"""The configuration of a run as frozen values that JSON can hold. A model's own settings stand with the model.

Defaults are those of NICE-GAN's authors; values that the paper does not have are marked "ours". A value that cannot be
raises InputError where it is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from gan_eval.errors import InputError
from gan_eval.hardware import Precision
from gan_eval.strict_json import decode
from nicegan.models.nice.settings import NiceLoss, NiceNetwork
from nicegan.models.table import model_row
from nicegan.settings import LossSettings, NetworkSettings, at_least, check_types, setting

Fit = Literal["stretch", "crop", "native"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimConfig:
    """How the weights move: Adam with L2 in the gradient (not AdamW), one for each player, such as D and G.

    iterations: length of the schedule; the rate is constant over its first part, `constant`, and then falls linearly
    if `decay`. stop_at: step after which the run ends, None for `iterations` (the paper ran the 300K schedule and
    stopped at 100K). batch_size: images of each domain per forward pass; accumulation: passes per step, their mean
    gradient is used. ema: decay of the average of the generators' weights, 0 for none (ours).
    """

    learning_rate: float = setting(1e-4, "Learning rate before it falls (NICE-GAN: 1e-4).")
    betas: tuple[float, float] = setting((0.5, 0.999), "Adam's two decay rates (papers: 0.5,0.999).")
    eps: float = setting(1e-8, "Adam's epsilon.")
    weight_decay: float = setting(1e-4, "L2 in the gradient (NICE-GAN: 1e-4).")
    iterations: int = setting(300_000, "Length of the schedule in steps (NICE-GAN: 300000).")
    decay: bool = setting(True, "Let the rate fall to 0 over the rest of the schedule.")
    constant: float = setting(0.5, "Part of the schedule before the rate falls (NICE-GAN: 0.5).")
    stop_at: int | None = setting(None, "Step after which the run ends (NICE-GAN: 100000).")
    batch_size: int = setting(1, "Images of each domain per pass (papers: 1).")
    accumulation: int = setting(1, "Passes per step, whose mean gradient is used.")
    ema: float = setting(0.0, "Decay of the generators' average, which then translates; 0 for none.")

    def __post_init__(self) -> None:
        check_types(self)
        at_least(1, iterations=self.iterations, batch_size=self.batch_size, accumulation=self.accumulation)
        at_least(0, learning_rate=self.learning_rate, weight_decay=self.weight_decay, eps=self.eps)
        if self.stop_at is not None:
            at_least(1, stop_at=self.stop_at)
            if self.stop_at > self.iterations:
                raise InputError(
                    f"stop-at: {self.stop_at} is past the schedule's {self.iterations} steps (lengthen it with "
                    "iterations=N; a run whose schedule is over goes on under a new one with parent=RUN)"
                )
        if not all(0 <= beta < 1 for beta in self.betas):
            raise InputError(f"betas: {list(self.betas)} are not in [0, 1)")
        for name, value in (("ema", self.ema), ("constant", self.constant)):
            if not 0 <= value < 1:
                raise InputError(f"{name}: {value} is not in [0, 1)")

    @property
    def last_step(self) -> int:
        """The step after which the run ends."""
        return self.iterations if self.stop_at is None else self.stop_at


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """Training transform: flip with probability ½, resize to (height + margin, width + margin), crop at random.

    fit: "stretch" ignores the aspect ratio (the authors); "crop" keeps it and cuts the longer side; "native" keeps the
    photograph's pixels and cuts a part out of it (ours). background: RGB colour behind transparent pixels. white: of
    images deeper than 8 bits, the value that becomes white; None for the usual one that all of them stay below.
    """

    flip: bool = setting(True, "Mirror training images at random.")
    margin: int = setting(30, "Pixels beyond the size before the random crop (papers: 30).")
    fit: Fit = setting("stretch", "Ignore the aspect ratio (papers), keep it and crop, or crop native pixels.")
    background: tuple[int, int, int] = setting(
        (255, 255, 255), "Colour behind transparent pixels, such as 255,255,255."
    )
    white: float | None = setting(None, "Value that means white in images deeper than 8 bits, such as 4095.")

    def __post_init__(self) -> None:
        check_types(self)
        at_least(0, margin=self.margin)
        if not all(0 <= part <= 255 for part in self.background):
            raise InputError(f"background: {list(self.background)} is not a colour (three numbers from 0 to 255)")
        if self.white is not None and self.white <= 0:
            raise InputError(f"white: {self.white} is not above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """All that a training run needs besides the images; `config.json` of a run and of a checkpoint holds it.

    model: name of a row of `models.table`, whose settings `network` and `loss` are. log_every, sample_every,
    checkpoint_every, validate_every: steps between; 0 for never. keep_last: checkpoints that are kept beside the best
    one. keep_every: checkpoints of multiples of this step are kept as well; 0 for none.
    features: network of the validation. threads: to compute with, 0 for one per core that this process may use.
    """

    model: str = "nice"
    network: NetworkSettings = field(default_factory=NiceNetwork)
    loss: LossSettings = field(default_factory=NiceLoss)
    optim: OptimConfig = field(default_factory=OptimConfig)
    data: DataConfig = field(default_factory=DataConfig)
    seed: int = setting(0, "Seed of everything random.")
    precision: Precision = setting("fp32", "bf16 where the processor has it.")
    channels_last: bool = setting(True, "Memory layout.")
    compile: bool = setting(False, "torch.compile; the first steps take minutes.")
    workers: int = setting(2, "Processes that load images; 0 for none.")
    log_every: int = setting(10, "Steps between lines of log.jsonl.")
    sample_every: int = setting(1000, "Steps between sample sheets; 0 for the last alone.")
    checkpoint_every: int = setting(1000, "Steps between checkpoints; 0 for the last alone.")
    validate_every: int = setting(10_000, "Steps between validations; 0 for none.")
    keep_last: int = setting(3, "Checkpoints to keep beside the best.")
    features: str = setting(
        "efficientnet-lite0",
        "Network of the validation's kernel distance.",
    )
    threads: int = setting(0, "Threads to compute with; 0 for one per core that this process may use.")
    validate_on: Literal["train", "test"] = setting(
        "train", "Images that choose the best checkpoint: training images that are held out, or the test images."
    )
    keep_every: int = setting(0, "Keep the checkpoints of multiples of this step for good; 0 for none.")

    def __post_init__(self) -> None:
        row = model_row(self.model)
        if type(self.network) is not row.network or type(self.loss) is not row.loss:
            raise InputError(f"model: {self.model} has other networks and losses than those given")
        check_types(self)
        counts = (
            "seed",
            "workers",
            "log_every",
            "sample_every",
            "checkpoint_every",
            "validate_every",
            "keep_every",
            "threads",
        )
        at_least(0, **{name: getattr(self, name) for name in counts})
        at_least(1, keep_last=self.keep_last)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready document; `from_dict` turns it back into an equal value."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> RunConfig:
        """The configuration that `to_dict` wrote. Missing keys take their default; an unknown one is an InputError."""
        return decode(cls, document, where="configuration")

    @classmethod
    def field_kinds(cls, document: Mapping[str, Any]) -> Mapping[str, type]:
        """Classes of `network` and `loss` of a document: those of its model. InputError where there is none."""
        name = document.get("model", "nice")
        row = model_row(name if isinstance(name, str) else "nice")  # a name that is no text is refused as a field
        return {"network": row.network, "loss": row.loss}


def up_to_date(document: Any) -> Any:
    """A configuration as an older version wrote it, in today's form; anything else as it is.

    Until version 1.1 `decouple` stood in `optim`, a `stop_at` past the schedule meant its end, and
    validation was on the test images.
    """
    if not isinstance(document, dict) or not isinstance(document.get("optim"), dict):
        return document
    optim, loss = dict(document["optim"]), document.get("loss", {})
    if isinstance(loss, dict) and "decouple" in optim:
        loss = {**loss, "decouple": optim.pop("decouple")}
    stop_at, iterations = optim.get("stop_at"), optim.get("iterations")
    if isinstance(stop_at, int) and isinstance(iterations, int) and stop_at > iterations:
        optim["stop_at"] = None
    return {"validate_on": "test", **document, "optim": optim, "loss": loss}


def preset(name: str | None = None, *, model: str = "nice") -> RunConfig:
    """A model's configuration of that name, by default its first; InputError lists the names where there is none."""
    presets = model_row(model).presets
    chosen = name if name is not None else next(iter(presets))
    if chosen not in presets:
        raise InputError(f"preset: there is no {chosen!r} (choose from {', '.join(presets)})")
    return RunConfig.from_dict({"model": model, **presets[chosen].changes})
