from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gan_eval.resize import Like, resize

SIZES = [(256, 256), (218, 178), (600, 400), (299, 299), (64, 300), (1, 1), (2, 5)]


def random_image(size: tuple[int, int]) -> NDArray[np.uint8]:
    return np.random.default_rng(sum(size)).integers(0, 256, (*size, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", SIZES)
def test_clean_fid_gives_clean_fids_pixels(size: tuple[int, int]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from cleanfid.resize import build_resizer

        expected = build_resizer("clean")(random_image(size))
    found = resize(random_image(size), (299, 299), "clean-fid")
    np.testing.assert_allclose(found, expected.transpose(2, 0, 1), atol=1e-4)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("like", ["pytorch-fid", "nice-gan"])
def test_pytorch_fid_gives_torchs_bilinear(size: tuple[int, int], like: Like) -> None:
    image = random_image(size)
    batch = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    expected = torch.nn.functional.interpolate(batch, size=(299, 299), mode="bilinear", align_corners=False)[0]
    np.testing.assert_allclose(resize(image, (299, 299), like), expected.numpy(), atol=1e-3)


@pytest.mark.parametrize("size", SIZES)
def test_torch_fidelity_gives_the_tf1_grid(size: tuple[int, int]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x
    image = random_image(size)
    batch = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    expected = interpolate_bilinear_2d_like_tensorflow1x(batch, size=(299, 299), align_corners=False)[0]
    np.testing.assert_allclose(resize(image, (299, 299), "torch-fidelity"), expected.numpy(), atol=1e-3)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(1, 50),
    st.integers(1, 50),
    st.sampled_from(["clean-fid", "pytorch-fid", "torch-fidelity"]),
)
def test_stays_in_range_and_has_the_wanted_shape(height: int, width: int, h: int, w: int, like: Like) -> None:
    result = resize(random_image((height, width)), (h, w), like)
    assert result.shape == (3, h, w)
    assert result.dtype == np.float32
    assert result.flags.c_contiguous
    assert result.min() >= 0
    assert result.max() <= 255


@pytest.mark.parametrize("like", ["clean-fid", "pytorch-fid", "torch-fidelity"])
def test_the_same_size_changes_nothing(like: Like) -> None:
    image = random_image((30, 20))
    np.testing.assert_array_equal(resize(image, (30, 20), like), image.transpose(2, 0, 1).astype(np.float32))


@pytest.mark.parametrize("like", ["clean-fid", "pytorch-fid", "torch-fidelity"])
def test_a_constant_image_stays_constant(like: Like) -> None:
    image = np.full((13, 17, 3), 77, np.uint8)
    np.testing.assert_allclose(resize(image, (29, 5), like), 77, atol=1e-3)
