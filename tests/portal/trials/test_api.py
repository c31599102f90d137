from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.trials.services import subject_at
from tests.portal.conftest import Cast

ApiOf = Callable[[User], APIClient]


def codes(client: APIClient, path: str) -> set[str]:
    return {row["code"] for row in client.get(path).json()["results"]}


def test_trials_and_sites_are_those_of_the_person(cast: Cast, api_of: ApiOf) -> None:
    names = [row["name"] for row in api_of(cast.uma).get("/api/v1/trials/").json()["results"]]
    assert names == ["Fatty liver"]
    assert codes(api_of(cast.uma), "/api/v1/sites/") == {"N"}
    assert codes(api_of(cast.rosa), "/api/v1/sites/") == {"N", "S"}
    assert codes(api_of(cast.rosa), "/api/v1/sites/?role=uploader") == set()


def test_a_role_that_does_not_exist_is_explained(cast: Cast, api_of: ApiOf) -> None:
    answer = api_of(cast.uma).get("/api/v1/sites/?role=emperor")
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert "must be one of" in answer.json()["details"]["role"][0]


def test_subjects_are_those_of_the_persons_sites(cast: Cast, api_of: ApiOf) -> None:
    subject_at(cast.north, "S-001")
    subject_at(cast.south, "S-002")
    assert codes(api_of(cast.uma), "/api/v1/subjects/") == {"S-001"}


@pytest.mark.parametrize("path", ["trials", "sites", "subjects"])
def test_a_stranger_is_refused(db: None, path: str) -> None:
    assert APIClient().get(f"/api/v1/{path}/").status_code == 401
