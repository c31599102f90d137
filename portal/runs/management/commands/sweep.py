"""Look after runs and uploads: put back what lost its worker, wake what is due, tidy hourly."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections

from analysis.errors import AnalysisError
from portal.runs.sweeping import sweep
from portal.studies.tidying import tidy

logger = logging.getLogger(__name__)

TIDY_EVERY_S = 3600.0


class Command(BaseCommand):
    help = (
        "Put back stages whose worker is gone, send wake-up calls that are due and, repeated, "
        "give up expired uploads once an hour."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="repeat for ever")

    def handle(self, *args: Any, **options: Any) -> None:
        every: float | None = options["every"]
        tidy_at = time.monotonic()
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
            if time.monotonic() >= tidy_at:
                tidy_at = time.monotonic() + TIDY_EVERY_S
                self._tidy()
            time.sleep(every)

    def _tidy(self) -> None:
        """Give up what has expired; a disc or database that is away must not stop the sweeping."""
        try:
            done = tidy()
        except (OperationalError, OSError, AnalysisError):
            logger.warning("Uploads could not be tidied; trying again in an hour.", exc_info=True)
            close_old_connections()
        else:
            if done.uploads or done.transfers or done.files:
                self.stdout.write(f"tidied: {done}")
