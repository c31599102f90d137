"""What the exporters need, put together from a stored report and the images behind it."""

from __future__ import annotations

from analysis.export.exported_file import ExportRequest
from analysis.measurement import MapSet
from analysis.report import LiverReport
from analysis.segmentation import Segmentation
from analysis.study import SelectedSeries
from analysis.volume import LabelMap
from portal.reports.documents import (
    anatomical_image,
    liver_report,
    source_series,
    study_images,
    study_maps,
)
from portal.reports.images import turn_back
from portal.reports.models import Report


def export_request(report: Report, numbers: LiverReport, labels: LabelMap) -> ExportRequest:
    """Return the request for numbers and labels that may not be stored yet."""
    return ExportRequest(
        numbers,
        SelectedSeries(
            description=numbers.description,
            acquisition=numbers.acquisition,
            echoes=None,
            vendor_maps=(),
            anatomical_image=anatomical_image(report.run_id),
            choices=numbers.choices,
            findings=(),
            source=source_series(report.run_id),
        ),
        Segmentation(labels, numbers.segmentation_confidence, None, numbers.models, ()),
        MapSet(study_maps(report.run_id), numbers.fit_method, numbers.methods, ()),
    )


def stored_request(report: Report) -> ExportRequest:
    """Return the request for a version as it is stored."""
    images = study_images(report)
    return export_request(report, liver_report(report), turn_back(images.labels, images.original))
