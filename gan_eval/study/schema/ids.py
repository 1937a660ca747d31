"""What is derived from a study's secret besides the ids: parts of addresses, proofs of origin, pseudonyms.

All are HMAC-SHA-256 of the secret and differ by a label, so that none of them tells anything about another.
"""

from __future__ import annotations

import hashlib
import hmac


def mac(secret: bytes, study_id: str, label: str, *parts: str) -> str:
    """64 hexadecimal digits that only the holder of the secret can make."""
    message = "\0".join((label, study_id, *parts)).encode("utf-8")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def participants_token(secret: bytes, study_id: str) -> str:
    """Part of the address that participants get from a server; the same after a restart."""
    return mac(secret, study_id, "participants")[:20]


def researcher_token(secret: bytes, study_id: str) -> str:
    """Part of the address where a researcher watches; cannot be had from the participants' one."""
    return mac(secret, study_id, "researcher")[:32]


def session_token(secret: bytes, study_id: str, session_id: str, form_id: str) -> str:
    """Proof that this session got this form from the study's server."""
    return mac(secret, study_id, "session", session_id, form_id)


def participant_id(secret: bytes, study_id: str, parameter: str, value: str) -> str:
    """Pseudonym of the person whom a platform calls `value`."""
    return "p" + mac(secret, study_id, "participant", parameter, value)[:20]
