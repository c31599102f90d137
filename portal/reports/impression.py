"""Words drafted from the numbers; a reader changes them and is the one who says them."""

from __future__ import annotations

from django.utils.translation import gettext as _

from analysis.anatomy import LIVER
from analysis.findings import Severity
from analysis.measurement import Measurement, Statistic
from analysis.quantities import LIC, PDFF, R2STAR, VOLUME
from analysis.report import LiverReport
from portal.reports.verdict import grade_of, grade_words
from portal.wording import said


def draft_impression(report: LiverReport) -> str:
    """Return a draft of one line a quantity, and of what limits trust in it."""
    lines = [_fat(report), _iron(report), _volume(report), *_limits(report)]
    return "\n".join(line for line in lines if line)


def _with_error(measurement: Measurement) -> str:
    return (
        f"{measurement.text} ± {measurement.error_text}"
        if measurement.error_text
        else measurement.text
    )


def _fat(report: LiverReport) -> str:
    pdff = report.get(PDFF.key, LIVER.key)
    if pdff is None:
        return _("PDFF could not be measured.")
    grade = grade_of(report, PDFF.key)
    if grade is None:
        return _("Mean liver PDFF %(value)s.") % {"value": _with_error(pdff)}
    values = {"value": _with_error(pdff), "grade": grade_words(grade)}
    if grade.is_borderline:
        return _("Mean liver PDFF %(value)s: %(grade)s; borderline to the next grade.") % values
    return _("Mean liver PDFF %(value)s: %(grade)s.") % values


def _iron(report: LiverReport) -> str:
    r2star, lic = report.get(R2STAR.key, LIVER.key), report.get(LIC.key, LIVER.key)
    if r2star is None:
        return _("R2* could not be measured.")
    if lic is None:
        return _("Mean liver R2* %(r2star)s; iron concentration is not given.") % {
            "r2star": _with_error(r2star)
        }
    values = {"r2star": _with_error(r2star), "lic": _with_error(lic)}
    grade = grade_of(report, LIC.key)
    if grade is None:
        return _("Mean liver R2* %(r2star)s, LIC %(lic)s.") % values
    values["grade"] = grade_words(grade)
    return _("Mean liver R2* %(r2star)s, LIC %(lic)s: %(grade)s.") % values


def _volume(report: LiverReport) -> str:
    volume = report.get(VOLUME.key, LIVER.key, Statistic.TOTAL)
    return _("Liver volume %(value)s.") % {"value": volume.text} if volume else ""


def _limits(report: LiverReport) -> list[str]:
    severe = [f for f in report.findings if f.severity is not Severity.INFO]
    return [_("Limit: %(message)s") % {"message": said(f.message, f.words)} for f in severe]
