"""The loop: the same bits however often it is killed, guarded, watched without being disturbed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from gan_eval.errors import InputError, MismatchError
from gan_eval.images import UnreadableImage
from gan_eval.result import Score
from nicegan import checkpoint
from nicegan.config import RunConfig
from nicegan.data import open_folders
from nicegan.journal import LOG, METRICS, records
from nicegan.models.nice.settings import NiceLoss, NiceNetwork
from nicegan.models.protocol import BOTH as DIRECTIONS
from nicegan.run import CONFIG, read_config, read_data
from nicegan.state import State
from nicegan.training import DivergedError, Status, TrainingOutcome, train
from nicegan.validation import Validation

ROOT = Path(__file__).resolve().parents[2]


class Killed(BaseException):
    """Stands for a kill: nothing in the loop may catch it."""


def go(config: RunConfig, demo: Path, run: Path, **arguments: object) -> TrainingOutcome:
    return train(config, open_folders(demo), run, tensorboard=False, **arguments)  # type: ignore[arg-type]


def kill_at(step: int) -> Callable[[Status | Validation], None]:
    def report(what: Status | Validation) -> None:
        if isinstance(what, Status) and what.step == step:
            raise Killed

    return report


def content(run: Path) -> dict[str, object]:
    """Everything a run leaves that must not depend on kills: weights, optimisers, log without times."""
    found = checkpoint.newest(run)
    assert found is not None
    log = [{key: value for key, value in record.items() if "seconds" not in key} for record in records(run / LOG)]
    return {
        "step": found.step,
        "log": log,
        "weights": (found.folder / checkpoint.WEIGHTS).read_bytes(),
        "optimisers": torch.load(found.folder / checkpoint.STATE, weights_only=True),
    }


def assert_same(one: dict[str, object], two: dict[str, object]) -> None:
    assert one["step"] == two["step"]
    assert one["log"] == two["log"]
    assert one["weights"] == two["weights"]
    torch.testing.assert_close(one["optimisers"], two["optimisers"], rtol=0, atol=0)


@pytest.fixture(scope="module")
def whole(tiny: RunConfig, demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing interrupted."""
    run = tmp_path_factory.mktemp("whole") / "run"
    assert go(tiny, demo, run) == TrainingOutcome(6, finished=True)
    return run


def fake_scorer(values: list[float], direction: str = "lower") -> Callable[[NDArray[np.uint8]], Score]:
    """A scorer that gives these values in turn."""
    left = iter(values)

    def score(fakes: NDArray[np.uint8]) -> Score:
        assert fakes.dtype == np.uint8
        assert fakes.shape[1:] == (24, 24, 3)
        return Score("kd", next(left), direction, 3, len(fakes), "none")  # type: ignore[arg-type]

    return score


def test_run_folder_says_what_was_done(whole: Path, tiny: RunConfig, demo: Path) -> None:
    assert (read_config(whole), read_data(whole)) == (tiny, demo)
    log = list(records(whole / LOG))
    assert [record["step"] for record in log] == [1, 2, 3, 4, 5, 6]
    assert [record["learning_rate"] for record in log] == pytest.approx([1e-3] * 3 + [1e-3 * 2 / 3, 1e-3 / 3, 0])
    assert {"discriminator", "generator", "cycle_a", "reconstruction_b", "adversarial_a"} <= log[0].keys()
    assert sorted(path.name for path in (whole / "checkpoints").iterdir()) == [f"step-0000000{n}" for n in (2, 4, 6)]


@pytest.mark.parametrize("moment", [1, 3, 4, 5])
def test_killed_run_resumes_to_the_same_bits(
    whole: Path, tiny: RunConfig, demo: Path, tmp_path: Path, moment: int
) -> None:
    with pytest.raises(Killed):
        go(tiny, demo, tmp_path / "run", report=kill_at(moment))
    assert go(tiny, demo, tmp_path / "run", resume=True) == TrainingOutcome(6, finished=True)
    assert_same(content(tmp_path / "run"), content(whole))


def test_stopped_run_saves_itself_and_resumes_to_the_same_bits(
    whole: Path, tiny: RunConfig, demo: Path, tmp_path: Path
) -> None:
    answers = iter([False, False, True])
    assert go(tiny, demo, tmp_path / "run", stop=lambda: next(answers)) == TrainingOutcome(3, finished=False)
    found = checkpoint.newest(tmp_path / "run")
    assert found is not None
    assert found.step == 3
    go(tiny, demo, tmp_path / "run", resume=True)
    assert_same(content(tmp_path / "run"), content(whole))


def test_process_killed_with_sigkill_resumes_to_the_same_bits(
    whole: Path, tiny: RunConfig, demo: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    program = (
        "import json, pathlib, sys; from nicegan.config import RunConfig; from nicegan.data import open_folders;"
        "from nicegan.training import train; config, data, run = sys.argv[1:];"
        "train(RunConfig.from_dict(json.loads(config)), open_folders(pathlib.Path(data)), pathlib.Path(run),"
        " resume=True, tensorboard=False)"
    )
    with subprocess.Popen([sys.executable, "-c", program, json.dumps(tiny.to_dict()), demo, run], cwd=ROOT) as process:
        while not (run / LOG).exists() or not (run / LOG).read_text():
            assert process.poll() is None
            time.sleep(0.001)
        os.kill(process.pid, signal.SIGKILL)
    go(tiny, demo, run, resume=True)
    assert_same(content(run), content(whole))


def test_looking_changes_nothing(whole: Path, tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    watched = replace(tiny, sample_every=1, validate_every=1, workers=1)
    scorers = {direction: fake_scorer([1.0] * 7) for direction in DIRECTIONS}
    go(watched, demo, tmp_path / "run", scorers=scorers)
    assert_same(content(tmp_path / "run") | {"weights": b""}, content(whole) | {"weights": b""})
    one, two = checkpoint.newest(tmp_path / "run"), checkpoint.newest(whole)
    assert one is not None
    assert two is not None
    for network in one.networks:
        torch.testing.assert_close(
            checkpoint.load_weights(one, network), checkpoint.load_weights(two, network), rtol=0, atol=0
        )


def test_seed_changes_the_run(whole: Path, tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    go(replace(tiny, seed=1), demo, tmp_path / "run")
    assert content(tmp_path / "run")["weights"] != content(whole)["weights"]


def test_finished_run_is_not_repeated(whole: Path, tiny: RunConfig, demo: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (whole / "checkpoints").rglob("*")}
    assert go(tiny, demo, whole, resume=True) == TrainingOutcome(6, finished=True)
    assert {path: path.stat().st_mtime_ns for path in (whole / "checkpoints").rglob("*")} == before


def test_finished_run_can_be_prolonged(tiny: RunConfig, demo: Path, tmp_path: Path, whole: Path) -> None:
    go(replace(tiny, optim=replace(tiny.optim, stop_at=3)), demo, tmp_path / "run")
    go(tiny, demo, tmp_path / "run", resume=True)
    assert_same(content(tmp_path / "run"), content(whole))


def test_run_is_not_overwritten(whole: Path, tiny: RunConfig, demo: Path) -> None:
    with pytest.raises(InputError, match="holds a run already"):
        go(tiny, demo, whole)


def test_resume_with_another_configuration_names_the_differences(whole: Path, tiny: RunConfig, demo: Path) -> None:
    other = replace(tiny, seed=5, loss=NiceLoss(cycle=3.0), keep_last=1, workers=2)
    with pytest.raises(MismatchError, match=r"loss\.cycle 10\.0 → 3\.0, seed 0 → 5 .*parent="):
        go(other, demo, whole, resume=True)


def test_resume_with_other_images_is_an_error(whole: Path, tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "data")
    (tmp_path / "data/trainB/0000.png").unlink()
    with pytest.raises(MismatchError, match="trainB 4 images → 3"):
        go(tiny, tmp_path / "data", whole, resume=True)


JUDGE = {"network": "inception", "weights_sha256": "1" * 64}


@pytest.mark.parametrize(
    ("judge", "message"),
    [
        ({**JUDGE, "network": "efficientnet-lite0"}, "validation's network inception → efficientnet-lite0"),
        ({**JUDGE, "weights_sha256": "2" * 64}, "validation's weights_sha256 1111"),
        ({**JUDGE, "precision": "bf16"}, "validation's precision None → bf16"),
    ],
)
def test_run_is_not_validated_by_another_judge(
    tiny: RunConfig, demo: Path, tmp_path: Path, judge: dict[str, str], message: str
) -> None:
    config, run = replace(tiny, validate_every=2), tmp_path / "run"
    part = replace(config, optim=replace(tiny.optim, stop_at=2))
    go(part, demo, run, scorers={"AtoB": fake_scorer([9, 1])}, judge=JUDGE)
    with pytest.raises(MismatchError, match=message):
        go(config, demo, run, resume=True, scorers={"AtoB": fake_scorer([1, 2])}, judge=judge)
    go(config, demo, run, resume=True, scorers={"AtoB": fake_scorer([1, 2])}, judge=JUDGE)


def test_run_is_not_validated_with_other_test_images(tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "data")
    config, run = replace(tiny, validate_every=2), tmp_path / "run"
    part = replace(config, optim=replace(tiny.optim, stop_at=2))
    go(part, tmp_path / "data", run, scorers={"AtoB": fake_scorer([9, 1])}, judge=JUDGE)
    (tmp_path / "data/testB/0000.png").unlink()
    with pytest.raises(MismatchError, match="testB 3 images → 2"):
        go(config, tmp_path / "data", run, resume=True, scorers={"AtoB": fake_scorer([1, 2])}, judge=JUDGE)


def test_new_schedule_takes_weights_averages_and_optimisers(
    whole: Path, tiny: RunConfig, demo: Path, tmp_path: Path
) -> None:
    start = checkpoint.newest(whole)
    assert start is not None
    state = State(tiny, torch.device("cpu"), start=start, how="from")
    assert state.step == 0
    torch.testing.assert_close(
        state.optimisers["G"].state_dict()["state"], checkpoint.load_state(start).optimisers["G"]["state"]
    )
    torch.testing.assert_close(dict(state.average["gen2B"].state_dict()), checkpoint.load_weights(start, "ema.gen2B"))
    torch.testing.assert_close(
        dict(state.model.parts()["gen2B"].state_dict()), checkpoint.load_weights(start, "gen2B"), rtol=0, atol=0
    )
    longer = replace(tiny, optim=replace(tiny.optim, iterations=8, learning_rate=1e-4))
    assert go(longer, demo, tmp_path / "run", start=start, carry_on=True) == TrainingOutcome(8, finished=True)


def test_imported_weights_without_optimisers_cannot_carry_on(
    whole: Path, tiny: RunConfig, demo: Path, tmp_path: Path
) -> None:
    start = checkpoint.newest(whole)
    assert start is not None
    with pytest.raises(InputError, match=r"no optimiser state .*init="):
        go(tiny, demo, tmp_path / "run", start=replace(start, state=None), carry_on=True)


def test_losses_are_means_over_the_interval_even_if_it_was_interrupted(
    whole: Path, tiny: RunConfig, demo: Path, tmp_path: Path
) -> None:
    config, run = replace(tiny, log_every=3), tmp_path / "run"
    go(replace(config, optim=replace(tiny.optim, stop_at=2)), demo, run)
    with (run / LOG).open("w"):
        pass  # the line of the stop
    go(config, demo, run, resume=True)
    every = [record["generator"] for record in records(whole / LOG)]
    means = {record["step"]: record["generator"] for record in records(run / LOG)}
    assert means[6] == pytest.approx(sum(every[3:6]) / 3)


def test_checkpoints_of_multiples_are_kept(tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    go(replace(tiny, checkpoint_every=1, keep_last=1, keep_every=2), demo, tmp_path / "run")
    assert sorted(path.name[-1] for path in (tmp_path / "run/checkpoints").glob("step-*")) == ["2", "4", "6"]


@pytest.mark.parametrize("folder", ["trainA", "trainB", "testA"])
def test_image_that_breaks_late_is_skipped_or_ends_the_run(
    tiny: RunConfig, demo: Path, tmp_path: Path, folder: str
) -> None:
    """Its header and its end are whole, so that only decoding shows it."""
    shutil.copytree(demo, tmp_path / "data")
    damage(tmp_path / "data" / folder / "0000.png")
    config = replace(tiny, validate_every=2, sample_every=2)
    arguments: dict[str, object] = {"scorers": {"AtoB": fake_scorer([9, 1, 1, 1])}}
    with pytest.raises(UnreadableImage, match=r"0000\.png"):
        go(config, tmp_path / "data", tmp_path / "run", **arguments)
    arguments = {"scorers": {"AtoB": fake_scorer([9, 1, 1, 1])}, "on_bad_image": "skip"}
    assert go(config, tmp_path / "data", tmp_path / "other", **arguments).finished


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40] = bytes(40)
    path.write_bytes(bytes(content))


def test_folder_of_something_else_is_an_error(tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text("{}")
    with pytest.raises(InputError, match="schema: wanted nicegan-run/2, found None"):
        go(tiny, demo, tmp_path, resume=True)


def test_divergence_stops_the_run_with_the_last_good_checkpoint(tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    wild = replace(tiny, optim=replace(tiny.optim, learning_rate=1e18, iterations=50), checkpoint_every=1, log_every=10)
    with pytest.raises(
        DivergedError, match=r"step \d+: .* no longer numbers; (the last good|there is no).*learning rate"
    ):
        go(wild, demo, tmp_path / "run")
    good = checkpoint.newest(tmp_path / "run")
    if good is not None:
        assert all(
            torch.isfinite(x).all() for name in good.networks for x in checkpoint.load_weights(good, name).values()
        )


def test_validations_are_recorded_and_the_best_is_kept(tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    config = replace(tiny, checkpoint_every=0, validate_every=2, keep_last=1)
    seen: list[Status | Validation] = []
    scorers = {"AtoB": fake_scorer([9.0, 3.0, 1.0, 2.0]), "BtoA": fake_scorer([9.0, 3.0, 2.0, 2.5])}
    go(config, demo, tmp_path / "run", scorers=scorers, report=seen.append)
    found = [(r["step"], r["AtoB"], r["mean"], r["images"]) for r in records(tmp_path / "run" / METRICS)]
    assert found == [
        (0, 9.0, 9.0, "untranslated"),
        (2, 3.0, 3.0, "translated"),
        (4, 1.0, 1.5, "translated"),
        (6, 2.0, 2.25, "translated"),
    ]
    assert [what.step for what in seen if isinstance(what, Validation)] == [0, 2, 4, 6]
    assert checkpoint.choose(tmp_path / "run").step == 4
    assert sorted(path.name for path in (tmp_path / "run/checkpoints").glob("step-*")) == [
        "step-00000004",
        "step-00000006",
    ]


def test_validation_uses_held_out_images_where_there_are_such(tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    folders = open_folders(demo)
    split = replace(folders, held_out={domain: paths[:3] for domain, paths in folders.train.items()})
    seen: list[int] = []

    def score(fakes: NDArray[np.uint8]) -> Score:
        seen.append(len(fakes))
        return Score("kd", 1.0, "lower", 3, len(fakes), "none", details={"halves": [[len(seen), 2.0]]})

    config = replace(tiny, validate_every=3)
    train(config, split, tmp_path / "run", scorers={"AtoB": score}, tensorboard=False)
    assert seen == [3, 3, 3]
    found = list(records(tmp_path / "run" / METRICS))
    assert [(record["on"], record["halves"]) for record in found] == [("train", ((n, 2.0),)) for n in (1, 2, 3)]


def test_halves_are_means_over_the_directions() -> None:
    def score(*halves: float) -> Score:
        return Score("kd", 1.0, "lower", 3, 3, "none", details={"halves": [list(halves)]} if halves else {})

    assert Validation(1, {"AtoB": score(1, 2), "BtoA": score(3, 6)}).halves == [[2, 4]]
    assert "halves" not in Validation(1, {"AtoB": score(1, 2), "BtoA": score()}).to_dict()


def test_higher_is_better_where_the_score_says_so(tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    config = replace(tiny, validate_every=2)
    go(config, demo, tmp_path / "run", scorers={"AtoB": fake_scorer([0.0, 3.0, 1.0, 2.0], "higher")})
    assert checkpoint.choose(tmp_path / "run").step == 2


def test_kill_between_validation_and_checkpoint_loses_nothing(tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    config = replace(tiny, validate_every=3)

    def killed_after(validations: int) -> Callable[[Status | Validation], None]:
        def report(what: Status | Validation) -> None:
            if isinstance(what, Validation) and what.step == validations:
                raise Killed

        return report

    with pytest.raises(Killed):
        go(config, demo, tmp_path / "run", scorers={"AtoB": fake_scorer([9, 1])}, report=killed_after(3))
    go(config, demo, tmp_path / "run", resume=True, scorers={"AtoB": fake_scorer([1, 2])})
    assert [record["step"] for record in records(tmp_path / "run" / METRICS)] == [0, 3, 6]
    assert checkpoint.choose(tmp_path / "run").step == 3


def test_sheets_are_written(tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    go(replace(tiny, sample_every=4), demo, tmp_path / "run")
    names = sorted(path.name for path in (tmp_path / "run/samples").iterdir())
    assert names == [f"{direction}-0000000{step}.png" for direction in DIRECTIONS for step in (4, 6)]
    with Image.open(tmp_path / "run/samples" / names[0]) as sheet:
        assert sheet.width > 6 * 24  # four training and two test images


def test_run_can_start_from_anothers_weights_at_another_size(
    whole: Path, tiny: RunConfig, demo: Path, tmp_path: Path
) -> None:
    start = checkpoint.newest(whole)
    larger = replace(tiny.network, height=32)
    frozen = replace(tiny, network=larger, optim=replace(tiny.optim, learning_rate=0.0, ema=0.0, iterations=1), seed=3)
    go(frozen, demo, tmp_path / "run", start=start)
    found = checkpoint.newest(tmp_path / "run")
    assert start is not None
    assert found is not None
    assert found.step == 1
    torch.testing.assert_close(
        checkpoint.load_weights(found, "gen2B"), checkpoint.load_weights(start, "ema.gen2B"), rtol=0, atol=0
    )


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_new_run_starts_from_what_was_validated(
    whole: Path, tiny: RunConfig, demo: Path, tmp_path: Path, ema: float
) -> None:
    """The averaged generators, in the trained networks and in the new averages; discriminators have no average."""
    start = checkpoint.newest(whole)
    still = replace(tiny, optim=replace(tiny.optim, learning_rate=0.0, weight_decay=0.0, ema=ema, iterations=3))
    go(still, demo, tmp_path / "run", start=start)
    found = checkpoint.newest(tmp_path / "run")
    assert start is not None
    assert found is not None
    pairs = [("gen2A", "ema.gen2A"), ("disB", "disB")] + ([("ema.gen2B", "ema.gen2B")] if ema else [])
    for new, old in pairs:
        weights, validated = checkpoint.load_weights(found, new), checkpoint.load_weights(start, old)
        for name in weights:
            if not name.endswith(("weight_u", "weight_v")):  # moved by power iterations
                torch.testing.assert_close(weights[name], validated[name], rtol=0, atol=1e-7)


def test_start_from_other_networks_is_an_error(whole: Path, tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    wider = replace(tiny, network=NiceNetwork(height=24, width=24, channels=4, n_res=1, scales=(0, 1)))
    with pytest.raises(MismatchError, match="channels 2 → 4"):
        go(wider, demo, tmp_path / "run", start=checkpoint.newest(whole))


def test_accumulated_passes_are_one_step(tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    config = replace(tiny, optim=replace(tiny.optim, accumulation=2, batch_size=2))
    go(config, demo, tmp_path / "whole")
    with pytest.raises(Killed):
        go(config, demo, tmp_path / "run", report=kill_at(3))
    go(config, demo, tmp_path / "run", resume=True)
    assert_same(content(tmp_path / "run"), content(tmp_path / "whole"))


def test_bf16_trains_nearly_alike(whole: Path, tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    go(replace(tiny, precision="bf16"), demo, tmp_path / "run")
    rough, exact = ([record["generator"] for record in records(run / LOG)] for run in (tmp_path / "run", whole))
    assert rough != exact
    assert rough == pytest.approx(exact, rel=0.05)


def test_tensorboard_is_written(tiny: RunConfig, demo: Path, tmp_path: Path) -> None:
    short = replace(tiny, optim=replace(tiny.optim, iterations=1))
    train(short, open_folders(demo), tmp_path / "run")
    events = list((tmp_path / "run/tensorboard").iterdir())
    assert len(events) == 1
    assert b"log/generator" in events[0].read_bytes()
