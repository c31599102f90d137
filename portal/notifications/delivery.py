"""How one message goes out: taken by one worker, tried again later, given up in the end."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import standardwebhooks
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext

from portal.audit.services import record
from portal.encryption import decrypt
from portal.notifications.kinds import WORDS, Kind
from portal.notifications.models import Delivery, DeliveryState, Webhook
from portal.notifications.outgoing import NotTaken, Unsafe, post
from portal.notifications.services import SECRET_PURPOSE

# A worker that dies with a message in hand leaves it to another after this time.
TAKEN_FOR = timedelta(minutes=2)
FIRST_WAIT_S = 30
LONGEST_WAIT_S = 6 * 3600
MOST_ATTEMPTS = 12  # a little more than a day


@dataclass(frozen=True, slots=True)
class Message:
    """What leaves the portal, and nothing else does."""

    kind: Kind
    subject: str
    sentence: str
    link: str
    object_type: str
    object_id: str


def deliver(delivery_id: UUID) -> bool:
    """Send one message; return whether the other side took it.

    1. Take it by a conditional update that one worker wins; for the others it is not due.
    2. Send it.
    3. Note that it is sent, or when to try again.
    """
    now = timezone.now()
    taken = Delivery.objects.filter(pk=delivery_id, state=DeliveryState.WAITING, due_at__lte=now)
    if taken.update(due_at=now + TAKEN_FOR, attempts=F("attempts") + 1) != 1:
        return False
    delivery = Delivery.objects.select_related("user", "webhook").get(pk=delivery_id)
    if delivery.attempts > MOST_ATTEMPTS:  # workers died with it again and again
        _finish(delivery, DeliveryState.GIVEN_UP)
        return False
    try:
        _send(delivery)
    except (NotTaken, Unsafe, OSError) as error:
        _note_failure(delivery, error)
        return False
    _finish(delivery, DeliveryState.SENT)
    return True


def message_of(delivery: Delivery) -> Message:
    words = WORDS[Kind(delivery.kind)]
    return Message(
        kind=Kind(delivery.kind),
        subject=gettext(words.subject),
        sentence=gettext(words.sentence),
        link=f"{settings.SITE_URL}{delivery.path}",
        object_type=delivery.object_type,
        object_id=delivery.object_id,
    )


def _send(delivery: Delivery) -> None:
    with translation.override(delivery.user.language or settings.LANGUAGE_CODE):
        message = message_of(delivery)
        text = render_to_string("notifications/mail.txt", {"message": message})
    if delivery.webhook is None:
        subject = f"Lobule: {message.subject}"
        send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [delivery.user.email])
    else:
        _call(delivery, delivery.webhook, message)


def _call(delivery: Delivery, webhook: Webhook, message: Message) -> None:
    now = timezone.now()
    about = {"type": message.object_type, "id": message.object_id, "url": message.link}
    content = {"type": message.kind, "timestamp": now.isoformat(), "data": about}
    body = json.dumps(content).encode()
    key = standardwebhooks.Webhook(_secret_of(webhook))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": str(delivery.pk),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": key.sign(str(delivery.pk), now, body.decode()),
    }
    post(webhook.url, body, headers)


def _secret_of(webhook: Webhook) -> str:
    try:
        return decrypt(SECRET_PURPOSE, webhook.encrypted_secret)
    except InvalidToken as error:
        raise NotTaken("its secret cannot be read any more; make the webhook anew") from error


def _note_failure(delivery: Delivery, error: Exception) -> None:
    delivery.last_error = f"{type(error).__name__}: {error}"[:200]
    if delivery.attempts >= MOST_ATTEMPTS:
        _finish(delivery, DeliveryState.GIVEN_UP)
        return
    wait_s = min(FIRST_WAIT_S * 2 ** (delivery.attempts - 1), LONGEST_WAIT_S)
    delivery.due_at = timezone.now() + timedelta(seconds=wait_s)
    delivery.save(update_fields=["due_at", "last_error"])


@transaction.atomic
def _finish(delivery: Delivery, state: DeliveryState) -> None:
    delivery.state, delivery.finished_at = state, timezone.now()
    delivery.save(update_fields=["state", "finished_at", "last_error"])
    if state == DeliveryState.GIVEN_UP and delivery.webhook is not None:
        webhook = delivery.webhook
        if webhook.stopped_at is None:
            webhook.stopped_at = timezone.now()
            webhook.save(update_fields=["stopped_at"])
            record("webhook-stopped", webhook, actor=None, new={"error": delivery.last_error})
