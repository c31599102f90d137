from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from rest_framework.test import APIClient

from portal.accounts.idempotency import IN_HAND_FOR, KEPT_FOR, answer_once
from portal.accounts.models import ApiToken, IdempotencyKey
from portal.accounts.services import create_token
from tests.portal.conftest import Cast

BODY = {"name": "notebook", "scope": "read", "days": 5}


@pytest.fixture
def rosa(cast: Cast) -> APIClient:
    client = APIClient()
    client.force_login(cast.rosa)
    return client


def make_token(client: APIClient, key: str, body: dict[str, object] | None = None) -> HttpResponse:
    answer: HttpResponse = client.post(
        "/api/v1/tokens/", body or BODY, format="json", HTTP_IDEMPOTENCY_KEY=key
    )
    return answer


def test_sent_twice_it_is_carried_out_once_and_answered_the_same(rosa: APIClient) -> None:
    first, second = make_token(rosa, "k1"), make_token(rosa, "k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert ApiToken.objects.count() == 1


def test_a_key_that_is_shown_once_does_not_rest_in_the_database(rosa: APIClient) -> None:
    key = make_token(rosa, "k1").json()["key"]  # type: ignore[attr-defined]  # of the test client
    assert key not in str(IdempotencyKey.objects.values_list())


def test_without_a_key_or_with_another_it_is_carried_out_again(rosa: APIClient) -> None:
    make_token(rosa, "k1")
    make_token(rosa, "k2")
    rosa.post("/api/v1/tokens/", BODY, format="json")
    assert ApiToken.objects.count() == 3


def test_another_request_under_the_same_key_is_refused(rosa: APIClient) -> None:
    make_token(rosa, "k1")
    answer = make_token(rosa, "k1", {**BODY, "name": "other"})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")  # type: ignore[attr-defined]  # of the test client
    assert ApiToken.objects.count() == 1


def test_two_people_may_choose_the_same_key(cast: Cast, rosa: APIClient) -> None:
    make_token(rosa, "k1")
    uma = APIClient()
    uma.force_login(cast.uma)
    assert "Idempotent-Replayed" not in make_token(uma, "k1")
    assert ApiToken.objects.count() == 2


def test_a_refusal_is_kept_as_well(rosa: APIClient) -> None:
    answers = [make_token(rosa, "k1", {"name": ""}) for _ in range(2)]
    assert [each.status_code for each in answers] == [400, 400]
    assert answers[1]["Idempotent-Replayed"] == "true"


def test_a_fault_is_not_kept(cast: Cast) -> None:
    request = RequestFactory().post("/api/v1/x/", HTTP_IDEMPOTENCY_KEY="k1")
    request.user = cast.rosa
    assert answer_once(request, lambda _: HttpResponse(status=503)).status_code == 503
    assert answer_once(request, lambda _: HttpResponse(b"{}", status=201)).status_code == 201


def test_while_it_is_carried_out_the_second_one_waits(cast: Cast) -> None:
    request = RequestFactory().post("/api/v1/x/", HTTP_IDEMPOTENCY_KEY="k1")
    request.user = cast.rosa
    inner: list[HttpResponse] = []

    def carry_out(_: object) -> HttpResponse:
        inner.append(answer_once(request, lambda _: HttpResponse(b"twice")))
        return HttpResponse(b"once")

    assert answer_once(request, carry_out).content == b"once"
    assert inner[0].status_code == 409


def test_whoever_died_with_it_and_old_answers_are_forgotten(rosa: APIClient) -> None:
    make_token(rosa, "k1")
    now = timezone.now()
    IdempotencyKey.objects.update(status=None, created_at=now - IN_HAND_FOR - timedelta(seconds=1))
    assert make_token(rosa, "k1").status_code == 201
    IdempotencyKey.objects.update(created_at=now - KEPT_FOR - timedelta(seconds=1))
    make_token(rosa, "k1")
    assert ApiToken.objects.count() == 3


def test_a_clock_that_goes_back_blocks_no_key(rosa: APIClient) -> None:
    make_token(rosa, "k1")
    ahead = timezone.now() + timedelta(hours=1)
    IdempotencyKey.objects.update(created_at=ahead)
    assert make_token(rosa, "k1").headers["Idempotent-Replayed"] == "true"
    IdempotencyKey.objects.update(status=None, created_at=ahead)
    assert make_token(rosa, "k1").status_code == 201


@pytest.mark.parametrize("key", ["", "k" * 101])
def test_a_key_has_some_length(rosa: APIClient, key: str) -> None:
    assert make_token(rosa, key).status_code == 400


def test_a_withdrawn_token_gets_no_answer_of_the_past(cast: Cast) -> None:
    token, key = create_token(cast.uma, "script", scope="write")
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {key}")
    body = {"site": str(cast.north.pk), "subject": "S-1", "visit": "V", "files": []}
    path = "/api/v1/uploads/"
    first = client.post(path, body, format="json", HTTP_IDEMPOTENCY_KEY="k")
    token.delete()
    again = client.post(path, body, format="json", HTTP_IDEMPOTENCY_KEY="k")
    assert first.status_code != 401
    assert again.status_code == 401
