"""`gan_eval.Metric`: what the functions give, batch by batch; with torchmetrics and without it."""

from __future__ import annotations

import contextlib
import copy
import importlib.util
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchmetrics
from torch import Tensor, nn

import gan_eval
import gan_eval.metric
from gan_eval.errors import GanEvalError, InputError, TooFewError, WeightsError
from gan_eval.metric_state import StatefulModule
from gan_eval.metrics.table import TABLE
from tests.conftest import TinyExtractor

MAKERS = ("with torchmetrics", "alone")


def quarters(images: Tensor) -> Tensor:
    """Features (B, 12) of images of any size."""
    return nn.functional.adaptive_avg_pool2d(images.double(), 2).flatten(1)


BOTH = gan_eval.CustomNetwork(lambda x: (quarters(x), quarters(x) / 20), name="both", logits=True)


def without_torchmetrics(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The class as it is where torchmetrics is not installed."""
    monkeypatch.setitem(sys.modules, "torchmetrics", None)
    spec = importlib.util.spec_from_file_location("metric_alone", gan_eval.metric.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "metric_alone", module)
    spec.loader.exec_module(module)
    return module.Metric


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The class in both forms."""
    if request.param == MAKERS[0]:
        assert issubclass(gan_eval.Metric, torchmetrics.Metric)
        return gan_eval.Metric
    alone = without_torchmetrics(monkeypatch)
    assert issubclass(alone, StatefulModule)
    return alone


@contextlib.contextmanager
def ignored_warnings() -> Iterator[None]:
    """torchmetrics warns where `compute` comes before `update`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def images(count: int, seed: int = 0, shift: int = 0) -> Tensor:
    """(count, 3, 12, 10) uint8."""
    generator = torch.Generator().manual_seed(seed)
    small = torch.randint(0, 200, (count, 3, 3, 5), generator=generator) + shift
    return small.repeat_interleave(4, 2).repeat_interleave(2, 3).to(torch.uint8)


REAL, FAKE = images(40), images(30, seed=1, shift=30)


def fed(metric: Any, real: Tensor | None = REAL, fake: Tensor | None = FAKE, size: int = 7) -> Any:
    """The metric after batches of this size."""
    for is_real, given in ((True, real), (False, fake)):
        for batch in given.split(size) if given is not None else ():
            metric.update(batch, real=is_real)
    return metric


# ------------------------------------------------------------------------------------------------ the numbers


@pytest.mark.parametrize("name", ["fid", "kid"])
@pytest.mark.parametrize("size", [1, 7, 40])
def test_one_metric_gives_what_its_function_gives(make: Any, name: str, size: int) -> None:
    metric = fed(make(name, features=quarters), size=size)
    expected = getattr(gan_eval, name)(REAL, FAKE, features=quarters)
    assert float(metric.compute()) == pytest.approx(float(expected), rel=1e-9)
    (score,) = metric.scores()
    assert score.value == float(metric.compute())
    assert score.interval.low == pytest.approx(expected.interval.low, rel=1e-6)
    assert (score.metric, score.n_real, score.n_fake) == (expected.metric, 40, 30)


def test_every_metric_of_the_table_works(make: Any) -> None:
    names = tuple(TABLE)
    expected = gan_eval.score(REAL, FAKE, metrics=names, features=BOTH)
    values = fed(make(names, features=BOTH)).compute()
    assert list(values) == [score.metric for score in expected]
    assert [float(value) for value in values.values()] == pytest.approx([float(score) for score in expected], rel=1e-6)


def test_moments_alone_give_the_same_distance(make: Any) -> None:
    metric = fed(make("fid", features=quarters, interval=False), size=5)
    assert float(metric.compute()) == pytest.approx(float(gan_eval.fid(REAL, FAKE, features=quarters)), rel=1e-6)
    assert metric.metric_state["real_moments"][0].shape == (14, 12)
    assert metric.scores()[0].interval is None


def test_options_of_metrics_are_followed(make: Any) -> None:
    options = {"nearest": 3, "features": quarters}
    values = fed(make("prdc", **options)).compute()
    expected = gan_eval.prdc(REAL, FAKE, **options)
    assert [float(value) for value in values.values()] == [float(score) for score in expected]


@pytest.mark.parametrize("batch_size", [1, 4, 64])
def test_the_network_sees_batches_of_that_size(batch_size: int) -> None:
    sizes: list[int] = []
    metric = gan_eval.Metric("fid", features=lambda x: sizes.append(len(x)) or quarters(x), batch_size=batch_size)
    metric.update(REAL, real=True)
    assert max(sizes) == min(batch_size, 40)
    assert sum(sizes) == 40


@pytest.mark.parametrize(
    "form",
    [
        lambda x: x.float() / 255,
        lambda x: x.permute(0, 2, 3, 1).numpy(),
        lambda x: [image.permute(1, 2, 0).numpy() for image in x],
    ],
    ids=["float", "numpy", "list"],
)
def test_every_form_of_images_is_taken(form: Callable[[Tensor], Any]) -> None:
    metric = gan_eval.Metric("kid", features=quarters)
    metric.update(form(REAL), real=True)
    metric.update(form(FAKE), real=False)
    assert float(metric.compute()) == pytest.approx(float(gan_eval.kid(REAL, FAKE, features=quarters)), rel=1e-9)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_half_precision_images_are_taken(make: Any, dtype: torch.dtype) -> None:
    as_half = (REAL.float() / 255).to(dtype)
    metric = fed(make("fid", features=quarters), real=as_half)
    assert float(metric.compute()) == pytest.approx(float(gan_eval.fid(as_half, FAKE, features=quarters)), rel=1e-9)


@pytest.mark.parametrize("convert", [lambda m: m.half(), lambda m: m.double(), lambda m: m.to(torch.float16)])
def test_the_precision_of_a_model_does_not_change_the_metric(make: Any, convert: Callable[[Any], Any]) -> None:
    metric = fed(make(["fid", "kid"], features=quarters))
    before = {name: float(value) for name, value in metric.compute().items()}
    model = nn.ModuleDict({"layer": nn.Linear(2, 2), "metric": metric})
    convert(model)
    assert metric.metric_state["real_features"][0].dtype == torch.float32
    metric.reset()
    after = {name: float(value) for name, value in fed(metric).compute().items()}
    assert after == before


# ------------------------------------------------------------------------------------------------ a fake side alone


def test_a_metric_of_the_fake_set_needs_no_real_images(make: Any) -> None:
    metric = make("is", features=BOTH)
    for batch in FAKE.split(7):
        metric.update(batch)
    assert float(metric.compute()) == pytest.approx(float(gan_eval.inception_score(FAKE, features=BOTH)), rel=1e-6)


def test_real_images_are_never_counted_as_fake(make: Any) -> None:
    (score,) = fed(make("is", features=BOTH)).scores()
    assert score.n_fake == 30
    expected = gan_eval.inception_score(FAKE, real=REAL, features=BOTH)
    assert score.details["real"]["value"] == pytest.approx(expected.details["real"]["value"], rel=1e-6)


# ------------------------------------------------------------------------------------------------ reset


def test_reset_forgets_everything(make: Any) -> None:
    metric = fed(make("kid", features=quarters))
    metric.reset()
    with pytest.raises(TooFewError, match="no real images"), ignored_warnings():
        metric.compute()
    assert float(fed(metric, FAKE, REAL).compute()) == pytest.approx(
        float(gan_eval.kid(FAKE, REAL, features=quarters)), rel=1e-9
    )


@pytest.mark.parametrize("interval", [True, False])
def test_real_features_may_stay(make: Any, interval: bool) -> None:
    metric = fed(make("fid", features=quarters, reset_real_features=False, interval=interval))
    first = float(metric.compute())
    for _ in range(2):
        metric.reset()
        assert float(fed(metric, real=None).compute()) == pytest.approx(first, rel=1e-9)
        assert metric.scores()[0].n_real == 40


def test_values_are_new_after_an_update(make: Any) -> None:
    metric = fed(make("kid", features=quarters))
    first = float(metric.compute())
    metric.update(REAL, real=False)
    assert float(metric.compute()) != first
    assert metric.scores()[0].n_fake == 70


# ------------------------------------------------------------------------------------------------ a call


def test_a_call_takes_the_batch_and_gives_its_value(make: Any) -> None:
    metric = make("kid", features=quarters)
    assert metric(REAL, real=True) is None
    for batch in FAKE.split(15):
        expected = float(gan_eval.kid(REAL, batch, features=quarters))
        assert float(metric(batch, real=False)) == pytest.approx(expected, rel=1e-9)
    assert float(metric.compute()) == pytest.approx(float(gan_eval.kid(REAL, FAKE, features=quarters)), rel=1e-9)


def test_a_call_that_fails_has_lost_no_image(make: Any) -> None:
    metric = fed(make("kid", features=quarters))
    with pytest.raises(TooFewError):
        metric(FAKE[:1], real=False)
    assert (metric.scores()[0].n_real, metric.scores()[0].n_fake) == (40, 31)


# ------------------------------------------------------------------------------------------------ copies and files


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m)), lambda m: m.clone()])
def test_copies_go_on_by_themselves(make: Any, copied: Callable[[Any], Any]) -> None:
    metric = fed(make("kid", features=quarters), fake=FAKE[:20])
    other = copied(metric)
    assert float(other.compute()) == float(metric.compute())
    other.update(FAKE[20:], real=False)
    assert float(other.compute()) == pytest.approx(float(gan_eval.kid(REAL, FAKE, features=quarters)), rel=1e-9)
    assert metric.scores()[0].n_fake == 20


@pytest.mark.parametrize("interval", [True, False])
def test_states_are_saved_where_they_are_asked_for(make: Any, interval: bool) -> None:
    metric = fed(make("fid", features=quarters, interval=interval))
    assert not metric.state_dict()
    metric.persistent(True)
    model = nn.ModuleDict({"metric": make("fid", features=quarters, interval=interval)})
    model["metric"].persistent(True)
    model.load_state_dict({f"metric.{name}": value for name, value in metric.state_dict().items()})
    with ignored_warnings():
        assert float(model["metric"].compute()) == float(metric.compute())


@pytest.mark.parametrize("interval", [True, False])
def test_states_of_parts_add_up(make: Any, interval: bool) -> None:
    whole = fed(make("fid", features=quarters, interval=interval))
    part = fed(make("fid", features=quarters, interval=interval), REAL[:20], FAKE[:20])
    part.merge_state(fed(make("fid", features=quarters, interval=interval), REAL[20:], FAKE[20:]))
    assert float(part.compute()) == pytest.approx(float(whole.compute()), rel=1e-6)
    assert part.scores()[0].n_fake == 30


# ------------------------------------------------------------------------------------------------ networks


def test_a_named_network_is_what_the_functions_use(make: Any) -> None:
    real, fake = images(6), images(5, seed=1)
    metric = fed(make("kid", features="efficientnet-lite0", device="cpu"), real, fake)
    (score,) = metric.scores()
    assert (score.metric, score.features) == ("kd", "efficientnet-lite0")
    assert score.value == pytest.approx(
        float(gan_eval.kid(real, fake, features="efficientnet-lite0", device="cpu")), rel=1e-4
    )


def test_numbers_of_the_reference_have_its_names(monkeypatch: pytest.MonkeyPatch, tiny: TinyExtractor) -> None:
    monkeypatch.setattr("gan_eval.features.resolve", lambda *arguments, **named: tiny.network)
    monkeypatch.setattr("gan_eval.extractors.resolution.load", lambda network: tiny)
    assert list(fed(gan_eval.Metric(["fid", "kid"])).compute()) == ["fid", "kid"]


def test_a_stand_in_is_said_aloud_and_in_every_score(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.warns(UserWarning, match="numbers are not FID, KID or IS") as said:
        metric = gan_eval.Metric("fid", device="cpu", interval=False)
    assert said[0].filename == __file__
    (score,) = fed(metric, images(3), images(3, seed=1)).scores()
    assert score.metric == "fd"
    assert any("not FID" in warning for warning in score.warnings)


def test_notes_of_images_travel_with_the_scores(make: Any) -> None:
    metric = fed(make("kid", features=quarters), fake=torch.ones(8, 3, 12, 10, dtype=torch.uint8), size=8)
    assert any(warning.startswith("fake: all pixels are 0 or 1") for warning in metric.scores()[0].warnings)
    metric.reset()
    assert not any("0 or 1" in warning for warning in fed(metric).scores()[0].warnings)


def test_a_module_that_has_learned_is_used_as_it_is_after_a_reset(make: Any) -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(360, 4))
    metric = fed(make("fid", features=gan_eval.CustomNetwork(module, range=(0, 1))))
    with torch.no_grad():
        module[1].weight *= 2
    with pytest.raises(WeightsError, match="have changed"):
        metric.update(FAKE, real=False)
    first = float(metric.compute())
    metric.reset()
    assert float(fed(metric).compute()) == pytest.approx(4 * first, rel=1e-3)


def test_to_moves_the_network_and_leaves_features_in_main_memory(monkeypatch: pytest.MonkeyPatch, make: Any) -> None:
    asked: list[str] = []
    monkeypatch.setattr("gan_eval.hardware.choose_device", lambda wanted: asked.append(wanted) or "cpu")
    metric = fed(make("fid", features=quarters))
    assert set(asked) == {"auto"}
    metric.to("cpu")
    metric.update(FAKE, real=False)
    assert asked[-1] == "cpu"
    assert all(part.device.type == "cpu" for part in metric.metric_state["real_features"])
    assert metric.scores()[0].n_fake == 60


# ------------------------------------------------------------------------------------------------ faults


def refused(call: Callable[[], object], begins: str) -> None:
    with pytest.raises(GanEvalError) as error:
        call()
    assert str(error.value).startswith(begins), str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", ["fdi", "", [], None, 3, ["fid", "fid"], {"fid"}, b"fid"], ids=repr)
def test_wrong_metrics_are_refused(make: Any, value: Any) -> None:
    refused(lambda: make(value, features=quarters), "metrics")


@pytest.mark.parametrize("name", ["reset_real_features", "sync_on_compute"])
@pytest.mark.parametrize("value", [1, None, "yes"])
def test_wrong_switches_are_refused(make: Any, name: str, value: Any) -> None:
    refused(lambda: make("fid", features=quarters, **{name: value}), f"{name}=")


def test_an_option_that_has_no_meaning_here_is_unknown(make: Any) -> None:
    for name in ("cache", "on_bad_image", "group", "no_such_option"):
        with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'"):
            make("fid", features=quarters, **{name: True})


@pytest.mark.parametrize("real", [None, 1, 0, "real", np.bool_(True), torch.tensor(True)], ids=repr)
def test_the_side_must_be_told(make: Any, real: Any) -> None:
    metric = make("fid", features=quarters)
    refused(lambda: metric.update(REAL, real), "real=")


@pytest.mark.parametrize(
    "given",
    [
        REAL.long(),
        REAL.to(torch.int16),
        REAL.bool(),
        REAL.float(),
        REAL.float() / 127.5 - 1,
        REAL[0, 0],
        REAL[:, :2],
        REAL[:0],
        torch.full((2, 3, 12, 10), float("nan")),
        None,
        3,
        [],
        "/nowhere",
    ],
    ids=lambda value: f"{value.dtype} {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value),
)
def test_what_is_no_batch_of_images_is_refused_and_nothing_is_taken(make: Any, given: Any) -> None:
    metric = fed(make(["fid", "kid"], features=quarters))
    with pytest.raises(InputError) as error:
        metric.update(given, real=True)
    assert "\n" not in str(error.value)
    assert metric.scores()[0].n_real == 40


@pytest.mark.parametrize(
    ("real", "fake", "words"),
    [
        (None, FAKE, "no real images yet"),
        (REAL, None, "no fake images yet"),
        (REAL[:1], FAKE, "real"),
        (REAL, FAKE[:1], "fake"),
    ],
    ids=["no real", "no fake", "one real", "one fake"],
)
@pytest.mark.parametrize("name", ["fid", "kid"])
@pytest.mark.parametrize("interval", [True, False])
def test_too_few_images_are_told(make: Any, real: Any, fake: Any, words: str, name: str, interval: bool) -> None:
    metric = fed(make(name, features=quarters, interval=interval), real, fake)
    with pytest.raises(TooFewError, match=words):
        metric.compute()


def test_nothing_at_all_is_told(make: Any) -> None:
    for name in ("fid", "is"):
        with pytest.raises(TooFewError, match="images yet"), ignored_warnings():
            make(name, features=BOTH).compute()


def test_class_scores_must_be_there(make: Any) -> None:
    with pytest.raises(InputError, match="no class scores"):
        make("is", features=quarters).update(FAKE)


def test_images_of_another_width_of_features_are_refused(make: Any) -> None:
    metric = make("fid", features=lambda x: x.double().flatten(1))
    metric.update(REAL, real=True)
    with pytest.raises(GanEvalError, match="dimension"):
        metric.update(torch.rand(4, 3, 9, 9), real=True)
    metric.update(torch.rand(4, 3, 9, 9), real=False)
    with pytest.raises(GanEvalError, match="features"):
        metric.compute()


def test_broken_features_are_refused(make: Any) -> None:
    with pytest.raises(InputError, match="NaN or infinity"):
        make("fid", features=lambda x: quarters(x) / 0).update(REAL, real=True)


def test_unreadable_files_are_refused(make: Any, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG broken")
    with pytest.raises(InputError, match="unreadable"):
        make("fid", features=quarters).update(tmp_path, real=True)
