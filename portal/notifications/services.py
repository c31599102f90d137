"""Tell people that something waits for them; what they want to hear is their choice."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Iterable
from functools import partial
from http import HTTPStatus

from django.db import models, transaction

from analysis.wording import words
from portal.accounts.models import User
from portal.audit.services import record
from portal.encryption import encrypt
from portal.errors import PortalError
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery, MutedKind, Webhook
from portal.notifications.outbox import wake
from portal.notifications.outgoing import refuse_unsafe

SECRET_PURPOSE = "webhook"  # noqa: S105  # names what is encrypted, is no secret
MOST_WEBHOOKS = 5


@transaction.atomic
def notify(
    kind: Kind, *, to: Iterable[User], about: models.Model, path: str
) -> tuple[Delivery, ...]:
    """Write one message a person and way, sent once the transaction stands.

    Told twice about the same thing, a person hears of it once. Nothing but the kind, the address
    of the page and the object's own id leaves the portal.

    Parameters
    ----------
    path
        Of the page to open, from ``django.urls.reverse``.
    """
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError("path must be a path of this portal")
    told: list[Delivery] = []
    for user in {person.pk: person for person in to if person.is_active}.values():
        for webhook in _ways_to(user, kind):
            delivery, is_new = Delivery.objects.get_or_create(
                user=user,
                webhook=webhook,
                kind=kind,
                object_id=str(about.pk),
                defaults={"object_type": about._meta.label, "path": path},
            )
            if is_new:
                told.append(delivery)
                transaction.on_commit(partial(wake, delivery.pk))
    return tuple(told)


def _ways_to(user: User, kind: Kind) -> list[Webhook | None]:
    """Return the webhooks of a person, and None for e-mail unless they muted the kind."""
    is_muted = MutedKind.objects.filter(user=user, kind=kind).exists()
    return [*Webhook.objects.filter(user=user, stopped_at=None), *([] if is_muted else [None])]


def emails_of(user: User) -> tuple[Kind, ...]:
    """Return the kinds that a person wants by e-mail."""
    muted = {*MutedKind.objects.filter(user=user).values_list("kind", flat=True)}
    return tuple(kind for kind in Kind if kind not in muted)


@transaction.atomic
def choose_emails(user: User, wanted: Collection[Kind]) -> None:
    """Keep which kinds a person wants by e-mail."""
    old = {*MutedKind.objects.filter(user=user).values_list("kind", flat=True)}
    muted = {kind.value for kind in Kind if kind not in wanted}
    MutedKind.objects.filter(user=user).exclude(kind__in=muted).delete()
    MutedKind.objects.bulk_create(
        [MutedKind(user=user, kind=kind) for kind in sorted(muted - old)], ignore_conflicts=True
    )
    if old != muted:
        before, after = {"muted": sorted(old)}, {"muted": sorted(muted)}
        record("notifications-chosen", user, actor=user, old=before, new=after)


@transaction.atomic
def add_webhook(user: User, url: str) -> tuple[Webhook, str]:
    """Return the webhook and its secret; the secret cannot be read again later."""
    refuse_unsafe(url)
    if Webhook.objects.filter(user=user).count() >= MOST_WEBHOOKS:
        raise PortalError(
            words("There are %(most)s addresses already; remove one first.", most=MOST_WEBHOOKS),
            code="too-many-webhooks",
            status=HTTPStatus.CONFLICT,
        )
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    webhook, is_new = Webhook.objects.get_or_create(
        user=user, url=url, defaults={"encrypted_secret": encrypt(SECRET_PURPOSE, secret)}
    )
    if not is_new:
        raise PortalError(
            words("This address is in the list already."),
            code="webhook-exists",
            status=HTTPStatus.CONFLICT,
        )
    record("webhook-added", webhook, actor=user, new={"url": url})
    return webhook, secret


@transaction.atomic
def remove_webhook(webhook: Webhook, *, by: User) -> None:
    record("webhook-removed", webhook, actor=by, old={"url": webhook.url})
    webhook.delete()
