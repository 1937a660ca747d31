"""Tables as lines for a terminal: cut between columns or words, never inside a word, a number or an address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.cells import cell_len

from gan_eval.printable import printable
from gan_eval.report.table import Table

_GAP = "  "


def lines_of(table: Table, width: int) -> list[str]:
    """The table in lines of at most `width` cells.

    A table that is too wide is cut into several below each other, each with its leading columns; where not even one
    column fits beside those, every row becomes a block of lines. A single word that is longer than the line stays
    whole and sticks out.
    """
    clean = _clean(table)
    titles = [*wrapped(clean.title, width), ""] if clean.title else []
    if not clean.rows:
        return [*titles, "(empty)"]
    least = [_least(clean, column, width) for column in range(len(clean.columns))]
    blocks = _blocks(least, clean.keys, width)
    if blocks is None:
        return titles + _records(clean, width)
    lines = titles
    for number, block in enumerate(blocks):
        lines = [*lines, *([""] if number else []), *_block(clean, block, least, width)]
    return lines


def wrapped(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` cells, cut at plain spaces only; line ends stay."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if line and cell_len(longer) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


def _clean(table: Table) -> Table:
    """The same without what could act on a terminal."""

    def safe(cell: str) -> str:
        # A space that must not be broken is not cut at, and is written as any other.
        return "\u00a0".join(printable(part) for part in cell.split("\u00a0"))

    columns = tuple(map(safe, table.columns))
    rows = tuple(tuple(map(safe, row)) for row in table.rows)
    return replace(
        table, title=safe(table.title), columns=columns, rows=rows, note="", keys=min(table.keys, len(columns))
    )


def _least(table: Table, column: int, width: int) -> int:
    """Cells that a column needs: a number's whole text, or the longest word and a third of the line for text."""
    cells = [row[column] for row in table.rows]
    heading = table.columns[column].split(" ")
    if not table.is_text(column):
        return max(map(cell_len, [*heading, *cells]))
    words = max(cell_len(word) for cell in cells for word in cell.split(" "))
    return max(words, min(width // 3, max(map(cell_len, cells))), *map(cell_len, heading))


def _blocks(least: Sequence[int], keys: int, width: int) -> list[list[int]] | None:
    """Columns of each part of the table; None where a column does not fit beside those that name the row."""
    leading = sum(least[:keys]) + len(_GAP) * keys
    blocks: list[list[int]] = []
    room = 0
    for column in range(keys, len(least)):
        if leading + least[column] > width:
            return None
        if not blocks or least[column] > room:
            blocks.append(list(range(keys)))
            room = width - leading
        blocks[-1].append(column)
        room -= least[column] + len(_GAP)
    return blocks or ([list(range(keys))] if leading - len(_GAP) <= width else None)


def _block(table: Table, columns: Sequence[int], least: Sequence[int], width: int) -> list[str]:
    """Heading, rule and rows of these columns."""
    texts = [tuple(table.columns[column] for column in columns)]
    texts += [tuple(row[column] for column in columns) for row in table.rows]
    wanted = [max(cell_len(text[place]) for text in texts) for place in range(len(columns))]
    widths = _shared([least[column] for column in columns], wanted, width - len(_GAP) * (len(columns) - 1))
    left = [table.is_text(column) for column in columns]
    head, *body = [_row(text, widths, left) for text in texts]
    rule = "─" * (sum(widths) + len(_GAP) * (len(widths) - 1))
    return [*head, rule, *(line for lines in body for line in lines)]


def _shared(least: Sequence[int], wanted: Sequence[int], room: int) -> list[int]:
    """Widths from `least` up to `wanted`, what is over given to the narrowest wish first."""
    widths = list(least)
    over = max(0, room - sum(widths))
    for place in sorted(range(len(widths)), key=lambda place: wanted[place] - widths[place]):
        more = min(over, wanted[place] - widths[place])
        widths[place] += more
        over -= more
    return widths


def _row(cells: Sequence[str], widths: Sequence[int], left: Sequence[bool]) -> list[str]:
    """One row, in as many lines as its longest cell needs."""
    stacks = [wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for level in range(max(map(len, stacks))):
        parts = [stack[level] if level < len(stack) else "" for stack in stacks]
        padded = [_padded(part, width, to_left) for part, width, to_left in zip(parts, widths, left, strict=True)]
        lines.append(_GAP.join(padded).rstrip().replace("\u00a0", " "))
    return lines


def _padded(text: str, width: int, to_left: bool) -> str:
    space = " " * max(0, width - cell_len(text))
    return text + space if to_left else space + text


def _records(table: Table, width: int) -> list[str]:
    """Every row as a block: its name, then a line for each column."""
    lines: list[str] = []
    label = max((cell_len(name) for name in table.columns[table.keys :]), default=0)
    for row in table.rows:
        lines += [""] if lines else []
        lines += wrapped(" ".join(cell for cell in row[: table.keys] if cell), width)
        for name, cell in zip(table.columns[table.keys :], row[table.keys :], strict=True):
            first, *others = wrapped(cell, max(1, width - label - 4))
            lines.append(f"  {_padded(name, label, to_left=True)}  {first}".rstrip())
            lines += [f"{' ' * (label + 4)}{other}" for other in others]
    return [line.replace("\u00a0", " ") for line in lines]
