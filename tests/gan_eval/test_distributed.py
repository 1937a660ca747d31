"""Several processes read as one does; an error or an end of one of them ends all."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gan_eval import distributed
from gan_eval.errors import GanEvalError

ROOT = Path(__file__).resolve().parents[2]
MakeFolder = Callable[..., Path]
COMMAND = "from gan_eval_cli.app import gan_eval; gan_eval()"
TEAM = """
import sys
from gan_eval import pulse
from gan_eval.distributed import team
from gan_eval.errors import InputError
pulse.SILENCE_SECONDS = 4
def work(rank):
{work}
with team() as mates:
    if mates.rank:
        mates.follow(lambda job: work(mates.rank))
    else:
        for result in mates.lead("job", work(0)):
            print(result)
"""


class Ended(NamedTuple):
    code: int
    stdout: str
    stderr: str


def run(program: str, *arguments: object, size: int = 2, stopped: int | None = None) -> list[Ended]:
    """The program in `size` processes with the environment that torchrun gives them, the leader first.

    stopped: a process that will stop itself, and is killed when the others have ended.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size)}
    command = [sys.executable, "-c", program, *map(str, arguments)]
    processes = [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(size)
    ]
    others = [process for rank, process in enumerate(processes) if rank != stopped]
    for process in others:
        process.wait(timeout=120)
    if stopped is not None:
        processes[stopped].kill()
    said = [process.communicate(timeout=120) for process in processes]
    return [Ended(process.returncode, *both) for process, both in zip(processes, said, strict=True)]


def team(work: str, *, size: int = 2, stopped: int | None = None) -> list[Ended]:
    """A team in which every process does `work`, the body of a generator that knows its `rank`."""
    return run(TEAM.format(work="\n".join(f"    {line}" for line in work.splitlines())), size=size, stopped=stopped)


@pytest.fixture
def sets(make_folder: MakeFolder) -> tuple[Path, Path]:
    """19 real images, which is no multiple of any batch, and 12 fake ones in a zip file."""
    fake = make_folder("fake", 12, seed=1, shift=40)
    return make_folder("real", 19), Path(shutil.make_archive(str(fake), "zip", fake))


def score(*arguments: object, size: int = 2) -> list[Ended]:
    options = ("--features", "efficientnet-lite0", "--no-cache", "--batch-size", 4, "--json", "--quiet")
    return run(COMMAND, *arguments, *options, size=size)


def document(text: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(text)
    del made["seconds"]
    return made


def test_two_processes_give_the_numbers_of_one(sets: tuple[Path, Path]) -> None:
    alone = score("score", *sets, size=1)[0]
    leader, follower = score("score", *sets)
    assert (alone.code, leader.code, follower.code) == (0, 0, 0)
    assert document(leader.stdout) == document(alone.stdout)
    assert (follower.stdout, follower.stderr) == ("", "")


def test_a_user_error_is_told_once_and_ends_all(sets: tuple[Path, Path]) -> None:
    leader, follower = score("fid", sets[0], "nowhere/")
    assert (leader.code, leader.stdout) == (3, "")
    assert leader.stderr.splitlines() == ["gan-eval: error: nowhere/: no such file or folder"]
    assert (follower.code, follower.stdout, follower.stderr) == (0, "", "")


def test_results_come_in_turns_whatever_each_process_has() -> None:
    leader, *followers = team("yield from [(rank, n) for n in range(3 - rank)]", size=3)
    assert leader.stdout.split("\n")[:-1] == ["(0, 0)", "(1, 0)", "(2, 0)", "(0, 1)", "(1, 1)", "(0, 2)"]
    assert {one.code for one in followers} == {0}


def test_a_followers_error_is_raised_in_the_leader() -> None:
    leader, follower = team("yield 0\nif rank:\n    raise InputError('from afar')\nyield 1")
    assert leader.code != 0
    assert "InputError: from afar" in leader.stderr
    assert follower.code == 0


def test_followers_of_an_interrupted_leader_end() -> None:
    leader, follower = team("yield 0\nif not rank:\n    raise KeyboardInterrupt\nyield 1")
    assert leader.code != 0
    assert follower.code != 0
    assert "LostError: process 0 of this run has ended before its work was done" in follower.stderr


def test_a_follower_that_dies_is_missed() -> None:
    leader, follower = team("yield 0\nif rank:\n    import os; os._exit(7)\nyield 1")
    assert follower.code == 7
    assert "process 1 of this run has been killed or stopped" in leader.stderr


KILLED = "yield 0\nif rank == {who}:\n    import os, signal; os.kill(os.getpid(), signal.{signal})\nyield 1\nyield 2"


@pytest.mark.parametrize(("who", "signal"), [(1, "SIGKILL"), (0, "SIGSTOP")])
def test_whoever_is_killed_or_stopped_the_others_end_and_say_so(who: int, signal: str) -> None:
    begun = time.monotonic()
    ended = team(KILLED.format(who=who, signal=signal), size=3, stopped=who if signal == "SIGSTOP" else None)
    assert time.monotonic() - begun < 30
    for rank, process in enumerate(ended):
        if rank != who:
            assert process.code not in (0, None)
            assert "LostError: " in process.stderr
            assert "killed or stopped" in process.stderr or "has ended" in process.stderr


def test_a_process_alone_says_that_the_others_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(GanEvalError, match="unset WORLD_SIZE"), distributed.team():
        pass


def test_the_leader_alone_knows_the_team_that_it_leads() -> None:
    program = "from gan_eval.distributed import leading, team\nwith team() as mates:\n    print(leading() is mates)\n"
    leader, follower = run(program + "    mates.rank and mates.follow(lambda job: iter(()))\nprint(leading())")
    assert leader.stdout.split() == ["True", "None"]
    assert follower.stdout.split() == ["False", "None"]
