"""Make the pictures of the documents from real output: run the commands, open the pages in Chromium, keep small PNGs.

    python -m docs.make_pictures                  all of them; training the demo takes some minutes
    python -m docs.make_pictures demo compare     these alone

Writes docs/pictures/NAME.png, each below 250 kB, and docs/pictures/demo.txt, which the README shows. Needs the `test`
extra (Playwright) and Chromium on the path or in CHROMIUM. Works offline with the embedded network.
"""

from __future__ import annotations

import html
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageFilter
from playwright.sync_api import Page, sync_playwright

from gan_eval.demo import make_sets

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
LARGEST = 250_000

_TERMINAL = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #fff }}
pre {{ margin: 0; padding: 16px 20px; background: #16181d; color: #e6e6e6; display: inline-block;
      font: 14px/1.35 "DejaVu Sans Mono", monospace }}
</style><pre>{text}</pre>"""


def demo(page: Page, work: Path) -> None:
    """The demo's tables of models: the first as text for the README, all as a picture of a terminal of 80 columns."""
    printed = command(work, "gan-eval", "demo", "--out", "demo")
    lines = [line.rstrip() for line in printed.splitlines()]
    end = next((number for number, line in enumerate(lines) if line.startswith("Pairs")), len(lines))
    text = "\n".join(lines[:end]).strip()
    first_table = "\n\n".join(text.split("\n\n")[:2])
    (PICTURES / "demo.txt").write_text(f"{first_table}\n", encoding="utf-8")
    shown = work / "terminal.html"
    shown.write_text(_TERMINAL.format(text=html.escape(f"$ gan-eval demo\n\n{text}")), encoding="utf-8")
    page.goto(shown.as_uri())
    keep("demo", page.locator("pre").screenshot())


def compare(page: Page, work: Path) -> None:
    """The top of a comparison's page."""
    make_sets(work / "demo")
    models = [f"demo/{name}" for name in ("other-crops", "colour", "jpeg", "blur")]
    command(work, "gan-eval", "compare", "demo/real", *models, "--html", "compare.html", "--quiet")
    report("compare", page, work / "compare.html", height=1000)


def nrds(page: Page, work: Path) -> None:
    """Curves of a contest of three models."""
    make_sets(work / "demo")
    models = [f"demo/{name}" for name in ("other-crops", "jpeg", "noise")]
    command(work, "gan-eval", "nrds", *models, "--real", "demo/real", "--plot", "nrds.png", "--quiet")
    keep("nrds", (work / "nrds.png").read_bytes(), width=1000)


def study(page: Page, work: Path) -> None:
    """A trial as a participant sees it."""
    make_study(work)
    page.set_viewport_size({"width": 1100, "height": 560})
    page.goto((work / "study" / "study.html").as_uri())
    for state in ("consent", "instructions"):
        page.locator(f"#app[data-state={state}] .actions button.primary").first.click()
    page.locator("#app[data-state=trial] img").last.wait_for()
    page.wait_for_timeout(1000)
    keep("study", page.screenshot())


def study_report(page: Page, work: Path) -> None:
    """The top of a study's report, from made-up people."""
    make_study(work)
    strengths = ["--strength", "ours=0.8", "--strength", "theirs=0.2"]
    command(work, "gan-eval", "study", "simulate", "study", "--people", "24", *strengths, "--out", "answers")
    command(work, "gan-eval", "study", "analyse", "answers", "--key", "study/study.key.json", "--html", "study.html")
    report("study-report", page, work / "study.html", height=1000)


def samples(page: Page, work: Path) -> None:
    """The last sheet of samples of the demo's training, in one direction."""
    command(work, "nicegan", "train", "--out", "run", "--quiet")
    sheets = sorted((work / "run" / "samples").glob("AtoB-*.png"))
    keep("samples", sheets[-1].read_bytes(), width=900)


PARTS: dict[str, Callable[[Page, Path], None]] = {
    "demo": demo,
    "compare": compare,
    "nrds": nrds,
    "study": study,
    "study-report": study_report,
    "samples": samples,
}


def make_study(work: Path) -> None:
    """A study of three methods that blur the same inputs more and more, in `work`/study."""
    if (work / "study").is_dir():
        return
    inputs = sorted(make_sets(work / "demo")["other-crops"].iterdir())[:24]
    methods: list[str] = []
    for number, name in enumerate(("ours", "theirs", "third")):
        folder = work / "out" / name
        folder.mkdir(parents=True)
        for path in inputs:
            Image.open(path).filter(ImageFilter.GaussianBlur(0.3 + 0.6 * number)).save(folder / path.name)
        methods += ["--method", f"{name}=out/{name}"]
    (work / "in").mkdir()
    for path in inputs:
        shutil.copy(path, work / "in")
    shape = ["--input", "in", "--items", "12", "--show-px", "230", "--out", "study"]
    command(work, "gan-eval", "study", "new", "--kind", "best-of-k", *methods, *shape)


def command(work: Path, program: str, *arguments: str) -> str:
    """Run a command of this checkout in `work`, at 80 columns and offline; what it printed."""
    entry = {"gan-eval": "gan_eval", "nicegan": "nicegan"}[program]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "cli"))),
        "COLUMNS": "80",
        "https_proxy": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }
    code = f"import sys; from gan_eval_cli.app import {entry}; sys.argv[0] = {program!r}; {entry}()"
    print("+", program, *arguments, file=sys.stderr)
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=work,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return ran.stdout


def report(name: str, page: Page, path: Path, *, height: int) -> None:
    """The first `height` pixels of a page."""
    page.set_viewport_size({"width": 1100, "height": height})
    page.goto(path.as_uri())
    page.wait_for_timeout(300)
    keep(name, page.screenshot())


def keep(name: str, png: bytes, *, width: int | None = None) -> None:
    """Write docs/pictures/NAME.png with as many colours as fit below LARGEST bytes."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    if width is not None and picture.width > width:
        picture = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    for colours in (256, 128, 64, 32):
        stream = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True)
        if stream.tell() <= LARGEST:
            (PICTURES / f"{name}.png").write_bytes(stream.getvalue())
            print(f"{name}.png {picture.width}×{picture.height}, {colours} colours, {stream.tell():,} bytes")
            return
    raise ValueError(f"{name}: {stream.tell():,} bytes even with 32 colours; show less of it")


@contextmanager
def browser_page() -> Iterator[Page]:
    """A light page of 1100 × 1000 pixels in Chromium."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        yield browser.new_page(viewport={"width": 1100, "height": 1000}, color_scheme="light")
        browser.close()


def main(names: Sequence[str]) -> None:
    """Make the pictures of these names, or all."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gan-eval-pictures-") as folder, browser_page() as page:
        for name in names or PARTS:
            PARTS[name](page, Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
