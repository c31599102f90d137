from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.notifications.models import Delivery
from portal.trials.models import RescanRequest, Visit
from portal.trials.rescans import ask_for_rescan
from portal.trials.services import subject_at, visit_of
from portal.trials.subject_pages import rescan_lines
from portal.trials.visits import note_date, set_schedule
from tests.portal.conftest import Cast

PLAN = [
    {"name": "Baseline", "day": 0},
    {"name": "Week 12", "day": 84, "days_before": 3, "days_after": 7},
    {"name": "Week 24", "day": 168},
]


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def visit(cast: Cast) -> Visit:
    set_schedule(cast.trial, PLAN, by=cast.tom)
    cast.north.trial.refresh_from_db()
    subject = subject_at(cast.north, "N-7")
    note_date(visit_of(subject, "Baseline"), date(2026, 1, 5))
    return note_date(visit_of(subject, "Week 12"), date(2026, 4, 10))


def test_the_list_of_subjects_flags_visits_out_of_window(cast: Cast, visit: Visit) -> None:
    subject_at(cast.south, "S-9")
    page = browser(cast.tom).get(f"/trials/{cast.trial.pk}/subjects/").content.decode()
    assert "N-7" in page
    assert "S-9" in page
    assert '<span class="severity warning">1</span>' in page
    only = browser(cast.tom).get(f"/trials/{cast.trial.pk}/subjects/?site=S").content.decode()
    assert "N-7" not in only


def test_a_site_sees_its_own_subjects_only(cast: Cast, visit: Visit) -> None:
    subject = visit.subject
    assert "N-7" in browser(cast.uma).get(f"/trials/{cast.trial.pk}/subjects/").content.decode()
    south = browser(cast.uwe)
    assert "N-7" not in south.get(f"/trials/{cast.trial.pk}/subjects/").content.decode()
    assert south.get(f"/trials/subjects/{subject.pk}/").status_code == 404


def test_a_subject_shows_its_visits_and_what_is_expected(cast: Cast, visit: Visit) -> None:
    page = browser(cast.uma).get(f"/trials/subjects/{visit.subject_id}/").content.decode()
    assert "4 days too late" in page
    assert "in the window" in page
    assert "22 Jun 2026" in page  # week 24 is expected 168 days after baseline


def test_a_site_asks_for_a_scan_that_the_protocol_wants(cast: Cast, visit: Visit) -> None:
    address = f"/trials/subjects/{visit.subject_id}/rescan/"
    values = {"visit": "Week 12", "reason": "Flip angle 20°.", "action": "Set 5°."}
    made = browser(cast.uma).post(address, values)
    request = RescanRequest.objects.get()
    assert made["Location"] == f"/trials/rescans/{request.pk}/"
    assert request.source == RescanRequest.Source.PROTOCOL
    assert Delivery.objects.filter(user=cast.uma, kind="rescan-requested").exists()
    assert browser(cast.uwe).post(address, values).status_code == 404
    assert browser(cast.mona).post(address, values).status_code == 404
    assert browser(cast.uma).post(address, {**values, "visit": "Week 99"}).status_code == 404


@pytest.mark.parametrize(("name", "is_offered"), [("uma", True), ("tom", True), ("mona", False)])
def test_the_page_of_a_subject_offers_to_ask_for_a_scan(
    cast: Cast, visit: Visit, name: str, is_offered: bool
) -> None:
    page = browser(getattr(cast, name)).get(f"/trials/subjects/{visit.subject_id}/")
    address = f'action="/trials/subjects/{visit.subject_id}/rescan/"'
    assert (address in page.content.decode()) is is_offered


def test_the_site_reads_why_but_not_who_reads(cast: Cast, visit: Visit) -> None:
    made = ask_for_rescan(
        visit, RescanRequest.Source.READER, "Motion.", "Scan again.", by=cast.rosa
    )
    page = browser(cast.uma).get(f"/trials/rescans/{made.pk}/").content.decode()
    assert "Motion." in page
    assert "the central reading" in page
    assert "Rosa" not in page
    assert "Rosa" not in str(rescan_lines(cast.uma))


def test_the_site_answers_and_the_manager_withdraws(cast: Cast, visit: Visit) -> None:
    first = ask_for_rescan(visit, RescanRequest.Source.READER, "Motion.", "Again.", by=cast.rosa)
    address = f"/trials/rescans/{first.pk}/"
    said = browser(cast.uma).post(f"{address}answer/", {"answer": " "}, follow=True)
    assert "what was done" in said.content.decode()
    browser(cast.uma).post(f"{address}answer/", {"answer": "Done on Monday."})
    first.refresh_from_db()
    assert (first.state, first.answer) == ("answered", "Done on Monday.")
    second = ask_for_rescan(visit, RescanRequest.Source.READER, "Cut.", "Again.", by=cast.rosa)
    browser(cast.tom).post(f"/trials/rescans/{second.pk}/withdraw/", {"reason": "Usable."})
    second.refresh_from_db()
    assert second.state == "withdrawn"


def test_open_requests_are_listed_for_the_site(cast: Cast, visit: Visit) -> None:
    ask_for_rescan(visit, RescanRequest.Source.READER, "Motion.", "Again.", by=cast.rosa)
    (line,) = rescan_lines(cast.uma, only_open=True)
    assert (line.subject, line.visit, line.site) == ("N-7", "Week 12", "North hospital")
    assert rescan_lines(cast.uwe) == ()
    assert "N-7" in browser(cast.uma).get("/trials/rescans/").content.decode()


def test_a_scan_asked_for_again_needs_a_post(cast: Cast, visit: Visit) -> None:
    address = f"/trials/subjects/{visit.subject_id}/rescan/"
    assert browser(cast.uma).get(address).status_code == 405


def test_the_site_sees_open_requests_where_it_looks_first(cast: Cast, visit: Visit) -> None:
    made = ask_for_rescan(visit, RescanRequest.Source.READER, "Motion.", "Again.", by=cast.rosa)
    link = f"/trials/rescans/{made.pk}/"
    for address in ("/", "/upload/"):
        assert link in browser(cast.uma).get(address).content.decode()
        assert link not in browser(cast.uwe).get(address).content.decode()
        assert link not in browser(cast.mona).get(address).content.decode()
