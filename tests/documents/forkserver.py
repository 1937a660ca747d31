"""Run `gan-eval`, `nicegan` and `python` from a shell without the seconds that importing torch takes each time.

A server process imports everything once. On the PATH of the shell stand small programs of those names that hand their
arguments, folder, environment and the three standard streams to the server, which forks a child to run the command as
the installed program would: the shell sees its output and its exit code.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import socket
import sys
import traceback
from pathlib import Path

PROGRAMS = ("gan-eval", "nicegan", "python")

_CLIENT = """#!{python} -IS
import array, json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
call = {{"program": {program!r}, "arguments": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}}
socket.send_fds(server, [json.dumps(call).encode() + b"\\n"], [0, 1, 2])
server.shutdown(socket.SHUT_WR)
sys.exit(int(server.makefile().read() or 70))
"""


def install(folder: Path, address: Path) -> None:
    """Write the small programs that call the server at `address` into `folder`."""
    for program in PROGRAMS:
        path = folder / program
        path.write_text(_CLIENT.format(python=sys.executable, address=str(address), program=program), encoding="utf-8")
        path.chmod(0o755)


def serve(address: Path) -> None:
    """Import the program, listen at `address`, and fork a child for every call until this process is ended."""
    _import_everything()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(address))
    listener.listen()
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _answer(connection)
        connection.close()


def _import_everything() -> None:
    import flask  # noqa: F401
    import matplotlib  # noqa: F401
    import timm  # noqa: F401
    import torch  # noqa: F401
    import torchvision  # noqa: F401

    import nicegan.training  # noqa: F401


def _answer(connection: socket.socket) -> None:
    """In the child: take over the caller's streams, folder and environment, run the command, send its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    text, streams, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    while not text.endswith(b"\n"):
        text += connection.recv(1 << 20)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    # Python's own streams remember what the server's descriptors were.
    sys.stdin = os.fdopen(0, "r", encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
    call = json.loads(text)
    os.chdir(call["folder"])
    os.environ.clear()
    os.environ.update(call["environment"])
    code = 70
    try:
        code = _run(call["program"], call["arguments"])
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(str(code).encode())
        os._exit(0)


def _run(program: str, arguments: list[str]) -> int:
    sys.argv = [program, *arguments]
    if program == "python":
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")
        return 0
    from gan_eval_cli.app import gan_eval_group, run
    from gan_eval_cli.nicegan import nicegan_group

    return run(gan_eval_group if program == "gan-eval" else nicegan_group, program, arguments)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
