from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from gan_eval.errors import InputError
from gan_eval.images import open_source
from gan_eval.images.fields import split_sample

Make = Callable[..., bytes]


@pytest.fixture(params=["tar", "tar.gz", "zip"])
def archive(request: pytest.FixtureRequest, tmp_path: Path, encoded: Make) -> Callable[..., Path]:
    """`archive("0.a.png", "0.b.png")`: an archive with members of these names."""

    def make(*names: str) -> Path:
        path = tmp_path / f"set.{request.param}"
        if request.param == "zip":
            with zipfile.ZipFile(path, "w") as stream:
                for name in names:
                    stream.writestr(name, encoded("PNG"))
            return path
        with tarfile.open(path, "w:gz" if request.param == "tar.gz" else "w") as stream:
            for name in names:
                member, data = tarfile.TarInfo(name), encoded("PNG")
                member.size = len(data)
                stream.addfile(member, io.BytesIO(data))
        return path

    return make


def names(given: object) -> list[str]:
    return [item.name for item in open_source(given).items()]


PAIRS = [f"{index:04}.{field}.png" for index in range(3) for field in ("input", "output")]


def test_samples_of_several_pictures_are_refused(archive: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match=r"several pictures, input\.png and output\.png: choose one as .*::output"):
        names(archive(*PAIRS))


@pytest.mark.parametrize("field", ["output", "output.png"])
def test_a_field_is_chosen_by_its_name(archive: Callable[..., Path], field: str) -> None:
    assert names(f"{archive(*PAIRS)}::{field}") == PAIRS[1::2]


def test_a_field_that_is_not_there_is_refused(archive: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match=r"other"):
        names(f"{archive(*PAIRS)}::other")


@pytest.mark.parametrize(
    "members",
    [
        ["0.png", "1.png", "2.png"],
        ["cat.0.png", "cat.1.png", "dog.0.png", "dog.1.png"],
        ["a/0.png", "a/1.png", "b/0.png", "b/1.png"],
        ["img.first.png", "img.second.png", "img.third.png"],
        ["0.seg.jpg", "1.seg.jpg"],
    ],
)
def test_archives_of_one_picture_a_sample_are_read_whole(archive: Callable[..., Path], members: list[str]) -> None:
    assert names(archive(*members)) == members


@pytest.mark.parametrize(
    ("name", "parts"),
    [("1.png", ("1", "png")), ("a.b/1.in.png", ("a.b/1", "in.png")), ("a/b/1.x.y.jpg", ("a/b/1", "x.y.jpg"))],
)
def test_names_are_split_at_the_first_dot(name: str, parts: tuple[str, str]) -> None:
    assert split_sample(name) == parts
