"""LIN and AdaLIN against their definition, reflection and spectral norm against PyTorch's own, gradients in float64."""

from __future__ import annotations

import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from nicegan.models.layers.mixing import EPS, mix, moments
from nicegan.models.layers.padding import reflect
from nicegan.models.layers.spectral import SpectralConv, SpectralLinear
from nicegan.models.layers.to_image import ToImage
from nicegan.models.nice.layers import LIN, AdaLIN


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def naive_mix(x: Tensor, rho: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """Kim et al., equation 1, as it is written, with PyTorch's statistics."""
    instance = (x - x.mean((2, 3), keepdim=True)) / (x.var((2, 3), keepdim=True) + EPS).sqrt()
    layer = (x - x.mean((1, 2, 3), keepdim=True)) / (x.var((1, 2, 3), keepdim=True) + EPS).sqrt()
    weight = rho.softmax(2)[..., None, None]
    mixed = weight[:, :, 0] * instance + weight[:, :, 1] * layer
    return mixed * gamma[:, :, None, None] + beta[:, :, None, None]


def legacy(layer: SpectralConv | SpectralLinear, plain: nn.Module) -> nn.Module:
    """PyTorch's own spectral norm around `plain`, in the same state."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        normed = nn.utils.spectral_norm(plain.double())
    normed.load_state_dict(layer.state_dict())
    return normed


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3), st.integers(1, 5), st.integers(2, 7), st.integers(2, 7), st.booleans())
def test_mix_equals_its_definition(batch: int, channels: int, height: int, width: int, relu: bool) -> None:
    x, rho = draw(batch, channels, height, width) * 3 + 5, draw(1, channels, 2, seed=1)
    gamma, beta = draw(batch, channels, seed=2), draw(batch, channels, seed=3)
    wanted = naive_mix(x, rho, gamma, beta)
    torch.testing.assert_close(mix(x, rho, gamma, beta, relu=relu), wanted.relu() if relu else wanted)


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("relu", [False, True])
def test_gradients_of_mix_are_right(relu: bool, rows: int) -> None:
    given = [draw(2, 3, 4, 5) * 2 + 1, draw(1, 3, 2, seed=1), draw(rows, 3, seed=2), draw(rows, 3, seed=3)]
    inputs = tuple(value.requires_grad_() for value in given)
    assert torch.autograd.gradcheck(lambda *values: mix(*values, relu=relu), inputs)


def test_gradients_of_mix_equal_those_of_its_definition() -> None:
    given = [draw(2, 4, 6, 6) + 3, draw(1, 4, 2, seed=1), draw(2, 4, seed=2), draw(2, 4, seed=3)]
    inputs, weight = [value.requires_grad_() for value in given], draw(2, 4, 6, 6, seed=4)
    ours = torch.autograd.grad((mix(*inputs) * weight).sum(), inputs)
    naive = torch.autograd.grad((naive_mix(*inputs) * weight).sum(), inputs)
    for own, other in zip(ours, naive, strict=True):
        torch.testing.assert_close(own, other)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_mix_in_half_precision_takes_its_statistics_in_fp32(layout: torch.memory_format) -> None:
    x = (draw(2, 8, 16, 16) * 0.1 + 30).bfloat16().contiguous(memory_format=layout)
    rho, gamma, beta = draw(1, 8, 2).float(), draw(2, 8).float(), draw(2, 8).float()
    mixed = mix(x, rho, gamma, beta)
    wanted = naive_mix(x.double(), rho.double(), gamma.double(), beta.double())
    assert mixed.dtype == torch.bfloat16
    torch.testing.assert_close(mixed.double(), wanted, rtol=2**-7, atol=2**-7)


def test_moments_equal_pytorchs() -> None:
    x = draw(2, 3, 5, 7) + 100
    stats = moments(x)
    torch.testing.assert_close(stats.var, x.var((2, 3)))
    torch.testing.assert_close(stats.layer_mean[:, 0], x.mean((1, 2, 3)))
    torch.testing.assert_close(stats.layer_var[:, 0], x.var((1, 2, 3)))


def test_mix_keeps_its_input_alone() -> None:
    kept: list[int] = []
    x = draw(1, 4, 32, 32).requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: (kept.append(t.numel()), t)[1], lambda t: t):
        reflect(mix(x * 1, draw(1, 4, 2), draw(1, 4), draw(1, 4), relu=True), 1)
    assert [count for count in kept if count > 100] == [x.numel()]


def test_norms_start_as_the_authors_do() -> None:
    assert LIN(2).rho.softmax(-1)[0, 0].tolist() == pytest.approx([0.0998, 0.9002], abs=1e-4)
    assert AdaLIN(2).rho.softmax(-1)[0, 0].tolist() == pytest.approx([0.9002, 0.0998], abs=1e-4)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_reflect_equals_pytorchs(layout: torch.memory_format) -> None:
    x = draw(2, 3, 5, 6).contiguous(memory_format=layout).requires_grad_()
    other = x.detach().clone().requires_grad_()
    weight = draw(2, 3, 9, 10)
    (reflect(x, 2) * weight).sum().backward()
    (nn.functional.pad(other, (2, 2, 2, 2), mode="reflect") * weight).sum().backward()
    assert torch.equal(reflect(x, 2), nn.functional.pad(other, (2, 2, 2, 2), mode="reflect"))
    assert x.grad is not None
    assert other.grad is not None
    torch.testing.assert_close(x.grad, other.grad)


def test_to_image_is_a_convolution_of_seven_by_seven() -> None:
    layer, x = ToImage(3).double(), draw(2, 3, 8, 12)
    wanted = nn.functional.conv2d(nn.functional.pad(x, (3, 3, 3, 3), mode="reflect"), layer.weight).tanh()
    torch.testing.assert_close(layer(x), wanted)


@pytest.mark.parametrize("outputs", [2, 64], ids=["as a convolution", "as a matrix product"])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("bias", [True, False])
def test_spectral_convolution_equals_pytorchs(outputs: int, stride: int, bias: bool) -> None:
    layer, x = SpectralConv(3, outputs, stride=stride, bias=bias).double(), draw(2, 3, 6, 6)
    other = legacy(layer, nn.Conv2d(3, outputs, 4, stride, bias=bias))
    for _ in range(3):
        ours, theirs = layer(x, (2,)), other(nn.functional.pad(x, (1, 1, 1, 1), mode="reflect"))
        torch.testing.assert_close(ours, theirs)
    for made in (ours, theirs):
        made.pow(3).sum().backward()
    for own, parameter in zip(
        layer.parameters(), (dict(other.named_parameters())[n] for n, _ in layer.named_parameters()), strict=True
    ):
        assert own.grad is not None
        torch.testing.assert_close(own.grad, parameter.grad)
    torch.testing.assert_close(dict(layer.named_buffers()), dict(other.named_buffers()))


def test_spectral_linear_equals_pytorchs() -> None:
    layer, x = SpectralLinear(6, 1).double(), draw(4, 6)
    other = legacy(layer, nn.Linear(6, 1, bias=False))
    torch.testing.assert_close(layer(x, (4,)), other(x))


def test_without_training_nothing_is_iterated() -> None:
    layer, x = SpectralConv(3, 4, stride=2).double().eval(), draw(1, 3, 6, 6)
    before = layer.weight_u.clone()
    torch.testing.assert_close(layer(x, (1,)), legacy(layer, nn.Conv2d(3, 4, 4, 2)).eval()(reflect(x, 1)))
    assert torch.equal(layer.weight_u, before)


def test_groups_equal_one_call_after_the_other() -> None:
    layer, x = SpectralConv(3, 64, stride=2).double(), draw(3, 3, 6, 6)
    other = SpectralConv(3, 64, stride=2).double()
    other.load_state_dict(layer.state_dict())
    together, apart = layer(x, (1, 2)), torch.cat([other(x[:1], (1,)), other(x[1:], (2,))])
    torch.testing.assert_close(together, apart)
    together.pow(3).sum().backward()
    apart.pow(3).sum().backward()
    assert layer.weight_orig.grad is not None
    torch.testing.assert_close(layer.weight_orig.grad, other.weight_orig.grad)


def test_the_weight_stays_a_matrix_in_channels_last() -> None:
    layer = SpectralConv(3, 8, stride=2).to(memory_format=torch.channels_last)
    assert layer.weight_orig.is_contiguous()
