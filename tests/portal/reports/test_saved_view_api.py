from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from portal.accounts import saved_views
from portal.accounts.models import SavedView, User
from tests.portal.conftest import Cast

PATH = "/api/v1/views/"


def program(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def test_a_view_is_kept_without_what_is_no_filter_and_removed(cast: Cast) -> None:
    rosa = program(cast.rosa)
    wanted = {"name": "My failures", "query": "state=failed&page=3&strange=1"}
    made = rosa.post(PATH, wanted, format="json")
    assert (made.status_code, made.json()["query"]) == (201, "state=failed")
    (listed,) = rosa.get(PATH).json()["results"]
    assert listed == made.json()
    assert "My failures" in rosa.get("/").content.decode()  # the page has the same ones
    one = f"{PATH}{listed['id']}/"
    assert rosa.get(one).json() == listed
    assert rosa.delete(one).status_code == 204
    assert not SavedView.objects.exists()


def test_the_same_name_again_replaces_the_filters(cast: Cast) -> None:
    for query in ("state=failed", "order=pdff"):
        program(cast.rosa).post(PATH, {"name": "Mine", "query": query}, format="json")
    assert SavedView.objects.get().query == "order=pdff"


def test_nobody_finds_the_views_of_another(cast: Cast) -> None:
    made = program(cast.rosa).post(PATH, {"name": "Mine"}, format="json").json()
    for user in (cast.uma, cast.ada):
        assert program(user).get(PATH).json()["count"] == 0
        assert program(user).delete(f"{PATH}{made['id']}/").status_code == 404


def test_too_many_views_are_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 1)
    rosa = program(cast.rosa)
    rosa.post(PATH, {"name": "One"}, format="json")
    answer = rosa.post(PATH, {"name": "Two"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "too-many-views")


@pytest.mark.parametrize("name", ["", "x" * 61])
def test_a_view_needs_a_name(cast: Cast, name: str) -> None:
    answer = program(cast.rosa).post(PATH, {"name": name}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
