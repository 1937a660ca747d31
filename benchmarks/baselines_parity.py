"""Equality of CycleGAN, CUT, FastCUT and U-GAT-IT-light with public code: three training steps in float64.

    git clone https://github.com/taesungp/contrastive-unpaired-translation
    git clone https://github.com/znxlwm/UGATIT-pytorch
    python -m benchmarks.baselines_parity --cut contrastive-unpaired-translation --ugatit UGATIT-pytorch

From one random state dict (every parameter away from its special initial value) the public networks and ours take three
steps, each with optimisers and schedules of its own, on the same images and the same draws. CycleGAN's pool holds one
image, so that exchanges happen. Prints the largest differences of losses, gradients and, after the steps, weights,
relative to each one's norm, and exits 1 if one is above 1e-9 (weights: 1e-7, since Adam divides by what may be tiny).
A bias before an instance normalisation has no effect: its gradient is rounding alone (below 1e-10 of its weight's) and
is measured by that of its weight.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks import baselines_official as theirs
from nicegan.config import RunConfig, preset
from nicegan.models.protocol import StepPass, TranslationModel, build_model

BOUNDS = {"losses": 1e-9, "gradients": 1e-9, "weights": 1e-7}


def configured(model: str, name: str, channels: int, size: int, **loss: Any) -> RunConfig:
    """A preset at another width and size."""
    document = preset(name, model=model).to_dict()
    document["network"] |= {"channels": channels, "height": size, "width": size}
    document["loss"] |= loss
    return RunConfig.from_dict(document)


def ours_from(public: theirs.PublicModel, config: RunConfig) -> TranslationModel:
    """Our model with the weights of the public one, in float64."""
    model = build_model(config).double()
    for name, part in model.parts().items():
        part.load_state_dict(public.networks[name].state_dict())
    return model


def optimisers(model: TranslationModel, config: RunConfig) -> dict[str, torch.optim.Adam]:
    """One for each player, as the trainer makes them."""
    optim = config.optim
    adam = {"lr": optim.learning_rate, "betas": optim.betas, "eps": optim.eps, "weight_decay": optim.weight_decay}
    return {player: torch.optim.Adam(list(model.moved_by(player)), **adam, fused=True) for player in model.players}


def our_step(
    model: TranslationModel, adams: dict[str, torch.optim.Adam], batch: StepPass
) -> tuple[dict[str, float], theirs.Gradients]:
    """A turn of each player: its loss, and the gradients that moved its networks."""
    losses, gradients = {}, {}
    for player in model.players:
        adams[player].zero_grad()
        found = model.add_gradients(player, batch)
        losses[player] = found["generator" if player == "G" else "discriminator"].item()
        moved = {id(parameter) for parameter in model.moved_by(player)}
        for name, part in model.parts().items():
            own = {key: each for key, each in part.named_parameters() if id(each) in moved}
            if own:
                gradients[name] = {key: each.grad.clone() for key, each in own.items() if each.grad is not None}
        adams[player].step()
        model.after_step(player)
    return losses, gradients


def difference(ours: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    """Largest relative difference of any tensor, by norms; a bias that is rounding alone by its weight's norm."""
    if ours.keys() != other.keys():
        raise SystemExit(f"not the same tensors: {sorted(ours.keys() ^ other.keys())[:3]}")
    worst = 0.0
    for name, each in other.items():
        norm = each.norm().item()
        beside = other.get(name.removesuffix("bias") + "weight")
        if name.endswith("bias") and beside is not None and norm < 1e-10 * beside.norm().item():
            norm = beside.norm().item()
        worst = max(worst, (ours[name] - each).norm().item() / norm)
    return worst


def compare(public: theirs.PublicModel, config: RunConfig, size: int, batch: int) -> dict[str, float]:
    """Largest differences over three steps."""
    torch.manual_seed(1)
    for network in public.networks.values():
        network.double()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(0.02 * torch.randn_like(parameter))
    public.reset_optimisers()
    model = ours_from(public, config)
    adams = optimisers(model, config)
    worst = dict.fromkeys(BOUNDS, 0.0)
    for step in range(3):
        a, b = (torch.rand(batch, 3, size, size, dtype=torch.float64) * 2 - 1 for _ in range(2))
        other_losses, other_gradients = public.watched_step(a, b, np.random.default_rng(step))
        losses, gradients = our_step(model, adams, StepPass(a, b, random=np.random.default_rng(step)))
        for player, loss in other_losses.items():
            worst["losses"] = max(worst["losses"], abs(losses[player] - loss) / abs(loss))
        for name, other in other_gradients.items():
            worst["gradients"] = max(worst["gradients"], difference(gradients[name], other))
    for name, part in model.parts().items():
        other = dict(public.networks[name].named_parameters())
        worst["weights"] = max(worst["weights"], difference(dict(part.named_parameters()), other))
    return worst


def main() -> None:
    """Compare every model and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cut", type=Path, required=True, help="checkout of taesungp/contrastive-unpaired-translation")
    parser.add_argument("--ugatit", type=Path, required=True, help="checkout of znxlwm/UGATIT-pytorch")
    parser.add_argument("--channels", type=int, default=8, help="width of the first convolution (default: 8)")
    parser.add_argument("--size", type=int, default=96, help="side in pixels (default: 96)")
    parser.add_argument("--batch", type=int, default=2)
    given = parser.parse_args()
    torch.manual_seed(0)
    channels, size, batch = given.channels, given.size, given.batch
    images: Any = tuple(torch.rand(batch, 3, size, size) for _ in range(2))
    cases: dict[str, tuple[Callable[[], theirs.PublicModel], RunConfig]] = {
        "CycleGAN": (
            lambda: theirs.cyclegan(given.cut, channels=channels, batch=batch, pool=1),
            configured("cyclegan", "paper", channels, size, pool=1),
        ),
        "CUT": (
            lambda: theirs.cut(given.cut, channels=channels, batch=batch, fast=False, images=images),
            configured("cut", "paper", channels, size),
        ),
        "FastCUT": (
            lambda: theirs.cut(given.cut, channels=channels, batch=batch, fast=True, images=images),
            configured("cut", "fastcut", channels, size),
        ),
        "U-GAT-IT-light": (
            lambda: theirs.ugatit(given.ugatit, channels=channels, size=size),
            configured("ugatit", "paper", channels, size),
        ),
    }
    failed = False
    for name, (make, config) in cases.items():
        for what, value in compare(make(), config, size, batch).items():
            fine = value <= BOUNDS[what]
            failed |= not fine
            print(f"{name:>16}  {what:<10} {value:.1e}  {'ok' if fine else f'ABOVE {BOUNDS[what]:.0e}'}", flush=True)
    raise SystemExit(int(failed))


if __name__ == "__main__":
    main()
