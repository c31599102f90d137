from __future__ import annotations

from pytest_django import Settings
from rest_framework.test import APIClient

from portal.accounts.services import create_token
from tests.portal.conftest import Cast


def test_a_program_that_loops_is_stopped_and_told_when_to_go_on(
    cast: Cast, settings: Settings
) -> None:
    settings.API_REQUESTS_A_MINUTE = 3
    _, key = create_token(cast.uma, "loop")
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {key}")
    assert [client.get("/api/v1/me/").status_code for _ in range(4)] == [200, 200, 200, 429]
    stopped = client.get("/api/v1/me/")
    assert stopped.json()["code"] == "throttled"
    assert 0 < int(stopped["Retry-After"]) <= 60
    _, other = create_token(cast.rosa, "calm")
    calm = APIClient(HTTP_AUTHORIZATION=f"Bearer {other}")
    assert calm.get("/api/v1/me/").status_code == 200


def test_a_stranger_who_guesses_keys_is_stopped(db: None, settings: Settings) -> None:
    settings.API_STRANGER_REQUESTS_A_MINUTE = 3
    client = APIClient()
    statuses = [client.get("/api/v1/me/").status_code for _ in range(4)]
    assert statuses[0] == 401
    guess = APIClient(HTTP_AUTHORIZATION="Bearer lob_guess")
    assert guess.get("/api/v1/me/").status_code == 401


def test_the_parts_of_an_upload_are_not_counted(cast: Cast, settings: Settings) -> None:
    settings.API_REQUESTS_A_MINUTE = 2
    client = APIClient()
    client.force_login(cast.uma)
    for _ in range(5):
        assert client.options("/api/v1/tus/", HTTP_TUS_RESUMABLE="1.0.0").status_code == 204
