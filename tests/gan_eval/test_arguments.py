"""Every argument of every public function with wrong values: one line that names the parameter, and no work done.

The sources do not exist, so that a value that is taken silently ends in an error about them, without the parameter.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

import gan_eval
from gan_eval import study
from gan_eval.arguments import check_models, check_source
from gan_eval.comparison import compare
from gan_eval.errors import GanEvalError, InputError
from gan_eval.metrics.table import MetricOptions
from gan_eval.options import OptionRow, option_rows
from gan_eval.scoring import check_metrics
from gan_eval.settings import NetworkOptions, ScoringOptions
from gan_eval.study.options import NewOptions, PlanningOptions, SimulateOptions

Call = Callable[..., object]
NOWHERE, OUT = "/nowhere/real", "/nowhere/out"
MODULE = torch.nn.Flatten()
NO_SOURCE: list[Any] = [None, 3, 1.5, True, b"x", object(), MODULE, [], {}]

#: Wrong values by the kind of an option; what is wrong for one row only is found from its range.
WRONG: dict[str, list[Any]] = {
    "int": [True, 1.5, "8", -(10**9), float("nan"), [], MODULE],
    "float": [True, "0.5", float("nan"), [], MODULE],
    "bool": [3, "yes", None, MODULE],
    "choice": ["none such", 3, [], MODULE],
    "text": ["", 3, [], MODULE, torch.device("meta")],
    "path": ["", 3, [], MODULE],
}
METRICS: list[Any] = ["fid", b"fid", 3, None, [], (), {"fid"}, {"fid": 1}, ["fdi"], ["fid", "fid"], [3], [None]]
PROGRESS: list[Any] = [3, "x", True, {}, []]


def wrong(row: OptionRow) -> Iterator[Any]:
    """Values that a row must refuse."""
    takes = row.option.objects or (lambda value: False)
    yield from (value for value in WRONG[row.kind] if not takes(value))
    if row.option.least is not None:
        yield row.option.least - 1
    if not row.optional and row.kind != "bool":
        yield None


def scored(name: str) -> Call:
    """A metric's function with its sources."""
    function = getattr(gan_eval, name)
    return lambda **given: function(*([NOWHERE] if name == "inception_score" else [NOWHERE, NOWHERE]), **given)


SCORERS = ("fid", "kid", "inception_score", "prdc", "score")
CALLS: dict[str, Call] = {
    **{name: scored(name) for name in SCORERS},
    "compare": lambda **given: gan_eval.compare(NOWHERE, {"a": NOWHERE}, **given),
    "Reference": lambda **given: gan_eval.Reference(NOWHERE, **given),
    "Metric": lambda **given: gan_eval.Metric("fid", **given),
    "nrds": lambda **given: gan_eval.nrds({"a": NOWHERE, "b": NOWHERE}, NOWHERE, **given),
    "Options": gan_eval.Options,
    "Settings": gan_eval.Settings,
}
STUDY_TABLES: dict[str, type] = {"new": NewOptions, "simulate": SimulateOptions, "plan": PlanningOptions}
STUDY_CALLS: dict[str, Call] = {
    "new": lambda **given: study.new(**{"kind": "pairwise", "methods": {"a": NOWHERE}, "out": OUT, **given}),
    "check": lambda **given: study.check(**{"out": NOWHERE, **given}),
    "simulate": lambda **given: study.simulate(**{"study": NOWHERE, "out": OUT, **given}),
    "collect": lambda **given: study.collect(**{"sources": [NOWHERE], "out": OUT, **given}),
    "analyse": lambda **given: study.analyse(**{"responses": NOWHERE, "key": NOWHERE, **given}),
    "plan": lambda **given: study.plan(**{"kind": "pairwise", "methods": 2, **given}),
}
ROWS = {**option_rows(ScoringOptions), **option_rows(MetricOptions)}


def option_cases() -> Iterator[Any]:
    """Each option that a function shows in its signature, with each wrong value."""
    for name in (*SCORERS, "compare", "Reference", "Metric", "nrds"):
        function = getattr(gan_eval, name)
        shown = set(inspect.signature(function.__init__ if inspect.isclass(function) else function).parameters)
        for option in [row for row in ROWS if row in shown]:
            # nrds has a batch size and a seed of its own, which the test of the plan holds.
            if name != "nrds" or option in option_rows(NetworkOptions):
                yield from (pytest.param(name, option, value, id=f"{name}-{option}") for value in wrong(ROWS[option]))


def refused(call: Call, parameter: str) -> None:
    """One line that begins with the parameter."""
    with pytest.raises(GanEvalError) as error:
        call()
    assert str(error.value).startswith((f"{parameter}=", f"{parameter}:", f"{parameter}[")), str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("name", "option", "value"), list(option_cases()))
def test_a_wrong_option_is_refused(name: str, option: str, value: Any) -> None:
    refused(lambda: CALLS[name](**{option: value}), option)


def test_no_option_is_forgotten() -> None:
    tried = {case.values[1] for case in option_cases()}
    assert tried == set(ROWS)


@pytest.mark.parametrize("row", list(option_rows(ScoringOptions).values()), ids=lambda row: row.name)
def test_values_refuse_what_functions_refuse(row: OptionRow) -> None:
    name = "Options" if row.name in ("interval", "seed", "group") else "Settings"
    for value in wrong(row):
        refused(lambda value=value: CALLS[name](**{row.name: value}), row.name)


@pytest.mark.parametrize("value", METRICS, ids=repr)
def test_wrong_metrics_are_refused(value: Any) -> None:
    refused(lambda: gan_eval.score(NOWHERE, NOWHERE, metrics=value), "metrics")
    refused(lambda: compare(NOWHERE, {"a": NOWHERE}, value), "metrics")


def test_metrics_may_come_from_any_ordered_iterable() -> None:
    assert check_metrics(name for name in ("kid", "fid")) == ("kid", "fid")


@pytest.mark.parametrize("value", PROGRESS, ids=repr)
@pytest.mark.parametrize("name", [*SCORERS, "Reference", "nrds"])
def test_progress_must_be_callable(name: str, value: Any) -> None:
    refused(lambda: CALLS[name](progress=value, features="efficientnet-lite0"), "progress")


@pytest.mark.parametrize("value", NO_SOURCE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("name", ["fid", "kid", "prdc", "score"])
def test_what_is_no_source_is_refused(name: str, value: Any) -> None:
    function = getattr(gan_eval, name)
    refused(lambda: function(value, NOWHERE), "real")
    refused(lambda: function(NOWHERE, value), "fake")


@pytest.mark.parametrize("value", NO_SOURCE, ids=lambda value: type(value).__name__)
def test_what_is_no_source_is_refused_elsewhere(value: Any) -> None:
    refused(lambda: gan_eval.inception_score(value), "fake")
    refused(lambda: gan_eval.Reference(value), "real")
    refused(lambda: compare(value, {"a": NOWHERE}), "real")
    refused(lambda: compare(NOWHERE, {"a": value}), "models")
    if value is not None:
        refused(lambda: gan_eval.inception_score(NOWHERE, real=value), "real")
        refused(lambda: gan_eval.nrds({"a": NOWHERE, "b": NOWHERE}, value), "real")
        refused(lambda: gan_eval.nrds({"a": NOWHERE, "b": NOWHERE}, NOWHERE, inputs=value), "inputs")


@pytest.mark.parametrize("value", [None, 3, 1.5, True, b"x", "path", object(), MODULE, {3: "a"}, {"": "a"}], ids=repr)
def test_wrong_models_are_refused(value: Any) -> None:
    refused(lambda: compare(NOWHERE, value), "models")
    refused(lambda: gan_eval.nrds(value, NOWHERE), "models")


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        ("protocol", ["x", 3, None, []]),
        ("discriminator", ["x", 3, [], MODULE]),
        ("against", ["x", 3, None]),
        ("seeds", [True, 1.5, "5"]),
        ("epochs", [True, 1.5, "5"]),
        ("batch_size", [0, -1, True, 1.5, "8"]),
        ("size", [0, -1, 15, 1025, True, 1.5, "64"]),
        ("seed", ["x", None, -1, 1.5, True]),
    ],
)
def test_wrong_choices_of_a_contest_are_refused(parameter: str, values: list[Any]) -> None:
    for value in values:
        refused(lambda value=value: CALLS["nrds"](**{parameter: value}), parameter)


@pytest.mark.parametrize("value", [3, "x", {}], ids=repr)
def test_settings_and_options_are_of_their_classes(value: Any) -> None:
    refused(lambda: compare(NOWHERE, {"a": NOWHERE}, settings=value), "settings")
    refused(lambda: compare(NOWHERE, {"a": NOWHERE}, options=value), "options")


@pytest.mark.parametrize("name", [*SCORERS, "Reference", "Metric", "nrds", "Options"])
def test_an_unknown_option_is_a_type_error_as_in_any_function(name: str) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'no_such_option'"):
        CALLS[name](no_such_option=3)


@pytest.mark.parametrize(
    "value", ["a", np.zeros((1, 2, 2, 3), np.uint8), torch.zeros(1, 3, 2, 2), ["a.png"], iter([]), (i for i in "ab")]
)
def test_what_may_be_a_source_passes(value: Any) -> None:
    check_source("real", value)
    check_models({"a": value})


def test_a_list_of_paths_names_models_where_it_may() -> None:
    check_models(["a", "b"], paths=True)
    with pytest.raises(InputError, match=r"^models="):
        check_models(["a", "b"])


# ------------------------------------------------------------------------------------------------ studies


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        pytest.param(name, row.name, value, id=f"{name}-{row.name}")
        for name, table in STUDY_TABLES.items()
        for row in option_rows(table).values()
        for value in wrong(row)
    ],
)
def test_a_wrong_option_of_a_study_is_refused(name: str, option: str, value: Any) -> None:
    refused(lambda: STUDY_CALLS[name](**{option: value}), option)


NO_PATH: list[Any] = [3, 1.5, True, b"x", "", "a\0b", object(), MODULE, [], {}, {"a": "b"}]
NO_FLAG: list[Any] = [3, "yes", None, [], MODULE]
OWN_ARGUMENTS: dict[tuple[str, str], list[Any]] = {
    **{(name, "kind"): ["none such", "Pairwise", 3, None, [], MODULE] for name in ("new", "plan")},
    ("new", "methods"): [*NO_PATH[:-1], None, {3: "a"}, {"": "a"}, {"a": 3}, {"a": None}, {"a": ""}, ["a"]],
    **{(name, "out"): [*NO_PATH, None] for name in ("new", "check", "simulate", "collect")},
    **{("new", name): NO_PATH for name in ("inputs", "real")},
    ("new", "progress"): PROGRESS,
    ("check", "browser"): NO_FLAG,
    ("simulate", "study"): [*NO_PATH, None],
    ("simulate", "strengths"): [3, "A=1", [("A", 1)], {3: 1.0}, {"A": "1"}, {"A": None}, {"A": True}],
    ("collect", "sources"): [3, "a", b"x", None, [], {}, {"a": "b"}, [3], [None], [""]],
    ("collect", "study"): NO_PATH,
    ("collect", "keep_platform_ids"): NO_FLAG,
    **{("analyse", name): [*NO_PATH, None] for name in ("responses", "key")},
    ("analyse", "manifest"): NO_PATH,
    ("plan", "methods"): [0, -1, 10, True, 1.5, "2", None, [], MODULE],
}


@pytest.mark.parametrize(("name", "parameter"), OWN_ARGUMENTS, ids="-".join)
def test_a_wrong_argument_of_a_study_is_refused(name: str, parameter: str) -> None:
    for value in OWN_ARGUMENTS[name, parameter]:
        refused(lambda value=value: STUDY_CALLS[name](**{parameter: value}), parameter)


def test_no_argument_of_a_study_is_forgotten() -> None:
    shown = {(name, p) for name in STUDY_CALLS for p in inspect.signature(getattr(study, name)).parameters}
    of_tables = {(name, row) for name, table in STUDY_TABLES.items() for row in option_rows(table)}
    assert shown == of_tables | set(OWN_ARGUMENTS)


@pytest.mark.parametrize("name", STUDY_CALLS)
def test_an_unknown_option_of_a_study_is_a_type_error(name: str) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'no_such_option'"):
        STUDY_CALLS[name](no_such_option=3)


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        ("reset_real_features", NO_FLAG),
        ("sync_on_compute", NO_FLAG),
    ],
)
def test_wrong_choices_of_a_metric_are_refused(parameter: str, values: list[Any]) -> None:
    for value in values:
        refused(lambda value=value: gan_eval.Metric("fid", **{parameter: value}), parameter)


@pytest.mark.parametrize("value", METRICS[1:], ids=repr)
def test_wrong_metrics_of_a_metric_are_refused(value: Any) -> None:
    refused(lambda: gan_eval.Metric(value), "metrics")


@pytest.mark.parametrize("value", NO_SOURCE, ids=lambda value: type(value).__name__)
def test_wrong_images_of_a_metric_are_refused(value: Any) -> None:
    metric = gan_eval.Metric("fid", features=MODULE)
    refused(lambda: metric.update(value, real=True), "images")
    refused(lambda: metric.forward(value, real=False), "images")


@pytest.mark.parametrize("value", [None, 1, "real", torch.tensor([True])], ids=repr)
def test_a_wrong_side_of_a_metric_is_refused(value: Any) -> None:
    refused(lambda: gan_eval.Metric("fid", features=MODULE).update(torch.zeros(2, 3, 8, 8), real=value), "real")
