from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import gan_eval
from gan_eval.cache import Cache

MakeFolder = Callable[..., Path]

pytestmark = pytest.mark.usefixtures("tiny_everywhere")


@pytest.fixture
def sets(make_folder: MakeFolder) -> tuple[Path, Path]:
    return make_folder("real", 30), make_folder("fake", 24, seed=1, shift=30)


def as_tensor(folder: Path) -> torch.Tensor:
    images = np.stack([np.asarray(Image.open(path)) for path in sorted(folder.iterdir())])
    return torch.from_numpy(images).permute(0, 3, 1, 2)


def test_a_score_is_a_number(sets: tuple[Path, Path]) -> None:
    score = gan_eval.fid(*sets)
    assert float(score) == score.value > 0
    assert score.interval is not None
    assert score.interval.low <= score.value <= score.interval.high


def test_every_source_gives_the_same_score(sets: tuple[Path, Path]) -> None:
    expected = float(gan_eval.kid(*sets))
    fake = as_tensor(sets[1])
    for given in (fake, fake.float() / 255, iter([fake[:10], fake[10:]]), [str(p) for p in sorted(sets[1].iterdir())]):
        assert float(gan_eval.kid(sets[0], given)) == pytest.approx(expected, rel=1e-6)


def test_the_family_names_its_scores(sets: tuple[Path, Path]) -> None:
    assert gan_eval.inception_score(sets[1]).metric == "is"
    assert gan_eval.prdc(*sets).coverage.metric == "coverage"
    assert [score.metric for score in gan_eval.score(*sets, metrics=("kid", "fid"))] == ["kid", "fid"]


def test_a_reference_scores_as_the_functions_do(sets: tuple[Path, Path]) -> None:
    with gan_eval.Reference(sets[0]) as reference:
        assert float(reference.fid(sets[1])) == float(gan_eval.fid(*sets))
        assert float(reference.kid(sets[1])) == float(gan_eval.kid(*sets))
        assert reference.prdc(sets[1]) == gan_eval.prdc(*sets)
        assert reference.inception_score(sets[1]) == gan_eval.inception_score(sets[1], real=sets[0])


@pytest.mark.parametrize("cache", [True, False])
def test_a_reference_reads_its_real_set_once(sets: tuple[Path, Path], tiny_everywhere: Any, cache: bool) -> None:
    with gan_eval.Reference(sets[0], cache=cache) as reference:
        for step in range(3):
            reference.kid(as_tensor(sets[1]) // (step + 1))
    assert tiny_everywhere.seen == 30 + 3 * 24


def test_a_reference_takes_an_iterator_once_for_all_metrics(sets: tuple[Path, Path]) -> None:
    with gan_eval.Reference(iter([as_tensor(sets[0])])) as reference:
        fid, kid = reference.fid(sets[1]), reference.kid(sets[1])
        assert reference.inception_score(sets[1]).details["real"]["n"] == 30
    assert float(fid) == pytest.approx(float(gan_eval.fid(*sets)))
    assert float(kid) == pytest.approx(float(gan_eval.kid(*sets)))


def test_a_training_runs_images_do_not_fill_the_cache(sets: tuple[Path, Path]) -> None:
    with gan_eval.Reference(sets[0]) as reference:
        reference.kid(as_tensor(sets[1]))
        before = Cache().usage()
        reference.kid(as_tensor(sets[1]) // 2)
        assert Cache().usage() == before


def test_nothing_is_printed(sets: tuple[Path, Path], capfd: pytest.CaptureFixture[str]) -> None:
    gan_eval.score(*sets, metrics=("fid", "kid", "prdc", "is"))
    assert capfd.readouterr() == ("", "")
