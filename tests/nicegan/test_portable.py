"""What is exported gives what the checkpoint gives, at sizes that it was not exported at."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from gan_eval.errors import GanEvalError, InputError
from nicegan import checkpoint, portable
from nicegan.checkpoint import Checkpoint
from nicegan.config import RunConfig
from nicegan.models.protocol import build_model
from nicegan.translate import Translator

NETWORKS = {
    "nice": {"n_res": 1, "scales": (0, 1)},
    "cyclegan": {"n_res": 1},
    "cut": {"n_res": 1, "nce_layers": (0, 12)},
    "ugatit": {"n_res": 1, "global_judge": False},
    "edgan": {},
}


def saved(folder: Path, model: str, **network: object) -> Checkpoint:
    shape = {"height": 32, "width": 32, "channels": 4, **NETWORKS[model], **network}
    config = RunConfig.from_dict({"model": model, "network": shape})
    weights = {name: part.state_dict() for name, part in build_model(config).parts().items()}
    checkpoint.save(folder, step=1, config=config, weights=weights)
    return checkpoint.read(folder)


def image(height: int, width: int) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.mark.parametrize("model", NETWORKS)
def test_torchs_program_gives_the_same_at_other_sizes(model: str, tmp_path: Path) -> None:
    source = saved(tmp_path / "checkpoint", model)
    portable.export_torch(source, tmp_path / "a.pt2", direction="AtoB")
    program, translator = torch.export.load(tmp_path / "a.pt2").module(), Translator(source, "AtoB")
    for sides in ((32, 32), (48, 64), (64, 40)):
        with torch.no_grad():
            torch.testing.assert_close(program(image(*sides)), translator(image(*sides)), rtol=1e-4, atol=1e-5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pt2", "checkpoint"]


def test_a_full_generator_keeps_its_size(tmp_path: Path) -> None:
    source = saved(tmp_path / "checkpoint", "nice", light=False)
    portable.export_torch(source, tmp_path / "a.pt2", direction="BtoA")
    program = torch.export.load(tmp_path / "a.pt2").module()
    with torch.no_grad():
        torch.testing.assert_close(
            program(image(32, 32)), Translator(source, "BtoA")(image(32, 32)), rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("model", NETWORKS)
def test_onnx_gives_the_same_at_two_sizes(model: str, tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")
    difference = portable.export_onnx(saved(tmp_path / "checkpoint", model), tmp_path / "a.onnx", direction="AtoB")
    assert difference is not None
    assert 0 < difference < 1e-4


def test_onnx_that_gives_something_else_is_not_left_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = saved(tmp_path / "checkpoint", "cyclegan")
    monkeypatch.setattr(portable, "_onnx_program", lambda _: _Written())
    monkeypatch.setattr(portable, "_difference", lambda *_: 0.5)
    with pytest.raises(GanEvalError, match=r"differs by 0\.5 from ours"):
        portable.export_onnx(source, tmp_path / "a.onnx", direction="AtoB")
    assert not (tmp_path / "a.onnx").exists()


class _Written:
    """What PyTorch's exporter returns."""

    def save(self, path: str, external_data: bool) -> None:
        """Write nothing of use."""
        Path(path).write_bytes(b"")


def test_without_its_packages_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = saved(tmp_path / "checkpoint", "cyclegan")
    for name in [name for name in sys.modules if name.split(".")[0] in ("onnx", "onnxscript")] + ["onnx", "onnxscript"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match="pip install onnx onnxscript"):
        portable.export_onnx(source, tmp_path / "a.onnx", direction="AtoB")
