from __future__ import annotations

import pytest

from portal.audit.models import AuditEvent
from portal.trials.models import RescanRequest, Visit
from portal.trials.rescans import (
    RescanRefused,
    answer_rescan,
    ask_for_rescan,
    open_rescans_for,
    people_of,
    rescans_for,
    withdraw_rescan,
)
from portal.trials.services import subject_at, visit_of
from tests.portal.conftest import Cast

READER = RescanRequest.Source.READER
PROTOCOL = RescanRequest.Source.PROTOCOL


@pytest.fixture
def visit(cast: Cast) -> Visit:
    return visit_of(subject_at(cast.north, "S-1"), "Baseline")


def test_a_request_says_why_and_what_to_do(cast: Cast, visit: Visit) -> None:
    made = ask_for_rescan(visit, READER, " Motion.\r\n", "Breath hold.", by=cast.rosa)
    assert (made.state, made.reason, made.action) == ("open", "Motion.", "Breath hold.")
    event = AuditEvent.objects.get(action="rescan-requested")
    assert (event.actor, event.new["reason"]) == (cast.rosa.email, "Motion.")
    for reason, action in (("", "x"), ("x", " "), ("x" * 2001, "x")):
        with pytest.raises(RescanRefused):
            ask_for_rescan(visit, PROTOCOL, reason, action, by=cast.uma)


def test_asked_twice_a_site_has_one_request(cast: Cast, visit: Visit) -> None:
    first = ask_for_rescan(visit, READER, "Motion.", "Again.", by=cast.rosa)
    assert ask_for_rescan(visit, READER, "Still motion.", "Again.", by=cast.rosa) == first
    other = ask_for_rescan(visit, PROTOCOL, "Too few echoes.", "Six echoes.", by=cast.uma)
    assert other != first
    answer_rescan(first, "Scanned.", by=cast.uma)
    assert ask_for_rescan(visit, READER, "Motion again.", "Again.", by=cast.rosa) != first


def test_only_the_site_hears_of_its_request(cast: Cast, visit: Visit) -> None:
    made = ask_for_rescan(visit, READER, "Motion.", "Again.", by=cast.rosa)
    assert people_of(made) == [cast.uma]
    seen = {name for name, person in cast.people.items() if rescans_for(person).exists()}
    assert seen == {"rosa", "uma", "tom", "mona", "ada"}
    to_answer = {name for name, person in cast.people.items() if open_rescans_for(person).exists()}
    assert to_answer == {"uma", "tom", "ada"}


def test_an_answered_request_is_closed(cast: Cast, visit: Visit) -> None:
    made = ask_for_rescan(visit, READER, "Motion.", "Again.", by=cast.rosa)
    with pytest.raises(RescanRefused, match="what was done"):
        answer_rescan(made, "  ", by=cast.uma)
    closed = answer_rescan(made, "The patient has left.", by=cast.uma)
    assert (closed.state, closed.closed_by) == ("answered", cast.uma)
    assert closed.closed_at is not None
    assert not open_rescans_for(cast.uma).exists()
    for act in (answer_rescan, withdraw_rescan):
        with pytest.raises(RescanRefused, match="closed already"):
            act(made, "Again.", by=cast.tom)


def test_a_request_can_be_withdrawn_with_a_reason(cast: Cast, visit: Visit) -> None:
    made = ask_for_rescan(visit, READER, "Motion.", "Again.", by=cast.rosa)
    closed = withdraw_rescan(made, "Usable after all.", by=cast.tom)
    assert (closed.state, closed.answer) == ("withdrawn", "Usable after all.")
    assert AuditEvent.objects.get(action="rescan-withdrawn").actor == cast.tom.email
