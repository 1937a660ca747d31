"""The fenced blocks of a Markdown file: what is shown, in which language, and why a block is not run."""

from __future__ import annotations

import re
from typing import NamedTuple

#: Languages whose blocks are run.
RUN = ("bash", "python")
#: Languages of what is only shown.
SHOWN = ("text", "json", "toml", "csv", "bibtex", "javascript")

_BLOCK = re.compile(
    r"(?:<!-- not run: (?P<reason>[^\n]*?) -->\n+)?^(?P<fence>```+)(?P<language>[^\n]*)\n(?P<code>.*?)^(?P=fence)$",
    re.DOTALL | re.MULTILINE,
)


class Block(NamedTuple):
    """A fenced block. line: of its first fence; reason: why it is not run, or empty."""

    line: int
    language: str
    code: str
    reason: str

    @property
    def runs(self) -> bool:
        """Whether a test executes this block."""
        return self.language in RUN and not self.reason


def blocks(text: str) -> list[Block]:
    """The fenced blocks of `text`, in their order."""
    return [_block(text, match) for match in _BLOCK.finditer(text)]


def _block(text: str, match: re.Match[str]) -> Block:
    line = text.count("\n", 0, match.start("fence")) + 1
    return Block(line, match["language"].strip(), match["code"], match["reason"] or "")
