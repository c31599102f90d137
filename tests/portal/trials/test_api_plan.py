from __future__ import annotations

from datetime import date

import pytest
from rest_framework.test import APIClient

from portal.trials.models import RescanRequest
from portal.trials.services import subject_at, visit_of
from portal.trials.visits import note_date
from tests.portal.conftest import Cast


def program(cast: Cast, name: str) -> APIClient:
    client = APIClient()
    client.force_login(cast.people[name])  # type: ignore[arg-type]  # everyone here signs in
    return client


def test_a_scheme_is_put_and_read(cast: Cast) -> None:
    url = f"/api/v1/trials/{cast.trial.pk}/reading-scheme/"
    tom = program(cast, "tom")
    assert tom.get(url).status_code == 404
    wanted = {"rules": {"readers": 2, "pdff_points": 2}}
    made = tom.put(url, wanted, format="json").json()
    assert (made["version"], made["rules"]["readers"]) == (1, 2)
    refused = tom.put(url, {"rules": {"readers": 5}, "reason": "x"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "scheme-readers")
    assert program(cast, "uma").get(url).json()["version"] == 1
    assert program(cast, "rosa").get(url).status_code == 404  # who reads blinded sees no trial
    assert program(cast, "uma").put(url, wanted, format="json").status_code == 404


def test_a_schedule_is_put_and_visits_are_judged(cast: Cast) -> None:
    url = f"/api/v1/trials/{cast.trial.pk}/visit-schedule/"
    rows = [{"name": "Baseline", "day": 0}, {"name": "Week 4", "day": 28, "days_after": 2}]
    assert program(cast, "tom").put(url, rows, format="json").status_code == 200
    assert program(cast, "mona").get(url).json()[1]["days_after"] == 2
    subject = subject_at(cast.north, "N-1")
    note_date(visit_of(subject, "Baseline"), date(2026, 1, 1))
    note_date(visit_of(subject, "Week 4"), date(2026, 2, 5))
    listed = program(cast, "uma").get("/api/v1/visits/?subject=N-1").json()["results"]
    assert [(each["name"], each["timing"], each["days_off"]) for each in listed] == [
        ("Baseline", "in-window", 0),
        ("Week 4", "late", 5),
    ]
    assert program(cast, "uwe").get("/api/v1/visits/").json()["count"] == 0


@pytest.mark.parametrize(
    "rows", [[{"name": "A"}], [{"name": "A", "day": 2}, {"name": "B", "day": 1}]]
)
def test_a_schedule_that_makes_no_sense_is_refused(cast: Cast, rows: object) -> None:
    url = f"/api/v1/trials/{cast.trial.pk}/visit-schedule/"
    assert program(cast, "tom").put(url, rows, format="json").status_code == 400


def test_a_scan_is_asked_for_answered_and_withdrawn(cast: Cast) -> None:
    visit = visit_of(subject_at(cast.north, "N-1"), "Baseline")
    words = {"visit": str(visit.pk), "reason": "Flip angle 20°.", "action": "Set 5°."}
    url = "/api/v1/rescans/"
    assert program(cast, "uwe").post(url, words, format="json").status_code == 404
    made = program(cast, "uma").post(url, words, format="json")
    assert (made.status_code, made.json()["state"]) == (201, "open")
    one = f"{url}{made.json()['id']}/"
    assert program(cast, "mona").get(one).json()["reason"] == "Flip angle 20°."
    assert program(cast, "mona").post(f"{one}answer/", {"words": "x"}).status_code == 404
    assert (
        program(cast, "uma").post(f"{one}answer/", {"words": ""}, format="json").status_code == 400
    )
    closed = program(cast, "uma").post(f"{one}answer/", {"words": "Done."}, format="json").json()
    assert (closed["state"], closed["answer"]) == ("answered", "Done.")
    again = program(cast, "tom").post(f"{one}withdraw/", {"words": "x"}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "rescan-closed")
    assert program(cast, "tom").get(f"{url}?state=open").json()["count"] == 0
    assert program(cast, "tom").get(f"{url}?trial={cast.trial.pk}&subject=N-1").json()["count"] == 1
    assert program(cast, "tom").get(f"{url}?state=x").json()["code"] == "invalid"
    assert RescanRequest.objects.get().closed_by == cast.uma
