from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from gan_eval.resize import Resampling, resize

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
def test_pytorch_fid_gives_torchs_bilinear(size: tuple[int, int], like: Resampling) -> None:
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


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("resampling", "mode"), [("torchmetrics", "bilinear"), ("edm2", "bicubic")])
def test_antialiased_ways_give_torchs_pixels(size: tuple[int, int], resampling: Resampling, mode: str) -> None:
    image = random_image(size)
    batch = torch.from_numpy(image).permute(2, 0, 1)[None].double()  # in float32 torch rounds its weights
    expected = torch.nn.functional.interpolate(batch, size=(99, 120), mode=mode, align_corners=False, antialias=True)
    np.testing.assert_allclose(resize(image, (99, 120), resampling), expected[0].numpy(), atol=1e-3)


@pytest.mark.parametrize("size", SIZES)
def test_pillow_ways_give_torchvisions_pixels(size: tuple[int, int]) -> None:
    from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

    image = Image.fromarray(random_image(size))
    whole = Resize((56, 56), InterpolationMode.BICUBIC)
    crop = Compose([Resize(56, InterpolationMode.BICUBIC), CenterCrop(56)])
    for way, expected in (("pillow", whole(image)), ("pillow-crop", crop(image))):
        found = resize(np.asarray(image), (56, 56), way)  # type: ignore[arg-type]
        np.testing.assert_array_equal(found, np.asarray(expected, np.float32).transpose(2, 0, 1))


def test_a_square_in_the_middle_leaves_the_edges_out() -> None:
    image = np.zeros((4, 10, 3), np.uint8)
    image[:, 3:7] = 255
    np.testing.assert_array_equal(resize(image, (8, 8), "pillow-square"), np.full((3, 8, 8), 255))


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(1, 50),
    st.integers(1, 50),
    st.sampled_from(
        ["clean-fid", "pytorch-fid", "torch-fidelity", "torchmetrics", "pillow", "pillow-square", "pillow-crop"]
    ),
)
def test_stays_in_range_and_has_the_wanted_shape(height: int, width: int, h: int, w: int, like: Resampling) -> None:
    result = resize(random_image((height, width)), (h, w), like)
    assert result.shape == (3, h, w)
    assert result.dtype == np.float32
    assert result.flags.c_contiguous
    assert result.min() >= 0
    assert result.max() <= 255


@pytest.mark.parametrize("like", ["clean-fid", "pytorch-fid", "torch-fidelity", "torchmetrics", "pillow"])
def test_the_same_size_changes_nothing(like: Resampling) -> None:
    image = random_image((30, 20))
    np.testing.assert_array_equal(resize(image, (30, 20), like), image.transpose(2, 0, 1).astype(np.float32))


@pytest.mark.parametrize("like", ["clean-fid", "pytorch-fid", "torch-fidelity"])
def test_a_constant_image_stays_constant(like: Resampling) -> None:
    image = np.full((13, 17, 3), 77, np.uint8)
    np.testing.assert_allclose(resize(image, (29, 5), like), 77, atol=1e-3)
