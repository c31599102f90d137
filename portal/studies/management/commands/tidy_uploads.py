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
        if done.held_until:
            self.stdout.write(
                "The server's clock has jumped, or the portal was off for days: nothing is given "
                f"up before {done.held_until:%Y-%m-%d %H:%M %Z}. Look at the clock."
            )
        self.stdout.write(
            f"{done.uploads} uploads and {done.transfers} transfers had expired; "
            f"{done.files} files without a record were removed."
        )
