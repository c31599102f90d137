from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterable
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from portal.audit.services import lines, table_lines


class Command(BaseCommand):
    help = "Write the audit trail, one JSON object a line; `audit_verify FILE` checks it offline."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        with options["file"].open("x", encoding="utf-8") as file:
            count, last = _write(file, lines())
            self.stdout.write(f"{count} lines. Last hash: {last}")
            count, last = _write(file, table_lines())
            if count:
                self.stdout.write(f"{count} changes of tables. Last hash: {last}")


def _write(file: TextIOWrapper, chain: Iterable[dict[str, Any]]) -> tuple[int, str]:
    count, last = 0, "nothing"
    for line in chain:
        file.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")
        count, last = count + 1, line["hash"]
    return count, last
