from __future__ import annotations

from typing import Any, NoReturn

from django.db import models

from analysis.wording import words
from portal.errors import PortalError


class AppendOnly(PortalError):
    """Something tried to change or remove a line of the audit trail."""

    def __init__(self) -> None:
        super().__init__(words("The audit trail cannot be changed."), code="audit-append-only")


class AuditEvents(models.QuerySet["AuditEvent"]):
    def update(self, **_values: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly

    def bulk_update(self, *_arguments: Any, **_options: Any) -> NoReturn:
        raise AppendOnly


class AuditEvent(models.Model):
    """One act on record. Its hash covers its content and the hash of the line before it."""

    sequence = models.PositiveBigIntegerField(unique=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField(db_index=True)
    # Plain values, not foreign keys: the line must outlive the account and the object.
    actor_id = models.CharField(max_length=36, blank=True)
    actor = models.CharField(max_length=254, blank=True)
    action = models.CharField(max_length=80)
    object_type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=64)
    trial_id = models.CharField(max_length=36, blank=True)
    old = models.JSONField(default=dict)
    new = models.JSONField(default=dict)
    ip = models.CharField(max_length=45, blank=True)

    objects = AuditEvents.as_manager()

    class Meta:
        ordering = ("sequence",)
        indexes = (
            models.Index(fields=("object_type", "object_id"), name="audit_object"),
            models.Index(fields=("trial_id", "sequence"), name="audit_trial"),
        )

    def __str__(self) -> str:
        return f"{self.sequence} {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise AppendOnly


class TableChange(models.Model):
    """One change of a row as PostgreSQL itself saw it, whoever made it; triggers write these.

    ``content`` is kept as the text that was hashed.
    """

    sequence = models.PositiveBigIntegerField(unique=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
    content = models.TextField()

    class Meta:
        ordering = ("sequence",)

    def __str__(self) -> str:
        return f"table change {self.sequence}"


class ChainHead(models.Model):
    """The last line of a chain; locking it puts the writers in one order.

    Row 1 is the head of the trail, row 2 that of the table changes.
    """

    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.sequence} {self.hash[:12]}"
