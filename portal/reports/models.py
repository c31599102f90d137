from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_noop

from portal.reports.change_models import Comparison as Comparison
from portal.reports.reading_models import Reading as Reading
from portal.reports.reading_models import ReadingCase as ReadingCase
from portal.runs.models import AnalysisRun
from portal.studies.models import Study


class Report(models.Model):
    """What a run found, as readers see it. Version 1 is the machine's; edits make later versions.

    The columns repeat numbers of ``report.json`` (hash ``sha256``), so that the work list can
    filter and sort without opening it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(AnalysisRun, on_delete=models.PROTECT, related_name="reports")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="reports")
    version = models.PositiveSmallIntegerField(default=1)
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=500)  # of report.json, relative to the root of the storage
    # Labels corrected by a reader, along right, anterior, superior; empty for the machine's own.
    labels_path = models.CharField(max_length=500, blank=True)
    labels_sha256 = models.CharField(max_length=64, blank=True)
    dice_with_machine = models.FloatField(null=True)
    amends = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="amended")
    reason = models.TextField(blank=True)  # why this version was made
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="reports"
    )
    created_at = models.DateTimeField(default=timezone.now)

    pdff_percent = models.FloatField(null=True)
    pdff_error_percent = models.FloatField(null=True)
    pdff_grade = models.CharField(max_length=20, blank=True)
    is_borderline = models.BooleanField(default=False)
    r2star_per_s = models.FloatField(null=True)
    lic_mg_per_g = models.FloatField(null=True)
    liver_volume_ml = models.FloatField(null=True)
    critical_count = models.PositiveSmallIntegerField(default=0)
    warning_count = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("-created_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("run", "version"), name="report_version_once_a_run"),
        )
        indexes = (models.Index(fields=("study", "-created_at"), name="report_of_study"),)

    def __str__(self) -> str:
        return f"report {self.id} version {self.version}"


class ReportFile(models.Model):
    """A file of a version that a reader made; version 1 has the files of its run."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    path = models.CharField(max_length=500)

    class Meta:
        ordering = ("report", "name")
        constraints = (
            models.UniqueConstraint(fields=("report", "name"), name="file_once_a_report"),
        )

    def __str__(self) -> str:
        return f"{self.name} of {self.report_id}"


class Impression(models.Model):
    """What a reader says about a report, in words; free to change until the report is signed."""

    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="impression")
    text = models.TextField()
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="impressions"
    )
    written_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"impression of {self.report_id}"


class Signature(models.Model):
    """An electronic signature as 21 CFR Part 11 asks: who, when, what it means, bound by hash.

    ``record_sha256`` is the hash of the signed record (``signing.signed_record``);
    ``signature_sha256`` covers that hash together with name, time and meaning.
    """

    class Meaning(models.TextChoices):
        READ = "read", gettext_noop("I read this study and take responsibility for this report")
        REVIEWED = "reviewed", gettext_noop("I reviewed this report and agree with it")
        DECIDED = (
            "decided",
            "I compared the readings of this study and take responsibility for its final result",
        )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="signatures")
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signatures"
    )
    printed_name = models.CharField(max_length=150)
    email = models.EmailField(max_length=254)
    meaning = models.CharField(max_length=10, choices=Meaning.choices)
    signed_at = models.DateTimeField()
    record_sha256 = models.CharField(max_length=64)
    signature_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ("signed_at",)
        constraints = (
            models.UniqueConstraint(fields=("report", "signer"), name="signature_once_a_person"),
        )

    def __str__(self) -> str:
        return f"{self.printed_name}, {self.signed_at:%Y-%m-%d %H:%M}"


class Roi(models.Model):
    """A region of interest that a reader drew, and what was measured in it.

    ``voxels`` count along right, anterior, superior, the first axis fastest. The values are kept
    unrounded as they were measured, so that a signed report shows what was signed.
    """

    class Kind(models.TextChoices):
        CIRCLE = "circle", "circle"
        FREEHAND = "freehand", "drawn by hand"
        NINE = "nine", "placed by software"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="rois")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=80)
    voxels = models.JSONField()
    centre = models.JSONField()  # i, j, k
    values = models.JSONField()  # by key of the quantity: mean, SD, number of voxels
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="rois"
    )
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=("report", "number"), name="roi_number_once_a_report"),
        )

    def __str__(self) -> str:
        return f"{self.name} of {self.report_id}"
