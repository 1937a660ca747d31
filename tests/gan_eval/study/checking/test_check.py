"""`study check` finds what was planted, and finds nothing in a sound study."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gan_eval.errors import InputError
from gan_eval.study.checking.check import run_checks
from gan_eval.study.checking.leaks import Word, leaks_in_text, without_own
from gan_eval.study.making.export import StudyFiles, export
from gan_eval.study.making.pictures import Fitting, PictureSize
from gan_eval.study.making.request import Amounts, StudyRequest
from gan_eval.study.making.sources import Folders
from gan_eval.study.schema.manifest import read_manifest
from tests.gan_eval.study.exports import make, silent

KINDS = ("best-of-k", "pairwise", "real-fake", "two-alternative")


def problems(folder: Path) -> dict[str, list[str]]:
    return {result.name: list(result.problems) for result in run_checks(folder, browser=False) if result.problems}


@pytest.mark.parametrize("kind", KINDS)
def test_sound_study_is_well(kind: str, studies: Callable[[str], StudyFiles]) -> None:
    assert problems(studies(kind).page.parent) == {}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A study to spoil: pairwise, as a site."""
    make(tmp_path, "pairwise", site=True)
    return tmp_path / "study"


def edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


PLANTED: dict[str, Callable[[str], str]] = {
    "a comment": lambda html: html.replace("<body>", "<body><!-- alpha-net -->"),
    "other case": lambda html: html.replace("<body>", "<body><!-- ALPHA-NET -->"),
    "an attribute": lambda html: html.replace('id="app"', 'id="app" data-x="beta-net"'),
    "base64": lambda html: html.replace("<body>", "<body><!-- eHhhbHBoYS1uZXR4eA== -->"),
    "a quoted address": lambda html: html.replace("<body>", '<body><a href="/out%2Dalpha%2Dnet">x</a>'),
    "an item": lambda html: html.replace("<body>", "<body><!-- scene-00 scene-01 scene-02 scene-03 scene-04 -->"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_planted_name_in_the_page_is_found(planted: str, site: Path) -> None:
    edit(site / "site" / "index.html", PLANTED[planted])
    found = problems(site)
    assert "page" in found
    if planted != "a quoted address":
        assert "names" in found


def test_name_in_the_researchers_own_words_is_found(tmp_path: Path) -> None:
    make(tmp_path, "pairwise", text={"question": "Is alpha-net the better one?"})
    [leak] = problems(tmp_path / "study")["names"][:1]
    assert "method 'alpha-net'" in leak


def test_planted_name_in_the_manifest_is_found(site: Path) -> None:
    edit(site / "study.json", lambda text: text.replace('"generator": "', '"generator": "alpha-net '))
    found = problems(site)
    assert any("alpha-net" in leak for leak in found["names"])
    assert "files" in found


def test_unknown_field_is_found(site: Path) -> None:
    edit(site / "study.json", lambda text: json.dumps(json.loads(text) | {"methods": ["m0"]}))
    assert "unknown field 'methods'" in problems(site)["files"][0]


def replace_picture(site: Path, make_bytes: Callable[[bytes], bytes]) -> str:
    """Spoil the first picture of the site; returns its id."""
    path = sorted((site / "site" / "img").iterdir())[0]
    path.write_bytes(make_bytes(path.read_bytes()))
    return path.stem


def saved(image: Image.Image, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "WEBP", lossless=True, **options)
    return stream.getvalue()


def test_planted_exif_is_found(site: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "made by alpha-net"
    name = replace_picture(site, lambda data: saved(Image.open(io.BytesIO(data)), exif=exif))
    found = problems(site)
    assert any(name in leak and "EXIF" in leak for leak in found["metadata"])
    assert any("alpha-net" in leak for leak in found["names"])


def test_planted_size_is_found(site: Path) -> None:
    replace_picture(site, lambda data: saved(Image.open(io.BytesIO(data)).resize((40, 40))))
    assert "pictures differ in size or format: 32×32" in problems(site)["sizes and lengths"][0]


def test_length_that_tells_methods_apart_is_found(site: Path) -> None:
    key = json.loads((site / "study.key.json").read_text())["images"]
    for path in (site / "site" / "img").iterdir():
        if key[path.stem]["method"] == "m0":
            path.write_bytes(path.read_bytes() + b"\0\0")
    assert "file length tells method 'alpha-net' apart: AUC 1.00" in problems(site)["sizes and lengths"]


def test_foreign_file_in_the_site_is_found(site: Path) -> None:
    (site / "site" / "alpha-net.txt").write_text("x")
    found = problems(site)
    assert "site/alpha-net.txt is no part of the study" in found["files"]
    assert any("the file's name" in leak for leak in found["names"])


def test_key_inside_the_site_is_found(site: Path) -> None:
    (site / "site" / "study.key.json").write_bytes((site / "study.key.json").read_bytes())
    assert "site/study.key.json is no part of the study" in problems(site)["files"]


def test_key_that_others_can_read_is_found(site: Path) -> None:
    (site / "study.key.json").chmod(0o644)
    assert "can be read by others" in problems(site)["files"][0]


def test_changed_program_is_found(site: Path) -> None:
    edit(site / "site" / "index.html", lambda html: html.replace('"use strict";', '"use strict"; fetch("//x");'))
    assert "is not what this version writes" in problems(site)["page"][0]


def test_folder_without_a_key_is_a_fault_of_the_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        run_checks(tmp_path, browser=False)


def test_own_words_raise_no_false_alarm(tmp_path: Path) -> None:
    """Methods, folders and items called like words of the page itself."""
    from tests.gan_eval.study.exports import paint

    items = ("picture", "input", "trials", "256", "7", "webp", "a", "options", "study", "0001", "image", "reference")
    given = Folders(
        {
            "Picture": paint(tmp_path / "images", seed=1, items=items),
            "next": paint(tmp_path / "strings", seed=2, items=items),
        }
    )
    make(tmp_path, "pairwise", folders=given)
    assert problems(tmp_path / "study") == {}


@pytest.mark.parametrize("word", ["a", "cat", "1092", "alpha-net"])
def test_words_are_found_as_whole_values(word: str) -> None:
    assert leaks_in_text(f'{{"x":"{word}"}}', [Word(word, "item")]) != []
    assert leaks_in_text('{"x":"taxi category 110925","bytes":1092}', [Word(word, "item")]) == []


def test_nothing_but_the_study_is_searched(studies: Callable[[str], StudyFiles]) -> None:
    rest = without_own(studies("pairwise").page.read_text(encoding="utf-8"))
    assert len(re.findall(r"\w+", rest)) < 200


@pytest.mark.browser
def test_page_opens_with_the_network_off(chromium: str, studies: Callable[[str], StudyFiles], monkeypatch: Any) -> None:
    monkeypatch.setenv("CHROMIUM", chromium)
    results = {result.name: result for result in run_checks(studies("pairwise").page.parent, browser=True)}
    assert results["offline"].problems == []
    assert results["offline"].notes == ["opened in Chromium with the network off"]


@pytest.mark.browser
def test_page_that_stays_dead_is_found(chromium: str, site: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("CHROMIUM", chromium)
    edit(site / "site" / "index.html", lambda html: html.replace('"use strict";', '"use strict"; /* changed */'))
    [offline] = [result for result in run_checks(site, browser=True) if result.name == "offline"]
    assert any("Content Security Policy" in problem for problem in offline.problems)
    assert any("does not come up" in problem for problem in offline.problems)


@pytest.mark.shared
def test_cat2dog_gives_nothing_away(cat2dog: Path, tmp_path: Path) -> None:
    """Two methods of real pictures: NICE-GAN's outputs, and the photographs that they came from."""
    fakes = cat2dog / "nice-gan" / "fakeB"
    given = Folders({"NICE-GAN": fakes, "identity": cat2dog / "testA"}, inputs=cat2dog / "testA")
    plan = StudyRequest(
        "best-of-k", given, "7", bytes(32), Amounts(items=10, practice=2), fit=Fitting(PictureSize(256, 256))
    )
    export(plan, tmp_path / "study", site=True, progress=silent)
    assert problems(tmp_path / "study") == {}
    lengths = {path.stat().st_size for path in (tmp_path / "study" / "site" / "img").iterdir()}
    assert len(lengths) == 1
    public = (tmp_path / "study" / "site" / "index.html").read_text() + str(read_manifest(tmp_path / "study"))
    assert not re.search(r"nice-gan|NICE-GAN|identity|fakeB|testA|\bm[01]\b", public)
