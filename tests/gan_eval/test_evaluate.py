from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gan_eval.errors import BadImagesError, InputError, MismatchError
from gan_eval.evaluate import Evaluation, evaluate
from gan_eval.extractors.known import INCEPTION_2015
from gan_eval.features import FeatureReader, Needs
from gan_eval.metrics import frechet, kernel
from gan_eval.metrics.moments import statistics
from gan_eval.metrics.table import TABLE
from gan_eval.scoring import METRICS, Options
from gan_eval.settings import Settings
from gan_eval.statistics_file import save

MakeFolder = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("tiny_everywhere")


@pytest.fixture
def sets(make_folder: MakeFolder) -> tuple[Path, Path]:
    return make_folder("real", 30), make_folder("fake", 24, seed=1, shift=30)


def rows(folder: Path, tiny: Any) -> np.ndarray:
    return tiny(np.stack([tiny.prepare(np.asarray(Image.open(path))) for path in sorted(folder.iterdir())])).features


def comparable(made: Evaluation) -> str:
    document = made.to_dict("score")
    del document["seconds"]
    return json.dumps(document, sort_keys=True)


def test_values_are_those_of_the_metrics(sets: tuple[Path, Path], tiny: Any) -> None:
    fid, kid = evaluate(*sets, ["fid", "kid"]).scores
    real, fake = (rows(folder, tiny) for folder in sets)
    assert float(fid) == pytest.approx(frechet.distance(statistics(real), statistics(fake)), rel=1e-9)
    assert float(kid) == pytest.approx(kernel.mmd2(real, fake).value, rel=1e-6)


def test_one_pass_serves_all_metrics(sets: tuple[Path, Path], tiny_everywhere: Any) -> None:
    names = [score.metric for score in evaluate(*sets, METRICS).scores]
    assert names[:7] == ["fid", "kid", "is", "precision", "recall", "density", "coverage"]
    assert len(names) == sum(len(row.numbers) for row in TABLE.values())
    assert "gaussian_kd" in names  # which the 2015 Inception's embeddings give instead of CMMD
    assert tiny_everywhere.seen == 54


def test_the_second_run_computes_nothing_and_says_the_same(
    sets: tuple[Path, Path], tiny_everywhere: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = comparable(evaluate(*sets, METRICS))
    monkeypatch.setattr("gan_eval.evaluate.scores", lambda *_: pytest.fail("computed again"))
    assert comparable(evaluate(*sets, METRICS)) == first
    assert tiny_everywhere.seen == 54


def test_without_a_cache_the_same_is_said(sets: tuple[Path, Path], tiny_everywhere: Any) -> None:
    first = comparable(evaluate(*sets, METRICS))
    assert comparable(evaluate(*sets, METRICS, settings=Settings(cache=False))) == first
    assert tiny_everywhere.seen == 108


@pytest.mark.parametrize("change", [{"seed": 1}, {"nearest": 3}, {"interval": False}, {"splits": 2}])
def test_other_options_are_computed_afresh(sets: tuple[Path, Path], change: dict[str, Any]) -> None:
    first = evaluate(*sets, METRICS)
    second = evaluate(*sets, METRICS, options=Options(**change))
    assert comparable(first) != comparable(second) or change == {"seed": 1}


@pytest.mark.parametrize(
    ("network", "names"),
    [
        ({"verified": True}, ["fid", "kid", "is"]),
        ({"verified": False}, ["fd", "kd", "score_is"]),
        ({"name": "efficientnet-lite0"}, ["fd", "kd", "score_is"]),
    ],
)
def test_only_the_verified_inception_makes_a_fid(
    sets: tuple[Path, Path], tiny_everywhere: Any, network: dict[str, Any], names: list[str]
) -> None:
    tiny_everywhere.network = dataclasses.replace(tiny_everywhere.network, **network)
    assert [score.metric for score in evaluate(*sets, ["fid", "kid", "is"]).scores] == names


def test_bf16_is_said_in_every_score(sets: tuple[Path, Path], tiny_everywhere: Any) -> None:
    tiny_everywhere.network = dataclasses.replace(tiny_everywhere.network, precision="bf16")
    made = evaluate(*sets, METRICS)
    assert {score.features for score in made.scores} == {"inception (bf16)"}
    assert made.provenance.features["precision"] == "bf16"


def test_bf16_features_are_never_mixed_with_fp32_statistics(
    sets: tuple[Path, Path], tiny_everywhere: Any, tmp_path: Path
) -> None:
    reader = FeatureReader(tiny_everywhere.network, extractor=tiny_everywhere)
    save(tmp_path / "real.npz", reader.read(sets[0], Needs(vectors=True)), keep_features=True)
    tiny_everywhere.network = dataclasses.replace(tiny_everywhere.network, precision="bf16")
    with pytest.raises(MismatchError, match=r"precision fp32.*, but the images are read with precision bf16"):
        evaluate(tmp_path / "real.npz", sets[1], ["fid"])


def test_moments_from_a_file_give_the_same_distance(sets: tuple[Path, Path], tiny: Any, tmp_path: Path) -> None:
    np.savez(tmp_path / "peer.npz", **dict(zip(("mu", "sigma"), moments(rows(sets[0], tiny)), strict=True)))
    from_file, from_images = (evaluate(real, sets[1], ["fid"]) for real in (tmp_path / "peer.npz", sets[0]))
    assert float(from_file.scores[0]) == pytest.approx(float(from_images.scores[0]), rel=1e-6)
    assert from_file.scores[0].interval is not None
    assert "given the real statistics" in from_file.scores[0].interval.method


def moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return features.mean(0), np.cov(features, rowvar=False)


def test_both_sides_are_looked_at_before_the_network_runs(sets: tuple[Path, Path], tiny_everywhere: Any) -> None:
    (sets[1] / "000.png").write_bytes(b"")
    with pytest.raises(BadImagesError, match=r"fake: 1 unreadable file: 000\.png: empty file"):
        evaluate(*sets, ["fid"])
    assert tiny_everywhere.seen == 0


def test_files_left_out_are_told_again_from_the_cache(sets: tuple[Path, Path]) -> None:
    (sets[1] / "000.png").write_bytes(b"")
    made = [evaluate(*sets, ["fid"], settings=Settings(on_bad_image="skip")) for _ in range(2)]
    assert comparable(made[0]) == comparable(made[1])
    assert any("000.png: empty file" in warning for warning in made[0].warnings)
    assert made[0].scores[0].n_fake == 23


def test_other_codecs_and_sizes_are_told(make_folder: MakeFolder) -> None:
    real, fake = make_folder("real"), make_folder("fake", ending="jpg")
    assert any("PNG, fake images JPEG" in warning for warning in evaluate(real, fake, ["kid"]).warnings)


def test_few_images_are_told(make_folder: MakeFolder) -> None:
    made = evaluate(make_folder("real", 30), make_folder("fake", 9), ["fid"])
    assert any("9 fake images are few for 16 features" in warning for warning in made.warnings)


def test_a_metric_that_needs_a_real_set_says_so(sets: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match="needs a real set"):
        evaluate(None, sets[1], ["kid"])


def test_the_inception_score_stands_beside_the_real_sets(sets: tuple[Path, Path]) -> None:
    (alone,) = evaluate(None, sets[1], ["is"]).scores
    (beside,) = evaluate(*sets, ["is"]).scores
    assert alone.value == beside.value
    assert "real" not in alone.details
    assert beside.details["real"]["n"] == 30


def test_identical_sets_are_at_distance_zero(sets: tuple[Path, Path]) -> None:
    fid, precision, recall, _, coverage = evaluate(sets[0], sets[0], ["fid", "prdc"]).scores
    assert float(fid) == pytest.approx(0, abs=1e-9)
    assert (float(precision), float(recall), float(coverage)) == (1, 1, 1)


def test_the_document_has_the_contracts_fields(sets: tuple[Path, Path]) -> None:
    document = evaluate(*sets, ["fid"]).to_dict("fid")
    assert list(document) == ["schema", "command", "scores", "features", "inputs", "versions", "warnings", "seconds"]
    wanted = {"metric", "value", "unit", "direction", "interval", "n_real", "n_fake", "features", "details"}
    assert set(document["scores"][0]) == wanted
    assert {"name", "weights_sha256", "verified", "dim", "like"} <= set(document["features"])
    assert document["inputs"]["real"]["count"] == 30
    json.dumps(document, allow_nan=False)


@pytest.mark.parametrize(("like", "count"), [("clean-fid", 100), ("torch-fidelity", 100), ("nice-gan", 50)])
def test_a_tools_constants_follow_its_name(sets: tuple[Path, Path], like: str, count: int) -> None:
    options = Options(like=like, subset_size=10)  # type: ignore[arg-type]
    (kid,) = evaluate(*sets, ["kid"], options=options).scores
    assert kid.details["estimator"] == f"mean of {count} random subsets of 10, as {like}"


def test_a_file_of_another_network_is_refused_before_any_image_is_read(
    sets: tuple[Path, Path], tiny_everywhere: Any, tmp_path: Path
) -> None:
    np.savez(tmp_path / "other.npz", mu=np.zeros(5), sigma=np.eye(5))
    with pytest.raises(MismatchError, match="made with features 5, but the images are read with features 16"):
        evaluate(sets[0], tmp_path / "other.npz", ["fid"])
    assert tiny_everywhere.seen == 0


def test_two_files_need_no_network_and_keep_their_names(tmp_path: Path, sets: tuple[Path, Path], tiny: Any) -> None:
    for name, folder in zip(("a", "b"), sets, strict=True):
        np.savez(tmp_path / f"{name}.npz", **dict(zip(("mu", "sigma"), moments(rows(folder, tiny)), strict=True)))
    made = evaluate(tmp_path / "a.npz", tmp_path / "b.npz", ["fid"])
    assert made.scores[0].metric == "fd"
    assert made.scores[0].features == "unknown"
    assert made.scores[0].interval is None
    assert any("both sides hold moments only" in warning for warning in made.warnings)
    assert float(made.scores[0]) == pytest.approx(float(evaluate(*sets, ["fid"]).scores[0]), rel=1e-6)


def test_two_files_from_the_published_weights_make_a_fid(
    tmp_path: Path, sets: tuple[Path, Path], tiny_everywhere: Any
) -> None:
    network = dataclasses.replace(tiny_everywhere.network, weights_sha256=INCEPTION_2015.sha256)
    reader = FeatureReader(network, extractor=tiny_everywhere)
    for name, folder in zip(("a", "b"), sets, strict=True):
        save(tmp_path / f"{name}.npz", reader.read(folder))
    assert evaluate(tmp_path / "a.npz", tmp_path / "b.npz", ["fid"]).scores[0].metric == "fid"


def test_infinitely_many_images_are_nearer(sets: tuple[Path, Path]) -> None:
    (fid,) = evaluate(*sets, ["fid"], options=Options(infinity=True)).scores
    assert fid.details["infinity"]["value"] == pytest.approx(fid.value - fid.details["bias"])
    assert fid.details["infinity"]["value"] < fid.value


def mixture(folder: Path, first: int, second: int) -> Path:
    """So many PNGs and so many BMPs."""
    folder.mkdir()
    for number in range(first + second):
        picture = Image.fromarray(np.random.default_rng(number).integers(0, 255, (20, 20, 3), dtype=np.uint8))
        picture.save(folder / f"{number:03}.{'png' if number < first else 'bmp'}")
    return folder


@pytest.mark.parametrize(
    ("real", "fake", "noted"),
    [((20, 0), (0, 20), True), ((19, 1), (1, 19), True), ((10, 10), (10, 10), False), ((20, 1), (19, 0), False)],
)
def test_codecs_are_compared_by_their_shares(
    tmp_path: Path, tiny_everywhere: Any, real: tuple[int, int], fake: tuple[int, int], noted: bool
) -> None:
    sides = (mixture(tmp_path / "real", *real), mixture(tmp_path / "fake", *fake))
    warnings = evaluate(*sides, ["kid"]).warnings
    assert any("codec alone" in warning for warning in warnings) == noted
