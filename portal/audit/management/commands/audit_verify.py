from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.audit.chain import BROKEN, UNUSABLE, Break, breaks_of_export, closed_lines
from portal.audit.services import verify


class Command(BaseCommand):
    help = "Check that no line of the audit trail was changed, removed, added or swapped."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, nargs="?", help="an export; without it, the database is checked"
        )
        parser.add_argument(
            "--last-hash",
            action="append",
            default=[],
            help="a last hash noted at the export, against a cut tail; may be given twice",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        found = _in_file(options["file"], options["last_hash"]) if options["file"] else verify()
        if options["file"] and (closed := closed_lines(options["file"])):
            self.stdout.write(f"{closed} lines are closed: only their place was checked.")
        for each in found:
            self.stdout.write(f"Line {each.sequence}: {each.problem}")
        if found:
            raise CommandError("The audit trail does not hold together.", returncode=BROKEN)
        self.stdout.write("The audit trail holds together.")


def _in_file(path: Path, last_hashes: list[str]) -> list[Break]:
    try:
        return breaks_of_export(path, last_hashes)
    except ValueError as error:
        raise CommandError(str(error), returncode=UNUSABLE) from error
