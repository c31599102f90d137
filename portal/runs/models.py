from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.studies.models import Study


class RunState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Finished")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


ACTIVE = (RunState.QUEUED, RunState.RUNNING)


class StageState(models.TextChoices):
    WAITING = "waiting", _("Waiting for earlier steps")
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Done")
    FAILED = "failed", _("Failed")


class ModelVersion(models.Model):
    """A model file that has been imported, activated or used, by its content."""

    name = models.CharField(max_length=100)
    version = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64, unique=True)
    licence = models.CharField(max_length=200, blank=True)
    first_used_at = models.DateTimeField(null=True)
    imported_at = models.DateTimeField(null=True)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="models"
    )

    class Meta:
        ordering = ("name", "version")

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class ModelActivation(models.Model):
    """The choice of the model for new runs; the last one that is not rolled back counts."""

    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="activations")
    activated_at = models.DateTimeField(default=timezone.now)
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="model_activations"
    )
    reason = models.CharField(max_length=500)
    rolled_back_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.model} from {self.activated_at:%Y-%m-%d %H:%M}"


class AnalysisRun(models.Model):
    """One analysis of one study; where it stands is in its stage runs."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    options = models.JSONField(default=dict)
    model_versions = models.ManyToManyField(ModelVersion, related_name="runs")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="runs"
    )
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=80, blank=True)
    error_message = models.TextField(blank=True)
    error_words = models.JSONField(default=dict)  # what the message is made of

    class Meta:
        ordering = ("-created_at", "id")
        indexes = (
            models.Index(fields=("state", "created_at"), name="run_state"),
            models.Index(fields=("study", "-created_at"), name="run_of_study"),
        )

    def __str__(self) -> str:
        return f"run {self.id}"


class StageRun(models.Model):
    """One stage of a run: who works on it (lease, token), and what came out (hash, manifest)."""

    run = models.ForeignKey(AnalysisRun, on_delete=models.CASCADE, related_name="stages")
    stage = models.CharField(max_length=20)
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=StageState.choices, default=StageState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    fencing_token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    progress = models.FloatField(default=0.0)
    progress_text = models.CharField(max_length=200, blank=True)
    output_sha256 = models.CharField(max_length=64, blank=True)
    manifest = models.JSONField(default=dict)
    error_code = models.CharField(max_length=80, blank=True)
    error_message = models.TextField(blank=True)
    error_words = models.JSONField(default=dict)  # what the message is made of

    class Meta:
        ordering = ("run", "position")
        constraints = (models.UniqueConstraint(fields=("run", "stage"), name="stage_once_a_run"),)
        indexes = (models.Index(fields=("state", "lease_until"), name="stage_lease"),)

    def __str__(self) -> str:
        return f"{self.stage} of {self.run_id}"


class Artefact(models.Model):
    """A file made by a stage; ``path`` is relative to the root of the storage."""

    run = models.ForeignKey(AnalysisRun, on_delete=models.CASCADE, related_name="artefacts")
    stage = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    path = models.CharField(max_length=500)

    class Meta:
        ordering = ("run", "name")
        constraints = (models.UniqueConstraint(fields=("run", "name"), name="artefact_once_a_run"),)

    def __str__(self) -> str:
        return f"{self.name} of {self.run_id}"


class OutboxMessage(models.Model):
    """A wake-up call for the queue, written in the transaction that makes a stage due."""

    stage_run = models.OneToOneField(StageRun, on_delete=models.CASCADE, related_name="wake_up")
    due_at = models.DateTimeField(default=timezone.now, db_index=True)
    sends = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"wake-up for {self.stage_run_id}"
