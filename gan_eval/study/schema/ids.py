"""The study's secret, and what is derived from it: ids of pictures and trials, addresses, proofs of origin, pseudonyms.

All are HMAC-SHA-256 of the secret and differ by a label, so that none of them tells anything about another.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from gan_eval.errors import InputError
from gan_eval.files import read_bytes


def read_secret(path: Path | None) -> bytes:
    """32 bytes, raw or as 64 hexadecimal digits; without a path, fresh ones of the system."""
    if path is None:
        return secrets.token_bytes(32)
    data = read_bytes(path, longest=1000)
    if len(data) == 32:
        return data
    if re.fullmatch(rb"\s*[0-9a-fA-F]{64}\s*", data):
        return bytes.fromhex(data.decode("ascii").strip())
    raise InputError(f"{path}: wanted 32 bytes or 64 hexadecimal digits (head -c 32 /dev/urandom > {path})")


def image_id(secret: bytes, study_id: str, source: str, item: str, copy: str = "0") -> str:
    """Returns the opaque name of a picture, which tells nothing to anybody without the secret.

    It is made from source and item rather than from the bytes, because two methods may give identical bytes.
    """
    return "i" + _digest(secret, "img", study_id, source, item, copy)


def trial_id(secret: bytes, study_id: str, role: str, sources: Sequence[str], item: str) -> str:
    """Opaque name of a trial."""
    return "t" + _digest(secret, "trial", study_id, role, "+".join(sources), item)


def _digest(secret: bytes, *parts: str) -> str:
    return hmac.new(secret, "\0".join(parts).encode(), hashlib.sha256).hexdigest()[:20]


def mac(secret: bytes, study_id: str, label: str, *parts: str) -> str:
    """64 hexadecimal digits that only the holder of the secret can make."""
    message = "\0".join((label, study_id, *parts)).encode("utf-8")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def participants_token(secret: bytes, study_id: str) -> str:
    """Part of the address that participants get from a server; the same after a restart."""
    return mac(secret, study_id, "participants")[:20]


def researcher_token(secret: bytes, study_id: str) -> str:
    """Returns a part of the researcher's address; it cannot be derived from the participants' one."""
    return mac(secret, study_id, "researcher")[:32]


def session_token(secret: bytes, study_id: str, session_id: str, form_id: str) -> str:
    """Proof that this session got this form from the study's server."""
    return mac(secret, study_id, "session", session_id, form_id)


def participant_id(secret: bytes, study_id: str, parameter: str, value: str) -> str:
    """Pseudonym of the person whom a platform calls `value`."""
    return "p" + mac(secret, study_id, "participant", parameter, value)[:20]
