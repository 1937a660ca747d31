"""Human studies from Python: what the `gan-eval study` commands do, as functions. They print nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Unpack

import numpy as np

from gan_eval.arguments import check_choice, check_flag, check_folders, check_path, check_paths, check_progress
from gan_eval.errors import InputError
from gan_eval.options import checked, option_rows, shown, takes_options
from gan_eval.picture_size import parse_size
from gan_eval.result import Progress
from gan_eval.study.analysing.analysis import Analysis
from gan_eval.study.analysing.analysis import analyse as analyse_events
from gan_eval.study.analysing.kinds.table import KINDS, kind_spec
from gan_eval.study.checking.check import StudyCheck, run_checks
from gan_eval.study.collecting.collect import Collected, merge_sources
from gan_eval.study.collecting.simulate import People, made_up_events
from gan_eval.study.making.export import StudyFiles, export
from gan_eval.study.making.pictures import Fitting
from gan_eval.study.making.planning import StudyPlan, Wanted, worked_out
from gan_eval.study.making.request import Amounts, Hosting, Screen, StudyRequest
from gan_eval.study.making.settings import read_settings
from gan_eval.study.making.sources import Folders
from gan_eval.study.options import (
    AmountOptions,
    MethodCount,
    NewOptions,
    PlanningOptions,
    ScreenOptions,
    SimulateOptions,
)
from gan_eval.study.schema import platforms
from gan_eval.study.schema.events import EVENTS_FILE, read_events, write_events
from gan_eval.study.schema.ids import read_secret
from gan_eval.study.schema.manifest import MANIFEST_FILE, read_key, read_manifest
from gan_eval.study.schema.trials import Kind

PathLike = str | os.PathLike[str]


class SimulatedAnswers(NamedTuple):
    """Answers that `simulate` wrote. people: how many were simulated; events: written to `path`; seed: of the draws."""

    study_id: str
    people: int
    events: int
    path: Path
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of the command-line contract."""
        document = {**self._asdict(), "out": str(self.path)}
        del document["path"]
        return {"schema": "gan-eval-study-simulation/1", **document}


@takes_options(NewOptions)
def new(
    kind: Kind,
    methods: Mapping[str, PathLike],
    out: PathLike,
    *,
    inputs: PathLike | None = None,
    real: PathLike | None = None,
    progress: Progress | None = None,
    **options: Unpack[NewOptions],
) -> StudyFiles:
    """Make a study from folders of outputs: the page for participants, and the key that unblinds it.

    Pictures of one item have one file name in every folder. Items are drawn by the seed before any is opened; all
    pictures go through one encoder, without metadata and in one length.

    Parameters
    ----------
    kind : {'best-of-k', 'pairwise', 'real-fake', 'two-alternative'}
        What participants say.
    methods : mapping of name to path
        The folder of each method's outputs.
    out : path
        New folder for the study and its key. It gets `study.html` (or `site/`) to give away, `study.json` for checking,
        and `study.key.json`, which nobody but you should see.
    inputs : path or None, default None
        Folder of the inputs to show beside the outputs; None for those that `nicegan translate` recorded.
    real : path or None, default None
        Folder of real pictures, for the kinds that show them; None for those that `nicegan translate` recorded.
    progress : callable or None, default None
        Called with (step, done, total or None).

    Returns
    -------
    StudyFiles
        What was written, and what the researcher should hear.

    Raises
    ------
    GanEvalError
        For whatever must be mended first; nothing is written then.
    """
    check_choice("kind", kind, tuple(KINDS))
    folders = Folders(
        check_folders("methods", methods),
        None if inputs is None else check_path("inputs", inputs),
        None if real is None else check_path("real", real),
    )
    destination = check_path("out", out)
    check_progress(progress)
    values = checked(NewOptions, options)
    request = _request(kind, folders, values)
    return export(request, destination, site=values["site"], progress=progress or _silent)


def check(out: PathLike, *, browser: bool = True) -> StudyCheck:
    """Check a study for leaks and imbalance, and that its page opens with the network off.

    Parameters
    ----------
    out : path
        The folder that `new` made.
    browser : bool, default True
        Open the page in Chromium, where there is one.

    Returns
    -------
    StudyCheck
        Each check with what is wrong; `ok` is whether nothing is.

    Raises
    ------
    GanEvalError
        Where the folder has no readable key.
    """
    folder = check_path("out", out)
    check_flag("browser", browser)
    return StudyCheck(tuple(run_checks(folder, browser=browser)))


@takes_options(SimulateOptions)
def simulate(
    study: PathLike,
    out: PathLike,
    *,
    strengths: Mapping[str, float] | None = None,
    **options: Unpack[SimulateOptions],
) -> SimulatedAnswers:
    """Simulate people with known strengths who answer a study, to try the analysis before launch.

    Parameters
    ----------
    study : path
        The folder that `new` made.
    out : path
        Folder for the answers; it must hold none yet.
    strengths : mapping of name to float or None, default None
        Methods' strengths: on the log scale in a preference study (0 where not given), the fooling rate from 0 to 1 in
        a realism study (0.3 where not given), what the kind asks for in others.

    Returns
    -------
    SimulatedAnswers
        Where the answers are, and how many.

    Raises
    ------
    GanEvalError
        For a folder that is no study, a method that the study does not have, a strength out of range.
    """
    folder, destination = check_path("study", study), check_path("out", out) / EVENTS_FILE
    planted = _checked_strengths(strengths)
    values = checked(SimulateOptions, options)
    if destination.exists():
        raise InputError(f"{destination}: exists (choose another folder; simulated and real answers must not be mixed)")
    manifest, key = read_manifest(folder), read_key(folder)
    seed = values.pop("seed")
    people = People(values.pop("people"), planted, **values)
    events = made_up_events(manifest, key, people, rng=np.random.default_rng(seed))
    write_events(destination, events)
    return SimulatedAnswers(key.study_id, people.count, len(events), destination, seed)


def collect(
    sources: Sequence[PathLike], out: PathLike, *, study: PathLike | None = None, keep_platform_ids: bool = False
) -> Collected:
    """Merge answers: files that participants sent, folders of them, and the server's `answers.db`.

    Merged by event id, so that nothing counts twice and collecting again adds only what is new. What does not belong
    to the study is left out and told in `rejected`.

    Parameters
    ----------
    sources : sequence of paths
        Files and folders of answers.
    out : path
        Folder of the merged answers; made or added to.
    study : path or None, default None
        The study's folder, to check every answer against it.
    keep_platform_ids : bool, default False
        Keep participants' platform ids, in a private file of their own.

    Returns
    -------
    Collected
        What there is now, and what was left out.

    Raises
    ------
    GanEvalError
        Where nothing sound is found, or answers of several studies are mixed.
    """
    paths, destination = check_paths("sources", sources), check_path("out", out)
    folder = None if study is None else check_path("study", study)
    check_flag("keep_platform_ids", keep_platform_ids)
    return merge_sources(paths, destination, study=folder, keep_platform_ids=keep_platform_ids)


def analyse(responses: PathLike, key: PathLike, *, manifest: PathLike | None = None) -> Analysis:
    """Analyse the answers of a study with the person as the unit: estimates, intervals, tests, exclusions.

    What is analysed and who is excluded was fixed in the key when the study was made.

    Parameters
    ----------
    responses : path
        A `.jsonl` file or a folder of them, as `collect` or `simulate` writes.
    key : path
        `study.key.json`, or the study's folder.
    manifest : path or None, default None
        `study.json`; None for the one beside the key.

    Returns
    -------
    Analysis
        Findings, exclusions and what a reader must know.

    Raises
    ------
    GanEvalError
        Where answers, manifest and key are not of one study, or no answer is left.
    """
    answers, key_path = check_path("responses", responses), check_path("key", key)
    beside = (key_path if key_path.is_dir() else key_path.parent) / MANIFEST_FILE
    public = read_manifest(beside if manifest is None else check_path("manifest", manifest))
    return analyse_events(read_events(answers), public, read_key(key_path))


@takes_options(PlanningOptions)
def plan(kind: Kind, methods: int, **options: Unpack[PlanningOptions]) -> StudyPlan:
    """Plan a study: how many people it needs, how long it takes them, and what it costs.

    Parameters
    ----------
    kind : {'best-of-k', 'pairwise', 'real-fake', 'two-alternative'}
        Kind of study.
    methods : int
        Methods to compare, 1 to 9.

    Returns
    -------
    StudyPlan
        Numbers of people for the planned tests, minutes, and power and cost of other numbers.

    Raises
    ------
    GanEvalError
        For an effect that is none, or trials too few to share out.
    """
    check_choice("kind", kind, tuple(KINDS))
    count = option_rows(MethodCount)["methods"].check(methods)
    values = checked(PlanningOptions, options)
    usual = kind_spec(kind).plan.usual
    wanted = Wanted(
        kind=kind,
        methods=count,
        trials=values["trials"],
        effect=usual(count) if values["effect"] is None else values["effect"],
        rho=values["rho"],
        power=values["power"],
        alpha=values["alpha"],
        seconds=values["seconds"],
        hourly=values["pay"],
    )
    return worked_out(wanted, rng=np.random.default_rng(values["seed"]))


def _request(kind: Kind, folders: Folders, values: Mapping[str, Any]) -> StudyRequest:
    """The request that the values of `NewOptions` make."""
    own = read_settings(values["settings"])
    resize = values["resize"]
    return StudyRequest(
        kind=kind,
        folders=folders,
        seed=str(values["seed"]),
        secret=read_secret(values["secret_file"]),
        amounts=Amounts(**{name: values[name] for name in option_rows(AmountOptions)}),
        screen=Screen(**{name: values[name] for name in option_rows(ScreenOptions)}),
        hosting=_hosting(values),
        study_id=values["study_id"],
        text=own.text,
        fit=None if resize is None else Fitting(parse_size(resize), values["crop"]),
        jpeg_quality=values["jpeg"],
        allow_missing=values["allow_missing"],
        rules=own.rules,
        analysis=own.analysis,
    )


def _hosting(values: Mapping[str, Any]) -> Hosting:
    """Platform, completion address and server."""
    name, completion, post = values["platform"], values["completion"], values["post"]
    others = {of: values[of] for of in ("completion_failed", "completion_declined")}
    for of, text in others.items():
        if text is not None and completion is None:
            raise InputError(f"{of}={shown(text)}: goes with completion, which is not given")
    texts = (completion, *others.values())
    ending, failed, declined = (None if text is None else platforms.completion_url(name, text) for text in texts)
    public = ending if values["completion_in_page"] else None
    return Hosting(
        platforms.platform(name, id_param=values["id_param"], public_url=public),
        ending,
        failed,
        declined,
        None if post is None else platforms.checked_url(post.rstrip("/")),
    )


def _checked_strengths(strengths: Any) -> dict[str, float]:
    """Strengths by name. Raises InputError for what is no mapping of names to numbers."""
    if strengths is None:
        return {}
    if not isinstance(strengths, Mapping):
        raise InputError(f"strengths={shown(strengths)}: use a dictionary of methods' names and numbers")
    for name, value in strengths.items():
        number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
        if not isinstance(name, str) or not number:
            raise InputError(f"strengths[{shown(name)}]={shown(value)}: use a dictionary of methods' names and numbers")
    return {name: float(value) for name, value in strengths.items()}


def _silent(step: str, done: int, total: int | None) -> None:
    """Progress that nobody follows."""
