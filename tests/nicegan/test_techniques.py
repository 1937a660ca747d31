"""The techniques of Salimans et al. against figures of their authors' formulas, closed forms and finite differences."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from nicegan.models.layers.losses import cross_entropy
from nicegan.techniques import (
    HistoricalAverage,
    MinibatchDiscrimination,
    VirtualBatchNorm,
    best_answer,
    closeness,
    feature_matching,
)

FEATURES = torch.sin(torch.arange(12, dtype=torch.float64)).view(4, 3)
KERNELS = torch.cos(0.5 * torch.arange(12, dtype=torch.float64)).view(3, 2, 2)


def discrimination() -> MinibatchDiscrimination:
    layer = MinibatchDiscrimination(3, 2, 2).double()
    with torch.no_grad():
        layer.theta.copy_(KERNELS)
    return layer


def test_closeness_by_kernels_as_they_are() -> None:
    expected = [[0.729446, 1.377233], [0.788668, 1.353896], [0.717651, 1.391340], [0.779513, 1.382822]]
    torch.testing.assert_close(closeness(FEATURES, KERNELS), torch.tensor(expected).double(), rtol=0, atol=1e-6)


def test_closeness_by_kernels_of_length_1() -> None:
    expected = [[0.825107, 1.518371], [0.874924, 1.496682], [0.804209, 1.533284], [0.858764, 1.526440]]
    found = discrimination()(FEATURES)
    assert torch.equal(found[:, :3], FEATURES)
    torch.testing.assert_close(found[:, 3:] + 1, torch.tensor(expected).double(), rtol=0, atol=1e-6)


def test_first_batch_sets_the_scale_and_the_mean() -> None:
    layer = discrimination()
    layer.fit(FEATURES)
    assert layer.log_scale[:, 0].neg().exp().tolist() == pytest.approx([0.13116822, 0.11702078], abs=1e-8)
    assert layer(FEATURES)[:, 3:].mean(0).tolist() == pytest.approx([0, 0], abs=1e-12)


def test_one_image_alone_is_near_to_nobody() -> None:
    assert closeness(FEATURES[:1], KERNELS).tolist() == [[0, 0]]


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 6), st.integers(0, 99))
def test_equal_images_are_as_near_as_can_be(count: int, seed: int) -> None:
    one = torch.randn(1, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    assert closeness(one.expand(count, -1), KERNELS).unique().tolist() == [count - 1]


def test_feature_matching_and_its_gradient() -> None:
    real, fake = FEATURES[:1], FEATURES[1:].clone().requires_grad_()
    difference = real.mean(0) - fake.mean(0)
    loss = feature_matching(real, fake)
    loss.backward()
    assert loss.item() == pytest.approx(difference.square().sum().item(), rel=1e-12)
    assert fake.grad is not None
    torch.testing.assert_close(fake.grad, (-2 * difference / 3).expand(3, -1).detach())
    assert feature_matching(real, fake, norm="l1").item() == pytest.approx(difference.abs().mean().item(), rel=1e-12)


def test_feature_matching_sends_nothing_to_the_real_side() -> None:
    real, fake = FEATURES.clone().requires_grad_(), (FEATURES + 1).requires_grad_()
    feature_matching(real, fake).backward()
    assert real.grad is None


def test_history_pulls_nothing_at_first_and_then_towards_the_mean() -> None:
    parameter = nn.Parameter(torch.tensor([1.0, 2.0]))
    history = HistoricalAverage([parameter], 0.5)
    assert history.add_gradients().item() == 0
    assert parameter.grad is not None
    assert parameter.grad.tolist() == [0, 0]
    with torch.no_grad():
        parameter += torch.tensor([2.0, 0.0])  # the mean of 1 and 3 is 2
    parameter.grad = torch.tensor([10.0, 10.0])
    assert history.add_gradients().item() == 0.5 * 1
    assert parameter.grad.tolist() == [10 + 2 * 0.5 * 1, 10]


@pytest.mark.parametrize("real_label", [1.0, 0.9, 0.75])
def test_best_answer_is_where_the_loss_is_least(real_label: float) -> None:
    """A distribution of two points: the cross-entropy has no slope at the logits of the best answers."""
    real, fake = torch.tensor([0.7, 0.3]).double(), torch.tensor([0.2, 0.8]).double()
    logits = torch.logit(best_answer(real, fake, real_label=real_label)).requires_grad_()
    loss = sum(
        p * cross_entropy(logit, real_label) + q * cross_entropy(logit, 0.0)
        for p, q, logit in zip(real, fake, logits, strict=True)
    )
    assert isinstance(loss, Tensor)
    loss.backward()
    assert logits.grad is not None
    assert logits.grad.abs().max().item() < 1e-12


def test_virtual_batch_norm_gives_the_figures_of_the_authors_code() -> None:
    reference = torch.sin(torch.arange(24, dtype=torch.float64)).view(3, 2, 2, 2)
    x = torch.cos(torch.arange(16, dtype=torch.float64)).view(2, 2, 2, 2)
    found = VirtualBatchNorm(2).double()(reference, x)
    assert found.x[0, 0].flatten().tolist() == pytest.approx([1.407919, 0.759360, -0.590035, -1.399639], abs=1e-6)
    assert found.x[1, 1].flatten().tolist() == pytest.approx([1.001460, 1.091695, -0.001899, -1.273877], abs=1e-6)
    expected = [0.012336, 1.244970, 1.344326, 0.219057]
    assert found.reference[0, 0].flatten().tolist() == pytest.approx(expected, abs=1e-6)


def test_virtual_batch_norm_of_an_image_depends_on_no_other_image() -> None:
    reference, x = torch.randn(3, 2, 4, 4), torch.randn(2, 2, 4, 4)
    layer = VirtualBatchNorm(2)
    torch.testing.assert_close(layer(reference, x).x[:1], layer(reference, x[:1]).x)
