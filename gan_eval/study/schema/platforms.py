"""How a participant arrives from a recruiting platform and goes back to it: parameters in, a redirect or a form out.

A platform is a row of data, never a client of anybody's API: the page reads the URL parameters it was opened with, and
at the end shows a link or posts a form to an address that was fixed before the study.

prolific  PROLIFIC_PID, STUDY_ID and SESSION_ID in; a redirect with a completion code out.
mturk     Amazon Mechanical Turk's ExternalQuestion, for studies that repeat the literature's protocol (the service has
          announced its end): workerId, assignmentId, hitId and turkSubmitTo in; a preview without a worker;
          a form POST to turkSubmitTo + /mturk/externalSubmit.
generic   any panel that can put an id into the link and take a participant back at an address.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlsplit

from gan_eval.errors import InputError
from gan_eval.study.schema.manifest import Platform

PRESETS: dict[str, Platform] = {
    "none": Platform("none", (), (), None, "none", (), None),
    "generic": Platform("generic", ("participant",), (), None, "redirect", (), None),
    "prolific": Platform(
        "prolific", ("PROLIFIC_PID",), ("STUDY_ID", "SESSION_ID"), None, "redirect", ("app.prolific.com",), None
    ),
    "mturk": Platform(
        "mturk",
        ("workerId",),
        ("assignmentId", "hitId", "turkSubmitTo"),
        ("assignmentId", "ASSIGNMENT_ID_NOT_AVAILABLE"),
        "form",
        ("www.mturk.com", "workersandbox.mturk.com"),
        "{turkSubmitTo}/mturk/externalSubmit",
    ),
}

_PROLIFIC = "https://app.prolific.com/submissions/complete?cc="


def platform(name: str, *, id_param: str | None = None, public_url: str | None = None) -> Platform:
    """A preset, with another name of the id parameter or an address that may stand in the page.

    Raises InputError for an address that is not http(s).
    """
    chosen = PRESETS[name]
    if id_param is not None:
        chosen = replace(chosen, id_params=(id_param,))
    if public_url is not None:
        chosen = replace(chosen, url=checked_url(public_url))
    return chosen


def completion_url(name: str, completion: str) -> str:
    """The address that ends a session on a platform, from a Prolific completion code or an address (InputError)."""
    if name == "prolific" and "/" not in completion:
        return _PROLIFIC + quote(completion, safe="")
    if PRESETS[name].finish != "redirect":
        raise InputError(
            f"completion={completion}: goes with a platform that redirects (prolific, generic), not with {name}"
        )
    return checked_url(completion)


def checked_url(url: str) -> str:
    """The address itself; InputError where it is not a whole http or https one."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or any(letter.isspace() for letter in url):
        raise InputError(f"{url!r} is not a whole http(s) address")
    return url
