"""The table of models that can be trained, made from `nicegan.models.table`."""

from __future__ import annotations

from nicegan.models.protocol import implementation
from nicegan.models.table import MODELS


def table() -> str:
    """One line for each model: its name, what it is, where it translates, and its presets."""
    lines = ["| `--model` | what it is | directions | learns from | presets |", "| --- | --- | --- | --- | --- |"]
    for name, row in MODELS.items():
        model = implementation(name)
        directions = " and ".join(f"{each[0]} to {each[-1]}" for each in model.directions)
        presets = ", ".join(f"`{each}`" for each in row.presets)
        sets = "aligned pairs" if model.paired else "two unpaired folders"
        lines.append(f"| `{name}` | {row.title} | {directions} | {sets} | {presets} |")
    return "\n".join(lines)
