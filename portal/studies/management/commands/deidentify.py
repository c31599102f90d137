from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from analysis.errors import AnalysisError
from portal.errors import PortalError
from portal.studies.deidentification.folder import Receipt, deidentify, write_receipt
from portal.studies.deidentification.pseudonyms import Pseudonyms, key_from
from portal.studies.deidentification.rules import load_rules

UNUSABLE = 2


class Command(BaseCommand):
    help = "Write copies of a study without anything that names the patient, and a receipt."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="folder, ZIP archive or file")
        parser.add_argument("--out", type=Path, required=True, help="empty folder for the copies")
        parser.add_argument("--subject", default="", help="code that stands for the patient")
        parser.add_argument(
            "--key",
            type=Path,
            default=Path(settings.LOCAL_DIR) / "deidentification_key",
            help="secret key of the pseudonyms; made once, keep it: without it a second visit "
            "gets other dates and UIDs",
        )
        parser.add_argument(
            "--receipt", type=Path, help="JSON or CSV; names the original files, so keep it private"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            receipt = deidentify(
                options["source"],
                options["out"],
                rules=load_rules(),
                pseudonyms=Pseudonyms(key_from(options["key"]), options["subject"]),
            )
            if options["receipt"]:
                write_receipt(receipt, options["receipt"])
        except (AnalysisError, PortalError) as error:
            raise CommandError(error.message, returncode=UNUSABLE) from error
        self._tell(receipt)

    def _tell(self, receipt: Receipt) -> None:
        self.stdout.write(f"{len(receipt.written)} images cleaned.")
        for line in receipt.refused:
            self.stdout.write(f"Not written: {line.source}: {line.refused_because}")
        if not receipt.written:
            raise CommandError("No image could be cleaned.", returncode=UNUSABLE)
