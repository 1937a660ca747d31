"""All kinds from consent to debrief, in a real browser, by mouse and by keys, from disk and from the server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from gan_eval.study.making.export import StudyFiles
from gan_eval.study.schema.events import parse_event, verify_event
from tests.gan_eval.study.driving import Participant, Server

pytestmark = pytest.mark.browser
KINDS = ("best-of-k", "pairwise", "real-fake", "two-alternative", "rating", "rank-k")


@pytest.mark.parametrize("by", ["mouse", "keys"])
@pytest.mark.parametrize("kind", KINDS)
def test_from_disk(kind: str, by: Any, context: Any, studies: Callable[[str], StudyFiles]) -> None:
    study = studies(kind)
    person = Participant(context, study.page.as_uri(), by=by)
    person.run(comment="a <b>comment</b> with </script>")
    events = [parse_event(document, where="download") for document in person.download()]
    for event in events:
        verify_event(event, study.manifest, where="download")
    counted = Counter(event.type for event in events)
    assert counted["answer"] == len(study.manifest.forms[0].sequence)
    assert counted["practice"] == len(study.manifest.practice)
    assert [event.seq for event in events] == list(range(len(events)))
    assert {event.payload.input for event in events if event.type == "answer"} == {
        {"keys": "key", "mouse": "mouse"}[by]
    }
    assert person.faults == []


@pytest.mark.parametrize("by", ["mouse", "keys"])
@pytest.mark.parametrize("kind", KINDS)
def test_from_the_server(kind: str, by: Any, context: Any, servers: Callable[[str], Server]) -> None:
    server = servers(kind)
    person = Participant(context, server.participants, by=by)
    person.run()
    downloaded = person.download()
    own = [event for event in server.events() if event["session_id"] == downloaded[0]["session_id"]]
    assert {event["event_id"] for event in own} == {event["event_id"] for event in downloaded}
    assert own[-1]["type"] == "finish"
    assert downloaded[0]["payload"]["form_source"] == "server"
    assert person.faults == []
