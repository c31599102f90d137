from __future__ import annotations

from datetime import date

import pytest
from rest_framework.test import APIClient

from portal.audit.models import AuditEvent
from portal.trials.models import Site, Trial
from portal.trials.services import subject_at, visit_of
from portal.trials.visits import note_date, set_schedule
from tests.portal.conftest import Cast

API = "/api/v1/"


def program(cast: Cast, name: str) -> APIClient:
    client = APIClient()
    client.force_login(cast.people[name])  # type: ignore[arg-type]  # everyone here signs in
    return client


def test_an_administrator_opens_a_trial(cast: Cast) -> None:
    made = program(cast, "ada").post(f"{API}trials/", {"name": "Iron"}, format="json")
    assert (made.status_code, made.json()["slug"]) == (201, "iron")
    one = program(cast, "ada").get(f"{API}trials/{made.json()['id']}/")
    assert one.json() == made.json()
    assert program(cast, "tom").get(f"{API}trials/{made.json()['id']}/").status_code == 404
    event = AuditEvent.objects.filter(action="trial-created").latest("sequence")
    assert (event.actor, event.new) == ("ada@example.org", {"name": "Iron"})


@pytest.mark.parametrize("name", ["肝臓", "L" * 200])
def test_a_trial_may_have_a_name_in_any_script_and_of_any_length(cast: Cast, name: str) -> None:
    made = program(cast, "ada").post(f"{API}trials/", {"name": name}, format="json")
    assert (made.status_code, made.json()["name"]) == (201, name)
    assert 1 <= len(made.json()["slug"]) <= 80
    again = program(cast, "ada").post(f"{API}trials/", {"name": name}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "trial-exists")


@pytest.mark.parametrize(("name", "code"), [("", "invalid"), ("???", "trial-name")])
def test_a_trial_needs_a_name(cast: Cast, name: str, code: str) -> None:
    answer = program(cast, "ada").post(f"{API}trials/", {"name": name}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert Trial.objects.count() == 2


def test_a_manager_adds_a_site_whose_code_is_its_own(cast: Cast) -> None:
    path = f"{API}trials/{cast.trial.pk}/sites/"
    made = program(cast, "tom").post(path, {"name": "West", "code": "W"}, format="json")
    assert made.status_code == 201
    again = program(cast, "tom").post(path, {"name": "Other", "code": "W"}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "site-exists")
    listed = program(cast, "uma").get(path).json()["results"]
    assert [each["code"] for each in listed] == ["N", "S", "W"]
    assert Site.objects.filter(trial=cast.trial).count() == 3


def test_subject_codes_get_a_form_that_new_subjects_must_have(cast: Cast) -> None:
    path = f"{API}trials/{cast.trial.pk}/subject-rules/"
    wanted = {"form": "{site}-###", "once_a_trial": True}
    assert program(cast, "tom").put(path, wanted, format="json").json() == wanted
    assert program(cast, "uma").get(path).json() == wanted
    event = AuditEvent.objects.get(action="subject-rules-changed")
    assert (event.old["form"], event.new["form"]) == ("", "{site}-###")
    refused = program(cast, "tom").put(path, {"form": "fixed"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "subject-form-invalid")


def test_codes_that_exist_twice_cannot_be_once_a_trial(cast: Cast) -> None:
    for site in (cast.north, cast.south):
        subject_at(site, "S-1")
    path = f"{API}trials/{cast.trial.pk}/subject-rules/"
    wanted = {"form": "", "once_a_trial": True}
    answer = program(cast, "tom").put(path, wanted, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "subject-twice")


@pytest.mark.parametrize("how", ["page", "program"])
def test_a_closed_trial_takes_no_study_until_it_is_opened_again(cast: Cast, how: str) -> None:
    ada, uma = program(cast, "ada"), program(cast, "uma")
    manifest = {
        "site": str(cast.north.pk),
        "subject": "S-1",
        "visit": "Baseline",
        "files": [{"path": "IM", "size_bytes": 1, "sha256": "a" * 64}],
    }

    def close(*, is_closed: bool) -> None:
        if how == "program":
            path = f"{API}trials/{cast.trial.pk}/"
            body = ada.patch(path, {"is_closed": is_closed}, format="json").json()
            assert (body["closed_at"] is not None) is is_closed
        else:
            ada.post(f"/trials/{cast.trial.pk}/{'close' if is_closed else 'reopen'}/")

    close(is_closed=True)
    refused = uma.post(f"{API}uploads/", manifest, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "trial-closed")
    assert "Closed since" in ada.get(f"/trials/{cast.trial.pk}/").content.decode()
    close(is_closed=False)
    assert uma.post(f"{API}uploads/", manifest, format="json").status_code == 201
    closed = AuditEvent.objects.get(action="trial-closed")
    opened = AuditEvent.objects.get(action="trial-reopened")
    assert closed.old == {"closed_at": None} == opened.new
    assert closed.new == opened.old


def test_a_trial_closed_twice_keeps_the_day_it_was_closed(cast: Cast) -> None:
    ada, path = program(cast, "ada"), f"{API}trials/{cast.trial.pk}/"
    first = ada.patch(path, {"is_closed": True}, format="json").json()
    assert ada.patch(path, {"is_closed": True}, format="json").json() == first
    assert AuditEvent.objects.filter(action="trial-closed").count() == 1
    assert program(cast, "tom").patch(path, {"is_closed": False}).status_code == 403


def test_rules_are_tried_on_an_acquisition_before_they_are_saved(cast: Cast) -> None:
    path = f"{API}trials/{cast.trial.pk}/protocol/try/"
    facts = {"echo_times_ms": [1.2, 2.4, 3.6], "field_strength_t": 3.0}
    tried = {"rules": {"echoes_min": 6}, "facts": facts}
    found = program(cast, "tom").post(path, tried, format="json").json()
    assert (found["standing"], found["protocol_version"]) == ("deviation", None)
    assert len(found["deviations"]) == 1
    met = program(cast, "tom").post(path, tried | {"rules": {"echoes_min": 3}}, format="json")
    assert met.json()["standing"] == "met"
    assert program(cast, "tom").get(f"{API}trials/{cast.trial.pk}/protocol/").status_code == 404


@pytest.mark.parametrize(
    "rules", [{"field_strengths_t": 3}, {"field_strengths_t": ["3"]}, {"gossip": 1}]
)
def test_rules_that_make_no_sense_are_refused(cast: Cast, rules: dict[str, object]) -> None:
    path = f"{API}trials/{cast.trial.pk}/protocol/"
    answer = program(cast, "tom").put(path, {"name": "x", "rules": rules}, format="json")
    assert answer.status_code == 400
    assert answer.json()["code"].startswith("rule-")


def test_every_version_of_a_reading_scheme_is_listed(cast: Cast) -> None:
    path = f"{API}trials/{cast.trial.pk}/reading-scheme/"
    tom = program(cast, "tom")
    tom.put(path, {"rules": {}}, format="json")
    tom.put(path, {"rules": {"due_days": 7}, "reason": "Amendment 2"}, format="json")
    rows = tom.get(f"{path}versions/").json()["results"]
    assert [(row["version"], row["reason"]) for row in rows] == [(2, "Amendment 2"), (1, "")]


def test_a_subject_has_its_visits_and_those_to_come(cast: Cast) -> None:
    rows = [{"name": "Baseline", "day": 0}, {"name": "Week 4", "day": 28, "days_after": 2}]
    set_schedule(cast.trial, rows, by=cast.tom)
    subject = subject_at(cast.north, "S-1")
    note_date(visit_of(subject, "Baseline"), date(2026, 1, 1))
    uma = program(cast, "uma")
    found = uma.get(f"{API}subjects/{subject.pk}/").json()
    assert [(v["name"], v["happened_on"]) for v in found["visits"]] == [("Baseline", "2026-01-01")]
    assert [(v["name"], v["planned_on"]) for v in found["expected"]] == [("Week 4", "2026-01-29")]
    listed = uma.get(f"{API}subjects/?site={cast.north.pk}&code=S-1").json()
    assert [row["id"] for row in listed["results"]] == [str(subject.pk)]
    assert uma.get(f"{API}subjects/?site={cast.south.pk}").json()["count"] == 0
    assert uma.get(f"{API}subjects/?trial=x").json()["code"] == "invalid"
