"""Metrics that are fed batch by batch, as in a training loop: `update`, `compute`, `reset`.

Where torchmetrics is installed, `Metric` is one of its metrics, so that a `MetricCollection` takes it and Lightning
logs, moves and resets it. gan_eval does not need torchmetrics: elsewhere `Metric` does the same by itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gan_eval.api import options_of
from gan_eval.arguments import check_source
from gan_eval.errors import BadImagesError, InputError, TooFewError
from gan_eval.extractors import Activations, Extractor
from gan_eval.feature_set import FeatureSet
from gan_eval.features import find_network
from gan_eval.forward import Pass, run
from gan_eval.images import Given, open_source
from gan_eval.metric_state import Gather, gather_rows, packed, together, unpacked
from gan_eval.metrics.moments import Statistics, statistics
from gan_eval.metrics.table import TABLE, MetricName, MetricOptions
from gan_eval.options import checked, shown, takes_options
from gan_eval.result import Score
from gan_eval.scoring import check_metrics, needs, scores
from gan_eval.settings import BatchOptions, ExtractorOptions, IntervalOptions, SourceOptions, settings_of

if TYPE_CHECKING:
    from gan_eval.metric_state import StatefulModule as MetricBase
else:
    try:
        from torchmetrics import Metric as MetricBase
    except ImportError:
        from gan_eval.metric_state import StatefulModule as MetricBase

SideName = Literal["real", "fake"]


class MetricCall(ExtractorOptions, SourceOptions, BatchOptions, IntervalOptions, MetricOptions, total=False):
    """The options of `Metric`."""


class Metric(MetricBase):
    """FID, KID, Inception score and the other metrics of images that come batch by batch.

        metric = gan_eval.Metric(["fid", "kid"])
        metric.update(real_images, real=True)
        metric.update(fake_images, real=False)
        metric.compute()                        # {"fid": tensor(…), "kid": tensor(…)}
        metric.scores()                         # the same as `Score`s, with intervals and notes

    It gives what the functions give for the same images. In a process group `compute` and `scores` are of the images of
    all processes, and every process must call them.

    The network runs on the device that `.to(device)` names, else on that of `device`. Features are kept in main memory
    (8 kB an image for the 2015 Inception); `Metric("fid", interval=False)` keeps moments alone, whatever the number of
    images.

    Parameters
    ----------
    metrics : name or sequence of names
        Any that `gan_eval.score` takes.
    reset_real_features : bool, default True
        Whether `reset` also forgets the real images.
    process_group : process group or None, default None
        Processes whose images belong together; None for all.
    sync_on_compute : bool, default True
        Whether `compute` and `scores` are of the images of all processes.
    **options
        The options of the metrics and of the feature network, as of `gan_eval.score`.

    Raises
    ------
    GanEvalError
        InputError for a value that does not fit, WeightsError for weights that are missing.
    """

    is_differentiable = False
    full_state_update = False

    @takes_options(MetricCall)
    def __init__(
        self,
        metrics: MetricName | Sequence[MetricName],
        *,
        reset_real_features: bool = True,
        process_group: Any = None,
        sync_on_compute: bool = True,
        **options: Unpack[MetricCall],
    ) -> None:
        names = check_metrics([metrics] if isinstance(metrics, str) else metrics)
        for name, value in {"reset_real_features": reset_real_features, "sync_on_compute": sync_on_compute}.items():
            if not isinstance(value, bool):
                raise InputError(f"{name}={shown(value)}: use True or False")
        super().__init__(process_group=process_group, sync_on_compute=sync_on_compute)
        values = checked(MetricCall, options)
        self.metrics = names
        self.reset_real_features = reset_real_features
        self._options, self._settings = options_of(values), settings_of(values)
        self._needs = needs(names, self._options)
        self._moved = False
        self._notes: dict[str, None] = {}
        self._network, self._extractor = find_network(self._settings)
        for notice in self._network.notices:
            warnings.warn(notice, stacklevel=3)
        self._add_states()

    def _add_states(self) -> None:
        kinds = ["features" if self._needs.vectors else "moments", *(["logits"] if self._needs.logits else [])]
        for side in ("real", "fake"):
            for kind in kinds:
                self.add_state(f"{side}_{kind}", [], dist_reduce_fx="cat")
        # torchmetrics lets metrics of equal states share their passes; those of other settings must not.
        features = self._settings.features
        network = features if isinstance(features, str) else f"{id(features)}"
        told = repr((replace(self._settings, features="auto"), network, self.reset_real_features))
        mark = np.frombuffer(hashlib.sha256(told.encode()).digest(), np.uint8).astype(np.int64)
        self.add_state("settings_mark", torch.from_numpy(mark), dist_reduce_fx="max")

    # ------------------------------------------------------------------------------------ images in

    def update(self, images: Given, real: bool | None = None) -> None:
        """Take a batch of images.

        Parameters
        ----------
        images : source
            A tensor (N, 3, H, W), uint8 or floating point in 0–1, or anything else that `gan_eval.fid` takes.
        real : bool
            Whether they are real; may be left out where no metric compares with real images, and are fake then.

        Raises
        ------
        GanEvalError
            For images that cannot be used; nothing of the batch is taken then.
        """
        side = self._side(real)
        self._take(side, self._passed(images, side))

    def forward(self, images: Given, real: bool | None = None) -> Any:
        """`update`, then the value of this batch of fakes against the real images so far; None for real images."""
        side = self._side(real)
        activations = self._passed(images, side)
        self._take(side, activations)
        self._update_count += 1
        self._computed = self._forward_cache = None
        if side == "fake":
            logits = _HeldLogits(activations.logits) if activations.logits is not None else None
            batch = self._set("fake", statistics(activations.features), activations.features, logits)
            self._forward_cache = self._tensors(self._scored(self._held("real"), batch))
        return self._forward_cache

    def _side(self, real: object) -> SideName:
        if real is None and all(TABLE[name].sides == "fake" for name in self.metrics):
            return "fake"
        if not isinstance(real, bool):
            raise InputError(f"real={shown(real)}: use True for real images, False for fake ones")
        return "real" if real else "fake"

    def _passed(self, images: Given, side: SideName) -> Activations:
        """What the network gives for all images of a batch."""
        check_source("images", images)
        if self._extractor is None:
            self._extractor = self._loaded()
        settings = self._settings
        source = open_source(images, column=settings.column, deep=settings.deep)
        job = Pass(self._extractor.network, source, settings.batch_size, settings.workers, None, settings.deep)
        batches = list(run(job, self._extractor))
        bad = [line for batch in batches for line in batch.bad]
        if bad:
            raise BadImagesError(source.label, bad)
        self._notes |= dict.fromkeys(f"{side}: {note}" for note in source.notes)
        parts = [batch.activations for batch in batches if batch.activations is not None]
        features = np.concatenate([part.features for part in parts])
        if not np.isfinite(features).all():
            raise InputError("features hold NaN or infinity (the network overflowed, or its weights are broken)")
        logits = [part.logits for part in parts if part.logits is not None]
        return Activations(features, np.concatenate(logits) if logits else None)

    def _loaded(self) -> Extractor:
        """The network in memory, on the device that the metric was moved to."""
        from gan_eval.extractors import load

        settings = self._settings
        if self._moved:
            device = str(self.device) if self.device.type in ("cpu", "cuda") else "cpu"
            settings = replace(settings, device=device)
            module = getattr(settings.features, "module", settings.features)
            if isinstance(module, nn.Module):
                module.to(device)
        network, own = find_network(settings)
        return own or load(network)

    def _take(self, side: SideName, activations: Activations) -> None:
        features = activations.features
        if self._needs.logits:
            if activations.logits is None:
                raise InputError(
                    f"{self._network.name} has no class scores, which the Inception score needs "
                    "(use features='inception')"
                )
            self._append(f"{side}_logits", activations.logits)
        if self._needs.vectors:
            self._append(f"{side}_features", features)
            return
        before = unpacked(self._rows(f"{side}_moments"))
        total = statistics(features) if before is None else before + statistics(features)
        setattr(self, f"{side}_moments", [packed(total)])

    def _append(self, name: str, rows: NDArray[np.float32]) -> None:
        kept: list[Tensor] = getattr(self, name)
        if kept and kept[0].shape[1] != rows.shape[1]:
            raise InputError(f"features of dimension {rows.shape[1]} after {kept[0].shape[1]}: use one size of images")
        setattr(self, name, [*kept, torch.from_numpy(rows)])  # not in place: a collection's metrics share the list

    # ------------------------------------------------------------------------------------ numbers out

    def compute(self) -> Any:
        """The value as a float64 tensor of no axes; a dictionary of them by name where there are several numbers.

        Raises
        ------
        GanEvalError
            TooFewError where there are too few images.
        """
        return self._tensors(self.scores())

    def scores(self) -> tuple[Score, ...]:
        """The numbers as `Score`s, with intervals and all that a reader must know. Raises as `compute` does."""
        with self._gathered():
            return self._scored(self._held("real"), self._held("fake"))

    @property
    def higher_is_better(self) -> bool | None:
        """Which way is better; None where there are several numbers."""
        numbers = [number for name in self.metrics for number in TABLE[name].numbers]
        return numbers[0].direction == "higher" if len(numbers) == 1 else None

    def _scored(self, real: FeatureSet | None, fake: FeatureSet | None) -> tuple[Score, ...]:
        two_sided = any(TABLE[name].sides == "both" for name in self.metrics)
        for side, held in (("real", real), ("fake", fake)):
            if held is None and (side == "fake" or two_sided):
                raise TooFewError(f"no {side} images yet: give them with update(images, real={side == 'real'})")
        if fake is None:
            return ()
        results = scores(real, fake, self.metrics, self._network, self._options)
        notes = (*self._network.notices, *self._notes)
        return tuple(replace(score, warnings=(*notes, *score.warnings)) for score in results)

    def _tensors(self, results: Sequence[Score]) -> Any:
        kind = torch.float32 if self.device.type == "mps" else torch.float64
        values = {score.metric: torch.tensor(score.value, dtype=kind, device=self.device) for score in results}
        return next(iter(values.values())) if len(values) == 1 else values

    def _held(self, side: SideName) -> FeatureSet | None:
        """All images of a side that have come, reduced to what the metrics need; None where none has."""
        if not self._needs.vectors:
            moments = unpacked(self._rows(f"{side}_moments"))
            return None if moments is None else self._set(side, moments)
        features = self._rows(f"{side}_features").numpy()
        logits = _HeldLogits(self._rows(f"{side}_logits").numpy()) if self._needs.logits else None
        return self._set(side, statistics(features), features, logits) if len(features) else None

    def _set(
        self,
        side: SideName,
        moments: Statistics,
        vectors: NDArray[np.float32] | None = None,
        logits: _HeldLogits | None = None,
    ) -> FeatureSet:
        return FeatureSet(f"{side} images", moments.n, "", self._network.key(), moments, vectors, logits)

    def _rows(self, name: str) -> Tensor:
        """The rows of a state together, (n, D); (0, 0) where there are none."""
        parts: list[Tensor] = getattr(self, name)
        dtype = torch.float64 if name.endswith("moments") else torch.float32
        return torch.cat([part.cpu() for part in parts]) if parts else torch.zeros((0, 0), dtype=dtype)

    # ------------------------------------------------------------------------------------ processes, devices, files

    @contextlib.contextmanager
    def _gathered(self) -> Iterator[None]:
        """The states of all processes in the place of this one's."""
        if self._is_synced or not self.sync_on_compute or not together():
            yield
            return
        self.sync()
        try:
            yield
        finally:
            self.unsync()

    def sync(
        self,
        dist_sync_fn: Gather | None = None,
        process_group: Any = None,
        should_sync: bool = True,
        distributed_available: Callable[[], bool] | None = None,
    ) -> None:
        """Put the states of all processes in the place of this one's, until `unsync`."""
        super().sync(dist_sync_fn or gather_rows, process_group, should_sync, distributed_available)

    def _sync_dist(self, dist_sync_fn: Gather = gather_rows, process_group: Any = None) -> None:
        for name in self._list_states():
            setattr(self, name, list(dist_sync_fn(self._rows(name), process_group or self.process_group)))

    def _list_states(self) -> list[str]:
        return [name for name in self._defaults if isinstance(getattr(self, name), list)]

    def reset(self) -> None:
        """Forget the fake images and, unless `reset_real_features` is False, the real ones."""
        kept = {name: list(getattr(self, name)) for name in self._list_states() if name.startswith("real_")}
        super().reset()
        self._notes = {} if self.reset_real_features else {n: None for n in self._notes if n.startswith("real: ")}
        if not self.reset_real_features:
            for name, value in kept.items():
                setattr(self, name, value)
        elif not isinstance(self._settings.features, str):
            self._extractor = None  # a module of the caller's own may have learned since

    def _apply(self, fn: Callable[[Tensor], Tensor], exclude_state: Sequence[str] = ()) -> Metric:
        before = self.device
        super()._apply(fn, exclude_state=tuple(self._defaults))  # features stay in main memory, in their precision
        if not self._moved or self.device != before:
            self._moved, self._extractor = True, None
        return self

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_extractor": None}

    def extra_repr(self) -> str:
        """Metrics and network."""
        return f"{', '.join(self.metrics)}, features={self._network.name}"


@dataclass(frozen=True, slots=True)
class _HeldLogits:
    """Class scores (n, K) float32 in memory."""

    values: NDArray[np.float32]

    @property
    def n(self) -> int:
        return len(self.values)

    def array(self) -> NDArray[np.float32]:
        """The whole."""
        return self.values
