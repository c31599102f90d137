from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIClient

from portal.accounts.services import create_token
from tests.portal.conftest import Cast


@pytest.fixture
def ada(cast: Cast) -> APIClient:
    _, key = create_token(cast.ada, "script", scope="write")
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {key}")


def test_what_has_not_changed_is_not_sent_again(cast: Cast, ada: APIClient) -> None:
    path = f"/api/v1/users/{cast.rosa.pk}/"
    first = ada.get(path)
    again = ada.get(path, HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    ada.patch(path, {"name": "Rosa Luz"}, format="json")
    changed = ada.get(path, HTTP_IF_NONE_MATCH=first["ETag"])
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_a_change_made_on_an_old_state_is_refused(cast: Cast, ada: APIClient) -> None:
    path = f"/api/v1/users/{cast.rosa.pk}/"
    seen = ada.get(path)["ETag"]
    first = ada.patch(path, {"name": "Rosa Luz"}, format="json", HTTP_IF_MATCH=seen)
    assert first.status_code == 200
    second = ada.patch(path, {"name": "Rosa L."}, format="json", HTTP_IF_MATCH=seen)
    assert (second.status_code, second.json()["code"]) == (412, "stale")
    assert second.json()["details"]["etag"] == first["ETag"] == ada.get(path)["ETag"]
    third = ada.patch(path, {"name": "R."}, format="json", HTTP_IF_MATCH=first["ETag"])
    assert third.json()["name"] == "R."


@pytest.mark.parametrize("tag", ["*", ""])
def test_without_a_tag_the_last_writer_wins(cast: Cast, ada: APIClient, tag: str) -> None:
    path = f"/api/v1/users/{cast.rosa.pk}/"
    assert ada.patch(path, {"name": "R."}, format="json", HTTP_IF_MATCH=tag).status_code == 200


@pytest.mark.parametrize("query", ["search=%00", "page=%00"])
def test_a_nul_is_refused_before_a_database_sees_it(ada: APIClient, query: str) -> None:
    answer = ada.get(f"/api/v1/users/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    ("path", "status"), [("/api/v1/nothing/", 404), ("/api/v1/users/not-a-uuid/", 404)]
)
def test_an_unknown_route_of_the_api_answers_in_its_shape(
    ada: APIClient, path: str, status: int
) -> None:
    answer = ada.get(path)
    assert answer.status_code == status
    assert {*answer.json()} == {"code", "message", "details"}


def test_a_page_that_is_not_there_stays_a_page(db: None) -> None:
    answer = Client().get("/nothing/")
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("size", ["0", "501", "-1", "ten", "1.5", "", "²", "9" * 5000])
def test_a_page_size_that_cannot_be_had_is_refused(ada: APIClient, size: str) -> None:
    answer = ada.get("/api/v1/users/", {"page_size": size})
    assert answer.status_code == 400
    assert "page_size" in answer.json()["details"]


def test_pages_have_the_size_that_was_asked_for(ada: APIClient) -> None:
    body = ada.get("/api/v1/users/", {"page_size": "3"}).json()
    assert (len(body["results"]), body["count"]) == (3, 7)


def test_people_are_found_by_words_and_state(cast: Cast, ada: APIClient) -> None:
    found = ada.get("/api/v1/users/", {"search": "ros example"}).json()["results"]
    assert [each["name"] for each in found] == ["Rosa"]
    found = ada.get("/api/v1/users/", {"is_administrator": "true"}).json()["results"]
    assert [each["name"] for each in found] == ["Ada"]
    assert ada.get("/api/v1/users/", {"is_active": "false"}).json()["count"] == 0
    assert ada.get("/api/v1/users/", {"is_active": "perhaps"}).status_code == 400


def test_a_protocol_that_someone_changed_meanwhile_is_not_overwritten(
    cast: Cast, ada: APIClient
) -> None:
    """The check holds for every address that can be read, not only where a view knows of it."""
    path = f"/api/v1/trials/{cast.trial.pk}/protocol/"

    def put(echoes: int, **headers: str) -> int:
        body = {"name": "Liver", "rules": {"echoes_min": echoes}}
        answer = ada.put(path, body, format="json", **headers)  # type: ignore[arg-type]  # headers
        return int(answer.status_code)

    assert put(6, HTTP_IF_MATCH='"of something that is not there"') == 200  # nothing to overwrite
    seen = ada.get(path)["ETag"]
    assert put(5, HTTP_IF_MATCH=seen) == 200
    assert put(4, HTTP_IF_MATCH=seen) == 412
    assert put(4, HTTP_IF_MATCH=f'"other", {ada.get(path)["ETag"]}') == 200
    assert ada.get(path).json()["rules"] == {"echoes_min": 4}


def test_looking_for_a_conflict_opens_nothing_to_strangers(cast: Cast) -> None:
    path = f"/api/v1/trials/{cast.trial.pk}/protocol/"
    answer = APIClient().put(path, {}, format="json", HTTP_IF_MATCH='"x"')
    assert answer.status_code == 401
    assert "etag" not in answer.content.decode()
