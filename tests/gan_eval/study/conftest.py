"""One browser for all tests, and studies of every kind made once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gan_eval.study.checking.browser import find_chromium
from gan_eval.study.making.export import StudyFiles
from gan_eval.study.making.request import Screen
from tests.gan_eval.study.exports import make


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium (CHROMIUM, or the one on the path); skipped visibly without one, unless REQUIRE_BROWSER=1."""
    executable = find_chromium()
    if executable is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail("REQUIRE_BROWSER=1 and no Chromium (set CHROMIUM)")
        pytest.skip("no Chromium (set CHROMIUM to one)")
    return executable


@pytest.fixture(scope="session")
def playwright(chromium: str) -> Iterator[Any]:
    """Playwright's driver."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Any, chromium: str) -> Iterator[Any]:
    """A headless Chromium for all tests of the session."""
    launched = playwright.chromium.launch(executable_path=chromium)
    yield launched
    launched.close()


@pytest.fixture
def context(browser: Any) -> Iterator[Any]:
    """A fresh browser context: its own storage."""
    fresh = browser.new_context()
    fresh.set_default_timeout(15_000)
    yield fresh
    fresh.close()


@pytest.fixture(scope="session")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], StudyFiles]:
    """A small study of a kind, exported once per session; realism kinds give feedback."""
    made: dict[str, StudyFiles] = {}

    def get(kind: str) -> StudyFiles:
        if kind not in made:
            feedback = {"real-fake": "always", "two-alternative": "practice"}.get(kind, "off")
            exposure = 100 if kind == "two-alternative" else None
            screen = Screen(min_ms=0, exposure_ms=exposure, feedback=feedback, ties=kind == "pairwise")  # type: ignore[arg-type]
            made[kind] = make(tmp_path_factory.mktemp(kind), kind, screen=screen)  # type: ignore[arg-type]
        return made[kind]

    return get


@pytest.fixture
def study_folder(studies: Callable[[str], StudyFiles]) -> Path:
    """The folder of a small pairwise study; not to be changed."""
    return studies("pairwise").page.parent


@pytest.fixture(scope="session")
def servers(
    studies: Callable[[str], StudyFiles], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Any]]:
    """A running server of the small study of a kind, with a store of its own, started once per session."""
    from tests.gan_eval.study.driving import Server

    running: dict[str, Server] = {}

    def get(kind: str) -> Server:
        if kind not in running:
            store = tmp_path_factory.mktemp("store") / "answers.db"
            running[kind] = Server(studies(kind).page.parent, "--store", str(store))
        return running[kind]

    yield get
    for server in running.values():
        server.kill()
