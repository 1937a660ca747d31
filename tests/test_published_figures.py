"""Published figures stand in `data/` alone: documents are filled from there, Python reads the CSV."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.make import published, regions
from nicegan.datasets import PAPER_SETS

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "data").glob("*.csv"))

#: Image counts are needed at run time, to verify a download; the test below holds them to the CSV instead.
NOT_SEARCHED = {"nicegan_datasets"}
#: A number of this kind may stand in a text: with or without separators of thousands.
NUMBER = re.compile(r"(?<![\w.,])\d[\d_,\u202f]*(?:\.\d+)?(?![\w]|\.\d)")


def figures() -> Iterator[tuple[str, str]]:
    """(figure, file) of every figure in `data/` that is long enough not to be met by chance."""
    for path in FILES:
        if path.stem in NOT_SEARCHED:
            continue
        for row in published.rows(path.stem):
            for column, text in row.items():
                if column != "source" and is_telling(text):
                    yield text, path.name


def is_telling(text: str) -> bool:
    """Whether a text is a number of at least four significant digits."""
    digits = text.replace(".", "").lstrip("0")
    digits = digits if "." in text else digits.rstrip("0")
    return bool(re.fullmatch(r"\d+(\.\d+)?", text)) and len(digits) >= 4


def typed_texts() -> Iterator[tuple[str, str]]:
    """(path, text without what is made from the CSV) of every tracked text outside `data/`."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    suffixes = {".py", ".md", ".toml", ".js", ".html", ".css", ".json"}
    for name in filter(None, listing.split("\0")):
        if Path(name).suffix in suffixes and not name.startswith("data/") and (ROOT / name).is_file():
            yield name, regions.without((ROOT / name).read_text(encoding="utf-8"))


def numbers(text: str) -> set[str]:
    """The numbers of a text, without separators of thousands."""
    return {re.sub(r"[_,\u202f]", "", match.group()) for match in NUMBER.finditer(text)}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a checkout knows which files belong to the project")
def test_no_published_figure_is_typed_outside_data() -> None:
    known = dict(figures())
    typed = [
        f"{name}: {number} (data/{known[number]})"
        for name, text in typed_texts()
        for number in numbers(text) & set(known)
    ]
    assert not typed, "read these from data/, or let `python -m docs.make_reference` fill them in:\n" + "\n".join(typed)


def test_the_search_would_find_a_figure_in_a_sentence_and_in_code() -> None:
    fid = published.figure("nicegan_fid_kid", "dog->cat/NICE-GAN", "fid")
    size = published.figure("edgan_nrds", "discriminator parameters", "value")
    text = f"An FID of {fid}, not 1{fid} or {fid}5; {int(size):,} parameters, and {int(size):_} in code."
    assert numbers(text) & set(dict(figures())) == {fid, size}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_figure_names_its_source_and_every_file_is_described(path: Path) -> None:
    found = published.rows(path.stem)
    assert found
    assert all(row["source"] for row in found)
    assert f"`{path.name}`" in (ROOT / "data" / "README.md").read_text(encoding="utf-8")


def test_all_seven_methods_have_both_figures_on_all_eight_tasks() -> None:
    found = published.rows("nicegan_fid_kid")
    pairs = {(row["method"], row["task"]) for row in found}
    assert len(found) == len(pairs) == 7 * 8
    assert all(float(row["fid"]) > 0 and float(row["kid_x100"]) > 0 for row in found)


@pytest.mark.parametrize("direction", ["dog->cat", "cat->dog"])
def test_the_ablation_begins_with_u_gat_it_light_and_holds_the_headline(direction: str) -> None:
    ablation = [row for row in published.rows("nicegan_ablation") if row["direction"] == direction]
    whole = next(row for row in ablation if all(row[part] == "yes" for part in ("nice", "ra", "c0", "c1", "c2")))
    for method, row in {"U-GAT-IT-light": ablation[0], "NICE-GAN": whole}.items():
        main = published.row("nicegan_fid_kid", f"{direction}/{method}")
        assert (row["fid"], row["kid_x100"]) == (main["fid"], main["kid_x100"])


def test_the_votes_of_a_task_add_up_to_all() -> None:
    votes = published.rows("nicegan_human_preference")
    for task in {row["task"] for row in votes}:
        assert sum(float(row["percent"]) for row in votes if row["task"] == task) == pytest.approx(100, abs=0.151)


@pytest.mark.parametrize("name", sorted(PAPER_SETS))
def test_the_counts_that_a_download_is_verified_by_are_the_published_ones(name: str) -> None:
    row = published.row("nicegan_datasets", name)
    known = PAPER_SETS[name]
    assert known.counts == {
        folder: int(row[column])
        for folder, column in zip(
            ("trainA", "trainB", "testA", "testB"), ("train_a", "train_b", "test_a", "test_b"), strict=True
        )
    }
    assert known.domains == (row["domain_a"], row["domain_b"])


def test_a_key_that_fits_no_row_or_several_is_refused() -> None:
    for key in ("dog->cat/NoGAN", "dog->cat"):
        with pytest.raises(LookupError, match="rows begin with"):
            published.row("nicegan_fid_kid", key)
