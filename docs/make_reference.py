"""Write what the documents take from the program and from `data/`: references, JSON Schemas, tables, figures.

python -m docs.make_reference            write what has changed
python -m docs.make_reference --check    only name it; exit code 1 where something is out of date
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from docs.make import api, commands, file_formats, json_outputs, models, preferences, published, regions

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
SCHEMAS = ROOT / "docs" / "schemas"

MAKERS: dict[str, regions.Maker] = {
    "commands": commands.overview,
    "commands-having": commands.having,
    "shown": lambda name: f"```text\n{(ROOT / name).read_text(encoding='utf-8').rstrip()}\n```",
    "models": models.table,
    "implied-totals": preferences.implied_totals,
    "implied-votes": preferences.table,
    "published": lambda name, *columns: published.table(name, columns),
    "published-tasks": lambda name, index, across, columns, *labels: published.pivot(
        name, index, across, columns.split(","), labels
    ),
}


def pages() -> list[Path]:
    """The Markdown files that may hold made regions: README, data/README and the guides."""
    guides = [path for path in sorted((ROOT / "docs").rglob("*.md")) if REFERENCE not in path.parents]
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "data" / "README.md", *guides]


def outputs() -> dict[Path, str]:
    """Every file that this script is answerable for, with the text that it must have."""
    texts = {path: regions.fill(path.read_text(encoding="utf-8"), MAKERS) for path in pages()}
    bodies = file_formats.schemas() | json_outputs.schemas()
    schemas = {SCHEMAS / name: f"{json.dumps(body, indent=1)}\n" for name, body in bodies.items()}
    return {REFERENCE / "cli.md": commands.reference(), REFERENCE / "api.md": api.reference(), **schemas, **texts}


def outdated() -> list[Path]:
    """The files that differ from what they must be."""
    return [path for path, text in outputs().items() if not path.is_file() or path.read_text(encoding="utf-8") != text]


def main(arguments: list[str]) -> int:
    """Write, or with `--check` name, the files that are out of date."""
    stale = outdated()
    if "--check" not in arguments:
        for path, text in outputs().items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        print(path.relative_to(ROOT), "is out of date" if "--check" in arguments else "written")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
