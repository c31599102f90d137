from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from portal.audit.models import AuditEvent
from portal.trials.models import Site, Trial
from portal.trials.services import subject_at
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
