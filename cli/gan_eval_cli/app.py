"""The two commands, `gan-eval` and `nicegan`, and the one place where an error of ours becomes a line and an exit code.

Exit codes: 0 done; 2 usage; 3 an input, weights or data fault; 4 a check did not hold; 130 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import click

from gan_eval.errors import GanEvalError
from gan_eval.metrics.table import TABLE
from gan_eval.printable import printable
from gan_eval.version import __version__
from gan_eval_cli.console import adapt_streams
from gan_eval_cli.flags import Invocation
from gan_eval_cli.lazy import lazy_group

COMMANDS: dict[str, str] = {
    **{name: f"gan_eval_cli.evaluate:{name}" for name in TABLE},
    "score": "gan_eval_cli.evaluate:score",
    "compare": "gan_eval_cli.compare:compare",
    "plan": "gan_eval_cli.plan:plan_images",
    "nrds": "gan_eval_cli.nrds:nrds",
    "agree": "gan_eval_cli.agree:agree_command",
    "study": "gan_eval_cli.study:study_group",
    "nicegan": "gan_eval_cli.nicegan:nicegan_group",
    "stats": "gan_eval_cli.stats:stats",
    "weights": "gan_eval_cli.weights:weights",
    "cache": "gan_eval_cli.cache:cache",
    "demo": "gan_eval_cli.demo:demo",
}

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=lazy_group(COMMANDS), context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="gan-eval")
def gan_eval_group() -> None:
    """Measure the quality of generated images, with error bars and tests.

    A SOURCE is a folder (read recursively), a .zip, one or several .tar shards (set-{000..031}.tar), a text file of
    paths (@list.txt), or a .npz of features or of moments.

    Example: gan-eval fid real/ fake/
    """


def gan_eval() -> None:
    """Entry point of `gan-eval`."""
    _listen()
    sys.exit(run(gan_eval_group, "gan-eval"))


def nicegan() -> None:
    """Entry point of `nicegan`."""
    from gan_eval_cli.nicegan import nicegan_group

    _listen()
    sys.exit(run(nicegan_group, "nicegan"))


def run(group: click.Group, name: str, arguments: list[str] | None = None) -> int:
    """Run a group and return its exit code; every error that a user can correct becomes one line on stderr."""
    adapt_streams()
    invocation = Invocation(sys.argv[1:] if arguments is None else arguments)
    try:
        code = group.main(args=arguments, prog_name=name, standalone_mode=False, obj=invocation)
        if sys.stdout is not None:  # which has been closed, as by `gan-eval … >&-`
            sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _interrupted(name)
    except ImportError:
        # A compiled module that is interrupted while it is imported says that it could not be imported.
        if _signals:
            return _interrupted(name)
        raise
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except GanEvalError as error:
        click.echo(f"{name}: error: {printable(invocation.in_flags(str(error)))}", err=True)
        return error.exit_code
    except MemoryError:
        click.echo(f"{name}: error: not enough memory (use smaller images or a smaller --batch-size)", err=True)
        return GanEvalError.exit_code
    except BrokenPipeError:
        # The reader of a pipe has gone (`gan-eval … | head`); Python must not complain while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        # A disk or a device that fails; where it is stdout, Python must not complain once more while it closes it.
        place = f"{printable(str(error.filename))}: " if error.filename else ""
        click.echo(f"{name}: error: {place}{error.strerror or error}", err=True)
        if sys.stdout is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GanEvalError.exit_code
    return code if isinstance(code, int) else 0


#: Signals that have asked this process to end.
_signals: list[int] = []


def _listen() -> None:
    """Let Ctrl-C and a polite request to end (SIGTERM) stop a run in the same way, so that it cleans up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    _signals.append(number)
    raise KeyboardInterrupt


def _interrupted(name: str) -> int:
    click.echo(f"{name}: interrupted", err=True)
    return 130
