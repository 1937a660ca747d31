"""The export: whole or not at all, the same bytes again, honest about its folders, nothing public that unblinds."""

from __future__ import annotations

import json
import shutil
import stat
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gan_eval.errors import InputError
from gan_eval.study.making.compose import compose
from gan_eval.study.making.delivery import shown_size
from gan_eval.study.making.export import export
from gan_eval.study.making.pictures import Fitting, PictureSize
from gan_eval.study.making.request import Amounts, Screen
from gan_eval.study.making.sources import Folders
from gan_eval.study.making.webpage import parse
from gan_eval.study.schema.manifest import commitment, read_key, read_manifest
from tests.gan_eval.study.exports import ITEMS, folders, make, paint, plan, silent

KINDS: tuple[Any, ...] = ("best-of-k", "pairwise", "real-fake", "two-alternative", "rating", "rank-k")


@pytest.mark.parametrize("site", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_and_secret_same_bytes(kind: Any, site: bool, tmp_path: Path) -> None:
    first = make(tmp_path, kind, site=site).page.parent
    shutil.move(tmp_path / "study", tmp_path / "first")
    make(tmp_path, kind, site=site)
    files = {path.relative_to(tmp_path / "first"): path for path in (tmp_path / "first").rglob("*") if path.is_file()}
    assert len(files) >= 3
    for name, path in files.items():
        assert path.read_bytes() == (tmp_path / "study" / name).read_bytes(), name
    assert not first.is_symlink()


def test_another_secret_changes_every_id(tmp_path: Path) -> None:
    one = compose(plan(tmp_path, "pairwise"), progress=silent).manifest
    other = compose(plan(tmp_path, "pairwise", secret=bytes(32)), progress=silent).manifest
    assert not one.images.keys() & other.images.keys()
    assert one.study_id != other.study_id


def test_another_seed_draws_other_items(tmp_path: Path) -> None:
    items = {seed: compose(plan(tmp_path, "pairwise", seed=seed), progress=silent).key.items for seed in "789"}
    assert len(set(items.values())) == 3


def test_items_do_not_depend_on_the_outputs(tmp_path: Path) -> None:
    before = compose(plan(tmp_path, "pairwise"), progress=silent).key.items
    others = Folders({name: paint(tmp_path / name, seed=seed) for name, seed in (("a", 998), ("b", 999))})
    made = plan(tmp_path, "pairwise", folders=others)
    assert compose(made, progress=silent).key.items == before


@pytest.mark.parametrize("kind", KINDS)
def test_all_pictures_have_one_size_format_and_length(kind: Any, tmp_path: Path) -> None:
    images = make(tmp_path, kind).manifest.images.values()
    assert len({(image.w, image.h, image.mime, image.bytes) for image in images}) == 1


def test_key_is_private_apart_and_sealed(tmp_path: Path) -> None:
    written = make(tmp_path, "pairwise", site=True)
    assert stat.S_IMODE(written.key_file.stat().st_mode) == 0o600
    assert written.key_file.parent == written.page.parent.parent
    key = read_key(tmp_path / "study")
    manifest = read_manifest(tmp_path / "study")
    assert manifest.key_commitment == commitment(key)
    assert key.manifest_sha256 == manifest.sha256


def test_public_files_hold_nothing_of_the_key(tmp_path: Path) -> None:
    written = make(tmp_path, "best-of-k")
    public = written.page.read_text() + (tmp_path / "study" / "study.json").read_text()
    secrets = [
        "alpha-net",
        "beta-net",
        "gamma-net",
        *ITEMS,
        written.key.secret_hex,
        written.key.nonce_hex,
        str(tmp_path),
    ]
    assert [word for word in secrets if word in public] == []


def test_page_gives_its_study_back(tmp_path: Path) -> None:
    written = make(tmp_path, "real-fake", screen=Screen(feedback="always"))
    page = parse(written.page.read_text(), where="page")
    assert page.manifest == written.manifest
    assert page.truths == written.key.truths
    assert page.images is not None
    assert page.images.keys() == written.manifest.images.keys()


def test_half_of_the_realism_trials_are_real(tmp_path: Path) -> None:
    written = make(tmp_path, "real-fake", amounts=Amounts(items=6, practice=1, checks=0, repeats=0))
    for form in written.manifest.forms:
        words = Counter(written.key.truths[written.manifest.trials[number].trial_id] for number, _ in form.sequence)
        assert words["real"] == words["fake"] == 6


def test_two_alternatives_are_a_real_and_a_fake(tmp_path: Path) -> None:
    written = make(tmp_path, "two-alternative")
    for trial in written.manifest.trials:
        if trial.prompt is None:
            methods = sorted(written.key.images[name].method for name in trial.options)
            assert methods[1] == "real"
            assert methods[0] in ("m0", "m1")


def test_real_pictures_of_the_same_stem_are_paired(tmp_path: Path) -> None:
    given = replace(folders(tmp_path), real=paint(tmp_path / "truth", seed=50))
    written = make(tmp_path, "two-alternative", folders=given)
    for trial in written.manifest.trials:
        assert trial.prompt or len({written.key.images[name].item for name in trial.options}) == 1


def test_gold_trials_have_a_sound_picture_among_spoilt_ones(tmp_path: Path) -> None:
    written = make(tmp_path, "best-of-k", amounts=Amounts(items=4, practice=0, checks=0, repeats=0, gold=1))
    [gold] = [name for name, trial in written.key.trials.items() if trial.role == "gold"]
    [options] = [trial.options for trial in written.manifest.trials if trial.trial_id == gold]
    assert Counter(written.key.images[name].method == "broken" for name in options) == {True: 2, False: 1}


def test_missing_items_end_the_export_and_leave_nothing(tmp_path: Path) -> None:
    given = folders(tmp_path)
    (given.methods["beta-net"] / "scene-00.png").unlink()
    with pytest.raises(InputError, match="beta-net: 1 items missing: scene-00"):
        make(tmp_path, "pairwise", folders=given)
    assert not (tmp_path / "study").exists()
    assert make(tmp_path, "pairwise", folders=given, allow_missing=True).warnings != []


def test_damaged_items_end_the_export_or_give_way(tmp_path: Path) -> None:
    given = folders(tmp_path)
    for item in ITEMS[:3]:
        (given.methods["alpha-net"] / f"{item}.png").write_bytes(b"no image")
    everything = Amounts(checks=0)
    with pytest.raises(InputError, match="unreadable files"):
        make(tmp_path, "pairwise", folders=given, amounts=everything)
    written = make(tmp_path, "pairwise", folders=given, amounts=everything, allow_missing=True)
    assert not set(written.key.items) & set(ITEMS[:3])
    assert len(written.key.items) == len(ITEMS) - 3 - len(written.manifest.practice)


def test_pictures_of_different_sizes_need_a_word(tmp_path: Path) -> None:
    given = folders(tmp_path)
    paint(given.methods["beta-net"], seed=1, size=(40, 32))
    with pytest.raises(InputError, match=r"sizes differ.*resize="):
        make(tmp_path, "pairwise", folders=given)
    written = make(tmp_path, "pairwise", folders=given, fit=Fitting(PictureSize(48, 48)))
    assert {(image.w, image.h) for image in written.manifest.images.values()} == {(48, 48)}
    assert any("resampled to 48×48" in warning for warning in written.warnings)


def test_one_folder_for_two_methods_is_refused(tmp_path: Path) -> None:
    same = paint(tmp_path / "a", seed=0)
    with pytest.raises(InputError, match="one folder is given for two methods"):
        make(tmp_path, "pairwise", folders=Folders({"x": same, "y": same}))


def test_two_folders_of_the_same_pictures_are_refused(tmp_path: Path) -> None:
    given = Folders({"x": paint(tmp_path / "a", seed=0), "y": paint(tmp_path / "b", seed=0)})
    with pytest.raises(InputError, match="x and y gave the same files throughout"):
        make(tmp_path, "pairwise", folders=given)


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("pairwise", {"screen": Screen(feedback="always")}, "no right answers"),
        ("best-of-k", {"screen": Screen(ties=True)}, "ties go with a pairwise study"),
        ("pairwise", {"amounts": Amounts(items=50)}, "items asked for"),
        ("pairwise", {"amounts": Amounts(items=4, practice=1, trials=5)}, "trials per person"),
    ],
)
def test_contradictions_are_refused(kind: Any, changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        make(tmp_path, kind, **changes)


def test_realism_needs_real_pictures(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="real=DIR"):
        make(tmp_path, "real-fake", folders=folders(tmp_path))


def test_a_study_is_never_overwritten(tmp_path: Path) -> None:
    written = make(tmp_path, "pairwise")
    before = written.key_file.read_bytes()
    with pytest.raises(InputError, match="not empty"):
        export(plan(tmp_path / "pictures", "pairwise"), tmp_path / "study", site=False, progress=silent)
    assert written.key_file.read_bytes() == before


def test_report_of_the_export_names_no_item_to_method_mapping(tmp_path: Path) -> None:
    document = json.dumps(make(tmp_path, "pairwise").to_dict())
    assert written_ids(document) == []


def written_ids(document: str) -> list[str]:
    return [word for word in document.replace('"', " ").split() if len(word) == 21 and word[0] in "it"]


@pytest.mark.parametrize(
    ("size", "longest", "expected"),
    [
        ((32, 32), None, (256, 256)),
        ((100, 50), None, (200, 100)),
        ((178, 218), None, (178, 218)),
        ((1024, 512), None, (640, 320)),
        ((256, 256), 400, (400, 400)),
    ],
)
def test_size_on_the_screen(size: tuple[int, int], longest: int | None, expected: tuple[int, int]) -> None:
    assert shown_size(PictureSize(*size), longest) == expected
