"""What `__all__` lists is what there is: every name exists and is documented, and nothing public is left out."""

from __future__ import annotations

import importlib
import inspect

import pytest


@pytest.mark.parametrize("package", ["gan_eval", "nicegan"])
def test_all_names_exist_and_are_documented(package: str) -> None:
    module = importlib.import_module(package)
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), f"{package}.{name} has no docstring"


@pytest.mark.parametrize("package", ["gan_eval", "nicegan"])
def test_nothing_public_is_left_out(package: str) -> None:
    module = importlib.import_module(package)
    for name, value in vars(module).items():
        if name.startswith("_") or inspect.ismodule(value):
            continue
        if getattr(value, "__module__", "").startswith(package):
            assert name in module.__all__, f"{package}.{name} is public and not in __all__"
