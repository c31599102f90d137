from __future__ import annotations

from datetime import timedelta

import pytest
from celery.exceptions import OperationalError
from django.utils import timezone

from portal.runs.claims import claim_stage
from portal.runs.models import OutboxMessage
from portal.runs.outbox import send, send_due
from portal.runs.services import start_run
from portal.studies.models import Study
from tests.portal.conftest import Cast
from tests.portal.runs.broker_calls import Calls

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toy_stages")]


@pytest.fixture
def message(study: Study, cast: Cast, broker: Calls) -> OutboxMessage:
    """A wake-up call that was written and not sent: the transaction of the test never ends."""
    start_run(study, cast.uma)
    return OutboxMessage.objects.get()


def make_due(message: OutboxMessage) -> None:
    OutboxMessage.objects.filter(pk=message.pk).update(due_at=timezone.now())


def test_a_call_that_was_never_sent_is_sent_by_the_sweeper(
    message: OutboxMessage, broker: Calls
) -> None:
    assert send_due() == 1
    assert broker.sent == [("ingest", "cpu")]


def test_a_call_is_repeated_later_and_later_until_somebody_comes(
    message: OutboxMessage, broker: Calls
) -> None:
    pauses = []
    for _ in range(3):
        make_due(message)
        before = timezone.now()
        send_due()
        message.refresh_from_db()
        pauses.append(round((message.due_at - before) / timedelta(seconds=60)))
        assert send_due() == 0  # not before its time
    assert pauses == [1, 2, 4]
    assert len(broker.sent) == 3


def test_a_call_waits_while_the_broker_is_away(message: OutboxMessage, broker: Calls) -> None:
    broker.error = OperationalError("connection refused")
    assert send_due() == 0
    broker.error = None
    assert send_due() == 1


def test_a_call_for_a_stage_that_is_taken_is_dropped(message: OutboxMessage, broker: Calls) -> None:
    claim_stage(message.stage_run.run_id, "ingest")
    assert not send(message.pk)
    assert broker.sent == []
    assert not OutboxMessage.objects.exists()


def test_a_call_that_is_gone_is_no_error(message: OutboxMessage) -> None:
    message.delete()
    assert not send(12345)
