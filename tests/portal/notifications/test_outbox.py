from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from portal.celery import app
from portal.notifications import outbox
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery, DeliveryState
from portal.notifications.services import notify
from portal.notifications.tasks import deliver
from portal.runs.sweeping import sweep
from tests.portal.conftest import Cast


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand in for the broker: keep what is handed to it."""
    ids: list[str] = []

    def keep(_name: str, *, kwargs: dict[str, str], **_: object) -> None:
        ids.append(kwargs["delivery_id"])

    monkeypatch.setattr(app, "send_task", keep)
    return ids


def tell_rosa(cast: Cast) -> Delivery:
    (told,) = notify(Kind.REPORT_READY, to=[cast.rosa], about=cast.trial, path="/")
    return told


def test_a_worker_is_woken_once_the_transaction_stands(
    cast: Cast, sent: list[str], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        told = tell_rosa(cast)
        assert sent == []
    assert sent == [str(told.pk)]


def test_while_the_broker_is_away_the_message_waits_for_the_sweep(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("away")

    told = tell_rosa(cast)
    monkeypatch.setattr(app, "send_task", refuse)
    assert not outbox.wake(told.pk)
    assert sweep().told == 0
    monkeypatch.setattr(app, "send_task", lambda *_, **__: None)
    assert sweep().told == 1


def test_only_what_is_due_is_woken(cast: Cast, sent: list[str]) -> None:
    told = tell_rosa(cast)
    Delivery.objects.update(due_at=timezone.now() + timedelta(hours=1))
    assert outbox.wake_due() == 0
    Delivery.objects.update(due_at=timezone.now(), state=DeliveryState.SENT)
    assert outbox.wake_due() == 0
    Delivery.objects.update(state=DeliveryState.WAITING)
    assert outbox.wake_due() == 1
    assert sent == [str(told.pk)]


def test_the_task_delivers(cast: Cast, storage_folder: Path) -> None:
    deliver(delivery_id=str(tell_rosa(cast).pk))
    assert len(mail.outbox) == 1
