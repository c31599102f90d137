"""What must hold when the server's clock goes wrong: nothing is lost or ends early for good."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from portal.accounts.models import Invitation
from portal.accounts.services import create_token
from portal.audit.models import AuditEvent
from portal.studies.clock import HELD_FOR
from portal.studies.models import Transfer, Upload
from portal.studies.storage import current_storage
from portal.studies.tidying import tidy
from tests.portal.conftest import Cast
from tests.portal.studies.conftest import CONTENTS
from tests.portal.studies.test_tidying import deliver

FIRST, _ = CONTENTS.values()
TUS = {"HTTP_TUS_RESUMABLE": "1.0.0"}
SetClock = Callable[[timedelta], datetime]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Set the portal's clock to some time from the true one."""
    true_now = timezone.now

    def set_to(wrong_by: timedelta) -> datetime:
        monkeypatch.setattr(timezone, "now", lambda: true_now() + wrong_by)
        return timezone.now()

    return set_to


def open_transfer(client: APIClient, upload: Upload) -> str:
    answer = client.post(
        "/api/v1/tus/",
        HTTP_UPLOAD_LENGTH="1000",
        HTTP_UPLOAD_METADATA=f"upload {encoded(str(upload.pk))},kind {encoded('bundle')}",
        **TUS,
    )
    location: str = answer["Location"]
    return location


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def uma(cast: Cast) -> APIClient:
    client = APIClient()
    client.force_authenticate(cast.uma)
    return client


def test_a_clock_that_is_a_year_ahead_for_some_hours_costs_no_upload(
    upload: Upload, uma: APIClient, clock: SetClock
) -> None:
    deliver(upload, FIRST)
    location = open_transfer(uma, upload)
    tidy()
    for hours in range(5):
        clock(timedelta(days=365, hours=hours))
        assert uma.head(location, **TUS).status_code == 410
        assert tidy(youngest_orphan_s=-1).held_until is not None
    clock(timedelta(hours=5))
    assert tidy(youngest_orphan_s=-1).held_until is not None
    upload.refresh_from_db()
    assert upload.state == Upload.State.OPEN
    assert current_storage().has(hashlib.sha256(FIRST).hexdigest())
    assert uma.head(location, **TUS).status_code == 200
    assert AuditEvent.objects.filter(action="clock-jumped").count() == 2


def test_after_a_day_of_steady_time_what_has_expired_is_given_up(
    upload: Upload, clock: SetClock
) -> None:
    tidy()
    ahead = timedelta(days=30)
    for hours in range(0, 24, 6):
        clock(ahead + timedelta(hours=hours))
        assert tidy().uploads == 0
    clock(ahead + HELD_FOR + timedelta(seconds=1))
    assert tidy().uploads == 1


def test_a_clock_that_is_set_by_the_network_holds_nothing_up(
    upload: Upload, clock: SetClock
) -> None:
    tidy()
    Upload.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    clock(timedelta(seconds=-30))
    assert tidy().uploads == 1


def test_a_clock_that_goes_back_gives_nothing_up_and_ends_no_transfer(
    upload: Upload, uma: APIClient, clock: SetClock
) -> None:
    location = open_transfer(uma, upload)
    tidy()
    clock(timedelta(days=-3))
    assert tidy(youngest_orphan_s=-1).held_until is not None
    assert uma.head(location, **TUS).status_code == 200
    assert Transfer.objects.count() == 1


def test_the_command_tells_that_it_waits(
    upload: Upload, clock: SetClock, capsys: pytest.CaptureFixture[str]
) -> None:
    tidy()
    clock(timedelta(days=400))
    call_command("tidy_uploads")
    assert "Look at the clock" in capsys.readouterr().out
    assert Upload.objects.get().state == Upload.State.OPEN


def test_keys_and_invitations_work_again_once_the_clock_is_right(
    cast: Cast, clock: SetClock
) -> None:
    _, key = create_token(cast.uma, "script")
    Invitation.objects.create(
        email="new@example.org",
        invited_by=cast.ada,
        secret_hash=hashlib.sha256(b"link").hexdigest(),
        expires_at=timezone.now() + timedelta(days=7),
    )

    def answers() -> tuple[int, int]:
        me = APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {key}")
        return me.status_code, Client().get("/trials/invitations/link/").status_code

    assert answers() == (200, 200)
    clock(timedelta(days=3650))
    assert answers() == (401, 410)
    clock(timedelta(0))
    assert answers() == (200, 200)


def test_the_clock_of_the_sender_counts_for_nothing(
    upload: Upload, uma: APIClient, cast: Cast
) -> None:
    years_ago = "Thu, 01 Jan 1970 00:00:00 GMT"
    answer = uma.get(f"/api/v1/uploads/{upload.pk}/", HTTP_DATE=years_ago)
    assert answer.json()["state"] == "open"
    assert Upload.objects.get().expires_at > timezone.now() + timedelta(days=6)
