"""The manifest and the key: whole round trips, modes, and the commitment that binds them."""

from __future__ import annotations

import hashlib
import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from gan_eval.errors import InputError, MismatchError
from gan_eval.strict_json import canonical, encode
from gan_eval.study.schema.manifest import (
    Rules,
    commitment,
    read_key,
    read_manifest,
    require_same_study,
    write_key,
    write_manifest,
)
from tests.gan_eval.study.studies import small_key, small_manifest, small_study


def test_manifest_comes_back_from_disk(tmp_path: Path) -> None:
    manifest, _ = small_study()
    write_manifest(tmp_path / "study.json", manifest)
    assert read_manifest(tmp_path) == manifest
    assert read_manifest(tmp_path).sha256 == manifest.sha256


def test_key_comes_back_and_is_private(tmp_path: Path) -> None:
    _, key = small_study()
    write_key(tmp_path / "study.key.json", key)
    assert read_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "study.key.json").stat().st_mode) == 0o600


def test_rules_changed_after_export_are_noticed(tmp_path: Path) -> None:
    _, key = small_study()
    write_key(tmp_path / "study.key.json", replace(key, rules=Rules(median_rt_ms_min=0)))
    with pytest.raises(InputError, match="changed after export"):
        read_key(tmp_path)


def test_commitment_covers_the_mapping_and_not_itself() -> None:
    manifest, key = small_study()
    assert manifest.key_commitment == commitment(key) == commitment(small_key())
    assert commitment(replace(key, seed="8")) != commitment(key)


def test_manifest_has_no_field_of_the_key(tmp_path: Path) -> None:
    key = small_key()
    write_manifest(tmp_path / "study.json", small_manifest(key))
    text = (tmp_path / "study.json").read_text()
    assert not [name for name in ("secret", "seed", "method", "role", "expected", "nonce") if name in text]


def test_unknown_field_is_refused(tmp_path: Path) -> None:
    manifest, _ = small_study()
    write_manifest(tmp_path / "study.json", manifest)
    document = json.loads((tmp_path / "study.json").read_text()) | {"secret": "x"}
    (tmp_path / "study.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match="unknown field 'secret'"):
        read_manifest(tmp_path)


def test_answers_to_another_export_are_refused_with_both_hashes() -> None:
    manifest, key = small_study()
    require_same_study(key, manifest.sha256)
    with pytest.raises(MismatchError, match=f"{'0' * 64}.*{manifest.sha256}"):
        require_same_study(key, "0" * 64)


def test_keys_of_older_studies_keep_their_commitment() -> None:
    # A key made before there were codes for failed checks and for no consent has no such fields.
    document = encode(small_key())
    for name in ("commitment", "manifest_sha256", "completion_failed", "completion_declined"):
        del document[name]
    digest = hashlib.sha256(bytes.fromhex("11" * 32) + canonical(document)).hexdigest()
    assert commitment(small_key()) == f"sha256:{digest}"
    assert commitment(replace(small_key(), completion_failed="x")) != f"sha256:{digest}"
