"""Any timm model: its own data configuration, its weights by file or by cache, and what happens without them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from numpy.typing import NDArray

import gan_eval
from gan_eval.errors import InputError, WeightsError
from gan_eval.extractors import load, resolve, timm_models

NAMES = ["test_resnet.r160_in1k", "test_vit.r160_in1k"]


@pytest.fixture
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Random weights of the model that the test is about."""
    torch.manual_seed(0)
    model = timm.create_model(request.param if hasattr(request, "param") else NAMES[0], pretrained=False)
    torch.save(model.state_dict(), tmp_path / "timm.pth")
    return tmp_path / "timm.pth"


@pytest.mark.parametrize(("name", "file"), [(name, name) for name in NAMES], indirect=["file"])
def test_features_are_what_the_classifier_sees(name: str, file: Path, photographs: list[NDArray[np.uint8]]) -> None:
    extractor = load(resolve(f"timm:{name}", weights=file))
    batch = np.stack([extractor.prepare(photographs[0])])
    features, logits = extractor(batch)
    assert features.shape == (1, extractor.network.dim)
    assert logits is None

    whole = timm.create_model(name, pretrained=False).eval()
    whole.load_state_dict(torch.load(file, weights_only=True))
    config = timm.data.resolve_model_data_config(whole)
    mean, std = (torch.tensor(config[part])[:, None, None] for part in ("mean", "std"))
    with torch.inference_mode():
        expected = whole((torch.from_numpy(batch) / 255 - mean) / std)
        ours = whole.get_classifier()(torch.from_numpy(features))
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_the_input_is_the_models_own(photographs: list[NDArray[np.uint8]]) -> None:
    model = timm_models.describe("test_resnet.r160_in1k")
    prepared = model.prepare(photographs[1])
    assert model.size == (160, 160)
    assert prepared.shape == (3, 160, 160)
    assert prepared.dtype == np.float32
    assert 0 <= prepared.min() < prepared.max() <= 255


def test_bilinear_models_are_resized_bilinearly() -> None:
    model = timm_models.describe("test_resnet.r160_in1k")
    small = np.zeros((2, 2, 3), np.uint8)
    small[:, 1] = 200
    plain = timm_models.TimmModel(**{**vars(model), "interpolation": "bilinear", "height": 2, "width": 4})
    np.testing.assert_allclose(plain.prepare(small)[0, 0], [0, 50, 150, 200])


DINO = "vit_small_patch14_dinov2.lvd142m"


def test_dinov2_is_asked_at_the_size_of_published_numbers() -> None:
    model = timm_models.describe(DINO)
    assert (model.size, model.dim, model.published) == ((224, 224), 384, True)
    assert timm_models.describe(DINO, 518).size == (518, 518)


def test_a_size_that_a_model_cannot_take_is_refused() -> None:
    with pytest.raises(InputError, match=r"input_size=225: .* multiples of 14"):
        timm_models.describe(DINO, 225)
    with pytest.raises(InputError, match=r"input_size=1: timm's test_convnext.* cannot take"):
        timm_models.describe("test_convnext.r160_in1k", 1)


def test_another_size_is_another_input_and_another_key(file: Path, photographs: list[NDArray[np.uint8]]) -> None:
    usual = resolve("timm:test_resnet.r160_in1k", weights=file)
    larger = load(resolve("timm:test_resnet.r160_in1k", weights=file, input_size=192))
    assert larger.prepare(photographs[0]).shape == (3, 192, 192)
    assert larger.network.key() != usual.key()


def test_timms_own_size_is_said_to_be_nobodys_published_one(file: Path) -> None:
    (notice,) = resolve("timm:test_resnet.r160_in1k", weights=file).notices
    assert "160 × 160 pixels, timm's own size: no published number is made so" in notice
    assert resolve("timm:test_resnet.r160_in1k", weights=file, input_size=192).notices == ()


DESCRIBE = """
import sys
from pathlib import Path
from gan_eval.extractors import resolve
print(resolve("timm:test_resnet.r160_in1k", weights=Path(sys.argv[1])).dim)
print(*{"timm", "torch"} & set(sys.modules))
"""


def test_what_is_known_of_a_model_needs_no_timm_the_second_time(file: Path) -> None:
    dim = resolve("timm:test_resnet.r160_in1k", weights=file).dim
    root = Path(gan_eval.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", DESCRIBE, file], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(dim)]


def test_an_unknown_model_is_named_with_its_neighbours() -> None:
    with pytest.raises(InputError, match=r"timm has no model 'resnet81': did you mean .*resnet18"):
        resolve("timm:resnet81")


def test_weights_of_another_model_are_refused(file: Path) -> None:
    with pytest.raises(WeightsError, match=r"timm\.pth: not the weights of timm's test_vit\.r160_in1k"):
        load(resolve("timm:test_vit.r160_in1k", weights=file))


def test_without_weights_the_remedies_are_named() -> None:
    with pytest.raises(WeightsError, match=r"huggingface\.co/timm/test_vit\.r160_in1k.*weights=FILE"):
        resolve("timm:test_vit.r160_in1k")


def test_own_preprocessing_is_said(file: Path) -> None:
    found = resolve("timm:test_resnet.r160_in1k", weights=file, like="pytorch-fid")
    assert "own preprocessing" in found.notices[0]
    assert found.key() == resolve("timm:test_resnet.r160_in1k", weights=file).key()


def test_the_note_of_a_model_is_plain_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_EVAL_CACHE", str(tmp_path))
    model = timm_models.describe("test_vit.r160_in1k")
    (note,) = tmp_path.rglob("*.json")
    assert json.loads(note.read_text())["dim"] == model.dim
    assert timm_models.describe("test_vit.r160_in1k") == model
