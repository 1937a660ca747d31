"""One option for each value of a run's configuration that a user may want to set; what is not given is the preset's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from nicegan.config import RunConfig


def _numbers(number: type[int] | type[float]) -> Callable[..., tuple[float, ...] | None]:
    """A callback that reads numbers separated by commas."""

    def read(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[float, ...] | None:
        try:
            return None if value is None else tuple(number(part) for part in value.split(","))
        except ValueError as error:
            raise click.BadParameter(f"{value!r} is not a list of numbers separated by commas") from error

    return read


class Override(NamedTuple):
    """Where in the configuration a value stands, how its option is called and read, and what it means."""

    path: str
    flags: str
    kind: Mapping[str, Any]
    text: str


_FLAG: Mapping[str, Any] = {}
_COUNT, _FLOAT = {"type": click.IntRange(min=0)}, {"type": click.FLOAT}
_INTS, _FLOATS = {"callback": _numbers(int), "metavar": "LIST"}, {"callback": _numbers(float), "metavar": "LIST"}


def _choice(*names: str) -> Mapping[str, Any]:
    return {"type": click.Choice(names)}


OVERRIDES = (
    Override("network.height", "--height", _COUNT, "Height of the images in pixels."),
    Override("network.width", "--width", _COUNT, "Width of the images in pixels."),
    Override("network.channels", "--channels", _COUNT, "Width of the first convolution (paper: 64)."),
    Override("network.n_res", "--n-res", _COUNT, "Residual blocks of a generator (paper: 6; NICE-GAN*: 4)."),
    Override("network.light", "--light/--full", _FLAG, "γ and β from pooled features (the paper), or from all."),
    Override("network.nice", "--nice/--no-nice", _FLAG, "Share the discriminators' encoders, or train others."),
    Override("network.attention", "--attention", _choice("residual", "plain", "none"), "CAM attention."),
    Override("network.scales", "--scales", _INTS, "Which of C0, C1, C2 judge, such as 0,1,2."),
    Override(
        "network.shared", "--shared", {"type": click.IntRange(1, 3)}, "Convolutions that the encoder shares (paper: 2)."
    ),
    Override("network.upsample", "--upsample", _choice("subpixel", "nearest"), "How generators enlarge."),
    Override("loss.adversarial", "--adversarial", _FLOATS, "Weights of C0, C1, C2, such as 1,1,1."),
    Override("loss.cycle", "--cycle", _FLOAT, "Weight of the cycle loss (paper: 10)."),
    Override("loss.reconstruction", "--reconstruction", _FLOAT, "Weight of the reconstruction loss (paper: 10)."),
    Override("loss.identity", "--identity", _FLOAT, "Weight of the identity loss, against colour drift (paper: 0)."),
    Override("loss.real_label", "--real-label", _FLOAT, "What D should say to real images (paper: 1)."),
    Override("optim.learning_rate", "--learning-rate", _FLOAT, "Learning rate of the first half (paper: 1e-4)."),
    Override("optim.betas", "--betas", _FLOATS, "Adam's two decay rates (paper: 0.5,0.999)."),
    Override("optim.weight_decay", "--weight-decay", _FLOAT, "L2 in the gradient (paper: 1e-4)."),
    Override("optim.iterations", "--iterations", _COUNT, "Length of the schedule in steps (paper: 300000)."),
    Override("optim.stop_at", "--stop-at", _COUNT, "Step after which the run ends (paper: 100000)."),
    Override("optim.decay", "--decay/--no-decay", _FLAG, "Let the rate fall to 0 over the second half."),
    Override("optim.batch_size", "--batch-size", _COUNT, "Images of each domain per pass (paper: 1)."),
    Override("optim.accumulation", "--accumulation", _COUNT, "Passes per step, whose mean gradient is used."),
    Override("optim.ema", "--ema", _FLOAT, "Decay of the generators' average, which then translates; 0 for none."),
    Override(
        "optim.decouple",
        "--decouple",
        _choice("decoupled", "joint", "no-adversarial"),
        "Which losses of G also reach the encoders (paper: none).",
    ),
    Override("data.flip", "--flip/--no-flip", _FLAG, "Mirror training images at random."),
    Override("data.margin", "--margin", _COUNT, "Pixels beyond the size before the random crop (paper: 30)."),
    Override("data.fit", "--fit", _choice("stretch", "crop"), "Ignore the aspect ratio (paper), or cut to it."),
    Override("seed", "--seed", _COUNT, "Seed of everything random."),
    Override("precision", "--precision", _choice("fp32", "bf16"), "bf16 where the processor has it."),
    Override("channels_last", "--channels-last/--no-channels-last", _FLAG, "Memory layout."),
    Override("compile", "--compile/--no-compile", _FLAG, "torch.compile; the first steps take minutes."),
    Override("workers", "--workers", _COUNT, "Processes that load images; 0 for none."),
    Override("log_every", "--log-every", _COUNT, "Steps between lines of log.jsonl."),
    Override("sample_every", "--sample-every", _COUNT, "Steps between sample sheets; 0 for the last alone."),
    Override("checkpoint_every", "--checkpoint-every", _COUNT, "Steps between checkpoints; 0 for the last alone."),
    Override("validate_every", "--validate-every", _COUNT, "Steps between validations; 0 for none."),
    Override("keep_last", "--keep-last", _COUNT, "Checkpoints to keep beside the best."),
)
_NAMES = {override.path: override.path.replace(".", "_") for override in OVERRIDES}


def with_overrides(command: Callable[..., None]) -> Callable[..., None]:
    """Add --preset, --size and an option for each override; what is not given arrives as None."""
    for override in reversed(OVERRIDES):
        option = click.option(override.flags, _NAMES[override.path], default=None, help=override.text, **override.kind)
        command = option(command)
    size = click.option("--size", type=click.IntRange(min=1), help="Height and width in one.")
    preset = click.option("--preset", help="paper, light4, full or demo: where the other values come from.")
    return preset(size(command))


def overridden(base: RunConfig, given: Mapping[str, Any]) -> RunConfig:
    """`base` with what the user gave; a value that cannot be is an InputError."""
    from nicegan.config import RunConfig

    document = base.to_dict()
    size = given.get("size")
    for override in OVERRIDES:
        value = given.get(_NAMES[override.path])
        if value is None and override.path in ("network.height", "network.width"):
            value = size
        if value is not None:
            *parents, name = override.path.split(".")
            place = document[parents[0]] if parents else document
            place[name] = value
    return RunConfig.from_dict(document)
