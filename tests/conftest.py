"""Fixtures that tests of every package share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

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

    from cli.app import gan_eval_group, run

    def call(*arguments: object, group: str = "gan-eval") -> Result:
        import click

        from cli.nicegan import nicegan_group

        chosen = {"gan-eval": gan_eval_group, "nicegan": nicegan_group}[group]

        @click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
        @click.argument("rest", nargs=-1, type=click.UNPROCESSED)
        @click.pass_context
        def through_run(ctx: click.Context, rest: tuple[str, ...]) -> None:
            ctx.exit(run(chosen, group, list(rest)))

        return CliRunner().invoke(through_run, ["--", *map(os.fspath, map(str, arguments))], catch_exceptions=False)

    return call
