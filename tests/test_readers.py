"""Files that a user or a disk can damage are read by the bounded readers alone; read from the source.

The readers are `gan_eval.files` (`read_bytes`, `read_text`, `read_json`, `read_document`, `open_regular`),
`gan_eval.strict_json`, `gan_eval.images` and `gan_eval.images.numpy_files`: they refuse what is no regular file, too
long, too deep or of another kind, with an error of ours. Whatever reads by itself stands below with its reason.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (ROOT / "gan_eval", ROOT / "nicegan", ROOT / "cli" / "gan_eval_cli")

#: (module, call) → why it may.
ALLOWED = {
    ("gan_eval/files.py", "path.open"): "to flush what was just written",
    ("gan_eval/strict_json.py", "json.loads"): "the reader of JSON itself",
    ("gan_eval/cache.py", "path.open"): "to flush what was just written, and to make a lock",
    ("gan_eval/cache.py", "_lock_file(room).open"): "a lock, whose content is never read",
    ("gan_eval/study/schema/manifest.py", "temporary.open"): "to flush what was just written",
    ("gan_eval/hardware.py", "Path(spec.origin).with_name('version.py').read_text"): "part of torch's installation",
    ("gan_eval/hardware.py", "Path('/proc/cpuinfo').read_text"): "of the kernel",
    ("gan_eval/images/numpy_files.py", "np.load"): "the bounded reader of arrays itself",
    ("gan_eval/extractors/state_dict.py", "load_file"): "the reader of weights itself",
    ("gan_eval/torch_files.py", "torch.load"): "the reader of torch's files itself",
    ("gan_eval/images/archives.py", "tarfile.open"): "the reader of shards itself, a stream",
    ("gan_eval/images/libtiff.py", "Path('/proc/self/maps').read_text"): "of the kernel",
    ("nicegan/checkpoint.py", "safe_open"): "after its hash was checked; only a part of the file is read",
    ("nicegan/pictures.py", "Image.open"): "of a stream of open_regular; nothing is decoded",
    ("gan_eval/images/decoding.py", "Image.open"): "the decoder of images itself, of bytes",
    ("gan_eval/study/checking/check.py", "Image.open"): "of bytes that the study's hash covers; nothing is decoded",
    ("nicegan/portable.py", "path.read_bytes"): "of a file that was written just now, to check it",
    ("gan_eval/demo.py", "Image.open"): "of bytes made here",
}
#: Modules that read only what is installed with them.
PACKAGE_DATA = {"gan_eval/study/making/webpage.py"}

_NAMES = {"open", "load_file", "safe_open"}
_METHODS = {"read_text", "read_bytes"}
_OF_LIBRARIES = {
    *("json.load", "json.loads", "np.load", "np.fromfile", "np.memmap", "np.genfromtxt", "np.loadtxt", "torch.load"),
    *("pickle.load", "pickle.loads", "tomllib.load", "Image.open", "io.open"),
}


def plain_reads(path: Path) -> list[str]:
    """The calls of a module that read a file, or JSON, by themselves, as they stand in the source."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return [ast.unparse(call.func) for call in calls if _reads(call)]


def _reads(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    if isinstance(call.func, ast.Name):
        return name in _NAMES
    if name in _OF_LIBRARIES or (isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS):
        return True
    mode = call.args[0] if call.args else None
    opens = isinstance(call.func, ast.Attribute) and call.func.attr == "open" and len(call.args) <= 1
    return opens and (mode is None or (isinstance(mode, ast.Constant) and str(mode.value)[:1] == "r"))


MODULES = [path for package in PACKAGES for path in sorted(package.rglob("*.py"))]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_only_bounded_readers_read_files(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    if name not in PACKAGE_DATA:
        assert [call for call in plain_reads(path) if (name, call) not in ALLOWED] == []


def test_every_exception_is_still_needed() -> None:
    found = {(path.relative_to(ROOT).as_posix(), call) for path in MODULES for call in plain_reads(path)}
    assert set(ALLOWED) - found == set()


@pytest.mark.parametrize(
    "source",
    ["open('a')", "Path('a').read_text()", "p.open()", "p.open('rb')", "np.load(p)", "json.loads(s)", "torch.load(p)"],
)
def test_a_plain_read_is_noticed(source: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(source)
    assert len(plain_reads(tmp_path / "a.py")) == 1


@pytest.mark.parametrize("source", ["p.open('wb')", "p.open('a')", "read_text(p)", "archive.open(member, 'w')", "x()"])
def test_what_writes_is_no_read(source: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(source)
    assert plain_reads(tmp_path / "a.py") == []
