"""How a report comes to be."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from analysis.anatomy import LIVER
from analysis.findings import Severity
from analysis.measurement import Statistic
from analysis.quantities import LIC, PDFF, R2STAR, VOLUME
from analysis.report import LiverReport
from portal.audit.services import record
from portal.reports.documents import liver_report
from portal.reports.models import Report
from portal.reports.reading_assignment import open_case
from portal.reports.verdict import grade_of
from portal.reports.viewer_volumes import prepare_first_volumes
from portal.runs.models import AnalysisRun
from portal.trials.visits import note_date

REPORT_FILE = "report.json"


@transaction.atomic
def create_report(run: AnalysisRun) -> Report:
    """Make version 1 of the report of a succeeded run; called again, return the same one."""
    if existing := Report.objects.filter(run=run, version=1).first():
        return existing
    artefact = run.artefacts.get(name=REPORT_FILE)
    report = Report(run=run, study_id=run.study_id, sha256=artefact.sha256, path=artefact.path)
    numbers = liver_report(report)
    for name, value in summary_of(numbers).items():
        setattr(report, name, value)
    report.save(force_insert=True)
    record(
        "report-created",
        report,
        actor=None,
        new={"run": run.pk, "version": report.version, "sha256": report.sha256},
        trial_id=run.study.trial_id,
    )
    if scanned_on := parse_date_or_none(numbers.description.study_date):
        note_date(run.study.visit, scanned_on)
    open_case(report)
    transaction.on_commit(lambda: prepare_first_volumes(report), robust=True)
    return report


def parse_date_or_none(text: str) -> date | None:
    """Return a date of an image header, such as ``2026-11-02``; a wrong one is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def summary_of(numbers: LiverReport) -> dict[str, Any]:
    """Return the columns of ``Report`` that repeat numbers of the document."""
    pdff = numbers.get(PDFF.key, LIVER.key)
    grade = grade_of(numbers, PDFF.key)
    severities = [finding.severity for finding in numbers.findings]
    return {
        "pdff_percent": pdff.value if pdff else None,
        "pdff_error_percent": pdff.standard_error if pdff else None,
        "pdff_grade": grade.grade if grade else "",
        "is_borderline": bool(grade and grade.is_borderline),
        "r2star_per_s": _value(numbers, R2STAR.key, Statistic.MEAN),
        "lic_mg_per_g": _value(numbers, LIC.key, Statistic.MEAN),
        "liver_volume_ml": _value(numbers, VOLUME.key, Statistic.TOTAL),
        "critical_count": severities.count(Severity.CRITICAL),
        "warning_count": severities.count(Severity.WARNING),
    }


def _value(numbers: LiverReport, quantity: str, statistic: str) -> float | None:
    found = numbers.get(quantity, LIVER.key, statistic)
    return found.value if found else None
