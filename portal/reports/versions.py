"""Files and rows of a version that a reader made by correcting the mask.

The exporters are named here and loaded with the first correction: they bring highdicom, which a
web process that only shows reports does not need.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
from django.db import transaction

from analysis.export.exported_file import ExportedFile
from analysis.wording import words
from portal.accounts.models import User
from portal.audit.services import record
from portal.reports.documents import machine_labels
from portal.reports.export_request import export_request
from portal.reports.mask_edit import EditRefused, Labels, corrected_report, dice
from portal.reports.models import Report, ReportFile
from portal.reports.roi_record import copy_rois
from portal.reports.services import REPORT_FILE, summary_of
from portal.reports.signing import next_version
from portal.runs import storage
from portal.runs.stage import Later

EXPORT = Later("analysis.export.exporters", "export_corrected", tuple[ExportedFile, ...])
LABELS_FILE = "labels.npy"


def save_correction(
    report: Report, labels: Labels, reason: str, *, by: User, is_blinded: bool = False
) -> Report:
    """Measure corrected labels in full and keep them as the next version of the report.

    1. Measure and write the files; nothing of that can be seen yet.
    2. In one transaction: the version, its files, the line in the audit trail. Of a blinded
       reading that line has hashes only: managers read the trail before they may read values.
    """
    reason = reason.strip()
    if not reason:
        raise EditRefused(words("Say why the mask is corrected."), code="reason-missing")
    numbers, label_map = corrected_report(report, labels)
    new = next_version(report, reason, by=by)
    folder = storage.root() / "reports" / str(new.pk)
    request = export_request(report, numbers, label_map)
    files: tuple[ExportedFile, ...] = EXPORT.load()(request, folder)
    new.labels_sha256 = _write_labels(labels, folder / LABELS_FILE)
    new.labels_path = storage.relative(folder / LABELS_FILE)
    new.dice_with_machine = dice(labels, machine_labels(report.run_id))
    _store(new, files, summary_of(numbers), old=report, by=by, is_blinded=is_blinded)
    return new


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
    is_blinded: bool,
) -> None:
    document = next(file for file in files if file.name == REPORT_FILE)
    new.sha256, new.path = document.sha256, storage.relative(document.path)
    for name, value in summary.items():
        setattr(new, name, value)
    new.save(force_insert=True)
    copy_rois(old, new)
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
    values = {"reason": new.reason, "dice_with_machine": new.dice_with_machine}
    record(
        "mask-corrected",
        new,
        actor=by,
        old={"report": old.pk, "version": old.version, "sha256": old.sha256},
        new={
            "version": new.version,
            "sha256": new.sha256,
            "labels_sha256": new.labels_sha256,
            **({} if is_blinded else values),
        },
        trial_id=old.study.trial_id,
    )
