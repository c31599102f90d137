from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.notifications.kinds import Kind


class MutedKind(models.Model):
    """A person does not want e-mails of a kind; without a row they get them."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="muted_kinds"
    )
    kind = models.CharField(max_length=24, choices=Kind.choices)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "kind"), name="muted_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} without {self.kind}"


class Webhook(models.Model):
    """An address of a person's own program; its secret is kept encrypted and shown once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhooks"
    )
    url = models.URLField(max_length=500)
    encrypted_secret = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    # Set by the portal when an address has failed for days; a person may set it back.
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("created_at",)
        constraints = (models.UniqueConstraint(fields=("user", "url"), name="webhook_once"),)

    def __str__(self) -> str:
        return f"webhook of {self.user_id}"


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    GIVEN_UP = "given-up", _("Given up")


class Delivery(models.Model):
    """A message to one person by one way, written in the transaction of what it is about.

    It is its own outbox: what waits here is sent again, at growing intervals, until it is taken.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deliveries"
    )
    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, null=True, related_name="deliveries"
    )  # without one, by e-mail
    kind = models.CharField(max_length=24, choices=Kind.choices)
    object_type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=64)
    path = models.CharField(max_length=200)  # of the page to open, below the portal's address
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("user", "kind", "object_id", "webhook"), name="told_once_by_webhook"
            ),
            models.UniqueConstraint(
                fields=("user", "kind", "object_id"),
                condition=models.Q(webhook=None),
                name="told_once_by_email",
            ),
        )
        indexes = (models.Index(fields=("state", "due_at"), name="delivery_due"),)

    def __str__(self) -> str:
        return f"{self.kind} to {self.user_id}"
