"""Platform ids of participants are replaced by pseudonyms before an answer is stored.

A pseudonym is an HMAC with the study's secret: the same person gets the same one from the server and from a download,
and without the key nobody can tell whose it is. The ids themselves are kept only on request, apart from the answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from gan_eval.study.schema.events import Event, Start
from gan_eval.study.schema.ids import participant_id
from gan_eval.study.schema.manifest import Key, Manifest


class Pseudonymised(NamedTuple):
    """An event without platform ids, and the ids that it had (parameter → value)."""

    event: Event
    platform: Mapping[str, str]


def pseudonymised(event: Event, manifest: Manifest, key: Key) -> Pseudonymised:
    """Replace a start's platform parameters by the pseudonym of the first one that names the person."""
    start = event.payload
    if not isinstance(start, Start) or not start.platform:
        return Pseudonymised(event, {})
    named = [name for name in manifest.platform.id_params if start.platform.get(name)]
    secret = bytes.fromhex(key.secret_hex)
    pseudonym = participant_id(secret, key.study_id, named[0], start.platform[named[0]]) if named else None
    return Pseudonymised(replace(event, payload=replace(start, platform={}, participant_id=pseudonym)), start.platform)
