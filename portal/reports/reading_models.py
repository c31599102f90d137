"""Studies that are read under a reading scheme, and each reader's own reading."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_noop


class Quality(models.TextChoices):
    GOOD = "good", gettext_noop("Good: the numbers can be used")
    LIMITED = "limited", gettext_noop("Limited: usable with the reservation stated")
    UNUSABLE = "unusable", gettext_noop("Unusable: the study cannot be evaluated")


class ReadingCase(models.Model):
    """One study under a scheme: who reads it, whether readers differ, which reading is final.

    The final result of a study is always one signed reading: the only one, the first of two that
    agree, or the adjudicator's.
    """

    class DecidedBy(models.TextChoices):
        ONE_READER = "one-reader", gettext_noop("One reader")
        AGREEMENT = "agreement", gettext_noop("Two readers agree; the first reading stands")
        ADJUDICATION = "adjudication", gettext_noop("The adjudicator decided")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.OneToOneField(
        "studies.Study", on_delete=models.PROTECT, related_name="reading_case"
    )
    report = models.ForeignKey(  # the analysis's own version, which is read
        "reports.Report", on_delete=models.PROTECT, related_name="+"
    )
    scheme = models.ForeignKey(
        "trials.ReadingScheme", on_delete=models.PROTECT, related_name="cases"
    )
    opened_at = models.DateTimeField(default=timezone.now)
    differences = models.JSONField(null=True)  # codes, without values; None until both have signed
    final = models.OneToOneField(
        "reports.Reading", on_delete=models.PROTECT, null=True, related_name="decides"
    )
    decided_by = models.CharField(max_length=12, choices=DecidedBy.choices, blank=True)
    locked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("opened_at", "id")

    def __str__(self) -> str:
        return f"reading case {self.id}"


class Reading(models.Model):
    """What one person reads of one study; nothing of it changes once it is signed.

    ``report`` is the reader's own version: their outline and numbers, impression and signature.
    ``code`` is what a reader sees instead of the subject.
    """

    ADJUDICATION = 3  # the position of the adjudicator's reading, after the readers' 1 and 2

    class Decision(models.TextChoices):
        PICKED = "picked", gettext_noop("One of the two readings is right")
        OWN = "own", gettext_noop("Neither; my own reading stands")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(ReadingCase, on_delete=models.PROTECT, related_name="readings")
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="readings"
    )
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=12, unique=True)
    assigned_by = models.ForeignKey(  # None: by the scheme itself
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    assigned_at = models.DateTimeField(default=timezone.now)
    due_on = models.DateField()
    report = models.OneToOneField(
        "reports.Report", on_delete=models.PROTECT, related_name="reading"
    )
    own_pdff_percent = models.FloatField(null=True)
    own_r2star_per_s = models.FloatField(null=True)
    unveiled_at = models.DateTimeField(null=True)
    quality = models.CharField(max_length=10, choices=Quality.choices, blank=True)
    quality_note = models.TextField(blank=True)
    decision = models.CharField(max_length=8, choices=Decision.choices, blank=True)
    picked = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="picked_by"
    )
    saved_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_because = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("due_on", "code")
        constraints = (
            models.UniqueConstraint(fields=("case", "reader"), name="reader_once_a_study"),
            models.UniqueConstraint(
                fields=("case", "position"),
                condition=models.Q(withdrawn_at=None),
                name="position_once_a_study",
            ),
        )
        indexes = (models.Index(fields=("reader", "signed_at", "due_on"), name="reading_list"),)

    def __str__(self) -> str:
        return f"reading {self.code}"

    @property
    def is_adjudication(self) -> bool:
        return self.position == self.ADJUDICATION

    @property
    def is_open(self) -> bool:
        return self.signed_at is None and self.withdrawn_at is None
