"""JSON Schemas of the files that the programs write and read: name of the schema's file → schema."""

from __future__ import annotations

from typing import Any

from docs.make.schemas import Schema, of_class, of_format, of_mapping, of_type, record, table
from gan_eval.strict_json import DocumentFormat
from gan_eval.study.schema.events import EVENT, PAYLOADS
from gan_eval.study.schema.manifest import KEY, MANIFEST
from gan_eval.translation import TRANSLATION
from nicegan.checkpoint import BEST_NOTE, CHECKPOINT
from nicegan.config import DataConfig, OptimConfig, RunConfig
from nicegan.journal import LOG_LINE, VALIDATION_LINE
from nicegan.models.table import MODELS
from nicegan.run import RUN

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
VERSIONS = table(TEXT)


def configuration() -> Schema:
    """Of a run: the settings of each model's networks and losses are its own."""
    shared = of_class(RunConfig, without=("model", "network", "loss"))
    properties = {**shared["properties"], "optim": of_class(OptimConfig), "data": of_class(DataConfig)}
    models = [
        record((), model={"const": name}, network=of_class(row.network), loss=of_class(row.loss), **properties)
        for name, row in MODELS.items()
    ]
    return {"description": shared["description"], "anyOf": models}


def _configured(title: str, form: DocumentFormat[Any]) -> Schema:
    """Of a document with a run's configuration in it."""
    body = of_format(title, form)
    return {**body, "properties": {**body["properties"], "config": configuration()}}


def event() -> Schema:
    """Of a line of answers: what `payload` holds follows from `type`."""
    body = of_format("A line of the answers to a human study", EVENT)
    body["properties"]["payload"] = {"type": "object"}
    payloads = [
        {
            "if": {"properties": {"type": {"const": name}}},
            "then": {"properties": {"payload": of_type(kind)}},
        }
        for name, kind in PAYLOADS.items()
    ]
    return {**body, "allOf": payloads}


def schemas() -> dict[str, Schema]:
    """Every file that users or other programs read."""
    return {
        "translation.json": of_format("translation.json: how images were translated", TRANSLATION),
        "study-manifest.json": of_format("study.json: the public half of a human study", MANIFEST),
        "study-key.json": of_format("study.key.json: the private half of a human study", KEY),
        "study-event.json": event(),
        "run-config.json": _configured("RUN/config.json: what a training run is", RUN),
        "log-line.json": of_mapping("A line of log.jsonl: a step, and means of the losses", LOG_LINE),
        "validation-line.json": of_format("A line of metrics.jsonl: a validation", VALIDATION_LINE),
        "best-note.json": of_format("best.json: which checkpoint of a run validated best", BEST_NOTE),
        "checkpoint-config.json": _configured("config.json of a checkpoint", CHECKPOINT),
    }
