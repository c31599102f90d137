from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from portal.audit.services import lines


class Command(BaseCommand):
    help = "Write the audit trail, one JSON object a line; `audit_verify FILE` checks it offline."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        count = 0
        last = "nothing"
        with options["file"].open("x", encoding="utf-8") as file:
            for line in lines():
                file.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")
                count, last = count + 1, line["hash"]
        self.stdout.write(f"{count} lines. Last hash: {last}")
