from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from datetime import timedelta

import pytest
import standardwebhooks
from django.core import mail
from django.utils import timezone, translation
from django.utils.translation import gettext
from pytest_django import Settings

from portal.accounts.services import choose_language
from portal.audit.models import AuditEvent
from portal.notifications import delivery as sending
from portal.notifications.delivery import MOST_ATTEMPTS, deliver
from portal.notifications.kinds import WORDS, Kind
from portal.notifications.models import Delivery, DeliveryState, Webhook
from portal.notifications.services import add_webhook, choose_emails, notify
from tests.portal.conftest import Cast
from tests.portal.notifications.conftest import Receiver

PATH = "/reports/7/"


def mail_to_rosa(cast: Cast, kind: Kind = Kind.REPORT_READY) -> Delivery:
    (told,) = notify(kind, to=[cast.rosa], about=cast.trial, path=PATH)
    return told


def hook_to_rosa(cast: Cast, address: str) -> tuple[Delivery, str]:
    choose_emails(cast.rosa, [])
    _, secret = add_webhook(cast.rosa, address)
    return mail_to_rosa(cast), secret


def again(told: Delivery) -> bool:
    """Try once more, as if its time had come."""
    Delivery.objects.update(due_at=timezone.now())
    return deliver(told.pk)


def test_an_email_says_what_waits_and_where(cast: Cast, settings: Settings) -> None:
    assert deliver(mail_to_rosa(cast).pk)
    (message,) = mail.outbox
    assert message.to == [cast.rosa.email]
    assert f"{settings.SITE_URL}{PATH}" in message.body


@pytest.mark.parametrize("kind", Kind)
def test_no_email_names_a_person_a_subject_or_a_trial(cast: Cast, kind: Kind) -> None:
    deliver(mail_to_rosa(cast, kind).pk)
    text = f"{mail.outbox[0].subject} {mail.outbox[0].body}"
    for told in (cast.rosa.name, cast.uma.name, cast.trial.name, cast.north.name, cast.north.code):
        assert f" {told} " not in text.replace(".", " ")


def test_a_message_that_was_sent_is_not_sent_again(cast: Cast) -> None:
    told = mail_to_rosa(cast)
    assert deliver(told.pk)
    assert not again(told)
    assert len(mail.outbox) == 1


def test_a_message_that_another_worker_has_in_hand_is_left_to_it(cast: Cast) -> None:
    told = mail_to_rosa(cast)
    Delivery.objects.update(due_at=timezone.now() + timedelta(minutes=1))
    assert not deliver(told.pk)
    assert mail.outbox == []


def test_a_webhook_is_signed_so_that_a_peer_can_check_it(cast: Cast, receiver: Receiver) -> None:
    told, secret = hook_to_rosa(cast, receiver.address)
    assert deliver(told.pk)
    ((headers, body),) = receiver.got
    said = standardwebhooks.Webhook(secret).verify(body, headers)
    assert said["type"] == "report-ready"
    assert said["data"]["id"] == str(cast.trial.pk)
    assert said["data"]["url"].endswith(PATH)
    # The same, spelled out: HMAC-SHA-256 over id, time and body.
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = b64decode(secret.removeprefix("whsec_"))
    expected = b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_a_changed_body_or_another_secret_fails_the_check(cast: Cast, receiver: Receiver) -> None:
    told, secret = hook_to_rosa(cast, receiver.address)
    deliver(told.pk)
    ((headers, body),) = receiver.got
    changed = body.replace(b"report-ready", b"report-taken")
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(secret).verify(changed, headers)
    other = b64encode(b"x" * 32).decode()
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(other).verify(body, headers)


def test_a_webhook_carries_ids_and_no_words_of_people(cast: Cast, receiver: Receiver) -> None:
    told, _ = hook_to_rosa(cast, receiver.address)
    deliver(told.pk)
    said = json.loads(receiver.got[0][1])
    assert {*said} == {"type", "timestamp", "data"}
    assert {*said["data"]} == {"type", "id", "url"}


def test_what_is_not_taken_is_tried_again_later_and_later(cast: Cast, receiver: Receiver) -> None:
    receiver.status = 503
    told, _ = hook_to_rosa(cast, receiver.address)
    waits = []
    for _ in range(4):
        assert not again(told)
        told.refresh_from_db()
        waits.append((told.due_at - timezone.now()).total_seconds())
    assert waits == sorted(waits)
    assert 20 < waits[0] < 40
    assert (told.state, told.attempts) == (DeliveryState.WAITING, 4)
    assert told.last_error == "NotTaken: HTTP 503"
    receiver.status = 200
    assert again(told)
    told.refresh_from_db()
    assert told.state == DeliveryState.SENT
    ids = {headers["webhook-id"] for headers, _ in receiver.got}
    assert ids == {str(told.pk)}  # so that the other side can tell a repetition


def test_an_address_that_never_answers_is_given_up_and_on_record(
    cast: Cast, receiver: Receiver
) -> None:
    receiver.status = 500
    told, _ = hook_to_rosa(cast, receiver.address)
    for _ in range(MOST_ATTEMPTS):
        again(told)
    told.refresh_from_db()
    assert told.state == DeliveryState.GIVEN_UP
    assert Webhook.objects.get().stopped_at is not None
    assert AuditEvent.objects.filter(action="webhook-stopped").count() == 1
    assert not again(told)
    assert len(receiver.got) == MOST_ATTEMPTS


def test_a_message_that_kills_its_workers_is_given_up(cast: Cast) -> None:
    told = mail_to_rosa(cast)
    Delivery.objects.update(attempts=MOST_ATTEMPTS)
    assert not deliver(told.pk)
    told.refresh_from_db()
    assert told.state == DeliveryState.GIVEN_UP
    assert mail.outbox == []


def test_a_redirect_is_not_followed(cast: Cast, receiver: Receiver) -> None:
    receiver.status, receiver.location = 302, receiver.address
    told, _ = hook_to_rosa(cast, receiver.address)
    assert not deliver(told.pk)
    assert len(receiver.got) == 1


def test_an_address_that_became_private_is_not_called(
    cast: Cast, receiver: Receiver, settings: Settings
) -> None:
    told, _ = hook_to_rosa(cast, receiver.address)
    settings.WEBHOOK_ALLOW_LOOPBACK = False
    assert not deliver(told.pk)
    assert receiver.got == []


def test_a_secret_under_a_lost_key_is_said_so(
    cast: Cast, receiver: Receiver, settings: Settings
) -> None:
    told, _ = hook_to_rosa(cast, receiver.address)
    settings.SECRET_KEY = "another" * 10
    assert not deliver(told.pk)
    told.refresh_from_db()
    assert "cannot be read" in told.last_error


def test_a_mail_server_that_is_away_is_tried_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise ConnectionRefusedError("no mail today")

    monkeypatch.setattr(sending, "send_mail", refuse)
    told = mail_to_rosa(cast)
    assert not deliver(told.pk)
    told.refresh_from_db()
    assert told.state == DeliveryState.WAITING
    assert "no mail today" in told.last_error


@pytest.mark.parametrize("kind", Kind)
def test_an_email_speaks_the_language_chosen_last(cast: Cast, kind: Kind) -> None:
    choose_language(cast.rosa, "fr")
    deliver(mail_to_rosa(cast, kind).pk)
    (message,) = mail.outbox
    with translation.override("fr"):
        words = WORDS[kind]
        assert message.subject == f"Lobule: {gettext(words.subject)}"
        assert gettext(words.sentence) in message.body
    assert words.sentence not in message.body
    assert "logiciel de recherche" in message.body


def test_an_email_is_english_until_a_language_was_chosen(cast: Cast) -> None:
    with translation.override("fr"):
        deliver(mail_to_rosa(cast).pk)
    assert WORDS[Kind.REPORT_READY].sentence in mail.outbox[0].body
