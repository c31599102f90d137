"""Look after runs: put back what lost its worker, send the wake-up calls that are due."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections

from portal.runs.sweeping import sweep

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Put back stages whose worker is gone, and send wake-up calls that are due."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="repeat for ever")

    def handle(self, *args: Any, **options: Any) -> None:
        every: float | None = options["every"]
        while True:
            try:
                swept = sweep()
            except OperationalError:
                if every is None:
                    raise
                logger.warning("The database is away; looking again later.")
                close_old_connections()
            else:
                if every is None or swept.put_back:
                    self.stdout.write(f"put back: {swept.put_back}, woken: {swept.woken}")
            if every is None:
                return
            time.sleep(every)
