"""`gan_eval.Metric` where torchmetrics and Lightning expect one of torchmetrics'."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics import Metric as TorchMetric
from torchmetrics import MetricCollection, MetricTracker

import gan_eval
from tests.gan_eval.test_metric import FAKE, REAL, fed, quarters


def both(form: Callable[[dict[str, Any]], Any] = dict) -> MetricCollection:
    return MetricCollection(
        {"fid": gan_eval.Metric("fid", features=quarters), "kid": gan_eval.Metric("kid", features=quarters)}
    )


def functions() -> dict[str, float]:
    return {name: float(getattr(gan_eval, name)(REAL, FAKE, features=quarters)) for name in ("fid", "kid")}


# ------------------------------------------------------------------------------------------------ collections


def test_a_collection_gives_what_the_functions_give() -> None:
    values = fed(both()).compute()
    assert {name: float(value) for name, value in values.items()} == pytest.approx(functions())


def test_a_collection_names_numbers_with_its_prefix() -> None:
    metrics = MetricCollection([gan_eval.Metric(["fid", "kid"], features=quarters)], prefix="val/")
    values = fed(metrics).compute()
    expected = functions()
    assert {name: float(value) for name, value in values.items()} == pytest.approx(
        {"val/fd": expected["fid"], "val/kd": expected["kid"]}
    )


def test_a_collection_lets_equal_networks_share_their_passes() -> None:
    seen: list[int] = []

    def counted(images: Tensor) -> Tensor:
        seen.append(len(images))
        return quarters(images)

    metrics = MetricCollection({name: gan_eval.Metric(name, features=counted) for name in ("fid", "kid")})
    fed(metrics)
    assert list(metrics.compute_groups.values()) == [["fid", "kid"]]
    assert sum(seen) == 70 + 7  # the first batch goes through both
    assert {name: float(value) for name, value in metrics.compute().items()} == pytest.approx(functions())


@pytest.mark.parametrize(
    "other",
    [
        {"features": lambda x: quarters(x)},
        {"reset_real_features": False},
        {"interval": False},
        {"like": "torch-fidelity"},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:.*has its own preprocessing")
def test_a_collection_keeps_other_settings_apart(other: dict[str, Any]) -> None:
    first, second = (gan_eval.Metric("fid", **{"features": quarters, **more}) for more in ({}, other))
    metrics = fed(MetricCollection({"a": first, "b": second}))
    assert len(metrics.compute_groups) == 2
    metrics.reset()
    kept = second.metric_state.get("real_features", [])
    assert bool(kept) == (other == {"reset_real_features": False})


def test_a_collection_keeps_real_images_apart_from_fake_ones() -> None:
    logits = gan_eval.CustomNetwork(lambda x: (quarters(x), quarters(x) / 20), logits=True)
    metrics = fed(MetricCollection({name: gan_eval.Metric(name, features=logits) for name in ("fid", "is")}))
    expected = gan_eval.score(REAL, FAKE, metrics=["fid", "is"], features=logits)
    assert [float(value) for value in metrics.compute().values()] == pytest.approx([float(s) for s in expected])


def test_a_collection_is_reset_cloned_moved_and_called() -> None:
    metrics = fed(both()).to("cpu")
    other = metrics.clone(prefix="again_")
    metrics.reset()
    assert metrics(REAL, real=True) == {"fid": None, "kid": None}
    values = metrics(FAKE, real=False)
    assert {name: float(value) for name, value in values.items()} == pytest.approx(functions())
    assert {name: float(v) for name, v in other.compute().items()} == pytest.approx(
        {f"again_{name}": value for name, value in functions().items()}
    )


def test_arithmetic_and_trackers_take_it() -> None:
    times_100 = fed(gan_eval.Metric("kid", features=quarters) * 100)
    assert float(times_100.compute()) == pytest.approx(100 * functions()["kid"])
    tracker = MetricTracker(gan_eval.Metric("fid", features=quarters), maximize=False)
    for shift in (0, 1):
        tracker.increment()
        fed(tracker, fake=FAKE // 2 if shift else FAKE)
    best, step = tracker.best_metric(return_step=True)
    assert best == pytest.approx(min(float(value) for value in tracker.compute_all()))
    assert step in (0, 1)


@pytest.mark.parametrize(("name", "higher"), [("fid", False), ("kid", False), ("is", True), (["fid", "kid"], None)])
def test_the_better_direction_is_told(name: Any, higher: bool | None) -> None:
    assert gan_eval.Metric(name, features=quarters).higher_is_better is higher


# ------------------------------------------------------------------------------------------------ Lightning


class Painter(pl.LightningModule):
    """Paints images with a bias; its metrics are logged each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(3, 1, 1))
        self.kid = gan_eval.Metric("kid", features=quarters)
        self.several = gan_eval.Metric(["fid", "kid"], features=quarters, reset_real_features=False)
        self.fakes: list[Tensor] = []
        self.expected: list[float] = []

    def training_step(self, batch: list[Tensor], index: int) -> Tensor:
        return ((self.bias - 0.5) ** 2).sum()

    def validation_step(self, batch: list[Tensor], index: int) -> None:
        (real,) = batch
        fake = (real.float() / 255 * 0.5 + self.bias.detach()).clamp(0, 1)
        self.fakes.append(fake)
        for metric in (self.kid, self.several):
            metric.update(fake, real=False)
        self.kid.update(real, real=True)
        if not self.several.metric_state["real_features"] or self.current_epoch == 0:
            self.several.update(real, real=True)
        self.log("kid", self.kid, on_epoch=True, on_step=False)

    def on_validation_epoch_end(self) -> None:
        self.expected.append(float(gan_eval.kid(REAL, torch.cat(self.fakes), features=quarters)))
        self.fakes.clear()
        self.log_dict(self.several.compute())
        self.several.reset()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.filterwarnings("ignore::pytorch_lightning.utilities.warnings.PossibleUserWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed", "16-true"])
def test_a_lightning_loop_logs_what_the_function_gives(tmp_path: Any, precision: Any) -> None:
    model = Painter()
    loader = DataLoader(TensorDataset(REAL), batch_size=16)
    logged: list[float] = []

    class Reader(pl.Callback):
        def on_validation_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
            logged.append(float(trainer.callback_metrics["kid"]))

    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=3,
        precision=precision,
        num_sanity_val_steps=0,
        callbacks=[Reader()],
        default_root_dir=tmp_path,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(model, loader, loader)
    assert logged == pytest.approx(model.expected, rel=1e-3)
    assert len({round(value) for value in logged}) == 3  # reset between the epochs
    assert set(trainer.callback_metrics) >= {"kid", "fd", "kd"}
    assert isinstance(model.kid, TorchMetric)
