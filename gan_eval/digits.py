"""Writes numbers, shares and p-values for people, with as many digits as their uncertainty allows.

JSON and CSV carry full numbers with an ASCII minus; what is here is for tables, pages and sentences.
"""

from __future__ import annotations

import math

MINUS = "\N{MINUS SIGN}"
#: What stands where there is no value.
NONE = "–"
_MOST = 8


def decimals(low: float, high: float) -> int:
    """Decimals that an interval from `low` to `high` leaves meaningful: two significant digits of its half-width.

    Parameters
    ----------
    low, high : float
        The interval's ends, finite, low < high; of an empty or infinite interval nothing is known.

    Returns
    -------
    int
        From 0 to 8: 1 for [44.6, 53.0], 5 for [0.00100, 0.00146]. 3 for an interval that has no width.
    """
    half = (high - low) / 2
    if not math.isfinite(half) or half <= 0:
        return 3
    return min(_MOST, max(0, 1 - math.floor(math.log10(half))))


def number(value: float | None, digits: int = 2, *, sign: bool = False) -> str:
    """1.2345 → "1.23" with a true minus sign, and never "−0.00".

    Parameters
    ----------
    value : float or None
        None and NaN are written as a dash.
    digits : int
        Decimals.
    sign : bool
        Whether a positive number has a plus.
    """
    if value is None or math.isnan(value):
        return NONE
    if math.isinf(value):
        return f"{MINUS if value < 0 else '+' if sign else ''}∞"
    text = f"{abs(value):.{digits}f}"
    if not float(text):
        return text
    return f"{MINUS if value < 0 else '+' if sign else ''}{text}"


def percent(share: float | None, digits: int = 1) -> str:
    """0.4825 → "48.2 %", whose space does not break; a dash where there is no value."""
    shown = number(None if share is None else 100 * share, digits)
    return shown if shown == NONE else f"{shown}\u00a0%"


def p_value(p: float | None) -> str:
    """0.0312 → "0.031"; "< 0.001", which does not break; a dash where there is none."""
    if p is None or math.isnan(p):
        return NONE
    if p < 0.001:
        return "<\u00a00.001"
    return f"{p:.3f}" if p < 0.0995 else f"{p:.2f}"


def p_equals(p: float) -> str:
    """0.0312 → "p = 0.031"; 0.0001 → "p < 0.001"; the spaces do not break."""
    shown = p_value(p)
    return f"p\u00a0{shown}" if shown.startswith("<") else f"p\u00a0=\u00a0{shown}"


def level_of(level: float) -> str:
    """0.95 → "95 % CI"."""
    return f"{100 * level:g}\u00a0% CI"


def bounds(low: float, high: float, digits: int) -> str:
    """The ends of an interval as "44.6 to 53.0"."""
    return f"{number(low, digits)} to {number(high, digits)}"
