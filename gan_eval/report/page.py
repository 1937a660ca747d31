"""One page for every report: self-contained, no script, no request, names escaped and cleaned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from gan_eval.printable import printable
from gan_eval.report.figures import Chart, Forest
from gan_eval.report.matrix import Matrix
from gan_eval.report.parts import CodeLines as CodeLines
from gan_eval.report.parts import Folded as Folded
from gan_eval.report.parts import Prose as Prose
from gan_eval.report.parts import Sheet
from gan_eval.report.table import Table

Part = Table | Forest | Chart | Matrix | Prose | CodeLines | Folded | Sheet


@dataclass(frozen=True, slots=True)
class PageSection:
    """A heading and what stands below it."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A report.

    Parameters
    ----------
    kind : str
        What sort of report it is, in a few words.
    title, subtitle : str
        Heading and the line below it; the second may be empty.
    facts : tuple of (name, value)
        Figures of the whole, such as the number of images.
    verdict : tuple of str
        One or two sentences that say what was found, and of what it holds.
    notes : tuple of str
        What a reader must know of the numbers.
    sections : tuple of PageSection
        In the order of reading.
    """

    kind: str
    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    verdict: tuple[str, ...]
    notes: tuple[str, ...]
    sections: tuple[PageSection, ...]


def render(page: ReportPage) -> str:
    """The page as one HTML file. The same page gives the same bytes."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("gan_eval.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_clean,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["of_type"] = lambda part, name: type(part).__name__ == name
    return environment.get_template("page.html").render(page=page, style=_style(environment))


def made_from(provenance: Mapping[str, Any], command: str = "") -> PageSection | None:
    """What the numbers were made from, so that another may make them again; None where nothing is known.

    Parameters
    ----------
    provenance : mapping
        `Provenance.to_dict()`, or {}.
    command : str
        The command line that makes the report again; may be empty.
    """
    inputs = provenance.get("inputs", {})
    parts: list[Part] = []
    if command:
        parts.append(CodeLines(command))
    if inputs:
        rows = tuple((name, str(each["source"]), _count(each), str(each["sha256"])) for name, each in inputs.items())
        columns = ("set", "source", "images", "SHA-256 of the contents")
        parts.append(Table("Image sets", columns, rows, keys=2, text=frozenset({3})))
    if settings := [*_network(provenance.get("features")), *_versions(provenance.get("versions", {}))]:
        parts.append(Table("Network and versions", ("setting", "value"), tuple(settings), keys=2))
    return PageSection("Made from", tuple(parts)) if parts else None


def _count(described: Mapping[str, Any]) -> str:
    count = described.get("count")
    return "unknown" if count is None else str(count)


def _network(features: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if not features:
        return []
    checked = "the published file" if features["verified"] else "not a published file"
    rows = [("network", features["name"]), ("preprocessing", features["like"]), ("precision", features["precision"])]
    return [*rows, ("weights, SHA-256", f"{features['weights_sha256']} ({checked})")]


def _versions(versions: Mapping[str, str]) -> list[tuple[str, str]]:
    listed = ", ".join(f"{name.replace('_', '-')} {version}" for name, version in versions.items())
    return [("versions", listed)] if listed else []


def _style(environment: Any) -> Markup:
    """The style sheet, which is the program's own text."""
    return Markup(environment.loader.get_source(environment, "page.css")[0])


def _clean(value: Any) -> Any:
    """Text without control characters and marks that reorder it; markup of ours stays."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else printable(value, keep="\n\u00a0")
