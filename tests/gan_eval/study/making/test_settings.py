"""Settings files: what they give, and what is said of a bad one."""

from __future__ import annotations

from pathlib import Path

import pytest

from gan_eval.errors import InputError
from gan_eval.study.making.settings import read_settings
from gan_eval.study.schema.manifest import Rules


def test_settings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text('[text]\nquestion = "Which?"\n[rules]\nmedian_rt_ms_min = 500\n[analysis]\nbootstrap = 2000\n')
    found = read_settings(path)
    assert found.text == {"question": "Which?"}
    assert found.rules == Rules(median_rt_ms_min=500)
    assert found.analysis is not None
    assert found.analysis.bootstrap == 2000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[texts]", "unknown table 'texts'"),
        ("[text]\nheadline = 'x'", "no text 'headline'"),
        ("[text]\ntitle = 1", "texts only"),
        ("[rules]\nmedian = 1", "unknown field 'median'"),
        ("[rules]\nmin_answers_share = 2", "from 0 to 1"),
        ("[analysis]\nties = 'maybe'", "wanted"),
        ("x = ", "not valid TOML"),
    ],
)
def test_bad_settings_are_named(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(content)
    with pytest.raises(InputError, match=message):
        read_settings(tmp_path / "s.toml")
