"""Every network runs on a GPU as far as can be told without one: on torch's fake tensors, which know their device.

A tensor that was left on the CPU, such as a constant that is no buffer, meets one on the GPU and is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from gan_eval.extractors.inception import Inception
from gan_eval.extractors.torch_runtime import Scaled, TorchExtractor


def _lite0() -> nn.Module:
    from gan_eval.extractors import load, resolve

    extractor: Any = load(resolve("efficientnet-lite0", runtime="torch"))
    network: nn.Module = extractor._module.network
    return network


def _timm(name: str) -> Callable[[], nn.Module]:
    def build() -> nn.Module:
        import timm

        model: nn.Module = timm.create_model(name, pretrained=False, num_classes=0)
        return model.eval()

    return build


#: Fake tensors of older releases start CUDA.
pytestmark = pytest.mark.skipif(
    tuple(map(int, torch.__version__.split(".")[:2])) < (2, 9), reason="needs torch 2.9 or newer"
)

NETWORKS = {
    "inception": (Inception, 299, 2048),
    "efficientnet-lite0": (_lite0, 224, 1280),
    "timm:resnet18": (_timm("resnet18"), 224, 512),
    "timm:vit_tiny_patch16_224": (_timm("vit_tiny_patch16_224"), 224, 192),
}


def on_a_gpu(module: nn.Module, size: int) -> Any:
    """What the module gives for two images on a GPU that is not there."""
    recipe: Any = SimpleNamespace(centre=(127.5,) * 3, scale=(127.5,) * 3)
    scaled = Scaled(module, recipe).eval()
    with FakeTensorMode() as mode, torch.inference_mode():
        state = {name: mode.from_tensor(t).to("cuda") for name, t in scaled.state_dict(keep_vars=True).items()}

        def called(images: Tensor) -> Any:
            return torch.func.functional_call(scaled, state, (images,))

        network: Any = SimpleNamespace(device="cuda")
        extractor = TorchExtractor(network, lambda image: image, None, called)  # type: ignore[arg-type]
        return extractor._forward(torch.zeros(2, 3, size, size))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_runs_on_a_gpu(name: str) -> None:
    build, size, dim = NETWORKS[name]
    features, logits = on_a_gpu(build(), size)
    assert features.device.type == "cuda"
    assert features.shape == (2, dim)
    assert logits is None or logits.device.type == "cuda"


class _ForgetsItsDevice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.shift = torch.ones(3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return (x + self.shift).mean((2, 3))


def test_a_tensor_left_on_the_cpu_is_found() -> None:
    with pytest.raises((RuntimeError, AssertionError), match=r"device|Fake|fake"):
        on_a_gpu(_ForgetsItsDevice(), 8)
