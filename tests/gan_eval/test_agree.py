"""Metrics against people."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from gan_eval.agree import agree, matched_set, standing_of, to_dict
from gan_eval.errors import InputError
from gan_eval.report.agreement import agreement_page, agreement_table, verdict, wrong_pairs
from gan_eval.study.votes.metric_table import MetricColumn, MetricTable, columns_of, read_metrics
from gan_eval.study.votes.reading import read_ballots
from gan_eval.study.votes.standing import standing
from tests.conftest import SHARED
from tests.gan_eval.report.pages import HOSTILE, check_page, text_of
from tests.gan_eval.study.drawn import NAMES, analysis
from tests.gan_eval.study.votes.boards import METHODS, STRENGTHS, board

PEOPLE = standing(board(4000), count=200)


def table(**metrics: tuple[str, np.ndarray]) -> MetricTable:
    """Metrics of the board's methods: name → (which way is better, values)."""
    return MetricTable(
        tuple(
            MetricColumn(name, "", better, dict(zip(METHODS, map(float, values), strict=True)))  # type: ignore[arg-type]
            for name, (better, values) in metrics.items()
        ),
        (),
    )


def test_the_right_order_the_reverse_and_which_way_is_better() -> None:
    found = agree(PEOPLE, table(up=("higher", STRENGTHS), down=("lower", STRENGTHS), wrong=("lower", -STRENGTHS)))
    taus = {one.metric: one.tau for one in found.metrics}
    best = stats.kendalltau(STRENGTHS, PEOPLE.values).statistic
    assert taus == pytest.approx({"up": best, "wrong": best, "down": -best})
    assert [one.metric for one in found.metrics][-1] == "down"


def test_pairs_that_people_tell_apart_are_counted_as_the_metric_orders_them() -> None:
    values = STRENGTHS.copy()
    values[0], values[7] = values[7], values[0]
    values[3] = values[4]
    [found] = agree(PEOPLE, table(swapped=("higher", values))).metrics
    told = PEOPLE.told()
    assert found.told == len(told)
    assert found.alike + len(found.wrong) + found.tied == found.told
    expected = [
        pair
        for pair in told
        if (values[METHODS.index(pair.a)] - values[METHODS.index(pair.b)]) * (1 if pair.better == pair.a else -1) < 0
    ]
    assert list(found.wrong) == expected
    assert ("swapped", "puts H before A, which people put first") in wrong_pairs(
        agree(PEOPLE, table(swapped=("higher", values)))
    )


def test_the_interval_is_over_people() -> None:
    [found] = agree(PEOPLE, table(up=("higher", STRENGTHS))).metrics
    taus = [stats.kendalltau(STRENGTHS, row).statistic for row in PEOPLE.replicates]
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx(np.quantile(taus, [0.025, 0.975]))


def test_a_metric_that_orders_nothing_has_no_tau() -> None:
    found = agree(PEOPLE, table(flat=("higher", np.zeros(8))))
    assert np.isnan(found.metrics[0].tau)
    assert found.metrics[0].alike == 0
    assert "no metric orders these methods" in verdict(found)
    assert json.loads(json.dumps(to_dict([found])))["sets"][0]["metrics"][0]["tau_b"] is None


def test_methods_that_only_one_side_knows_are_named() -> None:
    columns = MetricColumn("m", "", "higher", {"A": 1.0, "B": 0.5, "C": 0.2, "Z": 0.1})
    found = agree(PEOPLE, MetricTable((columns,), ()))
    assert any("no votes of Z" in note for note in found.notes)
    assert any("no metric of D, E" in note for note in found.notes)
    with pytest.raises(InputError, match="0 methods have both"):
        agree(PEOPLE, MetricTable((MetricColumn("m", "", "higher", {"Z": 1.0}),), ()))


def test_a_study_is_held_against_metrics_too() -> None:
    people = standing_of(analysis("best-of-k", people=24), count=200)
    values = dict(zip(NAMES, (3.0, 2.0, 1.0), strict=True))
    [found] = agree(people, MetricTable((MetricColumn("m", "", "higher", values),), ())).metrics
    assert found.tau == pytest.approx(1.0)
    told = [pair for pair in analysis("best-of-k", people=24).findings.pairs if (pair.adjusted_p or 1) < 0.05]
    assert found.told == len(told) == found.alike


def test_metrics_of_a_csv(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("dataset,model,FID,colour,ours,note\nx,A,3,1,5,n\nx,B,,2,6,n\ny,A,4,3,7,n\n", encoding="utf-8")
    found = read_metrics(path, higher=["ours"])
    assert found.unknown == ("colour",)
    assert found.sets == ("x", "y")
    assert [(one.metric, one.set_name, one.better, dict(one.values)) for one in found.columns] == [
        ("FID", "x", "lower", {"A": 3.0}),
        ("FID", "y", "lower", {"A": 4.0}),
        ("ours", "x", "higher", {"A": 5.0, "B": 6.0}),
        ("ours", "y", "higher", {"A": 7.0}),
    ]
    assert matched_set("votes_of_x_2", found) == "x"
    with pytest.raises(InputError, match="SET=FILE"):
        matched_set("votes", found)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("m.csv", "fid\n3\n", "no column model"),
        ("m.csv", "model,colour\nA,1\n", "which way is better is not known of colour"),
        ("m.json", "{}", "not the JSON of a comparison"),
    ],
)
def test_what_is_no_table_of_metrics_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_metrics(tmp_path / name)


def test_metrics_of_a_comparison() -> None:
    score = {"metric": "kid", "direction": "lower", "value": 0.3}
    [column] = columns_of([("A", [score]), ("B", [{**score, "value": 0.1}])]).columns
    assert (column.metric, column.better, dict(column.values)) == ("kid", "lower", {"A": 0.3, "B": 0.1})


def test_the_page_is_valid_and_names_stay_text() -> None:
    columns = MetricColumn(HOSTILE, "", "higher", dict(zip(METHODS, map(float, STRENGTHS), strict=True)))
    found = agree(PEOPLE, MetricTable((columns,), ()))
    page = agreement_page([found], command="gan-eval agree a b")
    check_page(page)
    assert page.count('class="dot"') == 8
    assert agreement_table(found).rows[0][4] == f"{found.metrics[0].alike} of {found.metrics[0].told}"
    assert "gan-eval agree a b" in text_of(page)


#: Set → (methods, pairs told apart, pairs; τ-b of FD with its interval, pairs that FD orders alike), and others' τ-b.
PUBLISHED = {
    "cifar10": (13, 47, 78, (0.872, 0.795, 0.949), 47, {"fls": 0.923, "coverage": 0.897, "precision": -0.182}),
    "imagenet256": (11, 25, 55, (0.636, 0.491, 0.745), 24, {"coverage": 0.697, "fls": 0.673, "authpct": -0.600}),
    "lsun256": (8, 12, 28, (0.929, 0.643, 0.929), 12, {"kd": 1.0, "authpct": -0.500}),
    "ffhq256": (9, 20, 36, (0.278, 0.111, 0.389), 15, {"kd": 0.254, "density": 0.0, "precision": -0.028}),
}


@pytest.mark.shared
@pytest.mark.parametrize("name", PUBLISHED)
def test_forty_one_published_studies(name: str) -> None:
    methods, told, pairs, fd, alike, others = PUBLISHED[name]
    folder = SHARED / "human_error"
    people = standing(read_ballots(folder / f"human_{name}.csv"))
    found = agree(people, read_metrics(folder / "layer6_dinov2_table11.csv"), set_name=name)
    assert (len(people.methods), len(people.told()), len(people.pairs)) == (methods, told, pairs)
    metrics = {one.metric: one for one in found.metrics}
    own = metrics["fd"]
    assert own.interval is not None
    assert (own.tau, own.interval.low, own.interval.high) == pytest.approx(fd, abs=5e-4)
    assert own.alike == alike
    assert {metric: metrics[metric].tau for metric in others} == pytest.approx(others, abs=5e-4)
