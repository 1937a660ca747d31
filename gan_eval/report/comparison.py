"""A comparison as tables, and as one self-contained HTML page."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gan_eval.comparison import Comparison, Model
from gan_eval.digits import bounds, decimals, level_of, number, p_equals, p_value
from gan_eval.files import write_text
from gan_eval.metrics.table import number_rows
from gan_eval.pairs import Pair
from gan_eval.report.figures import Forest, ForestRow, forest
from gan_eval.report.matrix import Matrix, MatrixPair, Outcome, matrix
from gan_eval.report.numbers import (
    conditions_of,
    heading_of,
    interval_decimals,
    scales_of,
    title_of,
    with_interval,
)
from gan_eval.report.page import Folded, PageSection, Part, Prose, ReportPage, made_from, render
from gan_eval.report.sentences import listed, score_sentence
from gan_eval.report.table import Table
from gan_eval.result import Interval, Score


def write_html(comparison: Comparison, destination: Path, *, command: str = "") -> None:
    """Write the page, whole or not at all. Raises InputError where it cannot be written."""
    write_text(destination, html(comparison, command=command))


def html(comparison: Comparison, *, command: str = "", further: Sequence[PageSection] = ()) -> str:
    """The page.

    Parameters
    ----------
    comparison : Comparison
        What is shown.
    command : str
        The command line that makes it again; may be empty.
    further : sequence of PageSection
        Sections of another subject, such as what people say of the same models.
    """
    described = comparison.provenance.to_dict()
    models, first = comparison.models, comparison.models[0].scores[0]
    count = "1 model" if len(models) == 1 else f"{len(models)} models"
    sections = [
        PageSection("Scores", (score_table(comparison), *run_table(comparison), *_forests(models))),
        _pair_section(comparison),
        *further,
        PageSection("For the paper", (_sentence_list(comparison),)),
        PageSection("How the numbers were made", (_method_table(comparison),)),
        made_from(described, command),
    ]
    return render(
        ReportPage(
            kind="Comparison of models",
            title=f"{count} against {described['inputs']['real']['source']}",
            subtitle="",
            facts=(("models", str(len(models))), ("real images", str(first.n_real)), ("network", first.features)),
            verdict=verdict(comparison),
            notes=comparison.warnings,
            sections=tuple(section for section in sections if section is not None),
        )
    )


def verdict(comparison: Comparison) -> tuple[str, ...]:
    """Returns two sentences: what the tests of the comparison show, and for what this holds."""
    return (_found(comparison), _reach(comparison))


def _found(comparison: Comparison) -> str:
    best, title = comparison.models[0], title_of(comparison.models[0].scores[0].metric)
    what = f"{best.name} ({title} {with_interval(best.scores[0])})"
    if len(comparison.models) == 1:
        return f"{what} is the only model, so nothing is ranked."
    tests = [pair for pair in comparison.pairs if pair.metric == best.scores[0].metric]
    if not tests:
        return f"{what} has the best value. No pair was tested by {title}, so the order may be chance."
    of_best = [pair for pair in tests if best.name in (pair.a, pair.b)]
    beaten = [_rival(pair, best.name) for pair in of_best if pair.better == best.name]
    others = [_rival(pair, best.name) for pair in of_best if pair.better is None]
    worse = [pair.better for pair in of_best if pair.better and pair.better != best.name]
    met = {_rival(pair, best.name) for pair in of_best}
    untested = [model.name for model in comparison.models[1:] if model.name not in met]
    if worse:
        return f"{what} has the best value at these numbers of images, but the test finds {listed(worse)} better."
    if untested and not of_best:
        return f"{what} has the best value, but was not tested against {listed(untested)}."
    if not beaten:
        return f"{what} has the best value, but is not told apart from {listed(others)}{_would_show(of_best)}."
    largest = p_equals(max(pair.adjusted_p for pair in of_best if pair.better == best.name))
    rest = f"; it is not told apart from {listed(others)}{_would_show(of_best)}" if others else ""
    rest += f"; it was not tested against {listed(untested)}" if untested else ""
    against = listed(beaten) if others or untested or len(beaten) == 1 else "every other model"
    adjusted = f"{'largest ' if len(beaten) > 1 else ''}{largest}, adjusted by Holm's method"
    advantage = "is nearer to the real images" if _is_distance(best.scores[0].metric) else f"has a higher {title}"
    return f"{what} {advantage} than {against} ({adjusted}){rest}."


def _is_distance(metric: str) -> bool:
    """Whether a better value of the number means images nearer to the real ones."""
    return number_rows()[metric].direction == "lower"


def _would_show(tests: Sequence[Pair]) -> str:
    """Which difference these images would have shown, for the pairs that are not told apart; for within a sentence."""
    known = [pair for pair in tests if pair.better is None and pair.detectable]
    if not known:
        return ""
    largest = max(known, key=lambda pair: pair.detectable or 0.0)
    size = number(largest.detectable or 0.0, interval_decimals(largest.interval))
    return f" (a difference of {size} would have shown in 80 % of such comparisons)"


def _reach(comparison: Comparison) -> str:
    """Returns the sentence that says for what the verdict holds."""
    counts = sorted({max(len(model.runs), 1) for model in comparison.models})
    if counts[-1] == 1:
        return (
            "This holds for these checkpoints, with images like these: other training runs of the same method, other "
            "data and what people prefer were not tested."
        )
    runs = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return (
        f"This holds for these recipes as far as {runs} training runs of each show, with images like these: other data "
        "and what people prefer were not tested."
    )


def run_table(comparison: Comparison) -> list[Table]:
    """Returns a table of how far retraining moves each metric; an empty list where no model has several runs."""
    rows = tuple(_run_row(model.name, score) for model in comparison.models if model.runs for score in model.scores)
    columns = ("model", "metric", "runs", "each run", "spread", "σ_train", "σ_sample")
    note = (
        "spread: standard deviation between training runs. σ_sample: its part from the runs' own images. σ_train: the "
        "rest, which is training luck."
    )
    return [Table("Training runs", columns, rows, note, keys=2, text=frozenset({3}))] if rows else []


def _run_row(model: str, score: Score) -> tuple[str, ...]:
    runs, scale = score.details["runs"], scales_of(score.metric)[-1]
    digits = decimals(-scale * runs["spread"], scale * runs["spread"]) if runs["spread"] else 3
    sigmas = [runs["spread"], runs["sigma_train"], runs["sigma_sample"]]
    return (
        model,
        title_of(score.metric, scale),
        str(runs["count"]),
        ", ".join(number(scale * value, digits) for value in runs["values"]),
        *("–" if sigma is None else number(scale * sigma, digits) for sigma in sigmas),
    )


def equivalence_sentences(comparison: Comparison) -> list[str]:
    """Returns a sentence on equivalence for each pair; none where no margin was given."""
    tested = [pair for pair in comparison.pairs if pair.equivalent is not None]
    if comparison.margin is None or not tested:
        return []
    title, margin = title_of(tested[0].metric), f"{comparison.margin:g}"
    alike = [f"{pair.a} and {pair.b}" for pair in tested if pair.equivalent]
    if not alike:
        return [f"No pair is shown to differ by less than {margin} in {title} (two one-sided tests, Holm's method)."]
    return [
        f"By {title}, {listed(alike)} differ by less than {margin} (two one-sided tests, adjusted by Holm's method)."
    ]


def score_table(comparison: Comparison) -> Table:
    """Every score of every model, the best first; the best is set apart where tests tell it from all others."""
    by_metric = list(zip(*(model.scores for model in comparison.models), strict=True))
    columns = [(scores, scale) for scores in by_metric for scale in scales_of(scores[0].metric)]
    rows = ((str(model.ranks or model.rank), model.name, *_cells(model.scores)) for model in comparison.models)
    clear = {metric for metric in {pair.metric for pair in comparison.pairs} if _is_clear(comparison, metric)}
    bold = {(0, 2 + place) for place, (scores, _) in enumerate(columns) if scores[0].metric in clear}
    features = comparison.provenance.features
    return Table(
        f"{conditions_of(features)}, {comparison.models[0].scores[0].n_real} real images",
        ("", "model", *(heading_of(scores, scale) for scores, scale in columns)),
        tuple(rows),
        _ranking(comparison),
        keys=2,
        bold=frozenset(bold),
    )


def _ranking(comparison: Comparison) -> str:
    """What the table is ranked by, which way is better, and what a range of ranks means where there is one."""
    best = comparison.models[0]
    sentences = [f"Ranked by {title_of(best.scores[0].metric)}.", _directions(best)]
    if any(model.ranks and model.ranks.best != model.ranks.worst for model in comparison.models):
        sentences.append("A range of ranks holds those that the tests leave open.")
    tested = {pair.metric for pair in comparison.pairs}
    untested = [title_of(score.metric) for score in best.scores if score.metric not in tested]
    if untested and len(comparison.models) > 1:
        sentences.append(f"Pairs were not tested by {listed(untested)}.")
    return " ".join(sentences)


def pair_tables(comparison: Comparison) -> list[Table]:
    """For each tested metric a table of all pairs; a difference that the test does not show is said not to be told."""
    tables = []
    for metric, pairs in itertools.groupby(comparison.pairs, key=lambda pair: pair.metric):
        tested = list(pairs)
        level = level_of(tested[0].interval.level)
        columns = ("model a", "model b", "a − b", level, "p (Holm)", "would show", "verdict")
        rows = tuple(map(_pair_row, tested))
        note = "would show: the smallest difference that a test of one pair finds in 80 % of such comparisons."
        tables.append(Table(f"Pairs by {title_of(metric)}", columns, rows, note, keys=2, text=frozenset({6})))
    return tables


def pairing_sentences(comparison: Comparison) -> list[str]:
    """Which models show the same inputs, and how that is known; equal file names alone are no proof, and it is said."""
    return [
        f"{listed(group.models)} show the same {len(group.stems)} inputs (known from {group.evidence})."
        if group.evidence == "translation.json"
        else f"{listed(group.models)} have the same {len(group.stems)} file names, so images of one name are taken to "
        "show one input and are compared in pairs."
        for group in (comparison.pairing.groups if comparison.pairing else ())
    ]


def sentences(comparison: Comparison) -> list[str]:
    """A sentence for a paper for each score of each model."""
    features, versions = comparison.provenance.features, comparison.provenance.versions
    return [
        score_sentence(score, features, versions, model=model.name)
        for model in comparison.models
        for score in model.scores
    ]


def _sentence_list(comparison: Comparison) -> Folded:
    return Folded("A sentence for each score", tuple(("", text) for text in sentences(comparison)))


def _cells(scores: Sequence[Score]) -> list[str]:
    return [with_interval(score, scale=scale) for score in scores for scale in scales_of(score.metric)]


def _directions(model: Model) -> str:
    """Which way is better, for each metric."""
    lower = [title_of(score.metric) for score in model.scores if score.direction == "lower"]
    higher = [title_of(score.metric) for score in model.scores if score.direction == "higher"]
    parts = [f"{way} is better for {listed(names)}" for way, names in (("lower", lower), ("higher", higher)) if names]
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _is_clear(comparison: Comparison, metric: str) -> bool:
    """Whether tests of that metric tell the first model from all others, as the better one."""
    best = comparison.models[0].name
    tests = [pair for pair in comparison.pairs if pair.metric == metric and best in (pair.a, pair.b)]
    return len(tests) == len(comparison.models) - 1 and all(pair.better == best for pair in tests)


def _rival(pair: Pair, name: str) -> str:
    return pair.b if pair.a == name else pair.a


def _pair_row(pair: Pair) -> tuple[str, ...]:
    digits = interval_decimals(pair.interval)
    better = pair.better
    return (
        pair.a,
        pair.b,
        number(pair.difference, digits, sign=True),
        bounds(pair.interval.low, pair.interval.high, digits),
        p_value(pair.adjusted_p),
        "–" if pair.detectable is None else number(pair.detectable, digits),
        "not told apart" if better is None else f"{better} is {'nearer' if _is_distance(pair.metric) else 'higher'}",
    )


def _forests(models: Sequence[Model]) -> list[Forest]:
    """A forest plot of every metric."""
    return [_forest([(model.name, model.scores[place]) for model in models]) for place in range(len(models[0].scores))]


def _forest(named: Sequence[tuple[str, Score]]) -> Forest:
    first = named[0][1]
    scale = scales_of(first.metric)[-1]
    rows = [
        ForestRow(name, scale * score.value, _scaled(score, scale), with_interval(score, scale=scale))
        for name, score in named
    ]
    method = f" Lines: {level_of(first.interval.level)}, {first.interval.method}." if first.interval else ""
    title = title_of(first.metric, scale)
    return forest(title, rows, f"{first.direction.capitalize()} is better.{method}")


def _scaled(score: Score, scale: int) -> Interval | None:
    bar = score.interval
    return None if bar is None else replace(bar, low=scale * bar.low, high=scale * bar.high)


def _pair_section(comparison: Comparison) -> PageSection | None:
    if not comparison.pairs:
        return None
    names = [model.name for model in comparison.models]
    parts: list[Part] = [Prose(text) for text in (_pairs_text(comparison), *pairing_sentences(comparison))]
    parts += [Prose(text) for text in equivalence_sentences(comparison)]
    for metric, table in zip(
        dict.fromkeys(pair.metric for pair in comparison.pairs), pair_tables(comparison), strict=True
    ):
        parts += [_matrix(metric, names, comparison.pairs), Folded(f"{table.title}, with intervals", table=table)]
    return PageSection("Pairs", tuple(parts))


def _pairs_text(comparison: Comparison) -> str:
    recipes = any(pair.of == "training runs" for pair in comparison.pairs)
    compared = (
        "Recipes are compared by Welch's test of their training runs. "
        if recipes
        else "Both models of a pair are compared with the same real images, so the interval of their difference is "
        "narrower than their two intervals suggest. "
    )
    return (
        f"{compared}P-values are two-sided and adjusted by Holm's method over all pairs of a metric; intervals hold "
        "all differences of a metric at once. Two models that are not told apart may still differ: more "
        f"{'training runs' if recipes else 'images'} may show it."
    )


def _matrix(metric: str, names: Sequence[str], pairs: Sequence[Pair]) -> Matrix:
    cells = [
        MatrixPair(p.a, p.b, p.difference, interval_decimals(p.interval), p.adjusted_p, _outcome(p))
        for p in pairs
        if p.metric == metric
    ]
    title = title_of(metric)
    caption = f"{title} of the row less {title} of the column, with p-values adjusted by Holm's method."
    return matrix(f"Every pair by {title}", names, cells, caption)


def _outcome(pair: Pair) -> Outcome:
    better = pair.better
    return "not told apart" if better is None else "better" if better == pair.a else "worse"


def _method_table(comparison: Comparison) -> Table:
    """How each metric's number, interval and test were made."""
    tests = {pair.metric: pair.interval.method for pair in comparison.pairs}
    rows = tuple(
        (
            title_of(score.metric),
            str(score.details.get("estimator", "–")),
            score.interval.method if score.interval else "none",
            tests.get(score.metric, "none"),
        )
        for score in comparison.models[0].scores
    )
    return Table("", ("metric", "estimator", "interval", "test of pairs"), rows, text=frozenset({1, 2, 3}))
