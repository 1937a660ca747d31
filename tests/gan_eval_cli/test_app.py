from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

ROOT = Path(__file__).resolve().parents[2]
Invoke = Callable[..., Result]
MakeFolder = Callable[..., Path]


def command(*arguments: object, group: str = "gan_eval") -> list[str]:
    """The command line of a process of its own."""
    start = f"import sys; sys.argv[0] = 'gan-eval'; from gan_eval_cli.app import {group}; {group}()"
    return [sys.executable, "-c", start, *map(str, arguments)]


@pytest.mark.parametrize("group", ["gan-eval", "nicegan"])
def test_version_and_help(invoke: Invoke, group: str) -> None:
    assert "version" in invoke("--version", group=group).stdout
    assert "Example: " in invoke("--help", group=group).stdout


@pytest.mark.parametrize("words", [("--help",), ("fid", "--help"), ("demo", "--help"), ("cache", "info")])
def test_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    code = (
        "import sys; from gan_eval_cli.app import gan_eval_group, run; "
        f"run(gan_eval_group, 'gan-eval', {list(words)!r}); "
        "print(sorted({'torch', 'scipy', 'sklearn', 'timm', 'openvino', 'rich'} & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stderr.strip() == "[]"


def test_an_unknown_command_is_a_usage_error(invoke: Invoke) -> None:
    result = invoke("fud", "a", "b")
    assert (result.exit_code, "No such command 'fud'" in result.stderr) == (2, True)


def test_a_reader_that_goes_away_is_no_error() -> None:
    pipe = subprocess.run(
        f"set -o pipefail; {shlex.join(command('--help'))} | true",
        cwd=ROOT,
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=False,
    )
    assert pipe.stderr == ""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_with_one_line(make_folder: MakeFolder, sent: signal.Signals, tmp_path: Path) -> None:
    real = make_folder("real", 3000)
    process = subprocess.Popen(
        command("fid", real, real, "--features", "efficientnet-lite0", "--batch-size", "4"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "GAN_EVAL_CACHE": str(tmp_path / "cache")},
        # A shell without job control starts what it runs in the background deaf to SIGINT, the tests themselves too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.time() + 60
    while not list(tmp_path.glob("cache/results/unfinished/*")) and time.time() < deadline:
        time.sleep(0.05)
    process.send_signal(sent)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    assert err.splitlines()[-1] == "gan-eval: interrupted"
    # What was computed is kept for the next run, and nothing else.
    assert all((left / "pass.npz").exists() for left in tmp_path.glob("cache/results/unfinished/*"))
