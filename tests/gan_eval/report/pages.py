"""What tests of several pages check."""

from __future__ import annotations

import html5lib

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e&amp;"


def check_page(page: str) -> None:
    """The page is valid HTML, runs and fetches nothing, and lets no name act."""
    html5lib.HTMLParser(strict=True).parse(page)
    assert "default-src 'none'" in page
    assert not [found for found in ("<script", "<link", "<iframe", "http://", "https://", " onload=") if found in page]
    assert not set("\x1b\x9b\u202e\u2066") & set(page)


def text_of(page: str) -> str:
    """All that a reader sees, spaces made plain."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    return " ".join(" ".join(tree.find("body").itertext()).split())
