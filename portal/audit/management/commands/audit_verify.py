from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.audit.chain import Break, breaks
from portal.audit.services import verify

BROKEN = 1
UNUSABLE = 2


class Command(BaseCommand):
    help = "Check that no line of the audit trail was changed, removed, added or swapped."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, nargs="?", help="an export; without it, the database is checked"
        )
        parser.add_argument(
            "--last-hash", default="", help="the last hash noted at the export, against a cut tail"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        found = _in_file(options["file"], options["last_hash"]) if options["file"] else verify()
        for each in found:
            self.stdout.write(f"Line {each.sequence}: {each.problem}")
        if found:
            raise CommandError("The audit trail does not hold together.", returncode=BROKEN)
        self.stdout.write("The audit trail holds together.")


def _in_file(path: Path, last_hash: str) -> list[Break]:
    try:
        lines = [*_lines(path)]
        found = [*breaks(lines)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path} is not an export: {error}.", returncode=UNUSABLE) from error
    if last_hash and (not lines or lines[-1]["hash"] != last_hash):
        found.append(Break(len(lines) + 1, "the last lines are missing"))
    return found


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
