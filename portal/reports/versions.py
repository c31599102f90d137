"""Files and rows of a version that a reader made by correcting the mask."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
from django.db import transaction

from analysis.export.csv_table import CSV_EXPORTER
from analysis.export.exported_file import ExportedFile, Exporter, ExportRequest, write_files
from analysis.export.json_report import JSON_EXPORTER
from analysis.export.nifti import NIFTI_EXPORTERS
from analysis.export.pdf_report import PDF_EXPORTER
from analysis.measurement import MapSet
from analysis.report import LiverReport
from analysis.segmentation import Segmentation
from analysis.study import SelectedSeries
from analysis.volume import LabelMap
from portal.accounts.models import User
from portal.audit.services import record
from portal.reports.documents import anatomical_image, machine_labels, study_maps
from portal.reports.mask_edit import EditRefused, Labels, corrected_report, dice
from portal.reports.models import Report, ReportFile
from portal.reports.services import REPORT_FILE, summary_of
from portal.reports.signing import next_version
from portal.runs import storage

LABELS_FILE = "labels.npy"
EXPORTERS = (
    JSON_EXPORTER,
    CSV_EXPORTER,
    PDF_EXPORTER,
    *(exporter for exporter in NIFTI_EXPORTERS if exporter.name == "segments.nii.gz"),
)


def save_correction(report: Report, labels: Labels, reason: str, *, by: User) -> Report:
    """Measure corrected labels in full and keep them as the next version of the report.

    1. Measure and write the files; nothing of that can be seen yet.
    2. In one transaction: the version, its files, the line in the audit trail.
    """
    reason = reason.strip()
    if not reason:
        raise EditRefused("Say why the mask is corrected.", code="reason-missing")
    numbers, label_map = corrected_report(report, labels)
    new = next_version(report, reason, by=by)
    folder = storage.root() / "reports" / str(new.pk)
    files = write_files(_rendered(report, numbers, label_map), folder)
    new.labels_sha256 = _write_labels(labels, folder / LABELS_FILE)
    new.labels_path = storage.relative(folder / LABELS_FILE)
    new.dice_with_machine = dice(labels, machine_labels(report.run_id))
    _store(new, files, summary_of(numbers), old=report, by=by)
    return new


def _rendered(
    report: Report, numbers: LiverReport, labels: LabelMap
) -> list[tuple[Exporter, bytes]]:
    request = ExportRequest(
        numbers,
        SelectedSeries(
            description=numbers.description,
            acquisition=numbers.acquisition,
            echoes=None,
            vendor_maps=(),
            anatomical_image=anatomical_image(report.run_id),
            choices=numbers.choices,
            findings=(),
        ),
        Segmentation(labels, None, None, numbers.models, ()),
        MapSet(study_maps(report.run_id), numbers.fit_method, numbers.methods, ()),
    )
    rendered = ((exporter, exporter.render(request)) for exporter in EXPORTERS)
    return [(exporter, content) for exporter, content in rendered if content is not None]


def _write_labels(labels: Labels, path: Path) -> str:
    stream = io.BytesIO()
    np.save(stream, labels, allow_pickle=False)
    path.write_bytes(stream.getvalue())
    return hashlib.sha256(stream.getvalue()).hexdigest()


@transaction.atomic
def _store(
    new: Report,
    files: tuple[ExportedFile, ...],
    summary: dict[str, Any],
    *,
    old: Report,
    by: User,
) -> None:
    document = next(file for file in files if file.name == REPORT_FILE)
    new.sha256, new.path = document.sha256, storage.relative(document.path)
    for name, value in summary.items():
        setattr(new, name, value)
    new.save(force_insert=True)
    ReportFile.objects.bulk_create(
        ReportFile(
            report=new,
            name=file.name,
            media_type=file.media_type,
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            path=storage.relative(file.path),
        )
        for file in files
    )
    record(
        "mask-corrected",
        new,
        actor=by,
        old={"report": old.pk, "version": old.version, "sha256": old.sha256},
        new={
            "version": new.version,
            "reason": new.reason,
            "sha256": new.sha256,
            "labels_sha256": new.labels_sha256,
            "dice_with_machine": new.dice_with_machine,
        },
        trial_id=old.study.trial_id,
    )
