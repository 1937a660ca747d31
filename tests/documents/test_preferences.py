"""What published percentages imply."""

from __future__ import annotations

import pytest

from docs.make.preferences import by_task, counts_of, table, totals

NAME = "nicegan_human_preference"


@pytest.mark.parametrize(
    ("percents", "total", "counts"),
    [
        ((50.0, 50.0), 2, (1, 1)),
        ((53.5, 22.0, 24.5), 200, (107, 44, 49)),
        ((53.5, 22.0, 24.5), 100, None),
        ((33.3, 66.7), 3, (1, 2)),
        ((33.3, 66.6), 3, None),
    ],
)
def test_whole_votes_give_the_percentages(
    percents: tuple[float, ...], total: int, counts: tuple[int, ...] | None
) -> None:
    assert counts_of(percents, total) == counts


def test_each_total_gives_every_task() -> None:
    assert totals(NAME)[:2] == [400, 600]
    for percents in by_task(NAME).values():
        counts = counts_of(list(percents.values()), 400)
        assert counts is not None
        assert sum(counts) == 400
        assert [100 * count / 400 for count in counts] == pytest.approx(list(percents.values()), abs=0.051)


def test_more_people_narrow_the_interval_and_lower_p() -> None:
    few, many = (table(NAME, "NICE-GAN", people, "0.05").splitlines() for people in ("10", "40"))
    assert few[3].split("|")[4] == many[3].split("|")[4]

    def width(line: str) -> float:
        low, high = line.split("|")[5].split(" to ")
        return float(high) - float(low)

    assert all(width(a) > width(b) for a, b in zip(few[2:], many[2:], strict=True))
