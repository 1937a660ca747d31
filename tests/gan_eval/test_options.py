from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict, Unpack

import numpy as np
import pytest
import torch

from gan_eval.errors import InputError
from gan_eval.options import Option, checked, defaults, option_rows, takes_options


class Table(TypedDict, total=False):
    """One option of each kind."""

    count: Annotated[int, Option(3, "How many.", least=1, most=9)]
    share: Annotated[float, Option(0.5, "Which part.", least=0, most=1)]
    deep: Annotated[bool, Option(False, "Whether to go deep.")]
    colour: Annotated[Literal["red", "blue"], Option("red", "Which colour.")]
    file: Annotated[str | os.PathLike[str] | None, Option(None, "Which file.", shown_default="the usual one")]
    device: Annotated[str, Option("cpu", "Where.", pattern=r"cpu|cuda(:\d+)?", wanted="cpu, cuda or cuda:N")]


@takes_options(Table)
def work(first: int, **options: Unpack[Table]) -> dict[str, Any]:
    """Do the work.

    Parameters
    ----------
    first : int
        Comes first.

    Returns
    -------
    dict
        The options.
    """
    return checked(Table, options)


@pytest.mark.parametrize(
    ("name", "value", "plain"),
    [
        ("count", np.int64(4), 4),
        ("count", 9, 9),
        ("share", 1, 1.0),
        ("share", np.float32(0.25), 0.25),
        ("file", "a.pth", Path("a.pth")),
        ("file", None, None),
        ("device", torch.device("cpu"), "cpu"),
        ("device", torch.device("cuda", 1), "cuda:1"),
        ("colour", "blue", "blue"),
    ],
)
def test_a_value_that_fits_comes_back_plain(name: str, value: Any, plain: Any) -> None:
    result = option_rows(Table)[name].check(value)
    assert (result, type(result)) == (plain, type(plain)) or isinstance(result, Path)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("count", 0, "count=0: use a whole number from 1 to 9"),
        ("count", 10, "count=10: use a whole number from 1 to 9"),
        ("count", 2.0, "count=2.0: use a whole number"),
        ("count", True, "count=True: use a whole number"),
        ("count", "3", "count='3': use a whole number"),
        ("count", None, "count=None: use a whole number"),
        ("share", float("nan"), "share=nan: use a number from 0 to 1"),
        ("share", -0.1, "share=-0.1: use a number from 0 to 1"),
        ("share", "0.1", "share='0.1': use a number"),
        ("share", object(), "share=<object>: use a number"),
        ("deep", 1, "deep=1: use True or False"),
        ("colour", "green", "colour='green': use 'red' or 'blue'"),
        ("colour", ["red"], "colour=<list>: use 'red' or 'blue'"),
        ("file", 3, "file=3: use a path or None"),
        ("file", "", "file='': use a path or None"),
        ("device", "tpu", "device='tpu': use cpu, cuda or cuda:N"),
        ("device", torch.nn.Linear(1, 1), "device=<Linear>: use cpu, cuda or cuda:N"),
        ("device", "x" * 500, "…: use cpu"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_its_name(name: str, value: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        work(1, **{name: value})
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_defaults_stand_for_what_is_not_given() -> None:
    assert work(1, count=5) == {**defaults(Table), "count": 5}


def test_the_signature_shows_each_option() -> None:
    parameters = inspect.signature(work).parameters
    assert list(parameters) == ["first", "count", "share", "deep", "colour", "file", "device"]
    assert (parameters["count"].default, parameters["count"].annotation) == (3, int)
    assert parameters["count"].kind is inspect.Parameter.KEYWORD_ONLY


def test_the_docstring_tells_each_option_among_the_parameters() -> None:
    text = inspect.getdoc(work) or ""
    parameters = text.partition("Returns")[0]
    assert "count : int, default 3\n    How many." in parameters
    assert "colour : {'red', 'blue'}, default 'red'" in parameters
    assert "file : str or path or None, default None\n    Which file. (default: the usual one)" in parameters


def test_an_unknown_option_is_a_type_error_with_a_hint() -> None:
    with pytest.raises(TypeError, match=r"work\(\) got an unexpected keyword argument 'cuont'; did you mean 'count'"):
        work(1, cuont=3)  # type: ignore[call-arg]


def test_an_option_without_a_description_is_refused() -> None:
    class Bare(TypedDict):
        count: int

    with pytest.raises(TypeError, match="count is not annotated"):
        option_rows(Bare)
