"""Fixtures that tests of every package share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from numpy.typing import NDArray
from PIL import Image

from gan_eval.extractors import Activations, Network
from gan_eval.resize import resize

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, visibly, what needs the development images where they are not at hand."""
    if SHARED.is_dir():
        return
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(pytest.mark.skip(reason="development images (../shared/data) are not at hand"))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the user's cache, weights or network."""
    monkeypatch.setenv("GAN_EVAL_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("GAN_EVAL_WEIGHTS", raising=False)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(0)


@pytest.fixture
def cat2dog() -> Path:
    """The development images; tests that take it carry `@pytest.mark.shared`."""
    return SHARED / "cat2dog"


@pytest.fixture
def invoke() -> Callable[..., Result]:
    """Run a command in this process: `invoke("fid", "real", "fake")` or `invoke("translate", …, group="nicegan")`."""
    from click.testing import CliRunner
    from gan_eval_cli.app import gan_eval_group, run

    def call(*arguments: object, group: str = "gan-eval") -> Result:
        import click
        from gan_eval_cli.nicegan import nicegan_group

        chosen = {"gan-eval": gan_eval_group, "nicegan": nicegan_group}[group]

        @click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
        @click.argument("rest", nargs=-1, type=click.UNPROCESSED)
        @click.pass_context
        def through_run(ctx: click.Context, rest: tuple[str, ...]) -> None:
            ctx.exit(run(chosen, group, list(rest)))

        return CliRunner().invoke(through_run, ["--", *map(os.fspath, map(str, arguments))], catch_exceptions=False)

    return call


class TinyExtractor:
    """16 features of an 8 × 8 thumbnail by a fixed random projection; counts the images it has seen."""

    def __init__(self, *, precision: str = "fp32", verified: bool = True, name: str = "inception") -> None:
        self.network = Network(
            name=name,
            weights_path=Path("tiny.pth"),
            weights_sha256="0" * 64,
            verified=verified,
            like="clean-fid",
            precision=precision,  # type: ignore[arg-type]
            runtime="torch",
            device="cpu",
            dim=16,
            has_logits=True,
        )
        rng = np.random.default_rng(5)
        self._projection = rng.standard_normal((192, 16)).astype(np.float32)
        self._classes = rng.standard_normal((16, 10)).astype(np.float32)
        self.seen = 0

    def prepare(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return resize(image, (8, 8), "clean-fid")

    def __call__(self, batch: NDArray[np.float32]) -> Activations:
        self.seen += len(batch)
        features = np.maximum(batch.reshape(len(batch), -1) / 255 @ self._projection, 0)
        return Activations(features, features @ self._classes)


@pytest.fixture
def tiny() -> TinyExtractor:
    """A network of 16 features that claims to be the verified 2015 Inception."""
    return TinyExtractor()


MakeFolder = Callable[..., Path]


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """`make_folder("real", 12, seed=1, shift=0)`: a folder of small PNGs that differ by seed and brightness."""

    def make(name: str, count: int = 12, *, seed: int = 0, shift: int = 0, ending: str = "png") -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(seed)
        for index in range(count):
            coarse = rng.integers(0, 200, (3, 4, 3)) + shift
            image = Image.fromarray(coarse.clip(0, 255).astype(np.uint8)).resize((20, 15), Image.Resampling.BICUBIC)
            image.save(folder / f"{index:03}.{ending}")
        return folder

    return make


@pytest.fixture
def tiny_everywhere(tiny: TinyExtractor, monkeypatch: pytest.MonkeyPatch) -> TinyExtractor:
    """Whatever network is asked for, it is the tiny one."""
    monkeypatch.setattr("gan_eval.features.resolve", lambda *arguments, **named: tiny.network)
    monkeypatch.setattr("gan_eval.features.load", lambda network: tiny)
    return tiny
