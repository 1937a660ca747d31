"""JSON Schemas of what the commands print with `--json`: name of the schema's file → schema.

Fields whose names are data (models, sets, items, libraries, steps of the work) take any name; all others are listed.
"""

from __future__ import annotations

from docs.make.file_formats import COUNT, SHA256, TEXT, VERSIONS, configuration
from docs.make.schemas import Schema, items, nullable, of_class, record, table, titled
from gan_eval.discriminative.outcome import NrdsPair, SeedOutcome
from gan_eval.image_plan import ImagePlan
from gan_eval.inference.persons import Dependence
from gan_eval.pairs import Pair
from gan_eval.result import Interval, Score
from gan_eval.study.analysing.answers import Rejected
from gan_eval.study.analysing.describing import Agreement, Conduct
from gan_eval.study.analysing.exclusions import ExclusionStep
from gan_eval.study.analysing.findings import SignificanceTest, WinTable
from gan_eval.study.analysing.tallying import Tally
from gan_eval.study.collecting.collect import Collected
from gan_eval.study.making.planning import StudyPlan
from gan_eval.study.schema.manifest import Rules
from gan_eval.study.votes.defects import Defect
from gan_eval.study.votes.standing import ToldPair
from gan_eval.translation import FOLDERS
from nicegan.profile import Cost, NetworkFigures

YES: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
TEXTS = items(TEXT)
INTERVAL = of_class(Interval)
MAYBE_INTERVAL = nullable(INTERVAL)
MAYBE_TEXT = nullable(TEXT)


def _optional(**fields: Schema) -> Schema:
    """An object of these fields, none of which has to be there."""
    return record(fields, **fields)


#: What the metrics tell beside a score's value.
DETAILS = _optional(
    standard_error=NUMBER,
    bias=nullable(NUMBER),
    bias_is_a_lower_bound=YES,
    infinity=record((), value=NUMBER, method=TEXT, is_upper_bound=YES),
    estimator=TEXT,
    subset_std=NUMBER,
    seed=COUNT,
    splits=COUNT,
    std=NUMBER,
    shuffle_seed=COUNT,
    real=record((), value=NUMBER, std=NUMBER, n=COUNT, splits=COUNT),
    nearest=COUNT,
    model=TEXT,
    rank=COUNT,
    area=NUMBER,
    trained_area=NUMBER,
    of_real=record((), value=NUMBER, interval=INTERVAL),
    real_p=NUMBER,
    distinguishable_from_real=YES,
    one_minus_auc=NUMBER,
    told_in_training=YES,
    per_seed=items(NUMBER),
    nearest_real=NUMBER,
    near_copies=NUMBER,
    runs=record(
        (),
        count=COUNT,
        values=items(NUMBER),
        spread=NUMBER,
        sigma_train=nullable(NUMBER),
        sigma_sample=nullable(NUMBER),
    ),
)


def score() -> Schema:
    """One number with its interval."""
    body = of_class(Score, without=("warnings",))
    fields = {**body["properties"], "details": DETAILS}
    return {**body, "properties": fields, "required": list(fields)}


SCORE = score()
NETWORK = record(
    (),
    name=TEXT,
    weights_sha256=nullable(SHA256),
    verified=YES,
    dim=COUNT,
    layer=MAYBE_TEXT,
    like=TEXT,
    precision=TEXT,
    runtime=TEXT,
    device=TEXT,
)
INPUT = record(
    ("skipped", "formats"),
    source=TEXT,
    count=nullable(COUNT),
    sha256=nullable(SHA256),
    skipped=COUNT,
    formats=table(COUNT),
)
PROVENANCE = {
    "features": NETWORK,
    "inputs": table(INPUT),
    "versions": VERSIONS,
    "warnings": TEXTS,
    "seconds": table(NUMBER),
}


def command(name: str | list[str], optional: tuple[str, ...] = (), /, **fields: Schema) -> Schema:
    """A document of `gan-eval/1`."""
    names: Schema = {"enum": name} if isinstance(name, list) else {"const": name}
    return record(optional, schema={"const": "gan-eval/1"}, command=names, **fields)


def scores() -> Schema:
    """What every command that scores one set prints."""
    return command(["fid", "kid", "is", "prdc", "score"], scores=items(SCORE), **PROVENANCE)


def comparison() -> Schema:
    """What `compare` and `demo` print."""
    run = record((), label=TEXT, scores=items(SCORE))
    model = record((), name=TEXT, scores=items(SCORE), rank=COUNT, ranks=nullable(items(COUNT)), runs=items(run))
    group = record((), models=TEXTS, evidence=TEXT, inputs=COUNT, sha256=nullable(SHA256))
    return command(
        "compare",
        ("people",),
        scores=items(SCORE),
        models=items(model),
        pairs=items(of_class(Pair)),
        pairing=nullable(record((), groups=items(group))),
        people=metrics_against_people(),
        margin=nullable(NUMBER),
        **PROVENANCE,
    )


def nrds() -> Schema:
    """What `nrds` prints, from images or from curves."""
    protocol = record(set(_PROTOCOL) - {"name", "epochs", "area"}, **_PROTOCOL)
    pair = of_class(NrdsPair)
    pair["properties"]["distinguishable"] = YES
    pair["required"].append("distinguishable")
    curves = table(items(NUMBER))
    return command(
        "nrds",
        ("features", "inputs", "versions"),
        protocol=protocol,
        scores=items(SCORE),
        pairs=items(pair),
        curves=curves,
        curves_sha256=SHA256,
        trained_curves=curves,
        areas=table(NUMBER),
        seeds=items(of_class(SeedOutcome)),
        flags=_FLAGS,
        **{**PROVENANCE, "features": {"anyOf": [NETWORK, {"const": {}}]}},
    )


_PROTOCOL = {
    **dict.fromkeys(("name", "discriminator", "label", "against", "area"), TEXT),
    **dict.fromkeys(("seeds", "seed", "size", "epochs", "batch_size", "real_batch"), COUNT),
    **dict.fromkeys(("learning_rate", "largest_rate"), NUMBER),
}
_FLAGS = _optional(
    separated=YES,
    not_told=TEXTS,
    near_zero=YES,
    few_images=YES,
    unbalanced=YES,
    mixed_formats=YES,
    near_copies=TEXTS,
    identity=MAYBE_TEXT,
    identity_last=nullable(YES),
)


def gan_eval() -> Schema:
    """Every document of `gan-eval/1`, told apart by `command`."""
    made_by = record((), network=TEXT, weights_sha256=nullable(SHA256), preprocessing=TEXT, precision=TEXT)
    weights = record((), name=TEXT, sha256=nullable(SHA256), path=MAYBE_TEXT, urls=TEXTS)
    usage = {"folder": TEXT, "entries": COUNT, "bytes": COUNT}
    return {
        "oneOf": [
            scores(),
            comparison(),
            nrds(),
            command("plan", **of_class(ImagePlan)["properties"]),
            command("stats", output=TEXT, count=COUNT, sha256=SHA256, features=nullable(made_by)),
            command(["cache info", "cache clear"], **usage),
            command("weights list", weights=items(weights)),
            command("weights fetch", name=TEXT, path=TEXT, sha256=SHA256),
            command("weights verify", path=TEXT, sha256=SHA256, published=MAYBE_TEXT),
        ]
    }


MEASURE = record(
    (
        *("t", "bootstrap", "without_one_person", "answers_independent", "people_and_items", "chosen"),
        *("unbounded", "larger_than", "smaller_than"),
    ),
    value=nullable(NUMBER),
    people=COUNT,
    answers=COUNT,
    interval=MAYBE_INTERVAL,
    t=INTERVAL,
    bootstrap=INTERVAL,
    without_one_person={"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2},
    answers_independent=INTERVAL,
    people_and_items=INTERVAL,
    chosen=NUMBER,
    unbounded={"const": True},
    larger_than=NUMBER,
    smaller_than=NUMBER,
)
_ITS_OWN = "name|interval|measures"
#: A method's row has its measures twice: in full, and as NAME and NAME_interval.
METHOD: Schema = {
    "type": "object",
    "properties": {"name": TEXT, "interval": MAYBE_INTERVAL, "measures": table(MEASURE)},
    "required": ["name", "interval", "measures"],
    "patternProperties": {
        "_interval$": MAYBE_INTERVAL,
        "^(?!name$|interval$|measures$).*(?<!_interval)$": nullable(NUMBER),
    },
    "additionalProperties": False,
}


def study_analysis() -> Schema:
    """What `study analyse` prints."""
    tests = items(of_class(SignificanceTest, may_lack_null=True))
    pair = record(
        ("answers_independent_p", "least_p"),
        **dict.fromkeys(("a", "b"), TEXT),
        difference=nullable(NUMBER),
        interval=MAYBE_INTERVAL,
        **dict.fromkeys(("p_value", "adjusted_p"), nullable(NUMBER)),
        people=COUNT,
        answers_independent_p=NUMBER,
        least_p=NUMBER,
    )
    return record(
        ("dependence", "overall", "reference", "wins", "without_exclusions"),
        schema={"const": "gan-eval-study/1"},
        study_id=TEXT,
        manifest_sha256=SHA256,
        key_commitment=TEXT,
        kind=TEXT,
        feedback=TEXT,
        question=TEXT,
        participants=COUNT,
        sessions=COUNT,
        excluded=items(record((), session=TEXT, rule=TEXT, reason=TEXT)),
        exclusion_flow=items(of_class(ExclusionStep)),
        flags=items(record((), session=TEXT, flag=TEXT)),
        rejected_events=items(of_class(Rejected)),
        answers=COUNT,
        tally=of_class(Tally),
        items=COUNT,
        unit={"const": "person"},
        level=NUMBER,
        chance=nullable(NUMBER),
        methods=items(METHOD),
        tests=tests,
        pairs=items(pair),
        agreement={"anyOf": [of_class(Agreement, may_lack_null=True), {"const": {}}]},
        checks=of_class(Conduct, may_lack_null=True),
        per_item=table(items(nullable(NUMBER))),
        settings=record((), bootstrap_resamples=COUNT, seed=COUNT),
        rules=of_class(Rules),
        versions=VERSIONS,
        warnings=TEXTS,
        dependence=of_class(Dependence),
        overall=table(MEASURE),
        reference=MEASURE,
        wins=of_class(WinTable),
        without_exclusions=record((), participants=COUNT, methods=items(METHOD), tests=tests),
    )


def metrics_against_people() -> Schema:
    """What `agree` prints of one set of methods, and `compare --study` of its models."""
    ends = nullable({"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2})
    metric = record(
        (),
        metric=TEXT,
        better={"enum": ["lower", "higher"]},
        methods=COUNT,
        tau_b=nullable(NUMBER),
        interval=ends,
        **dict.fromkeys(("told_apart", "alike", "tied"), COUNT),
        wrong=items(record((), better=TEXT, worse=TEXT)),
    )
    return record(
        (),
        **dict.fromkeys(("set", "measure"), TEXT),
        unit={"enum": ["person", "vote"]},
        people=nullable(COUNT),
        answers=COUNT,
        methods=items(record((), name=TEXT, value=NUMBER, interval=ends)),
        **dict.fromkeys(("pairs", "pairs_told_apart"), COUNT),
        metrics=items(metric),
        notes=TEXTS,
    )


def votes_from_elsewhere() -> Schema:
    """What `study analyse` prints of a CSV of votes."""
    return record(
        (),
        measure=TEXT,
        unit={"enum": ["person", "vote"]},
        people=nullable(COUNT),
        answers=COUNT,
        methods=items(record((), name=TEXT, value=NUMBER, interval=MAYBE_INTERVAL)),
        pairs=items(of_class(ToldPair)),
        defects=items(of_class(Defect)),
        notes=TEXTS,
    )


def study_steps() -> dict[str, Schema]:
    """What the other commands of a study print: name of the document's schema without version → schema."""
    plan = of_class(StudyPlan)
    check = record((), name=TEXT, ok=YES, problems=TEXTS, notes=TEXTS)
    counts = ("bytes", "images", "trials", "practice", "forms", "trials_per_person")
    return {
        "plan": record((), advised_people=COUNT, **plan["properties"]),
        "new": record(
            (),
            **dict.fromkeys(("study_id", "kind", "page", "key"), TEXT),
            manifest_sha256=SHA256,
            **dict.fromkeys(("items", "methods", "warnings"), TEXTS),
            **dict.fromkeys(counts, COUNT),
        ),
        "check": record((), ok=YES, checks=items(check), limit=TEXT),
        "simulation": record((), study_id=TEXT, people=COUNT, events=COUNT, out=TEXT, seed=COUNT),
        "collect": of_class(Collected),
        "forget": record((), session=TEXT, events=COUNT),
        "archive": record((), out=TEXT, events=COUNT, people=COUNT),
    }


def training_steps() -> dict[str, Schema]:
    """What the commands of `nicegan` print: name of the document's schema without version → schema."""
    checkpoint = record((), folder=TEXT, step=COUNT)
    official = record((), out=TEXT, step=COUNT, config=configuration())
    return {
        "train": record(
            (),
            run=TEXT,
            step=COUNT,
            finished=YES,
            checkpoint=checkpoint,
            validations=items(validation()),
            honest=nullable(record((), best=COUNT, apparent=NUMBER, honest=NUMBER, splits=COUNT, optimism=NUMBER)),
        ),
        # Of one photograph that goes to one file, no more is told than that.
        "translate": record(
            ("kept", "skipped", "checkpoint", "direction", "reference"),
            out=TEXT,
            written=COUNT,
            kept=COUNT,
            skipped=TEXTS,
            checkpoint=checkpoint,
            direction={"enum": ["AtoB", "BtoA"]},
            reference=MAYBE_TEXT,
        ),
        "info": information(),
        "import": official,
        "export": official,
    }


def validation() -> Schema:
    """A line of `metrics.jsonl`."""
    numbers = dict.fromkeys(("AtoB", "BtoA", "mean"), NUMBER)
    texts = dict.fromkeys(("metric", "features", "direction", "images"), TEXT)
    halves = items(items(NUMBER))
    fields = {**numbers, **texts, "on": TEXT, "halves": halves, "n_real_fake": table(items(COUNT))}
    return record(("AtoB", "BtoA", "on", "halves"), step=COUNT, **fields)


def information() -> Schema:
    """What `nicegan info` prints."""
    return record(
        (),
        name=TEXT,
        step=nullable(COUNT),
        networks=table(of_class(NetworkFigures)),
        paper=table(record((), parameters=COUNT, flops=COUNT, printed=TEXT)),
        translation=of_class(Cost),
        translation_parameters=COUNT,
        turns=table(of_class(Cost)),
        training_bytes=COUNT,
        config=configuration(),
    )


def data_sets() -> Schema:
    """What `nicegan data list` and `data fetch` print."""
    head = {"schema": {"const": "nicegan-data/1"}}
    counts = record((), **dict.fromkeys(FOLDERS, COUNT))
    listed = record((), name=TEXT, domains=TEXTS, url=TEXT, counts=counts, sha256=nullable(SHA256))
    fetched = {"name": TEXT, "folder": TEXT, "fetched": YES, "counts": counts}
    return {
        "oneOf": [
            record((), **head, command={"const": "data list"}, sets=items(listed)),
            record((), **head, command={"const": "data fetch"}, **fetched),
        ]
    }


def _headed(schema: str, body: Schema, **head: Schema) -> Schema:
    """The same document with its `schema`, and what else comes first."""
    head = {"schema": {"const": schema}, **head}
    return {**body, "properties": {**head, **body["properties"]}, "required": [*head, *body["required"]]}


def schemas() -> dict[str, Schema]:
    """Every document that a command prints."""
    return {
        "gan-eval.json": titled("gan-eval/1: scores, comparisons, weights, cache", gan_eval()),
        "gan-eval-agree.json": titled(
            "gan-eval-agree/1: metrics against people",
            _headed("gan-eval-agree/1", record((), sets=items(metrics_against_people()))),
        ),
        "gan-eval-votes.json": titled(
            "gan-eval-votes/1: votes from elsewhere", _headed("gan-eval-votes/1", votes_from_elsewhere())
        ),
        "gan-eval-study.json": titled("gan-eval-study/1: the analysis of a human study", study_analysis()),
        **{
            f"gan-eval-study-{name}.json": titled(f"gan-eval study: {name}", _headed(f"gan-eval-study-{name}/1", body))
            for name, body in study_steps().items()
        },
        **{
            f"nicegan-{name}.json": titled(
                f"nicegan {name}", _headed(f"nicegan-{name}/1", body, command={"const": name})
            )
            for name, body in training_steps().items()
        },
        "nicegan-data.json": titled("nicegan data list, data fetch", data_sets()),
    }
