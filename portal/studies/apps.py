from __future__ import annotations

import logging

import pydicom
from django.apps import AppConfig


class StudiesConfig(AppConfig):
    name = "portal.studies"

    def ready(self) -> None:
        # What pydicom remarks about a header quotes it, names included. It sets its own level when
        # it is imported, which undoes that of the settings.
        logging.getLogger(pydicom.__name__).setLevel(logging.CRITICAL)
