from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client


def test_it_answers_strangers_without_a_session(db: None) -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert not answer.cookies


class DatabaseAway:
    def cursor(self) -> None:
        raise OperationalError


def test_it_says_when_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.health.connection", DatabaseAway())
    assert Client().get("/healthz").status_code == 503


def test_it_rejects_post(db: None) -> None:
    assert Client().post("/healthz").status_code == 405
