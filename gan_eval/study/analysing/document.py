"""The JSON document of an analysis, as the contract of the command line has it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import scipy

from gan_eval.result import Interval
from gan_eval.study.analysing.analysis import Analysis
from gan_eval.study.analysing.findings import Findings, Measure, PairFinding
from gan_eval.version import __version__

SCHEMA = "gan-eval-study/1"


def to_dict(found: Analysis) -> dict[str, Any]:
    """Returns the JSON document; fields that a kind of study does not have are absent."""
    findings, screening = found.findings, found.screening
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "study_id": found.key.study_id,
        "manifest_sha256": found.manifest.sha256,
        "key_commitment": found.manifest.key_commitment,
        "kind": found.key.kind,
        "feedback": found.manifest.feedback,
        "question": found.manifest.text.question,
        "participants": found.people,
        "sessions": len(found.record.sessions),
        "excluded": [{"session": one.session_id, "rule": one.rule, "reason": one.reason} for one in screening.excluded],
        "exclusion_flow": [asdict(step) for step in screening.steps],
        "flags": [{"session": one.session_id, "flag": one.flag} for one in screening.flags],
        "rejected_events": [asdict(one) for one in found.record.rejected],
        "answers": found.answers,
        "tally": asdict(found.tally),
        "items": len(findings.items),
        "unit": "person",
        "level": found.settings.level,
        "chance": _number(findings.chance),
        "methods": [_method(name, found.main, findings) for name in _names(findings)],
        "tests": [_without_none(asdict(test)) for test in findings.tests],
        "pairs": [_pair(pair) for pair in findings.pairs],
        "agreement": _without_none(asdict(found.agreement)) if found.agreement else {},
        "checks": _without_none(asdict(found.conduct)),
        "per_item": {item: list(values) for item, values in findings.items.items()},
        "settings": {"bootstrap_resamples": found.settings.resamples, "seed": found.settings.seed},
        "rules": asdict(found.key.rules),
        "versions": {"gan_eval": __version__, "numpy": np.__version__, "scipy": scipy.__version__},
        "warnings": list(found.warnings),
    }
    if findings.dependence is not None:
        document["dependence"] = asdict(findings.dependence)
    if findings.reference is not None:
        document["reference"] = _measure(findings.reference)
    if findings.overall:
        document["overall"] = {measure.name: _measure(measure) for measure in findings.overall}
    if findings.wins is not None:
        document["wins"] = asdict(findings.wins)
    if found.unruled is not None:
        document["without_exclusions"] = {
            "participants": len({session.person for session in screening.unruled}),
            "methods": [_method(name, found.main, found.unruled) for name in _names(found.unruled)],
            "tests": [_without_none(asdict(test)) for test in found.unruled.tests],
        }
    return document


def _names(findings: Findings) -> list[str]:
    return [method.name for method in findings.methods]


def _method(name: str, main: str, findings: Findings) -> dict[str, Any]:
    """Values under their own names with `<name>_interval`; `interval` is the main measure's; details in `measures`."""
    [method] = [one for one in findings.methods if one.name == name]
    row: dict[str, Any] = {"name": name}
    for measure in method.measures:
        row[measure.name] = _number(measure.estimate.value)
        row[f"{measure.name}_interval"] = _interval(measure.estimate.interval)
    chosen = method.get("share") or method.get(main)
    row["interval"] = _interval(chosen.estimate.interval) if chosen else None
    row["measures"] = {measure.name: _measure(measure) for measure in method.measures}
    return row


def _measure(measure: Measure) -> dict[str, Any]:
    estimate = measure.estimate
    document: dict[str, Any] = {
        "value": _number(estimate.value),
        "people": estimate.people,
        "answers": measure.answers,
        "interval": _interval(estimate.interval),
        "t": _interval(estimate.t),
        "bootstrap": _interval(estimate.bootstrap),
        "without_one_person": list(estimate.without_one) if estimate.without_one else None,
        "answers_independent": _interval(measure.pooled),
        "people_and_items": _interval(measure.items),
    }
    document = _without_none(document) | {"value": document["value"], "interval": document["interval"]}
    if measure.outright is not None:
        document["chosen"] = measure.outright
    if measure.unbounded is None:
        return document
    word = {"above": "larger_than", "below": "smaller_than"}.get(measure.unbounded.side)
    bound = measure.unbounded.bound
    return document | {"unbounded": True} | ({word: bound} if word and bound is not None else {})


def _pair(pair: PairFinding) -> dict[str, Any]:
    document = {
        "a": pair.a,
        "b": pair.b,
        "difference": _number(pair.difference.value),
        "interval": _interval(pair.difference.interval),
        "p_value": pair.p_value,
        "adjusted_p": pair.adjusted_p,
        "people": pair.difference.people,
    }
    extra = {"answers_independent_p": pair.answer_p, "least_p": pair.least_p}
    return document | _without_none(extra)


def _interval(interval: Interval | None) -> dict[str, Any] | None:
    return None if interval is None else asdict(interval)


def _number(value: float) -> float | None:
    """The value, None where there is none: JSON has no NaN."""
    return value if math.isfinite(value) else None


def _without_none(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value is not None}
