"""One process of a group that feeds metrics its part of the images and prints what they give.

python metric_process.py RANK STORE [alone]
"""

from __future__ import annotations

import json
import sys
from typing import Any

import torch
from torch import Tensor

import gan_eval
from gan_eval.errors import GanEvalError


def images(count: int, seed: int) -> Tensor:
    """(count, 3, 12, 10) uint8."""
    return torch.randint(0, 256, (count, 3, 12, 10), generator=torch.Generator().manual_seed(seed)).to(torch.uint8)


REAL, FAKE = images(40, 0), images(30, 1)


def features(batch: Tensor) -> Tensor:
    """Features (B, 12)."""
    return torch.nn.functional.adaptive_avg_pool2d(batch.double(), 2).flatten(1)


both = gan_eval.CustomNetwork(lambda x: (features(x), features(x) / 20), name="both", logits=True)


def main(rank: int, store: str) -> None:
    """All real images are the first process's; the fake ones are cut in two unequal parts."""
    torch.distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    parts = {True: REAL if rank == 0 else REAL[:0], False: FAKE[:11] if rank == 0 else FAKE[11:]}

    def fed(name: Any, **options: Any) -> Any:
        metric = gan_eval.Metric(name, **{"features": features, **options})
        for real, images in parts.items():
            for batch in images.split(4) if len(images) else ():
                metric.update(batch, real=real)
        return metric

    several = fed(["fid", "kid", "is", "prdc"], features=both)
    told: dict[str, Any] = {"values": {name: float(value) for name, value in several.compute().items()}}
    told["images"] = [[score.n_real, score.n_fake] for score in several.scores()]
    told["again"] = {name: float(value) for name, value in several.compute().items()}
    told["own"] = sum(len(part) for part in several.metric_state["fake_features"])
    told["moments"] = float(fed("fid", interval=False).compute())
    group = torch.distributed.new_group([0])
    alone = fed("kid", sync_on_compute=False) if rank else fed("kid", process_group=group)
    try:
        told["alone"] = float(alone.compute())
    except GanEvalError as error:
        told["alone"] = str(error)
    odd = gan_eval.Metric("fid", features=lambda x: features(x)[:, : 12 - rank])
    odd.update(REAL, real=True)
    odd.update(FAKE, real=False)
    try:
        odd.compute()
    except GanEvalError as error:
        told["odd"] = str(error)
    told["base"] = type(several).__mro__[1].__module__
    sys.stdout.write(f"{json.dumps(told)}\n")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    if sys.argv[3:] == ["alone"]:
        sys.modules["torchmetrics"] = None  # type: ignore[assignment]
    main(int(sys.argv[1]), sys.argv[2])
