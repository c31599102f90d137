from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from portal.audit.chain import hash_of
from portal.audit.models import AuditEvent
from portal.audit.services import line_of
from tests.portal.conftest import Cast

PATH = "/api/v1/audit/"


def program(cast: Cast, name: str) -> APIClient:
    client = APIClient()
    client.force_login(cast.people[name])  # type: ignore[arg-type]  # everyone here signs in
    return client


@pytest.mark.parametrize("name", ["tom", "mona"])
def test_overseers_see_the_trail_of_their_own_trials(cast: Cast, name: str) -> None:
    rows = program(cast, name).get(f"{PATH}?page_size=500").json()["results"]
    assert {row["trial_id"] for row in rows} == {str(cast.trial.pk)}


@pytest.mark.parametrize("name", ["uma", "uwe", "rosa"])
def test_who_oversees_nothing_sees_nothing(cast: Cast, name: str) -> None:
    assert program(cast, name).get(PATH).json()["count"] == 0


def test_an_administrator_sees_all_of_it_the_newest_first(cast: Cast) -> None:
    found = program(cast, "ada").get(f"{PATH}?page_size=500").json()
    assert found["count"] == AuditEvent.objects.count()
    numbers = [row["sequence"] for row in found["results"]]
    assert numbers == sorted(numbers, reverse=True)


def test_the_trail_is_filtered(cast: Cast) -> None:
    ada = program(cast, "ada")
    only = ada.get(f"{PATH}?action=site-created&trial={cast.trial.pk}").json()
    assert {row["new"]["code"] for row in only["results"]} == {"N", "S"}
    assert ada.get(f"{PATH}?until=2001-01-01T00:00:00Z").json()["count"] == 0
    assert ada.get(f"{PATH}?object_id={cast.north.pk}").json()["count"] == 1
    wrong = ada.get(f"{PATH}?since=yesterday")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid")
    assert "since" in wrong.json()["details"]


def test_a_filter_does_not_open_the_trail_of_another_trial(cast: Cast) -> None:
    other = cast.elsewhere.trial_id
    assert program(cast, "tom").get(f"{PATH}?trial={other}").json()["count"] == 0


def test_a_line_carries_what_its_hash_covers(cast: Cast) -> None:
    row = program(cast, "ada").get(PATH).json()["results"][0]
    event = AuditEvent.objects.get(sequence=row["sequence"])
    assert row["hash"] == event.hash == hash_of(line_of(event))
