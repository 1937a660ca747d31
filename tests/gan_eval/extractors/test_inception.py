"""The 2015 Inception against the peers' networks, and files that are not what they should be."""

from __future__ import annotations

import io
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from gan_eval.errors import WeightsError
from gan_eval.extractors import inception
from gan_eval.extractors.known import INCEPTION
from gan_eval.settings import Like

Tensors = dict[str, torch.Tensor]


@pytest.fixture(scope="session")
def network(weights_file: Path) -> inception.Inception:
    built = inception.build(weights_file)
    assert isinstance(built, inception.Inception)
    return built


def run(network: torch.nn.Module, images: NDArray[np.float32]) -> tuple[torch.Tensor, ...]:
    with torch.inference_mode():
        output: tuple[torch.Tensor, ...] = network(torch.from_numpy(images))
    return output


def test_pool3_is_that_of_pytorch_fid(
    network: inception.Inception, tensors: Tensors, prepared: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = pytest.importorskip("pytorch_fid.inception")
    monkeypatch.setattr(peer, "load_state_dict_from_url", lambda *_, **__: tensors)
    theirs = peer.InceptionV3([3], resize_input=False, normalize_input=True).eval()
    expected = run(theirs, prepared[:2] / 255)[0][:, :, 0, 0]
    _, _, centre, scale = INCEPTION.preprocessing_of("pytorch-fid")
    features, _ = run(network, (prepared[:2] - np.float32(centre)) / np.float32(scale))
    assert (features - expected).abs().max() < 1e-4 * expected.std()


def test_pool3_and_logits_are_those_of_torch_fidelity(
    network: inception.Inception, weights_file: Path, photographs: list[NDArray[np.uint8]]
) -> None:
    peer = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")
    wanted = ["2048", "logits_unbiased", "logits"]
    theirs = peer.FeatureExtractorInceptionV3("peer", wanted, feature_extractor_weights_path=str(weights_file))
    square = np.ascontiguousarray(photographs[1][:299, :299].transpose(2, 0, 1))[None]  # nothing to resize
    with torch.inference_mode():
        pool3, unbiased, biased = theirs(torch.from_numpy(square))
    _, _, centre, scale = INCEPTION.preprocessing_of("torch-fidelity")
    features, logits = run(network, (square.astype(np.float32) - centre) / np.float32(scale))
    assert (features - pool3).abs().max() < 1e-4 * pool3.std()
    assert (logits - unbiased).abs().max() < 1e-4 * unbiased.std()
    assert (network.fc(features) - biased).abs().max() < 1e-4 * biased.std()


@pytest.mark.parametrize(("layer", "block"), [("64", 0), ("192", 1), ("768", 2)])
def test_lower_layers_are_those_of_pytorch_fids_dims(
    layer: str,
    block: int,
    weights_file: Path,
    tensors: Tensors,
    prepared: NDArray[np.float32],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    peer = pytest.importorskip("pytorch_fid.inception")
    monkeypatch.setattr(peer, "load_state_dict_from_url", lambda *_, **__: tensors)
    theirs = peer.InceptionV3([block], resize_input=False, normalize_input=True).eval()
    expected = run(theirs, prepared[:2] / 255)[0].mean((2, 3))
    ours = inception.build(weights_file, layer=layer)
    with torch.inference_mode():
        features = ours(torch.from_numpy((prepared[:2] - np.float32(127.5)) / np.float32(127.5)))
    assert features.shape == (2, INCEPTION.layers[layer].dim)  # type: ignore[index]
    assert (features - expected).abs().max() < 2e-6 * expected.abs().max()


def test_spatial_features_are_seven_channels_of_one_branch_the_channel_last(
    weights_file: Path, tensors: Tensors, prepared: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = pytest.importorskip("pytorch_fid.inception")
    monkeypatch.setattr(peer, "load_state_dict_from_url", lambda *_, **__: tensors)
    network = peer.fid_inception_v3().eval()
    seen: list[torch.Tensor] = []
    network.Mixed_6d.branch1x1.register_forward_hook(lambda *arguments: seen.append(arguments[2]))
    x = torch.from_numpy((prepared[:2] - 128) / np.float32(128))
    with torch.inference_mode():
        network(x)
        features = inception.build(weights_file, layer="spatial")(x)
    assert features.shape == (2, 2023)
    grid = features.reshape(2, 17, 17, 7)
    assert (grid[:, 3, 5] - seen[0][:, :7, 3, 5]).abs().max() < 1e-5 * seen[0].abs().max()


@pytest.mark.parametrize(
    ("like", "middle"), [("pytorch-fid", 127.5), ("nice-gan", 127.5), ("clean-fid", 128), ("torch-fidelity", 128)]
)
def test_ranges_are_those_of_the_tools(like: Like, middle: float) -> None:
    assert INCEPTION.preprocessing_of(like)[2:] == (middle, middle)


def test_an_average_leaves_the_padding_out() -> None:
    layer = inception.AveragedConvolution(1, inception.ConvSpec(1, (1, 1)))
    layer.conv.load_state_dict({"weight": torch.ones(1, 1, 1, 1), "bias": torch.zeros(1)})
    assert torch.equal(layer(torch.ones(1, 1, 4, 4)), torch.ones(1, 1, 4, 4))


def test_shapes_are_those_of_the_published_network() -> None:
    shapes = inception.published_shapes()
    assert len(shapes) == 94 * 5 + 2
    assert shapes["Mixed_5b.branch3x3dbl_3.conv.weight"] == (96, 96, 3, 3)
    assert shapes["Mixed_6a.branch3x3.bn.running_var"] == (384,)
    assert shapes["Mixed_6e.branch7x7dbl_4.conv.weight"] == (192, 192, 7, 1)
    assert shapes["Mixed_7c.branch3x3dbl_3b.conv.weight"] == (384, 384, 3, 1)
    assert shapes["fc.weight"] == (1008, 2048)


def test_safetensors_gives_the_same_network(tensors: Tensors, network: inception.Inception, tmp_path: Path) -> None:
    save_file({name: value.contiguous() for name, value in tensors.items()}, tmp_path / "w.safetensors")
    again = inception.build(tmp_path / "w.safetensors")
    assert torch.equal(again.Conv2d_1a_3x3.conv.weight, network.Conv2d_1a_3x3.conv.weight)
    assert torch.equal(again.fc.bias, network.fc.bias)


def test_counters_of_training_and_an_outer_state_dict_do_no_harm(tensors: Tensors, tmp_path: Path) -> None:
    counters = {"Conv2d_1a_3x3.bn.num_batches_tracked": torch.tensor(7)}
    torch.save({"state_dict": {**tensors, **counters}}, tmp_path / "w.pth")
    inception.build(tmp_path / "w.pth")


def without(name: str) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {key: value for key, value in tensors.items() if key != name}


def with_(name: str, value: torch.Tensor) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {**tensors, name: value}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("Mixed_6b.branch7x7_2.bn.bias"), r"missing Mixed_6b\.branch7x7_2\.bn\.bias"),
        (with_("AuxLogits.fc.weight", torch.zeros(2)), r"unknown to this network: AuxLogits\.fc\.weight"),
        (with_("fc.weight", torch.zeros(1000, 2048)), r"fc\.weight is \(1000, 2048\), wanted \(1008, 2048\)"),
        (with_("Conv2d_1a_3x3.bn.bias", torch.full((32,), float("nan"))), r"NaN .* Conv2d_1a_3x3\.bn\.bias"),
    ],
    ids=["missing", "stray", "wrong shape", "NaN"],
)
def test_a_wrong_tensor_is_named(
    tensors: Tensors, tmp_path: Path, change: Callable[[Tensors], Tensors], message: str
) -> None:
    torch.save(change(tensors), tmp_path / "w.pth")
    with pytest.raises(WeightsError, match=message):
        inception.build(tmp_path / "w.pth")


class Bomb:
    """What unpickling must not run."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return pytest.fail, ("code from a weights file was run",)


def saved(content: object) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def scripted() -> bytes:
    """What clean-fid and StyleGAN keep: a program, not a state dict."""
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch is about to give it up
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), stream)
    return stream.getvalue()


PAGE = b"<html>please log in</html>" * 100


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.pth", b"", "damaged, cut short"),
        ("page.pth", PAGE, "not a weights file"),
        ("page.safetensors", PAGE, "damaged, cut short"),
        ("code.pth", saved(Bomb()), "it holds code, which is never run"),
        ("pickle.pth", pickle.dumps(Bomb()), "it holds code, which is never run"),
        ("list.pth", saved([1, 2]), "no state dict"),
        ("numbers.pth", saved({"fc.weight": 1.0}), "no state dict"),
        ("script.pth", scripted(), "a TorchScript program"),
        ("half.pth", saved({"fc.weight": torch.zeros(5000)})[:9000], "damaged, cut short"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        inception.build(tmp_path / name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.pth: no such file"):
        inception.build(tmp_path / "none.pth")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read: Is a directory"):
        inception.build(tmp_path)
