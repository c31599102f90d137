"""Compare two analysed visits: ``python manage.py compare BASELINE FOLLOWUP --out DIR``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from analysis.anatomy import BY_KEY as STRUCTURE
from analysis.anatomy import LIVER
from analysis.change.images import ImageComparison, compare_images
from analysis.change.numbers import NumberComparison, compare_reports
from analysis.change.result_folder import read_visit
from analysis.change.written import change_csv, change_to_dict, delta_files
from analysis.errors import AnalysisError
from portal.runs.results_folder import writing

UNUSABLE = 2
TABLE_FILE, DATA_FILE = "change.csv", "change.json"


class Command(BaseCommand):
    help = "Compare the results of two visits of one subject, as 'analyse' wrote them."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("baseline", metavar="BASELINE", type=Path, help="results, earlier")
        parser.add_argument("follow_up", metavar="FOLLOWUP", type=Path, help="results, later")
        parser.add_argument("--out", metavar="DIR", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            baseline, follow_up = (read_visit(options[name]) for name in ("baseline", "follow_up"))
            numbers = compare_reports(baseline.report, follow_up.report)
            images = compare_images(baseline, follow_up, self._tell)
            write_comparison(options["out"], numbers, images)
        except AnalysisError as error:
            self.stderr.write(f"{error.message} [{error.code}]", self.style.ERROR)
            sys.exit(UNUSABLE)
        self._say(numbers, images, options["out"])

    def _tell(self, fraction: float, text: str) -> None:
        self.stderr.write(f"{100 * fraction:3.0f} %  {text}")

    def _say(self, numbers: NumberComparison, images: ImageComparison, folder: Path) -> None:
        for change in numbers.changes:
            if change.region == LIVER.key:
                name = f"{STRUCTURE[change.region].name}, {change.quantity}"
                shown = f"{change.difference_text} (limit {change.limit_text}): "
                self.stdout.write(
                    f"{name}: {shown if change.difference_text else ''}{change.verdict.words}"
                )
        if numbers.response:
            self.stdout.write(numbers.response.text)
        for finding in images.findings:
            self.stdout.write(f"{finding.severity}: {finding.message}")
        self.stdout.write(f"Comparison: {folder / TABLE_FILE}")


def write_comparison(folder: Path, numbers: NumberComparison, images: ImageComparison) -> None:
    """Write table, data and maps; raise ``OutputFailed`` in words when that is not possible."""
    document = json.dumps(change_to_dict(numbers, images), indent=2, ensure_ascii=False)
    with writing(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        for delta in images.maps:
            for name, content in delta_files(delta).items():
                (folder / name).write_bytes(content)
        (folder / TABLE_FILE).write_text(change_csv(numbers, images), "utf-8")
        (folder / DATA_FILE).write_text(document + "\n", "utf-8")
