"""A study's own words, exclusion rules and plan of analysis, from a TOML file with the tables text, rules, analysis.

[text]
question = "Which dog looks more like a photograph?"
contact = "study@example.org"
[rules]
median_rt_ms_min = 500
[analysis]
bootstrap = 2000
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from gan_eval.errors import InputError, UnreadableError
from gan_eval.files import read_text
from gan_eval.strict_json import decode
from gan_eval.study.schema.manifest import AnalysisPlan, Rules, Text

#: Bytes of a settings file; a longer one holds no study's words.
_LONGEST = 1_000_000


class StudySettings(NamedTuple):
    """The content of a settings file; None where a table is missing."""

    text: Mapping[str, str]
    rules: Rules | None
    analysis: AnalysisPlan | None


def read_settings(path: Path | None) -> StudySettings:
    """Read a settings file (InputError names the field at fault); without a path, nothing is set."""
    if path is None:
        return StudySettings({}, None, None)
    try:
        document = tomllib.loads(read_text(path, longest=_LONGEST))
    except RecursionError as error:
        raise UnreadableError(f"{path}: nested too deeply") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not valid TOML ({error})") from error
    if unknown := sorted(document.keys() - {"text", "rules", "analysis"}):
        raise InputError(f"{path}: unknown table {unknown[0]!r} (there are text, rules and analysis)")
    rules, analysis = document.get("rules"), document.get("analysis")
    return StudySettings(
        _text(document.get("text", {}), path),
        None if rules is None else decode(Rules, rules, where=f"{path} rules"),
        None if analysis is None else decode(AnalysisPlan, analysis, where=f"{path} analysis"),
    )


def _text(table: Any, path: Path) -> dict[str, str]:
    known = {field.name for field in fields(Text)}
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise InputError(f"{path}: the table text holds texts only")
    if unknown := sorted(table.keys() - known):
        raise InputError(f"{path}: the page has no text {unknown[0]!r} (there are {', '.join(sorted(known))})")
    return table
