"""Which network, which weights, which device: decided without importing torch, and said aloud."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import gan_eval
from gan_eval import hardware, weights
from gan_eval.errors import InputError, WeightsError
from gan_eval.extractors import resolve
from gan_eval.extractors.known import INCEPTION, INCEPTION_2015, KNOWN
from gan_eval.scoring import name_of


@pytest.fixture
def any_file(tmp_path: Path) -> Path:
    """A file that nobody published; `resolve` hashes it and does not look inside."""
    path = tmp_path / "some.pth"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def at_hand(any_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The published 2015 Inception, played by a small file in the cache folder."""
    content = any_file.read_bytes()
    toy = replace(INCEPTION_2015, sha256=hashlib.sha256(content).hexdigest())
    row = replace(INCEPTION, weights=toy)
    monkeypatch.setitem(KNOWN, "inception", row)  # type: ignore[arg-type]
    monkeypatch.setattr("gan_eval.extractors.resolution.INCEPTION", row)
    path = weights.cache_folder() / "weights" / toy.file_name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def test_auto_is_the_inception_that_is_at_hand(at_hand: Path) -> None:
    found = resolve()
    assert (found.name, found.weights_path, found.dim) == ("inception", at_hand, 2048)
    assert found.verified
    assert found.is_reference
    assert found.notices == ()


def test_auto_without_weights_is_the_embedded_network_and_says_so_in_one_line() -> None:
    found = resolve()
    assert (found.name, found.dim, found.verified, found.is_reference) == ("efficientnet-lite0", 1280, True, False)
    (notice,) = found.notices
    for part in ("2015 Inception weights missing", "https://github.com/", "weights=FILE", "efficientnet-lite0"):
        assert part in notice
    assert "\n" not in notice


def test_inception_without_weights_is_an_error_with_the_remedies() -> None:
    with pytest.raises(WeightsError, match=r"weights missing.*weights fetch inception.*https://.*GAN_EVAL_WEIGHTS"):
        resolve("inception")


def test_downloading_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAN_EVAL_OFFLINE")
    with pytest.raises(WeightsError, match="downloading is switched off"):
        resolve("inception", download=False)


@pytest.mark.parametrize("name", ["auto", "inception"])
def test_a_given_file_is_inception_unverified(any_file: Path, name: str) -> None:
    found = resolve(name, weights=any_file)
    assert (found.name, found.verified, found.is_reference) == ("inception", False, False)
    assert "not the published 2015 Inception" in found.notices[0]


def test_a_given_file_that_is_the_published_one_is_verified(at_hand: Path) -> None:
    assert resolve(weights=at_hand).verified


def test_the_environment_names_the_inception_file(any_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_EVAL_WEIGHTS", str(any_file))
    assert resolve().weights_path == any_file
    assert resolve("efficientnet-lite0").weights_path != any_file


def test_a_named_file_that_is_missing_is_an_error_even_for_auto(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.pth: no such weights file"):
        resolve(weights=tmp_path / "none.pth")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"name": "vgg"},
            "^features='vgg': use auto, .* or timm:MODEL; in Python also a torch module, callable or CustomNet",
        ),
        ({"name": "incepton"}, "^features='incepton': .*did you mean 'inception'"),
        ({"name": "timm:"}, "^features='timm:': use auto"),
        ({"name": "efficientnet-lite0", "device": "tpu"}, "no device is called 'tpu'"),
        ({"name": "efficientnet-lite0", "device": "cuda:99"}, "device cuda:99 asked for"),
    ],
)
def test_what_is_not_there_is_named(options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        resolve(**options)  # type: ignore[arg-type]


def test_the_key_holds_what_changes_the_features(any_file: Path) -> None:
    base = resolve(weights=any_file)
    assert base.key() == replace(base, runtime="torch", notices=(), verified=True).key()
    assert base.key() != replace(base, precision="bf16").key()
    assert base.key() != replace(base, like="torch-fidelity").key()
    assert base.key() != replace(base, weights_sha256="0").key()
    assert replace(base, like="pytorch-fid").key() == replace(base, like="nice-gan").key()


def test_a_lower_layer_is_not_the_reference(at_hand: Path) -> None:
    found = resolve("inception", layer="64")
    assert (found.dim, found.has_logits, found.is_reference, found.is_spatial_reference) == (64, False, False, False)
    assert "lower layer" in found.notices[0]
    assert found.key() != resolve("inception").key()


def test_the_last_layer_by_name_is_the_reference(at_hand: Path) -> None:
    assert resolve("inception", layer="2048") == resolve("inception")


def test_spatial_features_of_the_published_network_are_sfids(at_hand: Path) -> None:
    found = resolve("inception", layer="spatial")
    assert (found.dim, found.is_reference, found.is_spatial_reference) == (2023, False, True)
    assert name_of("fid", found) == "sfid"
    assert name_of("kid", found) == "kd"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "efficientnet-lite0", "layer": "64"}, "efficientnet-lite0 has no layers"),
        ({"name": "timm:resnet18", "layer": "64"}, "timm:resnet18 has no layers"),
        ({"name": "dinov2", "input_size": 518}, "dinov2 takes images of 224 × 224 pixels"),
    ],
)
def test_a_layer_or_size_that_a_network_lacks_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        resolve(**options)


def test_a_file_for_a_network_of_timms_hub_is_not_verified(any_file: Path) -> None:
    found = resolve("dinov2", weights=any_file)
    assert (found.verified, found.dim) == (False, 1024)
    assert "is not known" in found.notices[0]


def test_edm2_has_its_own_input_of_dinov2(any_file: Path) -> None:
    ours, theirs = resolve("dinov2", weights=any_file), resolve("dinov2", weights=any_file, like="edm2")
    assert ours.key() != theirs.key()
    assert ours.notices == theirs.notices


def test_bf16_without_the_instructions_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "cpu_has_bf16", lambda: False)
    found = resolve("efficientnet-lite0", precision="bf16", device="cpu")
    assert "no bf16 instructions" in found.notices[-1]
    monkeypatch.setattr(hardware, "cpu_has_bf16", lambda: True)
    assert resolve("efficientnet-lite0", precision="bf16", device="cpu").notices == ()


def test_openvino_is_for_the_cpu_and_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "cuda_devices", lambda: 1)
    assert resolve("efficientnet-lite0", device="cuda").runtime == "torch"
    with pytest.raises(InputError, match="not on cuda"):
        resolve("efficientnet-lite0", device="cuda", runtime="openvino")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert resolve("efficientnet-lite0", device="cpu").runtime == "torch"
    with pytest.raises(InputError, match=r"gan-eval\[fast\]"):
        resolve("efficientnet-lite0", device="cpu", runtime="openvino")


RESOLVE = """
import sys
from gan_eval.extractors import resolve
resolve()
print(*{"torch", "timm", "openvino"} & set(sys.modules))
"""


def test_resolving_imports_no_runtime() -> None:
    root = Path(gan_eval.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", RESOLVE], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
