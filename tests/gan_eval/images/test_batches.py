from __future__ import annotations

import io
import itertools
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from torch.utils.data import DataLoader, Dataset, TensorDataset

from gan_eval.errors import InputError
from gan_eval.images import images_of, open_source

N = 8
IMAGES: NDArray[np.uint8] = np.random.default_rng(0).integers(0, 256, (N, 6, 5, 3), dtype=np.uint8)
TENSOR = torch.from_numpy(IMAGES).permute(0, 3, 1, 2)
PIL = [Image.fromarray(image) for image in IMAGES]
LABELS = torch.arange(N)


def encoded(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def pixels(source: object, **options: Any) -> NDArray[np.uint8]:
    return np.stack([item.pixels() for item in open_source(source, **options).items()])


Pair = namedtuple("Pair", "image label")

BATCHES: dict[str, Callable[[int, int], Any]] = {
    "array": lambda a, b: IMAGES[a:b],
    "floating array": lambda a, b: IMAGES[a:b] / np.float32(255),
    "tensor": lambda a, b: TENSOR[a:b],
    "half tensor": lambda a, b: TENSOR[a:b].double() / 255,
    "list of PIL images": lambda a, b: PIL[a:b],
    "list of arrays": lambda a, b: [*IMAGES[a:b]],
    "list of tensors": lambda a, b: [*TENSOR[a:b]],
    "list of files' bytes": lambda a, b: [encoded(image) for image in PIL[a:b]],
    "tensor and labels": lambda a, b: (TENSOR[a:b], LABELS[a:b]),
    "tensor and labels in a list": lambda a, b: [TENSOR[a:b], LABELS[a:b]],
    "labels before the tensor": lambda a, b: (LABELS[a:b], TENSOR[a:b]),
    "tensor and one-hot labels": lambda a, b: (TENSOR[a:b], torch.eye(N)[a:b]),
    "array and one-hot labels": lambda a, b: (IMAGES[a:b], np.eye(N, dtype=np.float32)[a:b]),
    "tensor, labels and names": lambda a, b: (TENSOR[a:b], LABELS[a:b], ["x"] * (b - a)),
    "zipped samples": lambda a, b: tuple(zip(*((PIL[i], i) for i in range(a, b)), strict=True)),
    "list of (PIL, label)": lambda a, b: [(PIL[i], i) for i in range(a, b)],
    "list of (tensor, label)": lambda a, b: [(TENSOR[i], i) for i in range(a, b)],
    "list of dicts": lambda a, b: [{"image": PIL[i], "label": i} for i in range(a, b)],
    "named tuple": lambda a, b: Pair(TENSOR[a:b], LABELS[a:b]),
    "dict of a tensor": lambda a, b: {"image": TENSOR[a:b], "label": LABELS[a:b]},
    "dict of a list": lambda a, b: {"label": [*range(a, b)], "images": PIL[a:b]},
    "dict of one column": lambda a, b: {"anything": IMAGES[a:b]},
    "Hugging Face without decoding": lambda a, b: {
        "image": {"bytes": encoded(PIL[a]), "path": None} if b - a == 1 else PIL[a:b],
        "label": 0,
    },
}


@pytest.mark.parametrize("form", BATCHES)
@pytest.mark.parametrize("size", [1, 3, 4, 8])
def test_every_form_of_a_batch_gives_every_image_once(form: str, size: int) -> None:
    batches = (BATCHES[form](start, min(start + size, N)) for start in range(0, N, size))
    np.testing.assert_array_equal(pixels(batches), IMAGES)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(BATCHES)), st.lists(st.integers(1, 3), min_size=1, max_size=4))
def test_uneven_batches_lose_nothing(form: str, sizes: list[int]) -> None:
    ends = np.minimum(np.cumsum([0, *sizes]), N)
    batches = [BATCHES[form](a, b) for a, b in itertools.pairwise(ends) if b > a]
    np.testing.assert_array_equal(pixels(iter(batches)), IMAGES[: ends[-1]])


class Pairs(Dataset[Any]):
    """A map-style dataset of whatever `part` gives."""

    def __init__(self, part: Callable[[int], Any]) -> None:
        self.part = part

    def __len__(self) -> int:
        return N

    def __getitem__(self, index: int) -> Any:
        return self.part(index)


@pytest.mark.parametrize(
    "given",
    [
        TensorDataset(TENSOR),
        TensorDataset(TENSOR, LABELS),
        Pairs(lambda i: PIL[i]),
        Pairs(lambda i: (PIL[i], i)),
        Pairs(lambda i: [TENSOR[i], i]),
        Pairs(lambda i: {"image": IMAGES[i], "label": i}),
        DataLoader(TensorDataset(TENSOR, LABELS), batch_size=3),
        DataLoader(TensorDataset(TENSOR), batch_size=None),
        DataLoader(TensorDataset(TENSOR, LABELS), batch_size=None),
        DataLoader(Pairs(lambda i: {"image": TENSOR[i], "label": i}), batch_size=3),
        DataLoader(Pairs(lambda i: PIL[i]), batch_size=3, collate_fn=list),
        DataLoader(Pairs(lambda i: (PIL[i], i)), batch_size=3, collate_fn=list),
        PIL,
        [*IMAGES],
        [*TENSOR],
        tuple(PIL),
        [TENSOR[:3], TENSOR[3:]],
        [encoded(image) for image in PIL],
        iter(PIL),
        iter(TENSOR),
        IMAGES,
        TENSOR,
    ],
)
def test_every_form_of_a_source_gives_every_image_once(given: object) -> None:
    np.testing.assert_array_equal(pixels(given), IMAGES)


@pytest.mark.parametrize("given", [PIL[0], IMAGES[0], TENSOR[0], [PIL[0]], encoded(PIL[0])])
def test_a_single_image_is_a_set_of_one(given: object) -> None:
    np.testing.assert_array_equal(pixels(given), IMAGES[:1])


def test_grey_images_get_three_equal_channels() -> None:
    grey = IMAGES[..., 0]
    for form in (grey, grey[..., None], [*grey], torch.from_numpy(grey)[:, None], [Image.fromarray(g) for g in grey]):
        np.testing.assert_array_equal(pixels(form), np.repeat(grey[..., None], 3, -1))


@pytest.mark.parametrize(
    ("batch", "match"),
    [
        ((TENSOR, TENSOR), "2 parts may be the images"),
        ([TENSOR, TENSOR], "2 parts may be the images"),
        ((PIL[0], PIL[1]), "2 parts may be the images"),
        ((TENSOR, torch.zeros(N, 1, 6, 5)), "2 parts"),
        ((IMAGES, IMAGES[..., 0]), "2 parts"),
        ([TENSOR[0], TENSOR[0, :1]], "image.*mask"),
        ((LABELS, LABELS), "no images among its parts"),
        ({"A": PIL[0], "B": PIL[1]}, "which column.*A, B"),
        ({"image": PIL[0], "img": PIL[1]}, "several may be images"),
        ({"label": 3}, "batch is a int"),
        ("image.png", "batch is a str"),
        (["a.png", "b.png"], "no images"),
        (3, "batch is a int"),
        (None, "batch is a NoneType"),
        (np.zeros((2, 3, 8, 8), np.uint8), "channels last"),
        (np.zeros((3, 8, 8), np.uint8), r"3 grey images.*channels first"),
        (np.zeros((2, 8, 8, 5), np.uint8), "wanted"),
        (np.zeros((2, 3, 5, 3), np.uint8), "first or last"),
        (torch.zeros(2, 3, 5, 3), "first or last"),
        (torch.zeros(8, 6, 5), r"wanted \(N, 3, H, W\)"),
        (np.zeros((2, 8, 8, 3), np.uint16), "uint16"),
        (np.zeros((2, 8, 8, 3), bool), "bool"),
        (np.full((2, 8, 8, 3), 200.0), r"0…255 pass"),
        (np.full((2, 8, 8, 3), -0.5), r"−1…1 pass"),
        (np.full((2, 8, 8, 3), np.nan), "nan"),
        (np.ma.masked_array(IMAGES), "masked"),
        (np.zeros((2, 0, 8, 3), np.uint8), "no pixels"),
        (torch.zeros(2, 3, 8, 8).to_sparse(), "without plain values"),
        (Image.fromarray(np.zeros((4, 4), np.uint16)), "deeper than 8 bits"),
        ([Image.fromarray(np.zeros((4, 4), np.float32))], "deeper than 8 bits"),
        (b"no image", "not an image"),
    ],
)
def test_what_may_lose_or_multiply_images_is_refused(batch: object, match: str) -> None:
    with pytest.raises(InputError, match=match) as caught:
        pixels(iter([batch]))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", [[], (), iter([]), np.zeros((0, 4, 4, 3), np.uint8), torch.zeros(0, 3, 8, 8), {}])
def test_nothing_is_refused(given: object) -> None:
    with pytest.raises(InputError):
        pixels(given)


@pytest.mark.parametrize(
    ("batch", "column"),
    [
        ({"A": LABELS, "B": TENSOR}, "B"),
        ((TENSOR // 2, TENSOR), 1),
        ((TENSOR // 2, TENSOR), "1"),
        ([{"A": PIL[i], "B": PIL[i]} for i in range(N)], "B"),
        ([(None, image) for image in PIL], 1),
    ],
)
def test_a_column_chooses(batch: object, column: str | int) -> None:
    np.testing.assert_array_equal(pixels(iter([batch]), column=column), IMAGES)


@pytest.mark.parametrize("column", ["C", 2])
def test_a_column_that_is_not_there_is_refused(column: str | int) -> None:
    for batch in ({"A": PIL[0], "B": PIL[1]}, (TENSOR, TENSOR)):
        with pytest.raises(InputError, match=f"{column}"):
            list(images_of(batch, column=column))


def test_what_was_left_aside_is_said() -> None:
    source = open_source(iter([(TENSOR, LABELS), (TENSOR, LABELS)]))
    list(source.items())
    assert source.notes == ("the images are part 0 of each batch's 2; the others were not used",)


def test_uint8_images_of_zeros_and_ones_are_noted() -> None:
    assert "0 or 1 of 255" in open_source((IMAGES / 255).astype(np.uint8)).notes[0]
    assert open_source(IMAGES).notes == ()


def test_a_loader_may_be_read_again() -> None:
    source = open_source(DataLoader(TensorDataset(TENSOR), batch_size=3))
    assert len(list(source.items())) == len(list(source.items())) == N
