from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from portal.studies.tidying import tidy


class Command(BaseCommand):
    help = (
        "Give up expired uploads and remove files that no record refers to, now; the scheduler "
        "(`sweep --every`) does it every hour."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        done = tidy()
        self.stdout.write(
            f"{done.uploads} uploads and {done.transfers} transfers had expired; "
            f"{done.files} files without a record were removed."
        )
