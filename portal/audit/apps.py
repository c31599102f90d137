from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from portal.audit.watch import watch_tables


class AuditConfig(AppConfig):
    name = "portal.audit"

    def ready(self) -> None:
        post_migrate.connect(watch_tables, sender=self, dispatch_uid="audit.watch_tables")
