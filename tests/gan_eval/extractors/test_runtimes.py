"""torch and OpenVINO give the same features, whatever the batch; bf16 is asked for or does not happen."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from numpy.typing import NDArray

import gan_eval
from gan_eval import hardware
from gan_eval.errors import WeightsError
from gan_eval.extractors import Extractor, Network, Runtime, load, resolve
from gan_eval.extractors.recipes import recipe
from gan_eval.extractors.torch_runtime import _switches, exact_float32
from gan_eval.hardware import Precision
from gan_eval.resize import Like

pytestmark = pytest.mark.usefixtures("kept_conversions")
needs_openvino = pytest.mark.skipif(find_spec("openvino") is None, reason="the `fast` extra is not installed")
Load = Callable[..., Extractor]


@pytest.fixture(params=["torch", pytest.param("openvino", marks=needs_openvino)])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    chosen: Runtime = request.param
    return chosen


@pytest.fixture(scope="session")
def loaded(weights_file: Path) -> Load:
    """`loaded("torch", like=…, precision=…)`: the random Inception, loaded once for all tests."""

    @functools.cache
    def load_once(runtime: Runtime, like: Like = "clean-fid", precision: Precision = "fp32") -> Extractor:
        return load(network(weights_file, runtime, like, precision))

    return load_once


def network(weights_file: Path, runtime: Runtime, like: Like = "clean-fid", precision: Precision = "fp32") -> Network:
    return resolve("inception", weights=weights_file, runtime=runtime, device="cpu", like=like, precision=precision)


@needs_openvino
def test_runtimes_agree(loaded: Load, prepared: NDArray[np.float32]) -> None:
    ours, theirs = (loaded(runtime)(prepared) for runtime in ("torch", "openvino"))
    assert ours.logits is not None
    assert theirs.logits is not None
    assert np.abs(ours.features - theirs.features).max() < 1e-4 * ours.features.std()
    assert np.abs(ours.logits - theirs.logits).max() < 1e-4 * ours.logits.std()


def test_the_range_map_belongs_to_the_tool(loaded: Load, prepared: NDArray[np.float32], runtime: Runtime) -> None:
    ours = loaded(runtime)(prepared[:1]).features
    moved = prepared[:1] * np.float32(127.5 / 128)  # (127.5 v / 128 − 127.5) / 127.5 = (v − 128) / 128
    theirs = loaded(runtime, "pytorch-fid")(moved).features
    np.testing.assert_allclose(ours, theirs, atol=1e-4 * ours.std())


def test_features_depend_neither_on_the_batch_nor_on_neighbours(
    loaded: Load, prepared: NDArray[np.float32], runtime: Runtime
) -> None:
    five = np.concatenate([prepared, prepared[:2, :, ::-1]])  # no multiple of the pieces that a runtime cuts
    together = loaded(runtime)(five).features
    pieces = [loaded(runtime)(piece).features for piece in (five[:1], five[1:])]
    np.testing.assert_array_equal(together, np.concatenate(pieces))


def test_bf16_rounds_and_says_so(loaded: Load, prepared: NDArray[np.float32], runtime: Runtime) -> None:
    exact, rounded = loaded(runtime), loaded(runtime, precision="bf16")
    features = [extractor(prepared[:1]).features for extractor in (exact, rounded)]
    error = np.linalg.norm(features[1] - features[0]) / np.linalg.norm(features[0])
    assert 1e-4 < error < 0.2
    assert features[1].dtype == np.float32
    assert exact.network.key() != rounded.network.key()


@needs_openvino
def test_a_converted_network_is_used_again(loaded: Load, weights_file: Path, prepared: NDArray[np.float32]) -> None:
    from gan_eval.extractors import openvino_runtime

    found = network(weights_file, "openvino")
    first = loaded("openvino")(prepared).features

    def build() -> torch.nn.Module:
        raise AssertionError("converted twice")

    again: Extractor = openvino_runtime.load(found, replace(recipe(found), build=build))
    np.testing.assert_array_equal(again(prepared).features, first)


@needs_openvino
def test_a_damaged_converted_network_is_converted_anew(
    loaded: Load, weights_file: Path, prepared: NDArray[np.float32], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAN_EVAL_CACHE", str(tmp_path))
    found = network(weights_file, "openvino")
    first = load(found)(prepared).features
    path = next((tmp_path / "openvino").rglob("network.bin"))
    sound = path.read_bytes()
    path.write_bytes(sound[:1000] + bytes([sound[1000] ^ 64]) + sound[1001:])
    np.testing.assert_array_equal(load(found)(prepared).features, first)
    assert path.read_bytes() == sound


def test_weights_that_change_while_they_are_read_are_refused(weights_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    shutil.copy(weights_file, path)
    found = network(path, "torch")
    with pytest.raises(WeightsError, match="changed while it was being read"):
        load(replace(found, weights_sha256="0" * 64))


@needs_openvino
def test_a_folder_that_cannot_be_written_changes_nothing(
    loaded: Load, weights_file: Path, prepared: NDArray[np.float32], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = loaded("openvino")(prepared).features
    (tmp_path / "file").touch()
    monkeypatch.setenv("GAN_EVAL_CACHE", str(tmp_path / "file"))
    np.testing.assert_array_equal(load(network(weights_file, "openvino"))(prepared).features, kept)


@needs_openvino
def test_fp32_convolutions_use_the_kernels_that_round_less_where_there_are_any(weights_file: Path) -> None:
    import openvino as ov

    from gan_eval.extractors import openvino_runtime

    found = network(weights_file, "openvino")
    core = ov.Core()
    model = openvino_runtime._model(core, found, recipe(found))
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).get_runtime_model()
    facts = [operation.get_rt_info() for operation in compiled.get_ops()]
    kernels = {each["primitiveType"].astype(str) for each in facts if each["layerType"].astype(str) == "Convolution"}
    assert (kernels == {"jit_avx512_f32"}) == hardware.cpu_has_avx512()


WITHOUT_TORCH = """
import sys
from pathlib import Path
import numpy as np
from gan_eval.extractors import load, resolve
extractor = load(resolve("inception", weights=Path(sys.argv[1]), device="cpu"))
extractor(np.stack([extractor.prepare(np.zeros((8, 8, 3), np.uint8))]))
print(extractor.network.runtime, *sorted({"torch", "timm", "torchvision"} & set(sys.modules)))
"""


@needs_openvino
def test_the_second_process_needs_no_torch(loaded: Load, weights_file: Path) -> None:
    loaded("openvino")
    root = Path(gan_eval.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, str(weights_file)], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["openvino"]


@needs_openvino
def test_openvino_leaves_nothing_in_the_home_folder_and_reports_to_nobody(
    loaded: Load, weights_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded("openvino")
    monkeypatch.setenv("HOME", str(tmp_path))
    code = WITHOUT_TORCH + "print(sys.modules['openvino_telemetry'])"
    root = Path(gan_eval.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code, str(weights_file)], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["openvino", "None"]
    assert list(tmp_path.iterdir()) == []


@needs_openvino
def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = timm.create_model("test_resnet", pretrained=False)
    torch.save(model.state_dict(), tmp_path / "timm.pth")
    found = resolve("timm:test_resnet", weights=tmp_path / "timm.pth", runtime="openvino", device="cpu")
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("GAN_EVAL_CACHE", str(tmp_path / "file" / "cache"))
    assert load(found)(np.zeros((1, 3, 160, 160), np.float32)).features.shape == (1, found.dim)


def newer_switch() -> None:
    torch.backends.cuda.matmul.fp32_precision = "tf32"


#: Older releases of torch have the first switch alone.
SWITCHES = [lambda: torch.set_float32_matmul_precision("medium")]
if hasattr(torch.backends.cuda.matmul, "fp32_precision"):
    SWITCHES.append(newer_switch)


@pytest.mark.parametrize("allow", SWITCHES)
def test_tf32_is_off_and_the_callers_settings_come_back(allow: Callable[[], None]) -> None:
    allow()
    try:
        before = [getattr(owner, name) for owner, name, _ in _switches()]
        with exact_float32():
            inside = [getattr(owner, name) for owner, name, _ in _switches()]
        assert inside == [value for _, _, value in _switches()]
        assert [getattr(owner, name) for owner, name, _ in _switches()] == before != inside
    finally:
        torch.set_float32_matmul_precision("highest")
