"""Final results for the statistician: one row a locked study; each signed reading on demand."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from django.db.models import QuerySet

from portal.accounts.models import User
from portal.audit.services import record
from portal.reports.models import Reading, ReadingCase, Report
from portal.reports.reading_models import Quality
from portal.reports.reading_selectors import cases_of
from portal.trials.models import Trial, Visit
from portal.trials.schedules import Punctuality
from portal.trials.visits import punctuality_of

_ABOUT = ("trial", "site", "subject", "visit", "visit_date", "study_day", "timing", "days_off")
_VALUES = (
    "quality",
    "pdff_percent",
    "pdff_standard_error_percent",
    "pdff_grade",
    "r2star_per_s",
    "lic_mg_per_g",
    "liver_volume_ml",
)
RESULT_COLUMNS = (
    *_ABOUT,
    *_VALUES,
    "decided_by",
    "locked_at",
    "reading",
    "report_version",
    "report_sha256",
    "scheme_version",
)
READING_COLUMNS = (
    *_ABOUT,
    "position",
    "reading",
    *_VALUES,
    "own_pdff_percent",
    "own_r2star_per_s",
    "is_final",
    "signed_at",
    "report_sha256",
)
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def locked_cases(trial: Trial) -> QuerySet[ReadingCase]:
    locked = cases_of(trial).filter(locked_at__isnull=False)
    return locked.order_by("study__site__code", "study__subject__code", "study__received_at")


def results_csv(trial: Trial) -> str:
    return _csv(RESULT_COLUMNS, _result_rows(trial))


def readings_csv(trial: Trial) -> str:
    """Return every signed reading of locked studies, so that agreement can be analysed."""
    return _csv(READING_COLUMNS, reading_rows(trial))


def record_export(trial: Trial, what: str, *, by: User) -> None:
    """Note who took final values out of the portal, by file or by program."""
    record(f"{what}-exported", trial, actor=by, trial_id=trial.pk)


def _csv(columns: tuple[str, ...], rows: Iterator[dict[str, object]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return stream.getvalue()


def _cell(value: object) -> object:
    """Write numbers in full; words that a spreadsheet would take for a formula, as words."""
    if isinstance(value, float):
        return repr(value)
    is_formula = isinstance(value, str) and value.startswith(_FORMULA_SIGNS)
    return f"'{value}" if is_formula else "" if value is None else value


def _result_rows(trial: Trial) -> Iterator[dict[str, object]]:
    for case in locked_cases(trial):
        final = case.final
        if final is None:
            continue
        yield {
            **_about(case),
            **values_of(final),
            "decided_by": case.decided_by,
            "locked_at": case.locked_at.isoformat() if case.locked_at else "",
            "reading": final.code,
            "report_version": final.report.version,
            "report_sha256": final.report.sha256,
            "scheme_version": case.scheme.version,
        }


def reading_rows(trial: Trial) -> Iterator[dict[str, object]]:
    for case in locked_cases(trial).prefetch_related("readings__report"):
        for reading in sorted(case.readings.all(), key=lambda each: each.position):
            if reading.signed_at is None:
                continue
            yield {
                **_about(case),
                "position": reading.position,
                "reading": reading.code,
                **values_of(reading),
                "own_pdff_percent": reading.own_pdff_percent,
                "own_r2star_per_s": reading.own_r2star_per_s,
                "is_final": reading.pk == case.final_id,
                "signed_at": reading.signed_at.isoformat(),
                "report_sha256": reading.report.sha256,
            }


def values_of(reading: Reading) -> dict[str, object]:
    """Return the numbers of a reading; a study that is unusable has none."""
    if reading.quality == Quality.UNUSABLE:
        return {"quality": reading.quality}
    report: Report = reading.report
    return {
        "quality": reading.quality,
        "pdff_percent": report.pdff_percent,
        "pdff_standard_error_percent": report.pdff_error_percent,
        "pdff_grade": report.pdff_grade,
        "r2star_per_s": report.r2star_per_s,
        "lic_mg_per_g": report.lic_mg_per_g,
        "liver_volume_ml": report.liver_volume_ml,
    }


def _about(case: ReadingCase) -> dict[str, object]:
    study = case.study
    found = _punctuality(study.visit)
    return {
        "trial": study.trial.slug,
        "site": study.site.code,
        "subject": study.subject.code,
        "visit": study.visit.name,
        "visit_date": str(study.visit.actual_date or ""),
        "study_day": found.day,
        "timing": found.timing.value,
        "days_off": found.days_off,
    }


def _punctuality(visit: Visit) -> Punctuality:
    visits = [*visit.subject.visits.all()]
    judged = punctuality_of(visit.subject, visits)
    return next(each for other, each in zip(visits, judged, strict=True) if other.pk == visit.pk)
