"""The page's TypeScript types name the fields that the manifest has."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from gan_eval.study.schema.manifest import Form, Manifest, Picture, Platform, Practice, Text, Trial, Ui

TYPES = (Path(__file__).parents[3] / "page" / "page.d.ts").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [Form, Manifest, Picture, Platform, Practice, Text, Trial, Ui])
def test_the_page_knows_every_field_of_the_manifest(kind: type) -> None:
    # `Text` is a type of the browser's own.
    name = "StudyText" if kind is Text else kind.__name__
    body = re.search(rf"^interface {name} \{{(.*?)\}}$", TYPES, flags=re.DOTALL | re.MULTILINE)
    assert body is not None
    assert re.findall(r"(\w+): ", body[1]) == [field.name for field in fields(kind)]
