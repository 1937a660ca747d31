"""Equality with the authors' code: forwards in fp32; losses and gradients of three training steps in float64.

    git clone https://github.com/alpc91/NICE-GAN-pytorch
    python -m benchmarks.nicegan_parity --official NICE-GAN-pytorch

From one random state dict (every parameter, γ of the attention included, away from its special initial value) the
authors' networks and ours are built, ours through `nicegan.models.nice.official`. Prints the largest differences and
exits 1 if one is above its bound: 1e-5 for forwards relative to the largest value, 1e-9 for losses and gradients
relative to each tensor's norm.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from benchmarks import nicegan_official as theirs
from nicegan.models.nice import official
from nicegan.models.nice.networks import Networks, build, heatmap
from nicegan.models.nice.steps import StepOptions, discriminator_step, generator_step


class Case(NamedTuple):
    """A configuration that is compared."""

    name: str
    size: int
    light: bool
    n_res: int
    batch: int


CASES = (
    Case("light, n_res 6, 256", 256, True, 6, 1),
    Case("light, n_res 4, 256", 256, True, 4, 1),
    Case("full, n_res 6, 128", 128, False, 6, 2),
)


def randomise(network: nn.Module) -> None:
    """Move every parameter off its initial value, so that no branch of the network is silent."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))


def ours_from(made: theirs.Trainer) -> Networks:
    """Our networks with the weights of theirs, by way of a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "official.pt"
        torch.save(theirs.document(made), path)
        read = official.read(path, size=made.gen2B.img_size)
        networks = build(read.config.network)
        for name, part in networks.parts().items():
            part.load_state_dict(read.weights[name])
    return networks


def relative(ours: Tensor, other: Tensor, *, largest: bool = False) -> float:
    """|ours − other| / |other|: of the largest values, or of the norms; 0 where both are 0."""
    order = float("inf") if largest else 2.0
    difference, norm = (ours - other).flatten().norm(order).item(), other.flatten().norm(order).item()
    return difference / norm if norm else difference


def forwards(made: theirs.Trainer, networks: Networks, image: Tensor) -> dict[str, float]:
    """Largest relative difference of each output of a training-mode forward, domain A and the translation A→B."""
    with torch.no_grad():
        c1, c2, c0, heat, z = made.disA(image)
        fake = made.gen2B(z)
        code = networks.a.discriminator.encode(image)
        logits = networks.a.discriminator.judge(code)
        pairs = {
            "C0": (logits[0], c0),
            "C1": (logits[1], c1),
            "C2": (logits[2], c2),
            "heatmap": (heatmap(code.z), heat),
            "z": (code.z, z),
            "translation": (networks.b.generator(code.z), fake),
        }
    return {name: relative(*pair, largest=True) for name, pair in pairs.items()}


def gradients(made: theirs.Trainer, networks: Networks, names: tuple[str, str]) -> float:
    """Largest relative difference of any parameter's gradient in the named networks."""
    worst = 0.0
    for name in names:
        table = official.discriminator_names() if name.startswith("dis") else official.generator_names(99)
        other, own = dict(getattr(made, name).named_parameters()), dict(networks.parts()[name].named_parameters())
        pairs = [(own[b], other[a]) for a, b in table if a in other]
        if len(pairs) != len(own) or len(pairs) != len(other):
            raise SystemExit(f"{name}: {len(own)} parameters against {len(other)}, {len(pairs)} of them named")
        for a, b in pairs:
            if a.grad is None or b.grad is None:
                raise SystemExit(f"{name}: a parameter without a gradient")
            worst = max(worst, relative(a.grad, b.grad))
    return worst


def training(made: theirs.Trainer, networks: Networks, halves: tuple[str, str], case: Case) -> dict[str, float]:
    """Largest relative differences over three consecutive steps in float64, each side with its own optimisers."""
    theirs.each(made, nn.Module.double)
    theirs.reset_optimisers(made)
    networks.double()
    settings = {"lr": 1e-4, "betas": (0.5, 0.999), "weight_decay": 1e-4}
    d_optim = torch.optim.Adam(networks.discriminator_parameters(), fused=True, **settings)
    g_optim = torch.optim.Adam(networks.generator_parameters(), fused=True, **settings)
    worst = dict.fromkeys(("D loss", "D gradients", "G loss", "G gradients"), 0.0)
    for _ in range(3):
        shape = (case.batch, 3, case.size, case.size)
        a, b = (torch.rand(shape, dtype=torch.float64) * 2 - 1 for _ in range(2))
        found = made.half(halves[0], a, b)
        d_optim.zero_grad()
        losses = discriminator_step(networks, a, b, StepOptions())
        d_optim.step()
        worst["D loss"] = max(worst["D loss"], relative(losses["discriminator"], found["Discriminator_loss"].detach()))
        worst["D gradients"] = max(worst["D gradients"], gradients(made, networks, ("disA", "disB")))
        found = made.half(halves[1], a, b)
        g_optim.zero_grad()
        losses = generator_step(networks, a, b, StepOptions())
        g_optim.step()
        worst["G loss"] = max(worst["G loss"], relative(losses["generator"], found["Generator_loss"].detach()))
        worst["G gradients"] = max(worst["G gradients"], gradients(made, networks, ("gen2B", "gen2A")))
    return worst


def main() -> None:
    """Compare every case and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--official", type=Path, required=True, help="checkout of alpc91/NICE-GAN-pytorch")
    parser.add_argument("--size", type=int, help="side in pixels for all cases (default: each its own)")
    parser.add_argument("--channels", type=int, default=64, help="width of the first convolution (default: 64)")
    parser.add_argument("--only", type=int, choices=range(len(CASES)), help="one case by its number")
    options = parser.parse_args()
    halves, failed = theirs.step_halves(options.official), False
    for case in CASES if options.only is None else [CASES[options.only]]:
        if options.size:
            case = case._replace(size=options.size)
        torch.manual_seed(1)
        made = theirs.trainer(
            options.official, size=case.size, light=case.light, n_res=case.n_res, channels=options.channels
        )
        theirs.each(made, randomise)
        networks = ours_from(made)
        found = {
            f"forward {k}": (v, 1e-5)
            for k, v in forwards(made, networks, torch.rand(case.batch, 3, case.size, case.size) * 2 - 1).items()
        }
        found |= {k: (v, 1e-9) for k, v in training(made, networks, halves, case).items()}
        for name, (value, bound) in found.items():
            failed |= not value <= bound
            print(
                f"{case.name:>20}  {name:<20} {value:.1e}  {'ok' if value <= bound else f'ABOVE {bound:.0e}'}",
                flush=True,
            )
    raise SystemExit(int(failed))


if __name__ == "__main__":
    main()
