from __future__ import annotations

import time

import pytest
from django.test import Client
from pytest_django import Settings

from portal.accounts.idle import SEEN_AT
from portal.audit.models import AuditEvent
from tests.portal.conftest import Cast


@pytest.fixture
def rosa(cast: Cast, settings: Settings) -> Client:
    settings.SESSION_IDLE_MINUTES = 30
    client = Client()
    client.force_login(cast.rosa)
    client.get("/api/v1/me/")
    return client


def seen(client: Client, minutes_ago: float) -> None:
    session = client.session
    session[SEEN_AT] = time.time() - minutes_ago * 60
    session.save()


@pytest.mark.parametrize(("minutes", "status"), [(29, 200), (31, 401)])
def test_after_half_an_hour_without_use_a_browser_is_signed_out(
    rosa: Client, minutes: float, status: int
) -> None:
    seen(rosa, minutes)
    assert rosa.get("/api/v1/me/").status_code == status
    assert AuditEvent.objects.filter(action="signed-out-idle").exists() is (status == 401)


def test_use_starts_the_time_anew(rosa: Client) -> None:
    seen(rosa, 20)
    rosa.get("/trials/")
    assert time.time() - rosa.session[SEEN_AT] < 60


@pytest.mark.parametrize(
    "path", ["/?part=rows", "/runs/00000000-0000-0000-0000-0000000000aa/progress"]
)
def test_a_page_that_asks_by_itself_is_no_use(rosa: Client, path: str) -> None:
    seen(rosa, 20)
    rosa.get(path)
    assert time.time() - rosa.session[SEEN_AT] > 19 * 60


def test_a_session_is_not_written_at_every_request(rosa: Client) -> None:
    before = rosa.session[SEEN_AT]
    rosa.get("/api/v1/me/")
    assert rosa.session[SEEN_AT] == before


def test_a_clock_that_went_back_gives_nobody_a_longer_session(rosa: Client) -> None:
    seen(rosa, -24 * 60)
    assert rosa.get("/api/v1/me/").status_code == 200
    assert abs(time.time() - rosa.session[SEEN_AT]) < 60
