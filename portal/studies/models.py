from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.trials.models import Site, Subject, Trial, Visit


class StoredFile(models.Model):
    """A file kept once, named by its content; never changed, never kept twice."""

    sha256 = models.CharField(max_length=64, unique=True)
    size_bytes = models.PositiveBigIntegerField()
    stored_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.sha256[:12]


class SiteKey(models.Model):
    """The secret of a site's pseudonyms; the README of ``deidentification`` says who knows it."""

    site = models.OneToOneField(
        Site, on_delete=models.PROTECT, related_name="pseudonym_key", primary_key=True
    )
    key_hex = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"key of {self.site_id}"


class ClockMark(models.Model):
    """When the portal last looked at its clock; one row, see ``clock.py``."""

    seen_at = models.DateTimeField()
    steady_since = models.DateTimeField()

    def __str__(self) -> str:
        return f"clock seen at {self.seen_at:%Y-%m-%d %H:%M}"


class Upload(models.Model):
    """Files a site announced (the manifest), and how far they have arrived."""

    class State(models.TextChoices):
        OPEN = "open", "Receiving"
        COMPLETE = "complete", "Complete"
        DISCARDED = "discarded", "Discarded"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="uploads"
    )
    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="uploads")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="uploads")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="uploads")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="uploads")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    manifest_hash = models.CharField(max_length=64)
    # How many files stayed at the site, by the code of the reason; their names stay there, too.
    not_sent = models.JSONField(default=dict, blank=True)
    file_count = models.PositiveIntegerField()
    size_bytes = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)
        indexes = (models.Index(fields=("state", "expires_at"), name="upload_expiry"),)

    def __str__(self) -> str:
        return f"upload {self.id}"


class UploadFile(models.Model):
    """One line of a manifest."""

    class State(models.TextChoices):
        MISSING = "missing", "Missing"
        RECEIVED = "received", "Received"

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="files")
    relative_path = models.CharField(max_length=1024)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    received_bytes = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.MISSING)
    problem = models.CharField(max_length=300, blank=True)
    stored = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, related_name="upload_files"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("upload", "relative_path"), name="path_once_an_upload"),
        )
        indexes = (models.Index(fields=("upload", "sha256"), name="upload_content"),)

    def __str__(self) -> str:
        return self.relative_path


class Transfer(models.Model):
    """A tus upload in progress: one whole file, or a bundle of many small ones.

    How many bytes have arrived is the size of the part file on disc, which survives a crash.
    """

    class Kind(models.TextChoices):
        FILE = "file", "One file"
        BUNDLE = "bundle", "A tar of many files, each named by its SHA-256"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="transfers")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    sha256 = models.CharField(max_length=64, blank=True)
    length_bytes = models.PositiveBigIntegerField()
    metadata = models.CharField(max_length=4096, blank=True)
    is_finished = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"transfer {self.id}"


class Study(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    upload = models.OneToOneField(Upload, on_delete=models.PROTECT, related_name="study")
    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="studies")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="studies")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="studies")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="studies")
    received_at = models.DateTimeField(default=timezone.now)
    study_instance_uid = models.CharField(max_length=64, blank=True, db_index=True)
    description = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-received_at", "id")
        verbose_name_plural = "studies"
        indexes = (
            models.Index(fields=("-received_at", "id"), name="study_newest_first"),
            models.Index(fields=("site", "-received_at"), name="study_site_newest_first"),
        )

    def __str__(self) -> str:
        return f"study {self.id}"
