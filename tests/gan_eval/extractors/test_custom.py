"""A module or a function as the feature network of every public function."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import gan_eval
from gan_eval.errors import GanEvalError, InputError, WeightsError
from gan_eval.extractors.custom import CustomExtractor, own_extractor
from gan_eval.resize import resize
from gan_eval.settings import Settings

MakeFolder = Callable[..., Path]


class Patches(nn.Module):
    """Mean of each channel's quarters through a linear layer; takes images of any size and counts them."""

    def __init__(self, dim: int = 6, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(torch.randn(12, dim, generator=generator))
        self.seen = 0
        self.dtypes: list[str] = []

    def forward(self, images: Tensor) -> Tensor:
        self.seen += len(images)
        self.dtypes.append(f"{images.dtype} {tuple(images.shape[1:])} {self.training}")
        pooled = nn.functional.adaptive_avg_pool2d(images.to(self.weight.dtype), 2)
        return pooled.flatten(1) @ self.weight


class Plain(nn.Module):
    """The same without a memory, so that its features can be kept."""

    def __init__(self, seed: int = 0, power: float = 1.0) -> None:
        super().__init__()
        self.linear = nn.Linear(12, 6, bias=False)
        self.power = power
        nn.init.normal_(self.linear.weight, generator=torch.Generator().manual_seed(seed))

    def forward(self, images: Tensor) -> Tensor:
        return self.linear(nn.functional.adaptive_avg_pool2d(images.float(), 2).flatten(1)).abs() ** self.power


def quarters(images: Tensor) -> Tensor:
    return nn.functional.adaptive_avg_pool2d(images.double(), 2).flatten(1)


@pytest.fixture
def sets(make_folder: MakeFolder) -> tuple[Path, Path]:
    return make_folder("real", 30), make_folder("fake", 24, seed=1, shift=30)


def extractor(module: Any, **settings: Any) -> CustomExtractor:
    return own_extractor(Settings(features=module, **settings))


def batch(count: int = 3, height: int = 15, width: int = 20) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).integers(0, 256, (count, 3, height, width)).astype(np.float32)


# ------------------------------------------------------------------------------------------------ what a number is


@pytest.mark.parametrize(
    "network",
    [Patches(), quarters, lambda x: quarters(x).numpy(), gan_eval.CustomNetwork(Patches(), size=16, range=(0, 1))],
    ids=["module", "function", "numpy", "options"],
)
def test_every_function_takes_it(sets: tuple[Path, Path], network: Any) -> None:
    assert gan_eval.fid(*sets, features=network).metric == "fd"
    assert gan_eval.kid(*sets, features=network).metric == "kd"
    assert gan_eval.prdc(*sets, features=network).coverage.metric == "coverage"
    assert len(gan_eval.score(*sets, features=network)) == 6
    assert gan_eval.compare(sets[0], {"a": sets[0], "b": sets[1]}, features=network).models[0].name == "a"
    with gan_eval.Reference(sets[0], features=network) as reference:
        assert float(reference.fid(sets[1])) == pytest.approx(float(gan_eval.fid(*sets, features=network)))


def test_a_contest_takes_it(sets: tuple[Path, Path], make_folder: MakeFolder) -> None:
    models = {"a": sets[1], "b": make_folder("other", 24, seed=2)}
    outcome = gan_eval.nrds(models, sets[0], features=Plain(), seeds=2, epochs=2)
    assert {score.features for score in outcome.scores} == {"Plain"}


@pytest.mark.parametrize(
    ("network", "name"),
    [
        (Patches(), "Patches"),
        (quarters, "quarters"),
        (functools.partial(quarters), "quarters"),
        (gan_eval.CustomNetwork(quarters, name="mine"), "mine"),
    ],
    ids=["class", "function", "partial", "given"],
)
def test_a_score_carries_the_networks_name(sets: tuple[Path, Path], network: Any, name: str) -> None:
    assert gan_eval.fid(*sets, features=network).features == name


def test_the_number_is_that_of_the_features(sets: tuple[Path, Path]) -> None:
    from PIL import Image

    from gan_eval.metrics.frechet import distance
    from gan_eval.metrics.moments import statistics

    def features(folder: Path) -> Any:
        images = [np.asarray(Image.open(path)).transpose(2, 0, 1) for path in sorted(folder.iterdir())]
        return statistics(quarters(torch.from_numpy(np.stack(images))).numpy())

    expected = distance(*(features(folder) for folder in sets))
    assert float(gan_eval.fid(*sets, features=quarters)) == pytest.approx(expected, rel=1e-5)


def test_class_scores_are_taken_where_they_are_announced(sets: tuple[Path, Path]) -> None:
    both = gan_eval.CustomNetwork(lambda x: (quarters(x), quarters(x) / 50), logits=True)
    assert gan_eval.inception_score(sets[1], features=both).metric == "score_is"
    with pytest.raises(InputError, match="no class scores"):
        gan_eval.inception_score(sets[1], features=quarters)
    with pytest.raises(InputError, match="logits=True"):
        gan_eval.fid(*sets, features=both.module)


def test_provenance_describes_it(sets: tuple[Path, Path]) -> None:
    with gan_eval.Reference(sets[0], features=Plain()) as reference:
        for _ in range(2):
            features = reference.evaluate(sets[1], ["fid"]).provenance.features
            assert (features["name"], features["dim"], features["verified"]) == ("Plain", 6, False)
            assert len(features["weights_sha256"]) == 64


# ------------------------------------------------------------------------------------------------ what a module gets


def test_a_bare_module_gets_bytes_of_the_images_own_size(sets: tuple[Path, Path]) -> None:
    module = Patches()
    gan_eval.fid(*sets, features=module, interval=False)
    assert set(module.dtypes) == {"torch.uint8 (3, 15, 20) False"}


def test_pixels_arrive_unchanged() -> None:
    given: list[Tensor] = []
    pixels = batch()
    extractor(lambda x: given.append(x) or quarters(x))(pixels)
    assert np.array_equal(given[0].numpy(), pixels)


@pytest.mark.parametrize("size", [8, (8, 12)])
@pytest.mark.parametrize("resample", ["clean-fid", "pytorch-fid"])
def test_images_are_resized_as_a_tool_does(size: Any, resample: Any) -> None:
    image = np.random.default_rng(0).integers(0, 256, (15, 20, 3), dtype=np.uint8)
    custom = gan_eval.CustomNetwork(quarters, size=size, resample=resample)
    shape = (8, 8) if size == 8 else (8, 12)
    assert np.array_equal(custom.prepare(image), resize(image, shape, resample))


@pytest.mark.parametrize(
    ("options", "black", "white"),
    [
        ({"range": (0, 1)}, 0, 1),
        ({"range": (-1, 1)}, -1, 1),
        ({"range": (0, 1), "mean": 0.5, "std": 0.25}, -2, 2),
        ({"range": (0, 255)}, 0, 255),
    ],
    ids=str,
)
def test_a_range_is_mapped_to(options: dict[str, Any], black: float, white: float) -> None:
    given: list[Tensor] = []
    run = extractor(gan_eval.CustomNetwork(lambda x: given.append(x) or quarters(x), **options))
    run(np.stack([np.zeros((3, 4, 4), np.float32), np.full((3, 4, 4), 255, np.float32)]))
    assert given[0].dtype == torch.float32
    assert given[0][0].unique().tolist() == [black]
    assert given[0][1].unique().tolist() == [white]


def test_channels_are_normalised_one_by_one() -> None:
    given: list[Tensor] = []
    custom = gan_eval.CustomNetwork(
        lambda x: given.append(x) or quarters(x), range=(0, 1), mean=(0.0, 0.5, 1.0), std=(1.0, 0.5, 0.25)
    )
    extractor(custom)(np.full((1, 3, 2, 2), 255, np.float32))
    assert given[0][0, :, 0, 0].tolist() == [1, 1, 0]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_floats_come_in_the_modules_precision(dtype: torch.dtype) -> None:
    given: list[Tensor] = []
    module = Patches().to(dtype)
    module.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    features = extractor(gan_eval.CustomNetwork(module, range=(0, 1)))(batch()).features
    assert given[0].dtype == dtype
    assert features.dtype == np.float32


def test_modes_of_training_and_gradients_are_left_as_they_were() -> None:
    module = nn.Sequential(nn.Flatten(), nn.LazyLinear(4), nn.Dropout(), nn.Linear(4, 4))
    module(torch.zeros(1, 3, 15, 20))
    module[3].eval()
    run = extractor(gan_eval.CustomNetwork(module, range=(0, 1)))
    assert np.array_equal(run(batch()).features, run(batch()).features)  # no dropout
    assert [part.training for part in module] == [True, True, True, False]
    assert all(parameter.requires_grad and parameter.grad is None for parameter in module.parameters())
    module(torch.rand(1, 3, 15, 20)).sum().backward()


def test_batch_normalisation_learns_nothing(sets: tuple[Path, Path]) -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    before = {name: value.clone() for name, value in module.state_dict().items()}
    gan_eval.fid(*sets, features=gan_eval.CustomNetwork(module, range=(0, 1)))
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())


# ------------------------------------------------------------------------------------------------ what is kept


@pytest.mark.parametrize(
    "other",
    [
        Plain(seed=1),
        Plain(power=2.0),
        gan_eval.CustomNetwork(Plain(), name="Plain", size=9),
        gan_eval.CustomNetwork(Plain(), name="Plain", range=(0, 1)),
    ],
    ids=["weights", "attribute", "size", "range"],
)
def test_whatever_changes_the_features_is_read_anew(sets: tuple[Path, Path], other: Any) -> None:
    gan_eval.fid(*sets, features=Plain())
    kept = gan_eval.fid(*sets, features=other)
    assert float(kept) == float(gan_eval.fid(*sets, features=other, cache=False))


def test_what_is_kept_saves_the_passes(sets: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []
    original = CustomExtractor.__call__
    monkeypatch.setattr(CustomExtractor, "__call__", lambda self, images: ran.append(1) or original(self, images))
    for network, passes in ((Plain(), [2, 0]), (quarters, [2, 2])):
        for expected in passes:
            ran.clear()
            gan_eval.kid(*sets, features=network)
            assert len(ran) == expected


def test_two_functions_of_one_name_are_not_mixed(sets: tuple[Path, Path]) -> None:
    first = gan_eval.fid(*sets, features=gan_eval.CustomNetwork(quarters, name="f"))
    second = gan_eval.fid(*sets, features=gan_eval.CustomNetwork(lambda x: 2 * quarters(x), name="f"))
    assert float(second) == pytest.approx(4 * float(first), rel=1e-4)


def test_weights_that_change_under_a_reference_are_refused(sets: tuple[Path, Path]) -> None:
    module = Plain()
    with gan_eval.Reference(sets[0], features=module) as reference:
        reference.fid(sets[1])
        with torch.no_grad():
            module.linear.weight += 1
        with pytest.raises(WeightsError, match="have changed"):
            reference.fid(np.zeros((4, 15, 20, 3), np.uint8))


# ------------------------------------------------------------------------------------------------ faults


def refused(call: Callable[[], object], begins: str) -> None:
    with pytest.raises(GanEvalError) as error:
        call()
    assert str(error.value).startswith(begins), str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("size", value) for value in (0, -1, 1.5, True, "8", (8,), (8, 0), (8, 8, 3), [8, True])],
        *[("range", value) for value in ((1, 0), (0, 0), 1, (0,), ("0", "1"), (0, float("nan")), "01")],
        *[("mean", value) for value in ("0", None, (1, 2), (1, 2, float("inf")), True)],
        *[("std", value) for value in (0, -1, (1, 0, 1), None)],
        *[("resample", value) for value in ("bicubic", None, 3, [])],
        *[("logits", value) for value in (None, 1, "yes")],
        *[("name", value) for value in (None, 3, "inception", "auto", "timm:resnet18")],
    ],
    ids=repr,
)
def test_wrong_options_are_refused(name: str, value: Any) -> None:
    options = {"range": (0, 1), name: value}
    refused(lambda: gan_eval.CustomNetwork(quarters, **options), f"{name}=")


@pytest.mark.parametrize("module", [3, None, "inception", nn.Linear, [quarters]], ids=repr)
def test_what_is_no_network_is_refused(module: Any) -> None:
    refused(lambda: gan_eval.CustomNetwork(module), "module: ")


@pytest.mark.parametrize("features", [3, None, nn.Linear, [quarters], object()], ids=repr)
def test_what_is_no_network_is_no_value_of_features(features: Any) -> None:
    refused(lambda: gan_eval.fid("/nowhere", "/nowhere", features=features), "features=")


def test_normalising_needs_a_range() -> None:
    refused(lambda: gan_eval.CustomNetwork(quarters, mean=0.5), "range=None: ")


@pytest.mark.parametrize(
    ("settings", "begins"),
    [({"weights": "x.pth"}, "weights: "), ({"runtime": "openvino"}, "runtime="), ({"device": "cuda"}, "device")],
)
def test_settings_of_named_networks_are_refused(settings: dict[str, Any], begins: str) -> None:
    refused(lambda: extractor(Patches(), **settings), begins)


@pytest.mark.parametrize(
    "returned",
    [
        lambda x: x.float(),
        lambda x: quarters(x)[:, 0],
        lambda x: quarters(x)[:-1],
        lambda x: quarters(x)[:, :0],
        lambda x: {"features": quarters(x)},
        lambda x: (quarters(x), quarters(x)),
        lambda x: None,
        lambda x: quarters(x) * float("nan"),
    ],
)
def test_what_is_no_matrix_of_features_is_refused(sets: tuple[Path, Path], returned: Any) -> None:
    with pytest.raises(GanEvalError) as error:
        gan_eval.fid(*sets, features=returned)
    assert "\n" not in str(error.value)


def test_a_module_that_fails_is_named_with_what_it_got(sets: tuple[Path, Path]) -> None:
    module = nn.Conv2d(3, 4, 3)  # takes no bytes
    with pytest.raises(InputError, match=r"features=Conv2d: .*uint8 \(30, 3, 15, 20\).*range=") as error:
        gan_eval.fid(*sets, features=module)
    assert error.value.__cause__ is not None


def test_images_of_several_sizes_need_one(make_folder: MakeFolder, sets: tuple[Path, Path]) -> None:
    from PIL import Image

    Image.new("RGB", (31, 17)).save(sets[1] / "odd.png")
    with pytest.raises(InputError, match=r"15 × 20 and 17 × 31 pixels.*size="):
        gan_eval.fid(*sets, features=quarters)
    assert gan_eval.fid(*sets, features=gan_eval.CustomNetwork(quarters, size=16)).n_fake == 25


def test_a_batch_of_one_may_be_squeezed() -> None:
    assert extractor(lambda x: quarters(x).squeeze())(batch(1)).features.shape == (1, 12)


def test_no_gradient_is_recorded() -> None:
    returned: list[Tensor] = []
    module = Patches()
    module.register_forward_hook(lambda _, inputs, output: returned.append(output))
    extractor(module)(batch())
    assert not returned[0].requires_grad


def test_resized_pixels_are_rounded_to_bytes() -> None:
    given: list[Tensor] = []
    pixels = np.array([-0.4, 0.5, 1.5, 1.6, 254.6, 255.9], np.float32)[None, None, None].repeat(3, axis=1)
    extractor(lambda x: given.append(x) or quarters(x))(pixels)
    assert given[0].dtype == torch.uint8
    assert given[0][0, 0, 0].tolist() == [0, 0, 2, 2, 255, 255]
