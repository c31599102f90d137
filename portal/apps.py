from __future__ import annotations

from django.apps import AppConfig

from portal.celery import app as celery_app


class PortalConfig(AppConfig):
    name = "portal"
    celery_app = celery_app  # so that the tasks of the web process find the broker
