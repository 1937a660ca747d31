"""Platform ids of participants are replaced by pseudonyms before an answer is stored.

A pseudonym is an HMAC with the study's secret: the same person gets the same one from the server and from a download,
and without the key nobody can tell whose it is. The ids themselves are kept only on request, apart from the answers.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from gan_eval.study.manifest import Key, Manifest
from gan_eval.study.responses import Event, Start


class Pseudonymised(NamedTuple):
    """An event without platform ids, and the ids that it had (parameter → value)."""

    event: Event
    platform: Mapping[str, str]


def participant_id(key: Key, parameter: str, value: str) -> str:
    """The pseudonym of a person whom a platform calls `value`."""
    message = "\0".join(("participant", key.study_id, parameter, value)).encode("utf-8")
    return "p" + hmac.new(bytes.fromhex(key.secret_hex), message, hashlib.sha256).hexdigest()[:20]


def pseudonymised(event: Event, manifest: Manifest, key: Key) -> Pseudonymised:
    """Replace a start's platform parameters by the pseudonym of the first one that names the person."""
    start = event.payload
    if not isinstance(start, Start) or not start.platform:
        return Pseudonymised(event, {})
    named = [name for name in manifest.platform.id_params if start.platform.get(name)]
    pseudonym = participant_id(key, named[0], start.platform[named[0]]) if named else None
    return Pseudonymised(replace(event, payload=replace(start, platform={}, participant_id=pseudonym)), start.platform)
