from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

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
