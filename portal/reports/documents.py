"""The stored report and the images behind it, checked against their hashes and kept warm."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from analysis.errors import OutputFailed
from analysis.measurement import MapSet
from analysis.quantities import FAT_SIGNAL_FRACTION, LIC, PDFF, R2STAR
from analysis.report import LiverReport
from analysis.report_json import report_from_dict
from analysis.segmentation import Segmentation
from analysis.study import SelectedSeries
from portal.reports.images import StudyImages, turn
from portal.reports.models import Report
from portal.runs import storage
from portal.runs.models import AnalysisRun
from portal.runs.selectors import result_of

SHOWN_MAPS: tuple[str, ...] = (PDFF.key, FAT_SIGNAL_FRACTION.key, R2STAR.key, LIC.key)


def liver_report(report: Report) -> LiverReport:
    """Return the numbers of a report; raise ``OutputFailed`` when its file was changed."""
    return _read(storage.absolute(report.path), report.sha256)


@lru_cache(maxsize=64)
def _read(path: Path, sha256: str) -> LiverReport:
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise OutputFailed(
            "The stored report is missing or was changed; start the analysis again.",
            code="report-damaged",
        )
    return report_from_dict(json.loads(content))


def study_images(report: Report) -> StudyImages:
    """Return anatomy, labels and maps; arrays are mapped from disc, so many can be open."""
    return _images(report.run_id)


@lru_cache(maxsize=4)
def _images(run_id: UUID) -> StudyImages:
    run = AnalysisRun.objects.get(pk=run_id)
    selected: SelectedSeries = result_of(run, "select")
    segmentation: Segmentation = result_of(run, "segment")
    maps: MapSet = result_of(run, "map")
    return turn(selected.anatomical_image, segmentation.labels, maps, SHOWN_MAPS)
