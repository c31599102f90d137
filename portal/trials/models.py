from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Invitation


class Role(models.TextChoices):
    MANAGER = "manager", _("Trial manager")
    UPLOADER = "uploader", _("Uploader")
    READER = "reader", _("Reader")
    ADJUDICATOR = "adjudicator", _("Adjudicator")
    MONITOR = "monitor", _("Monitor")


class Trial(models.Model):
    """A clinical trial, or a clinic's routine work (a trial without a visit schedule)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
    visit_schedule = models.JSONField(default=list, blank=True)  # see schedules.py
    subject_form = models.CharField(max_length=64, blank=True)  # see subject_codes.py
    is_subject_code_once_a_trial = models.BooleanField(default=False)  # else once a site
    quota_bytes = models.PositiveBigIntegerField(null=True, blank=True)  # None: no limit
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="sites")
    name = models.CharField(max_length=200)
    code = models.CharField(max_length=40)

    class Meta:
        ordering = ("trial", "code")
        constraints = (
            models.UniqueConstraint(fields=("trial", "code"), name="site_code_once_a_trial"),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Membership(models.Model):
    """What a person may do in a trial; without a site, at all of its sites."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="memberships")
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, null=True, blank=True, related_name="memberships"
    )
    role = models.CharField(max_length=16, choices=Role.choices)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "trial", "site", "role"), name="membership_once_a_site"
            ),
            models.UniqueConstraint(
                fields=("user", "trial", "role"),
                condition=models.Q(site=None),
                name="membership_once_a_trial",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.trial_id}"


class Protocol(models.Model):
    """What a trial asks of an acquisition, as rules a program can check."""

    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, related_name="protocol")
    name = models.CharField(max_length=200, blank=True)
    rules = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"protocol of {self.trial_id}, version {self.version}"


class ReadingScheme(models.Model):
    """How studies are read; the newest version holds, studies keep the one they began with.

    A trial that has one keeps it: it can be replaced, never withdrawn, because without it every
    reader would see everything.
    """

    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="reading_schemes")
    version = models.PositiveIntegerField()
    rules = models.JSONField()
    reason = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ("trial", "-version")
        constraints = (
            models.UniqueConstraint(fields=("trial", "version"), name="scheme_version_once"),
        )

    def __str__(self) -> str:
        return f"reading scheme of {self.trial_id}, version {self.version}"


class Subject(models.Model):
    """A participant, known by a code only; the same code at two sites is two people."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    trial = models.ForeignKey(Trial, on_delete=models.PROTECT, related_name="subjects")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="subjects")
    code = models.CharField(max_length=64)

    class Meta:
        ordering = ("site", "code")
        constraints = (
            models.UniqueConstraint(fields=("site", "code"), name="subject_code_once_a_site"),
        )

    def __str__(self) -> str:
        return self.code


class Visit(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="visits")
    name = models.CharField(max_length=80)
    planned_date = models.DateField(null=True, blank=True)
    actual_date = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("subject", "planned_date", "name")
        constraints = (
            models.UniqueConstraint(fields=("subject", "name"), name="visit_name_once_a_subject"),
        )

    def __str__(self) -> str:
        return self.name


class RescanRequest(models.Model):
    """A site is asked to scan a subject again, and what came of it."""

    class Source(models.TextChoices):
        PROTOCOL = "protocol", _("The protocol was not met")
        READER = "reader", _("The readers cannot use the images")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ANSWERED = "answered", _("Answered")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="rescan_requests")
    source = models.CharField(max_length=10, choices=Source.choices)
    reason = models.TextField()
    action = models.TextField()  # what to do
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="rescans_raised"
    )
    raised_at = models.DateTimeField(default=timezone.now)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="rescans_closed"
    )
    closed_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ("-raised_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("visit", "source"),
                condition=models.Q(state="open"),
                name="one_open_request_a_visit_and_source",
            ),
        )

    def __str__(self) -> str:
        return f"re-scan of {self.visit_id}, {self.state}"


class InvitedMembership(models.Model):
    """What someone will be once the invitation is accepted."""

    invitation = models.ForeignKey(
        Invitation, on_delete=models.CASCADE, related_name="invited_memberships"
    )
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="invited_memberships")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, null=True, related_name="+")
    role = models.CharField(max_length=16, choices=Role.choices)

    def __str__(self) -> str:
        return f"{self.invitation_id} {self.role} {self.trial_id}"
