"""Pages from the templates of this folder: self-contained, no script, no request, names escaped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def render(template: str, *, provenance: Mapping[str, Any], **values: Any) -> str:
    """A page with what it was made from at its end.

    provenance: `Provenance.to_dict()`, or {} where nothing is known of it. values: what the template asks for, with
    `title`, `subtitle` and `warnings`.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("gan_eval.report", ""), autoescape=True, undefined=StrictUndefined)
    return environment.get_template(template).render(
        inputs=[{"name": name, **one} for name, one in provenance.get("inputs", {}).items()],
        features=provenance.get("features"),
        versions=", ".join(f"{name} {version}" for name, version in provenance.get("versions", {}).items()),
        **values,
    )
