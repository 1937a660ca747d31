"""NICE-GAN once more, as plainly as it can be said: functions of state dicts under the authors' names.

Written from the description of the networks, with PyTorch's own statistics and padding, the weights divided by σ, no
folding, no batching and nothing spared. Tests hold the package against it.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from nicegan.models.nice.networks import Networks
from nicegan.models.nice.official import discriminator_names, generator_names

State = dict[str, Tensor]


class Judged(NamedTuple):
    """Outputs of a discriminator."""

    c0: Tensor
    c1: Tensor
    c2: Tensor
    z: Tensor


def states(networks: Networks) -> dict[str, State]:
    """The state dicts of `networks` under the authors' names, as leaves of their own."""
    found = {}
    for name, part in networks.parts().items():
        table = discriminator_names() if name.startswith("dis") else generator_names(networks.config.n_res)
        own = part.state_dict()
        assert sorted(ours for _, ours in table) == sorted(own), name
        found[name] = {theirs: own[ours].clone() for theirs, ours in table}
        for key, value in found[name].items():
            value.requires_grad_(not key.endswith(("_u", "_v")))
    return found


def pad(x: Tensor, width: int = 1) -> Tensor:
    return F.pad(x, (width,) * 4, mode="reflect")


def norm(x: Tensor, rho: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    instance = (x - x.mean((2, 3), keepdim=True)) / (x.var((2, 3), keepdim=True) + 1e-5).sqrt()
    layer = (x - x.mean((1, 2, 3), keepdim=True)) / (x.var((1, 2, 3), keepdim=True) + 1e-5).sqrt()
    weight = rho.softmax(2)[..., None, None]
    return (weight[:, :, 0] * instance + weight[:, :, 1] * layer) * gamma + beta


def divided(state: State, name: str) -> Tensor:
    """The weight over σ after one power iteration, which stays in the state."""
    weight, u = state[f"{name}.weight_orig"], state[f"{name}.weight_u"]
    matrix = weight.flatten(1)
    with torch.no_grad():
        v = F.normalize(matrix.t() @ u, dim=0, eps=1e-12)
        u = F.normalize(matrix @ v, dim=0, eps=1e-12)
    state[f"{name}.weight_u"], state[f"{name}.weight_v"] = u, v
    return weight / (u @ matrix @ v)


def discriminate(state: State, image: Tensor) -> Judged:
    def layer(x: Tensor, name: str, stride: int) -> Tensor:
        return F.leaky_relu(F.conv2d(pad(x), divided(state, name), state[f"{name}.bias"], stride), 0.2)

    x = layer(layer(image, "model.1", 2), "model.4", 2)
    pooled = torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)
    c0 = F.linear(pooled, divided(state, "fc"))
    attended = torch.cat([x, x], 1) * state["fc.weight_orig"][..., None, None]
    attended = F.conv2d(attended, state["conv1x1.weight"], state["conv1x1.bias"])
    z = F.leaky_relu(state["lamda"] * attended + x, 0.2)
    trunk = layer(z, "Dis0_0.1", 2)
    c1 = F.conv2d(pad(layer(trunk, "Dis0_1.1", 1)), divided(state, "conv0"))
    deep = layer(layer(layer(trunk, "Dis1_0.1", 2), "Dis1_0.4", 2), "Dis1_1.1", 1)
    return Judged(c0, c1, F.conv2d(pad(deep), divided(state, "conv1")), z)


def generate(state: State, z: Tensor) -> Tensor:
    def lin(x: Tensor, name: str) -> Tensor:
        return F.relu(norm(x, state[f"{name}.rho"], state[f"{name}.gamma"], state[f"{name}.beta"]))

    x = lin(F.conv2d(pad(z), state["UpBlock0.1.weight"], state["UpBlock0.1.bias"]), "UpBlock0.2")
    light = state["FC.0.weight"].shape[0] == state["FC.0.weight"].shape[1]
    features = x.mean((2, 3)) if light else x.flatten(1)
    for name in ("FC.0", "FC.2"):
        features = F.relu(F.linear(features, state[f"{name}.weight"]))
    gamma, beta = (F.linear(features, state[f"{name}.weight"])[..., None, None] for name in ("gamma", "beta"))
    for block in sorted({name.split(".")[0] for name in state if name.startswith("UpBlock1")}):
        y = F.conv2d(pad(x), state[f"{block}.conv1.weight"])
        y = F.relu(norm(y, state[f"{block}.norm1.rho"], gamma, beta))
        x = x + norm(F.conv2d(pad(y), state[f"{block}.conv2.weight"]), state[f"{block}.norm2.rho"], gamma, beta)
    for i in (1, 9):
        x = lin(F.conv2d(pad(x), state[f"UpBlock2.{i}.weight"]), f"UpBlock2.{i + 1}")
        x = F.conv2d(x, state[f"UpBlock2.{i + 3}.weight"], state[f"UpBlock2.{i + 3}.bias"])
        x = lin(F.pixel_shuffle(x, 2), f"UpBlock2.{i + 5}")
    return torch.tanh(F.conv2d(pad(x, 3), state["UpBlock2.17.weight"]))


def least_squares(judged: Judged, target: float) -> Tensor:
    return sum(((logits - target) ** 2).mean() for logits in judged[:3])  # type: ignore[return-value]


def discriminator_loss(nets: dict[str, State], real_a: Tensor, real_b: Tensor) -> Tensor:
    """The loss of the D step."""
    judged_a, judged_b = discriminate(nets["disA"], real_a), discriminate(nets["disB"], real_b)
    fake_b, fake_a = generate(nets["gen2B"], judged_a.z).detach(), generate(nets["gen2A"], judged_b.z).detach()
    loss = least_squares(judged_a, 1) + least_squares(discriminate(nets["disA"], fake_a), 0)
    return loss + least_squares(judged_b, 1) + least_squares(discriminate(nets["disB"], fake_b), 0)


def generator_loss(nets: dict[str, State], real_a: Tensor, real_b: Tensor) -> Tensor:
    """The loss of the G step."""
    z_a, z_b = discriminate(nets["disA"], real_a).z, discriminate(nets["disB"], real_b).z
    fake_b, fake_a = generate(nets["gen2B"], z_a), generate(nets["gen2A"], z_b)
    judged_a, judged_b = discriminate(nets["disA"], fake_a), discriminate(nets["disB"], fake_b)
    cycle = F.l1_loss(generate(nets["gen2A"], judged_b.z), real_a) + F.l1_loss(
        generate(nets["gen2B"], judged_a.z), real_b
    )
    same = F.l1_loss(generate(nets["gen2A"], z_a), real_a) + F.l1_loss(generate(nets["gen2B"], z_b), real_b)
    return least_squares(judged_a, 1) + least_squares(judged_b, 1) + 10 * cycle + 10 * same
