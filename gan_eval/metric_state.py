"""State of a metric that is fed batch by batch: rows of tensors, gathered from all processes of a group.

`StatefulModule` is the small part of `torchmetrics.Metric` that `gan_eval.Metric` rests on, under the same names. It
takes the place of that class where torchmetrics is not installed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from gan_eval.errors import MismatchError
from gan_eval.metrics.moments import Moments, Statistics

Gather: TypeAlias = Callable[..., list[Tensor]]


def together() -> bool:
    """Whether this process is one of a group that torch.distributed has put together."""
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def gather_rows(rows: Tensor, group: Any = None) -> list[Tensor]:
    """The rows of every process of a group, in the order of their ranks; to be called by all of them.

    Parameters
    ----------
    rows : Tensor
        (n, D) of a dtype that all processes share; n differs between them, and may be 0 with any D.
    group : process group or None, default None
        None for all processes.

    Returns
    -------
    list of Tensor
        One (n, D) for each process that has rows, on the CPU.

    Raises
    ------
    MismatchError
        In every process, where D differs between those that have rows.
    """
    place = _place_of(group)
    shapes = _all_gather(torch.tensor(rows.shape, device=place), group)
    counts, widths = ([int(shape[axis]) for shape in shapes] for axis in (0, 1))
    used = {width for count, width in zip(counts, widths, strict=True) if count}
    if len(used) > 1:
        raise MismatchError(f"features of dimension {min(used)} and {max(used)} in the processes: use one network")
    if not used:
        return []
    padded = torch.zeros((max(counts), *used), dtype=rows.dtype, device=place)
    if len(rows):
        padded[: len(rows)] = rows.to(place)
    gathered = _all_gather(padded, group)
    return [part[:count].cpu() for part, count in zip(gathered, counts, strict=True) if count]


def _all_gather(tensor: Tensor, group: Any) -> list[Tensor]:
    parts = [torch.empty_like(tensor) for _ in range(torch.distributed.get_world_size(group))]
    torch.distributed.all_gather(parts, tensor, group)
    return parts


def _place_of(group: Any) -> torch.device:
    """Where tensors must lie that this group's backend sends."""
    if "nccl" in str(torch.distributed.get_backend(group)):
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")


def packed(statistics: Statistics) -> Tensor:
    """Moments of n vectors of D features as (D + 2, D) float64: n in the first place, the mean, the covariance."""
    counts = np.zeros(statistics.dim)
    counts[0] = statistics.n or 0
    return torch.from_numpy(np.vstack([counts, statistics.mean, statistics.cov]))


def unpacked(rows: Tensor) -> Moments | None:
    """The sum of packed moments, (k (D + 2), D) float64 for k sets; None for k = 0."""
    total: Moments | None = None
    height = rows.shape[1] + 2
    for start in range(0, len(rows), height):
        values = rows[start : start + height].numpy()
        moments = Moments(int(values[0, 0]), values[1], values[2:])
        total = moments if total is None else total + moments
    return total


class StatefulModule(nn.Module):
    """A module with states, lists of tensors, that are reset, gathered from processes, saved and pickled with it."""

    def __init__(self, *, process_group: Any = None, sync_on_compute: bool = True) -> None:
        super().__init__()
        self.process_group = process_group
        self.sync_on_compute = sync_on_compute
        self._defaults: dict[str, Tensor | list[Tensor]] = {}
        self._persistent: dict[str, bool] = {}
        self._device = torch.get_default_device()
        self._cache: dict[str, Tensor | list[Tensor]] | None = None
        self._is_synced = False
        self._computed: Any = None
        self._forward_cache: Any = None
        self._update_count = 0

    def add_state(
        self,
        name: str,
        default: Tensor | list[Tensor],
        dist_reduce_fx: str | None = None,
        persistent: bool = False,
    ) -> None:
        """Add a state with its value after a reset."""
        self._defaults[name] = copy.deepcopy(default)
        self._persistent[name] = persistent
        setattr(self, name, default)

    @property
    def metric_state(self) -> dict[str, Tensor | list[Tensor]]:
        """The states by name."""
        return {name: getattr(self, name) for name in self._defaults}

    @property
    def device(self) -> torch.device:
        """The device that the metric was moved to."""
        return self._device

    def reset(self) -> None:
        """Put every state back to its value at the beginning."""
        for name, default in self._defaults.items():
            setattr(self, name, copy.deepcopy(default))
        self._cache, self._is_synced = None, False

    def sync(
        self,
        dist_sync_fn: Gather | None = None,
        process_group: Any = None,
        should_sync: bool = True,
        distributed_available: Callable[[], bool] | None = None,
    ) -> None:
        """Put the states of all processes in the place of this one's, until `unsync`."""
        if self._is_synced or not should_sync or not (distributed_available or together)():
            return
        self._cache = {name: copy.copy(value) for name, value in self.metric_state.items()}
        self._sync_dist(dist_sync_fn or gather_rows, process_group or self.process_group)
        self._is_synced = True

    def _sync_dist(self, dist_sync_fn: Gather = gather_rows, process_group: Any = None) -> None:
        raise NotImplementedError

    def unsync(self, should_unsync: bool = True) -> None:
        """Put this process's own states back."""
        if should_unsync and self._cache is not None:
            for name, value in self._cache.items():
                setattr(self, name, value)
            self._cache, self._is_synced = None, False

    def merge_state(self, incoming_state: Mapping[str, Any] | StatefulModule) -> None:
        """Add the states of another metric of the same settings, as of a part of the images."""
        incoming = incoming_state.metric_state if isinstance(incoming_state, StatefulModule) else incoming_state
        for name in self._defaults:
            if isinstance(getattr(self, name), list):
                setattr(self, name, [*incoming[name], *getattr(self, name)])

    def clone(self) -> StatefulModule:
        """A copy that goes its own way."""
        return copy.deepcopy(self)

    def persistent(self, mode: bool = False) -> None:
        """Choose whether the states are part of `state_dict`."""
        self._persistent = dict.fromkeys(self._persistent, mode)

    def _apply(self, fn: Callable[[Tensor], Tensor], exclude_state: Sequence[str] = ()) -> StatefulModule:
        super()._apply(fn)  # type: ignore[no-untyped-call]
        self._device = fn(torch.zeros(1, device=self._device)).device
        return self

    def __getstate__(self) -> dict[str, Any]:
        return dict(self.__dict__)

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        for name in self._saved():
            destination[prefix + name] = copy.deepcopy(getattr(self, name))

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        for name in self._defaults:
            if prefix + name in state_dict:
                setattr(self, name, state_dict.pop(prefix + name))
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def _saved(self) -> Iterable[str]:
        return (name for name, kept in self._persistent.items() if kept)
