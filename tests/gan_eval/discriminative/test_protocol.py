from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scipy.integrate import trapezoid

import gan_eval.discriminative.runs
from gan_eval.discriminative.protocol import groups_of, nrds
from gan_eval.errors import BadImagesError, InputError, TooFewError

MakeFeatures = Callable[..., Path]
MakeFolder = Callable[..., Path]


def run(models: dict[str, Any], real: Any, **chosen: Any) -> Any:
    """The robust protocol with features, as short as it may be."""
    return nrds(models, real, **{"features": "efficientnet-lite0", "seeds": 2, "epochs": 40, **chosen})


@pytest.fixture
def real(make_features: MakeFeatures) -> Path:
    return make_features("reals", seed=100)


@pytest.fixture
def graded(make_features: MakeFeatures) -> dict[str, Path]:
    return {
        name: make_features(name, shift, seed=int(10 * shift) + 1) for name, shift in [("c", 2.0), ("a", 0.3), ("b", 1)]
    }


def test_models_come_best_first_and_sum_to_one(graded: dict[str, Path], real: Path) -> None:
    made = run(graded, real)
    assert [score.details["model"] for score in made.scores] == ["a", "b", "c"]
    assert sum(score.value for score in made.scores) == pytest.approx(1)
    assert all(score.interval.low < score.value < score.interval.high for score in made.scores)


def test_permuting_the_models_permutes_the_scores_to_the_bit(graded: dict[str, Path], real: Path) -> None:
    one = run(graded, real, cache=False)
    two = run(dict(reversed(graded.items())), real, cache=False)
    assert {name: one[name].to_dict() for name in graded} == {name: two[name].to_dict() for name in graded}
    assert one.pairs == two.pairs


def test_the_same_call_gives_the_same_document(graded: dict[str, Path], real: Path) -> None:
    one, two = (run(graded, real, cache=False).to_dict() for _ in range(2))
    assert json.dumps({**one, "seconds": 0}) == json.dumps({**two, "seconds": 0})


def test_copies_share_equally_and_are_not_told_apart(make_features: MakeFeatures, real: Path) -> None:
    copies = {name: make_features(name, 1, seed=5) for name in "abc"}
    made = run(copies, real)
    for score in made.scores:
        assert score.value == pytest.approx(1 / 3, abs=1e-12)
        assert score.interval.low <= 1 / 3 <= score.interval.high
        assert score.details["rank"] == 1
    assert not any(pair.distinguishable for pair in made.pairs)
    assert {pair.p_value for pair in made.pairs} == {1}


def test_further_reals_are_not_distinguishable_from_reals(make_features: MakeFeatures, real: Path) -> None:
    made = run({"further": make_features("further", seed=7), "far": make_features("far", 2, seed=8)}, real)
    assert not made["further"].details["distinguishable_from_real"]
    assert made["far"].details["distinguishable_from_real"]


def test_before_its_own_discriminator_a_model_owes_nothing_to_rivals(make_features: MakeFeatures, real: Path) -> None:
    a = make_features("a", 0.5, seed=1)
    one, two = (
        run({"a": a, "rival": make_features("rival", shift, count=count, seed=2)}, real, against="real")["a"]
        for shift, count in [(1, 24), (3, 12)]
    )
    alike = ("area", "trained_area", "one_minus_auc", "nearest_real")
    assert [one.details[name] for name in alike] == [two.details[name] for name in alike]
    assert one.details["of_real"]["value"] == two.details["of_real"]["value"]


def test_unequal_counts_move_a_score_by_less_than_its_interval(make_features: MakeFeatures, real: Path) -> None:
    b = make_features("b", 1.0, seed=2, count=60)
    few = run({"a": make_features("few", 0.5, seed=1, count=30), "b": b}, real)["a"]
    many = run({"a": make_features("many", 0.5, seed=1, count=60), "b": b}, real)["a"]
    assert few.interval.low < many.value < few.interval.high


def test_finished_seeds_are_not_run_again(graded: dict[str, Path], real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop_at_the_third(*arguments: Any, **named: Any) -> Any:
        if len(trained) == 4:
            raise KeyboardInterrupt
        trained.append(1)
        return train(*arguments, **named)

    train, trained = gan_eval.discriminative.runs.train_fold, []
    monkeypatch.setattr("gan_eval.discriminative.runs.train_fold", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        run(graded, real, seeds=3)
    trained.clear()
    made = run(graded, real, seeds=3)
    assert len(trained) == 2
    monkeypatch.undo()
    assert made.scores == run(graded, real, seeds=3, cache=False).scores


def test_one_model_is_too_few(graded: dict[str, Path], real: Path) -> None:
    with pytest.raises(TooFewError, match="at least 2"):
        run({"a": graded["a"]}, real)


def test_a_model_may_not_be_called_real(graded: dict[str, Path], real: Path) -> None:
    with pytest.raises(InputError, match="another name"):
        run({"real": graded["a"], "b": graded["b"]}, real)


def test_sets_too_small_to_halve_are_named(make_features: MakeFeatures, graded: dict[str, Path], real: Path) -> None:
    with pytest.raises(TooFewError, match="tiny: 3 different source images"):
        run({"tiny": make_features("tiny", count=3), **graded}, real)


def test_paths_are_named_by_their_last_part(graded: dict[str, Path], real: Path) -> None:
    made = nrds(list(graded.values()), real, features="efficientnet-lite0", seeds=2, epochs=5)
    assert {score.details["model"] for score in made.scores} == set("abc")


def test_features_are_no_pixels(graded: dict[str, Path], real: Path) -> None:
    with pytest.raises(InputError, match="needs pixels that can be read again"):
        run(graded, real, discriminator="small")


@pytest.mark.parametrize(
    ("against", "copiers", "groups"),
    [
        ("pool", [], ((0, 1, 2),)),
        ("pool", [1], ((0, 2), (1,))),
        ("pool", [0, 2], ((1,), (0,), (2,))),
        ("pool", [0, 1, 2], ((0,), (1,), (2,))),
        ("real", [], ((0,), (1,), (2,))),
        ("real", [1], ((0,), (1,), (2,))),
    ],
)
def test_copiers_face_a_discriminator_of_their_own(against: Any, copiers: list[int], groups: Any) -> None:
    assert groups_of(3, against, copiers) == groups


@pytest.mark.parametrize("thieves", [1, 3])
def test_a_copier_lifts_nobody(graded: dict[str, Path], real: Path, thieves: int) -> None:
    """What a model is of the real set does not change by a bit when copies of the real set enter."""
    honest = run(graded, real)
    with_thieves = run({**graded, **{f"thief{number}": real for number in range(thieves)}}, real)
    for name in graded:
        assert with_thieves[name].details["of_real"]["value"] == honest[name].details["of_real"]["value"]
        assert with_thieves[name].details["area"] == honest[name].details["area"]
    assert len(with_thieves.flags["near_copies"]) == thieves
    assert any("a discriminator of its own, outside the pool" in warning for warning in with_thieves.warnings)


@pytest.mark.usefixtures("tiny_everywhere")
class TestImages:
    def test_inputs_compete_as_identity(self, make_folder: MakeFolder) -> None:
        real, inputs = make_folder("reals", 16, shift=0), make_folder("inputs", 16, seed=3, shift=120)
        models = {"a": make_folder("a", 16, seed=1, shift=10), "b": make_folder("b", 16, seed=2, shift=30)}
        made = run(models, real, inputs=inputs)
        assert made.scores[-1].details["model"] == "identity"
        assert (made.flags["identity"], made.flags["identity_last"]) == ("identity", True)

    def test_inputs_that_compete_already_are_not_added(self, make_folder: MakeFolder) -> None:
        real, inputs = make_folder("reals", 16), make_folder("inputs", 16, seed=3, shift=120)
        made = run({"a": make_folder("a", 16, seed=1), "untouched": inputs}, real, inputs=inputs)
        assert len(made.scores) == 2
        assert made.flags["identity"] == "untouched"

    def test_copies_of_reals_are_reported(self, make_folder: MakeFolder) -> None:
        real = make_folder("reals", 16)
        made = run({"thief": real, "honest": make_folder("honest", 16, seed=1, shift=40)}, real)
        assert made["thief"].details["near_copies"] == 1
        assert made.flags["near_copies"] == ["thief"]
        assert any("thief: the same images as the real set" in warning for warning in made.warnings)

    def test_formats_that_differ_are_warned_of(self, make_folder: MakeFolder) -> None:
        models = {"a": make_folder("a", 16, seed=1, ending="jpg"), "b": make_folder("b", 16, seed=2)}
        made = run(models, make_folder("reals", 16))
        assert made.flags["mixed_formats"]
        assert any("a JPEG" in warning and "file format" in warning for warning in made.warnings)

    def test_a_cnn_sees_pixels(self, make_folder: MakeFolder) -> None:
        models = {"near": make_folder("near", 16, seed=1, shift=10), "far": make_folder("far", 16, seed=2, shift=100)}
        made = run(models, make_folder("reals", 16), discriminator="small", size=16, epochs=12)
        assert [score.details["model"] for score in made.scores] == ["near", "far"]
        assert {score.features for score in made.scores} == {"small-16"}

    def test_damaged_files_end_the_run_or_are_left_out(self, make_folder: MakeFolder) -> None:
        real, models = make_folder("reals", 16), {name: make_folder(name, 16, seed=ord(name)) for name in "ab"}
        (models["a"] / "003.png").write_bytes(b"not a picture")
        with pytest.raises(BadImagesError):
            run(models, real)
        for discriminator in ("features", "small"):
            size = 16 if discriminator == "small" else None
            made = run(models, real, on_bad_image="skip", discriminator=discriminator, size=size, epochs=3)
            assert made["a"].n_fake == 15
            assert any("003.png" in warning for warning in made.warnings)

    def test_the_published_protocol_has_one_seed_and_no_tests(self, make_folder: MakeFolder) -> None:
        models = {"a": make_folder("a", 6, seed=1), "b": make_folder("b", 4, seed=2, shift=80)}
        made = nrds(models, make_folder("reals", 6), protocol="published", size=16, epochs=2)
        assert made.curves.keys() == {"real", "a", "b"}
        areas = {name: trapezoid(made.curves[name]) for name in "ab"}
        assert made["a"].value == pytest.approx(areas["a"] / sum(areas.values()), abs=1e-12)
        assert (made.pairs, made["a"].interval, made.flags["unbalanced"]) == ((), None, True)

    def test_permuting_the_models_permutes_the_published_scores(self, make_folder: MakeFolder) -> None:
        models = {"a": make_folder("a", 6, seed=1), "b": make_folder("b", 6, seed=2, shift=80)}
        real = make_folder("reals", 6)
        one, two = (
            nrds(dict(given), real, protocol="published", size=16, epochs=2, cache=False)
            for given in (models.items(), reversed(models.items()))
        )
        assert [one[name].value for name in "ab"] == [two[name].value for name in "ab"]
