"""`gan_eval.study`: the functions behind the `gan-eval study` commands, from the public names."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

import gan_eval
from gan_eval import study
from gan_eval.options import defaults, option_rows
from gan_eval.study.making.folder import read_study
from gan_eval.study.making.planning import Wanted
from gan_eval.study.making.request import Amounts, Screen
from gan_eval.study.options import AmountOptions, NewOptions, PlanningOptions, ScreenOptions, SimulateOptions
from tests.gan_eval.study.exports import SECRET, folders
from tests.gan_eval.study.studies import SESSION, event, start

SMALL: dict[str, Any] = {"items": 4, "trials": 4, "forms": 2, "practice": 1, "repeats": 0, "checks": 1, "seed": 7}


@pytest.fixture
def methods(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "secret").write_bytes(SECRET)
    return dict(folders(tmp_path / "pictures", real=True, inputs=True).methods)


@pytest.fixture
def made(tmp_path: Path, methods: dict[str, Path]) -> Path:
    """A study of two methods."""
    study.new("pairwise", methods, tmp_path / "study", secret_file=tmp_path / "secret", **SMALL)
    return tmp_path / "study"


def test_it_is_an_attribute_of_the_package() -> None:
    assert gan_eval.study is study


def test_from_folders_to_findings(made: Path, tmp_path: Path) -> None:
    assert study.check(made, browser=False).ok
    simulated = study.simulate(made, tmp_path / "answers", strengths={"alpha-net": 1.5}, people=24, seed=3)
    assert (simulated.people, simulated.path) == (24, tmp_path / "answers" / "events.jsonl")
    collected = study.collect([tmp_path / "answers"], tmp_path / "merged", study=made)
    assert (collected.events, collected.sessions, collected.rejected) == (simulated.events, 24, [])
    analysis = study.analyse(tmp_path / "merged", made)
    assert analysis.people == 24
    frame = analysis.to_dataframe()
    assert list(frame.columns) == ["method", "measure", "value", "low", "high", "people", "answers"]
    shares = frame[frame.measure == "share"].set_index("method").value
    assert shares["alpha-net"] > 0.6
    assert shares.sum() == pytest.approx(1)


def test_new_is_what_the_command_makes(
    made: Path, methods: dict[str, Path], tmp_path: Path, invoke: Callable[..., Result]
) -> None:
    options = [text for name, value in SMALL.items() for text in (f"--{name}", value)]
    named = [text for name, path in methods.items() for text in ("--method", f"{name}={path}")]
    secret = ["--secret-file", tmp_path / "secret"]
    done = invoke("study", "new", "--kind", "pairwise", *named, *secret, *options, "--out", tmp_path / "other")
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "other" / "study.html").read_bytes() == (made / "study.html").read_bytes()


def test_plan_is_what_the_command_tells(invoke: Callable[..., Result]) -> None:
    told = invoke("study", "plan", "--kind", "pairwise", "--methods", 3, "--effect", 0.65, "--pay", 12, "--json")
    planned = study.plan("pairwise", 3, effect=0.65, pay=12)
    assert json.loads(told.stdout) == json.loads(json.dumps(planned.to_dict()))
    assert planned.advised >= planned.people


def test_every_option_reaches_the_study(methods: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text('[text]\ncontact = "a@b.example"\n')
    written = study.new(
        "pairwise",
        methods,
        tmp_path / "study",
        inputs=tmp_path / "pictures" / "inputs",
        **SMALL,
        gold=1,
        lang="de",
        both_bad=True,
        skip=True,
        confirm=True,
        min_ms=100,
        deadline_ms=9000,
        exposure_ms=700,
        show_px=300,
        kiosk=True,
        resize="40x30",
        crop=True,
        jpeg=90,
        site=True,
        platform="prolific",
        id_param="PID",
        completion="C0DE",
        post="https://lab.example/",
        study_id="mine",
        settings=tmp_path / "s.toml",
    )
    manifest, key = written.manifest, written.key
    ui = manifest.ui
    assert (ui.exposure_ms, ui.deadline_ms, ui.min_ms, ui.css_px[0], ui.tie) == (700, 9000, 100, 300, "tie+both-bad")
    assert (ui.kiosk, ui.confirm, ui.skip, ui.show_reference, manifest.lang) == (True, True, True, True, "de")
    assert (key.study_id, key.seed, (key.completion or "")[-7:]) == ("mine", "7", "cc=C0DE")
    assert (manifest.platform.id_params, manifest.text.contact) == (("PID",), "a@b.example")
    assert {(it.w, it.h, it.mime) for it in manifest.images.values()} == {(40, 30, "image/jpeg")}
    assert written.page == tmp_path / "study" / "site" / "index.html"


def test_progress_is_told(methods: dict[str, Path], tmp_path: Path) -> None:
    steps: list[str] = []
    study.new("pairwise", methods, tmp_path / "study", progress=lambda step, done, total: steps.append(step), **SMALL)
    assert steps


def test_a_leak_is_found(made: Path) -> None:
    page = made / "study.html"
    page.write_text(page.read_text().replace("<body>", "<body data-by='alpha-net'>"))
    found = study.check(made, browser=False)
    assert not found.ok
    assert any("alpha-net" in problem for problem in found.problems)
    assert found.to_dict()["ok"] is False


def test_simulated_answers_are_not_added_to_others(made: Path, tmp_path: Path) -> None:
    study.simulate(made, tmp_path / "answers", people=2)
    before = (tmp_path / "answers" / "events.jsonl").read_bytes()
    with pytest.raises(gan_eval.InputError, match="must not be mixed"):
        study.simulate(made, tmp_path / "answers", people=2)
    assert (tmp_path / "answers" / "events.jsonl").read_bytes() == before


def test_the_manifest_may_lie_elsewhere(made: Path, tmp_path: Path) -> None:
    study.simulate(made, tmp_path / "answers", people=2)
    (made / "study.json").rename(tmp_path / "public.json")
    with pytest.raises(gan_eval.InputError):
        study.analyse(tmp_path / "answers", made / "study.key.json")
    assert study.analyse(tmp_path / "answers", made / "study.key.json", manifest=tmp_path / "public.json").people == 2


def test_platform_ids_are_kept_where_asked(made: Path, tmp_path: Path) -> None:
    manifest = read_study(made).manifest
    (tmp_path / "one.jsonl").write_text(json.dumps(event(manifest, "start", start())) + "\n")
    collected = study.collect([tmp_path / "one.jsonl"], tmp_path / "answers", study=made, keep_platform_ids=True)
    assert (collected.sessions, collected.finished) == (1, 0)
    assert SESSION in (tmp_path / "answers" / "events.jsonl").read_text()


@pytest.mark.parametrize(("table", "values"), [(AmountOptions, Amounts()), (ScreenOptions, Screen())])
def test_defaults_of_the_tables_are_those_of_the_values(table: type, values: Any) -> None:
    assert {field.name: getattr(values, field.name) for field in fields(values)} == defaults(table)


def test_plans_have_the_same_defaults() -> None:
    own = {field.name: field.default for field in fields(Wanted)}
    told = defaults(PlanningOptions)
    assert {name: told[name] for name in ("rho", "power", "alpha", "seconds")} == {
        name: own[name] for name in ("rho", "power", "alpha", "seconds")
    }


@pytest.mark.parametrize(
    ("function", "table"),
    [(study.new, NewOptions), (study.simulate, SimulateOptions), (study.plan, PlanningOptions)],
)
def test_each_option_stands_in_signature_and_documentation(function: Any, table: type) -> None:
    shown, text = inspect.signature(function).parameters, inspect.getdoc(function) or ""
    for name, row in option_rows(table).items():
        assert shown[name].default == row.option.default
        assert f"{name} : {row.type_in_words()}" in text


@pytest.mark.parametrize("name", ["completion_failed", "completion_declined"])
def test_other_codes_go_with_a_code(name: str, methods: dict[str, Path], tmp_path: Path) -> None:
    codes: dict[str, Any] = {"platform": "prolific", name: "OTHER"}
    with pytest.raises(gan_eval.InputError, match=f"^{name}='OTHER'"):
        study.new("pairwise", methods, tmp_path / "study", **codes, **SMALL)
    key = study.new("pairwise", methods, tmp_path / "study", completion="C0DE", **codes, **SMALL).key
    assert getattr(key, name).endswith("cc=OTHER")
