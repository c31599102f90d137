from __future__ import annotations

import logging
import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from portal.runs.management.commands import sweep as command
from portal.studies.models import Upload
from portal.studies.services import open_upload
from portal.studies.tidying import Tidied
from tests.portal.conftest import Cast, line


class Stop(Exception):
    """Ends the endless loop."""


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let the scheduler sleep for no time, three times; then stop it."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise Stop

    monkeypatch.setattr(time, "sleep", sleep)
    return slept


def run_for_ever() -> str:
    said = StringIO()
    with pytest.raises(Stop):
        call_command("sweep", every=2.0, stdout=said)
    return said.getvalue()


def expired_upload(cast: Cast) -> Upload:
    upload = open_upload(cast.uma, cast.north, "S-001", "Baseline", [line("IM1", b"one")])
    Upload.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    return upload


@pytest.mark.usefixtures("rounds")
def test_the_scheduler_gives_up_expired_uploads(cast: Cast) -> None:
    upload = expired_upload(cast)
    said = run_for_ever()
    upload.refresh_from_db()
    assert upload.state == Upload.State.DISCARDED
    assert said.count("tidied") == 1


@pytest.mark.django_db
def test_it_tidies_once_an_hour_not_at_every_round(
    rounds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def tidy() -> Tidied:
        calls.append(1)
        return Tidied(0, 0, 0)

    monkeypatch.setattr(command, "tidy", tidy)
    run_for_ever()
    assert len(calls) == 1
    assert rounds == [2.0, 2.0, 2.0]
    rounds.clear()
    monkeypatch.setattr(command, "TIDY_EVERY_S", 0.0)
    run_for_ever()
    assert len(calls) == 4


@pytest.mark.django_db
def test_a_disc_that_is_away_does_not_stop_it(
    rounds: list[float], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def tidy() -> Tidied:
        raise OSError("no disc")

    monkeypatch.setattr(command, "tidy", tidy)
    with caplog.at_level(logging.WARNING):
        run_for_ever()
    assert len(rounds) == 3
    assert "could not be tidied" in caplog.text


def test_once_is_once_and_leaves_uploads_alone(cast: Cast) -> None:
    upload = expired_upload(cast)
    call_command("sweep", stdout=StringIO())
    upload.refresh_from_db()
    assert upload.state == Upload.State.OPEN
