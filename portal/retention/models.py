from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.trials.models import Trial


class RetentionPolicy(models.Model):
    """How long the studies of a trial are kept; without one, for ever."""

    class CountsFrom(models.TextChoices):
        RECEIVED = "received", _("the day a study was received")
        CLOSED = "closed", _("the day the trial was closed")

    trial = models.OneToOneField(Trial, on_delete=models.PROTECT, related_name="retention_policy")
    keep_days = models.PositiveIntegerField(null=True)  # None: for ever
    counts_from = models.CharField(
        max_length=10, choices=CountsFrom.choices, default=CountsFrom.CLOSED
    )
    reason = models.CharField(max_length=500)
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"retention of {self.trial_id}"


class LegalHold(models.Model):
    """While it stands, nothing of a trial (or of one study of it) is deleted by anybody.

    The study is named, not referred to: the hold stays on record after everything else is gone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="legal_holds")
    study_id = models.UUIDField(null=True, db_index=True)
    reason = models.CharField(max_length=500)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    placed_at = models.DateTimeField(default=timezone.now)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    released_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-placed_at", "id")

    def __str__(self) -> str:
        return f"hold on {self.study_id or self.trial_id}"


class DeletionRecord(models.Model):
    """What was deleted, by whom and why, with the hashes of all of it; this is never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="deletions")
    study_id = models.UUIDField(unique=True)
    contents = models.JSONField()  # see plans.DeletionPlan
    contents_sha256 = models.CharField(max_length=64)
    reason = models.CharField(max_length=500)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    deleted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-deleted_at", "id")

    def __str__(self) -> str:
        return f"deletion of {self.study_id}"
