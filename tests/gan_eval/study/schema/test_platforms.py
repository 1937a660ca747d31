"""Platforms: where a session ends, and which addresses may be given."""

from __future__ import annotations

import pytest

from gan_eval.errors import InputError
from gan_eval.study.schema.platforms import checked_url, completion_url, platform


def test_prolific_code_becomes_an_address() -> None:
    assert completion_url("prolific", "C 1&x") == "https://app.prolific.com/submissions/complete?cc=C%201%26x"
    assert completion_url("generic", "https://panel.example/done") == "https://panel.example/done"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//x", "x", "https://", "ftp://x/y", "https://x y"])
def test_addresses_are_whole(url: str) -> None:
    with pytest.raises(InputError, match="not a whole"):
        checked_url(url)


def test_platform_without_a_redirect_takes_no_completion() -> None:
    with pytest.raises(InputError, match=r"completion=.*: goes with"):
        completion_url("mturk", "C0DE")
    assert platform("generic", id_param="sona").id_params == ("sona",)
