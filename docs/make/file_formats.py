"""JSON Schemas of the files that the programs write and read: name of the schema's file → schema."""

from __future__ import annotations

from docs.make.schemas import Schema, items, nullable, of_class, of_format, of_type, record, table, titled
from gan_eval.study.schema.events import PAYLOADS, Event
from gan_eval.study.schema.manifest import Key, Manifest
from gan_eval.translation import FOLDERS, TRANSLATION
from nicegan.config import DataConfig, OptimConfig, RunConfig
from nicegan.models.table import MODELS

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


def run_config() -> Schema:
    """Of `RUN/config.json`."""
    images = record((), count=COUNT, names_sha256=SHA256)
    return record(
        ("domains", "judge"),
        schema={"const": "nicegan-run/1"},
        config=configuration(),
        data=nullable(TEXT),
        domains=record(("testA", "testB"), **dict.fromkeys(FOLDERS, TEXT)),
        images=record((), **dict.fromkeys(FOLDERS, images)),
        judge=nullable(table(TEXT)),
        processes={"type": "integer", "minimum": 1},
    )


def checkpoint_config() -> Schema:
    """Of a checkpoint's `config.json`."""
    return record(
        (),
        schema={"const": "nicegan-checkpoint/1"},
        step=COUNT,
        networks=items(TEXT),
        data=nullable(TEXT),
        config=configuration(),
        files=table(COUNT),
        versions=VERSIONS,
    )


def event() -> Schema:
    """Of a line of answers: what `payload` holds follows from `type`."""
    body = of_class(Event)
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
        "study-manifest.json": titled("study.json: the public half of a human study", of_class(Manifest)),
        "study-key.json": titled("study.key.json: the private half of a human study", of_class(Key)),
        "study-event.json": titled("A line of the answers to a human study", event()),
        "run-config.json": titled("RUN/config.json: what a training run is", run_config()),
        "checkpoint-config.json": titled("config.json of a checkpoint", checkpoint_config()),
    }
