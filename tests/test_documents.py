"""What the documents show is so: commands run as they stand, links lead somewhere, what is made is up to date.

A block of Bash or Python runs in a scratch folder with small sets, offline, with the embedded network; the blocks of a
page run one after the other in one folder. A block that cannot run in a test says why in a comment before it:

    <!-- not run: downloads -->
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from docs import make_reference
from docs.make.blocks import RUN, SHOWN, Block, blocks
from gan_eval.version import __version__
from tests.documents import forkserver
from tests.documents.sets import prepare

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    path
    for path in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "data" / "README.md",
        *(ROOT / "docs").rglob("*.md"),
    ]
    if "schemas" not in path.parts
]

#: Why a block may be left out, and how many such blocks there may be in all pages together.
NOT_RUN = {
    "installs": 6,
    "downloads": 8,
    "takes half a minute": 1,
    "takes minutes": 1,
    "needs a participant's session": 1,
    "runs until it is interrupted": 3,
    "takes hours": 8,
    "needs several GPUs or machines": 4,
    "needs a checkpoint of the authors": 2,
    "runs the tests themselves": 2,
}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


ALL_BLOCKS = [(page, block) for page in PAGES for block in blocks(text_of(page))]


# ---------------------------------------------------------------------------------------------- what is made


def test_what_is_made_is_up_to_date() -> None:
    stale = [name_of(path) for path in make_reference.outdated()]
    assert not stale, f"run `python -m docs.make_reference`: {', '.join(stale)}"


def test_the_citation_names_this_version() -> None:
    assert f"\nversion: {__version__}\n" in text_of(ROOT / "CITATION.cff")


# ---------------------------------------------------------------------------------------------- links and pictures


def links(page: Path) -> Iterator[str]:
    """Targets of the links and pictures of a page that lead into this repository."""
    prose = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if "://" not in target and not target.startswith("mailto:"):
            yield target


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges and the site make them."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    dead = []
    for target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            dead.append(target)
    assert not dead


def test_every_picture_is_shown_and_small() -> None:
    shown = {(page.parent / target).resolve() for page in PAGES for target in links(page) if target.endswith(".png")}
    kept = set((ROOT / "docs" / "pictures").glob("*.png"))
    assert kept == shown
    assert {path.name: path.stat().st_size for path in kept if path.stat().st_size > 250_000} == {}


def test_every_guide_is_in_the_site() -> None:
    listed = set(re.findall(r": (\S+\.md)$", text_of(ROOT / "properdocs.yml"), flags=re.MULTILINE))
    guides = {str(page.relative_to(ROOT / "docs")) for page in PAGES if ROOT / "docs" in page.parents}
    assert listed == guides


def test_the_readme_is_short_and_holds_the_two_lines_of_the_set_up() -> None:
    text = text_of(ROOT / "README.md")
    assert len(text.splitlines()) < 200
    setup = "python3 -m venv .venv && .venv/bin/pip install "
    assert [
        line.removeprefix(setup) for line in text.splitlines() if line.startswith(setup) and "http" not in line
    ] == [
        ". && .venv/bin/gan-eval demo",
        '-e ".[test,fast,docs]" && .venv/bin/pytest',
    ]


# ---------------------------------------------------------------------------------------------- blocks


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_says_its_language(page: Path) -> None:
    unknown = [
        f"line {block.line}: {block.language!r}"
        for block in blocks(text_of(page))
        if block.language not in (*RUN, *SHOWN)
    ]
    assert not unknown


def test_blocks_that_are_not_run_are_few_and_have_a_known_reason() -> None:
    reasons = Counter(block.reason for _, block in ALL_BLOCKS if block.reason)
    assert {reason: count for reason, count in reasons.items() if count > NOT_RUN.get(reason, 0)} == {}


def test_nothing_is_shown_as_text_that_is_a_command() -> None:
    pattern = re.compile(r"^(\$ )?(gan-eval|nicegan|pip|python3?) [a-z-]", re.MULTILINE)
    shown = [
        f"{name_of(page)}:{block.line}"
        for page, block in ALL_BLOCKS
        if block.language == "text" and pattern.search(block.code) and "[OPTIONS]" not in block.code
    ]
    assert not shown


@pytest.mark.parametrize(("language", "read"), [("json", json.loads), ("toml", tomllib.loads)])
def test_shown_documents_are_well_formed(language: str, read: Callable[[str], object]) -> None:
    for page, block in ALL_BLOCKS:
        if block.language == language:
            assert read(block.code) is not None, f"{name_of(page)}:{block.line}"


# ---------------------------------------------------------------------------------------------- running


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the documents take for granted, from which every page starts."""
    folder = tmp_path_factory.mktemp("prepared")
    prepare(folder)
    return folder


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for PATH whose `gan-eval`, `nicegan` and `python` are run by one process that has imported torch."""
    folder = tmp_path_factory.mktemp("programs")
    address = folder / "socket"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "cli")))}
    with subprocess.Popen([sys.executable, forkserver.__file__, str(address)], env=environment) as server:
        deadline = time.monotonic() + 60
        while not address.exists():
            assert server.poll() is None, "the server of the documents' commands has ended"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        forkserver.install(folder, address)
        yield folder
        server.terminate()


@pytest.fixture(scope="session")
def shell(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], None]:
    """Run Bash code in a folder, offline, at 80 columns; a failing command fails the test with what it printed."""
    home = tmp_path_factory.mktemp("home")
    environment = {
        "PATH": os.pathsep.join([str(programs), "/usr/bin", "/bin"]),
        "HOME": str(home),
        "COLUMNS": "80",
        "LANG": "C.UTF-8",
        "GAN_EVAL_CACHE": str(home / "cache"),
        "HF_HUB_OFFLINE": "1",
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9"),
        **({"CHROMIUM": os.environ["CHROMIUM"]} if "CHROMIUM" in os.environ else {}),
    }

    def run(code: str, folder: Path) -> None:
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", code],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert ran.returncode == 0, f"exit code {ran.returncode} of\n{code}\n{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}"
        assert "Traceback" not in ran.stderr, ran.stderr[-3000:]

    return run


def as_bash(block: Block, number: int, folder: Path) -> str:
    """The code of a block as Bash: Python goes to a file."""
    if block.language == "bash":
        return block.code
    script = folder / f".block-{number}.py"
    script.write_text(block.code, encoding="utf-8")
    return f"python {script.name}"


RUNNING_PAGES = [page for page in PAGES if page.name != "cli.md" and any(block.runs for block in blocks(text_of(page)))]


@pytest.mark.parametrize("page", RUNNING_PAGES, ids=name_of)
def test_the_commands_of_a_page_run_in_their_order(
    page: Path, prepared: Path, shell: Callable[[str, Path], None], tmp_path: Path
) -> None:
    folder = shutil.copytree(prepared, tmp_path / "scratch")
    for number, block in enumerate(blocks(text_of(page))):
        if block.runs:
            shell(as_bash(block, number, folder), folder)


# ---------------------------------------------------------------------------------------------- examples of --help

REFERENCE = ROOT / "docs" / "reference" / "cli.md"
EXAMPLES = [block for block in blocks(text_of(REFERENCE)) if block.runs]

#: What the examples take for granted beside the small sets.
_BEFORE_EXAMPLES = """
cp -r out/ours ours; cp -r out/theirs theirs; cp -r out/ours a; cp -r out/theirs b
cp -r in testA; cp -r out/ours nice; cp -r out/theirs unit; cp -r out/third munit
gan-eval study new --kind pairwise --method A=a/ --method B=b/ --out study/
gan-eval study simulate study/ --people 8 --out answers/
mkdir mail; cp answers/* mail/
python make_store.py
printf 'model,fid\\nx,30\\ny,40\\nz,50\\n' > metrics.csv
printf 'model_a,model_b,winner\\nx,y,model_a\\ny,z,model_b\\nz,x,tie\\ny,x,model_b\\nz,y,model_b\\n' > votes.csv
gan-eval stats real/ -o part-0.npz; gan-eval stats fake/ -o part-1.npz
nicegan train data/cat2dog --out runs/cat2dog --preset demo --iterations 1 --size 96 --scales 0,1,2 \\
    --channels 2 --n-res 1
"""
_MAKE_STORE = """
from pathlib import Path
from gan_eval.study.collecting.store import Store
from gan_eval.study.schema.manifest import read_manifest
Store(Path("study/answers.db"), read_manifest(Path("study/study.json"))).close()
"""


@pytest.fixture(scope="session")
def before_examples(
    prepared: Path, shell: Callable[[str, Path], None], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with what the examples of the commands' help take for granted."""
    folder = shutil.copytree(prepared, tmp_path_factory.mktemp("examples") / "scratch")
    (folder / "make_store.py").write_text(_MAKE_STORE, encoding="utf-8")
    shell(_BEFORE_EXAMPLES, folder)
    return folder


def outputs_of(code: str) -> list[str]:
    """The paths that an example's options --out and -o name: they must not be there before."""
    return re.findall(r"(?:--out|-o) (\S+)", code)


@pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: block.code.strip().splitlines()[0])
def test_the_example_of_a_commands_help_runs(
    block: Block, before_examples: Path, shell: Callable[[str, Path], None], tmp_path: Path
) -> None:
    folder = shutil.copytree(before_examples, tmp_path / "scratch")
    for name in outputs_of(block.code):
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
    shell(block.code, folder)
