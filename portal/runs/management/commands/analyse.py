"""Analyse one study without the web: ``python manage.py analyse INPUT --out DIR``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console

from analysis.errors import AnalysisError
from analysis.quantities import BY_KEY as QUANTITIES
from analysis.report import LiverReport
from analysis.signal.fat_spectrum import BY_KEY as SPECTRA
from analysis.signal.fat_spectrum import SIX_PEAK
from portal.runs.console import watching
from portal.runs.local_analysis import analyse
from portal.runs.pipeline import STAGES
from portal.runs.stage import AnalyseOptions

UNUSABLE = 2
HEADLINES = (("volume", "total"), ("PDFF", "mean"), ("R2*", "mean"), ("LIC", "mean"))


def times_ms(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError("give milliseconds like 1.2,2.2,3.2") from error


class Command(BaseCommand):
    help = "Analyse the liver MR study in INPUT and write report, maps and segments into DIR."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("input", metavar="INPUT", type=Path, help="folder, ZIP or NIfTI file")
        parser.add_argument("--out", metavar="DIR", type=Path, required=True)
        parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
        parser.add_argument(
            "--echo-times", metavar="MS", type=times_ms, default=(), help="such as 1.2,2.2,3.2"
        )
        parser.add_argument("--field", metavar="TESLA", type=float, default=None)
        parser.add_argument("--spectrum", choices=sorted(SPECTRA), default=SIX_PEAK.key)

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = AnalyseOptions(
            device=options["device"],
            echo_times_ms=options["echo_times"],
            field_strength_t=options["field"],
            spectrum=options["spectrum"],
        )
        try:
            with watching(Console(stderr=True), STAGES) as watch:
                report = analyse(options["input"], options["out"], chosen, watch)
        except AnalysisError as error:
            self.stderr.write(f"{error.message} [{error.code}]", self.style.ERROR)
            sys.exit(UNUSABLE)
        self._say(report, options["out"])

    def _say(self, report: LiverReport, folder: Path) -> None:
        for quantity, statistic in HEADLINES:
            found = report.get(quantity, "liver", statistic)
            if found is not None:
                shown = QUANTITIES[quantity].format(found.value)
                self.stdout.write(f"Whole liver, {statistic} {quantity}: {shown}")
        for finding in report.findings:
            self.stdout.write(f"{finding.severity}: {finding.message}")
        self.stdout.write(f"Report: {folder / 'report.html'}")
