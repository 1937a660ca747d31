"""A hash of a torch module: of all that its outputs depend on and that can be read from it.

It stands for the module in keys of what is kept on disk. A module of which something cannot be read (hooks, foreign
objects among its attributes, compiled parts) has no hash, and nothing that comes from it is kept.
"""

from __future__ import annotations

import functools
import hashlib
import types
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

#: Attributes of every module that are told by its structure or do not change what it returns.
_OWN = frozenset(vars(nn.Module())) | {"training"}
_HOOKS = ("_forward_hooks", "_forward_pre_hooks")
_PLAIN = (type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device, torch.Size, range, slice)


class _UnreadableError(Exception):
    """Something that a module's outputs may depend on and that cannot be told as text."""


def fingerprint(module: object) -> str | None:
    """SHA-256 of a module, in hexadecimal; None for one without weights, for functions, and where it cannot be known.

    It covers weights and buffers, the structure, plain attributes, and the code of the methods of each part's class. It
    does not follow functions that the methods call.
    """
    if not isinstance(module, nn.Module) or not any(True for _ in _tensors(module)):
        return None
    digest = hashlib.sha256(f"torch {torch.__version__}".encode())
    try:
        for name, part in module.named_modules():
            digest.update(repr((name, *_described(part))).encode())
    except _UnreadableError:
        return None
    for name, tensor in _tensors(module):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)} ".encode())
        digest.update(_bytes(tensor))
    return digest.hexdigest()


def _tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from module.named_parameters()
    yield from module.named_buffers()  # those that the state dict leaves out are among them


def _bytes(tensor: Tensor) -> memoryview:
    return tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data


def _described(part: nn.Module) -> Iterator[Any]:
    """Plain values that tell what one part of a module does, its tensors and its own parts left aside."""
    if isinstance(part, torch.jit.ScriptModule) or any(getattr(part, hooks, None) for hooks in _HOOKS):
        raise _UnreadableError
    kind = type(part)
    yield f"{kind.__module__}.{kind.__qualname__}"
    yield getattr(part, "code", None) if isinstance(part, torch.fx.GraphModule) else part.extra_repr()
    for base in kind.__mro__:
        if not _is_torchs(base):
            yield from ((name, _member(name, member)) for name, member in sorted(vars(base).items()))
    for name, value in sorted(vars(part).items()):
        if name not in _OWN and not (_is_torchs(kind) and name.startswith("_")):
            yield name, _plain(value)


def _is_torchs(kind: type) -> bool:
    return kind is object or kind.__module__.partition(".")[0] in ("torch", "typing", "abc", "builtins")


def _member(name: str, member: Any) -> Any:
    """What a class holds under a name: the code of a method, the value of a plain attribute."""
    if isinstance(member, property):
        member = member.fget
    function = getattr(member, "__func__", member)
    if isinstance(function, types.FunctionType):
        return _of_function(function)
    return "" if name.startswith("__") or name == "_abc_impl" else _plain(member)


def _of_function(function: types.FunctionType) -> Any:
    inner = getattr(function, "__wrapped__", None)  # of a decorator
    below = _of_function(inner) if isinstance(inner, types.FunctionType) else ""
    return _of_code(function.__code__), _plain(function.__defaults__), _plain(function.__kwdefaults__), below


def _of_code(code: types.CodeType) -> tuple[Any, ...]:
    constants = tuple(_of_code(value) if isinstance(value, types.CodeType) else repr(value) for value in code.co_consts)
    return code.co_code, code.co_names, code.co_varnames, code.co_freevars, constants


def _plain(value: Any) -> Any:
    """A value as text that tells all of it. Raises _UnreadableError where there is none."""
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, Tensor):
        return str(value.dtype), tuple(value.shape), hashlib.sha256(_bytes(value)).hexdigest()
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted(repr(_plain(one)) for one in value)
    if isinstance(value, dict):
        return [(_plain(key), _plain(one)) for key, one in value.items()]
    if isinstance(value, functools.partial):
        return _plain(value.func), _plain(value.args), _plain(value.keywords)
    if isinstance(value, types.FunctionType) and not value.__closure__:
        return _of_function(value)
    return _named(value)


def _named(value: Any) -> str:
    """The name of a function or class of torch or of Python itself."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if isinstance(module, str) and isinstance(name, str) and module.partition(".")[0] in ("torch", "math", "builtins"):
        return f"{module}.{name}"
    raise _UnreadableError
