from __future__ import annotations

import json
from importlib import metadata

import pytest

from gan_eval import provenance
from gan_eval.version import __version__


def test_versions_are_those_of_what_is_installed() -> None:
    numbers = provenance.versions()
    assert numbers["gan_eval"] == __version__
    assert numbers["numpy"] == metadata.version("numpy")


def test_a_library_that_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "_LIBRARIES", ("numpy", "no-such-library"))
    assert set(provenance.versions()) == {"gan_eval", "python", "numpy"}


def test_the_document_is_json() -> None:
    held = provenance.Provenance({"name": "inception"}, {"real": {"count": 3}}, {"numpy": "2"}, {"scan": 0.5})
    document = held.to_dict()
    assert json.loads(json.dumps(document)) == document
    assert list(document) == ["features", "inputs", "versions", "seconds"]
