from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_noop


class Comparison(models.Model):
    """The images of two visits laid on one another, once for the same input (``key``).

    Who works on it holds a lease and a token, as with the stages of a run.
    """

    class State(models.TextChoices):
        QUEUED = "queued", gettext_noop("Waiting")
        RUNNING = "running", gettext_noop("Comparing")
        SUCCEEDED = "succeeded", gettext_noop("Compared")
        FAILED = "failed", gettext_noop("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=64, unique=True)  # SHA-256 over both inputs and the method
    baseline = models.ForeignKey("reports.Report", on_delete=models.CASCADE, related_name="+")
    follow_up = models.ForeignKey(
        "reports.Report", on_delete=models.CASCADE, related_name="comparisons"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=200, blank=True)
    progress = models.FloatField(default=0.0)
    progress_text = models.CharField(max_length=200, blank=True)
    output_sha256 = models.CharField(max_length=64, blank=True)
    error_code = models.CharField(max_length=80, blank=True)
    error_message = models.TextField(blank=True)
    error_words = models.JSONField(default=dict)  # what the message is made of
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="comparisons"
    )
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at", "id")

    def __str__(self) -> str:
        return f"comparison {self.id}"
