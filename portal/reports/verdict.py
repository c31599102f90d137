"""The first line of a report: fat, iron and volume, how sure, and what they mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from analysis.anatomy import LIVER
from analysis.export.page import why_no_norm
from analysis.findings import Finding, Severity
from analysis.heterogeneity import ERODED
from analysis.measurement import Grade, Statistic
from analysis.quantities import FAT_SIGNAL_FRACTION, LIC, LIC_MOLAR, PDFF, R2STAR, VOLUME, Quantity
from analysis.report import LiverReport
from analysis.volume_norm import EXPECTED, RATIO_TO_EXPECTED
from portal.reports.pages import Figure, FindingLine
from portal.reports.segment_table import error_of, number_of
from portal.wording import said

GRADES = (
    gettext_noop("Normal"),
    gettext_noop("Mild"),
    gettext_noop("Moderate"),
    gettext_noop("Severe"),
    gettext_noop("Extreme"),
)
SEVERITIES = {
    Severity.CRITICAL: gettext_noop("Critical"),
    Severity.WARNING: gettext_noop("Warning"),
    Severity.INFO: gettext_noop("Info"),
}
# What ``why_no_norm`` says, for the catalogues.
WHY_NO_NORM = (
    gettext_noop("height or weight is not in the images' headers"),
    gettext_noop("the formula holds for adults"),
    gettext_noop("height or weight in the headers is not that of an adult"),
    gettext_noop("not computed when this report was made"),
)
# ``analysis.volume_norm.METHOD``, for the catalogues.
NORM_FORMULA = gettext_noop(
    "-794 + 1267.28 x body surface in m² (Mosteller), Western adults, Vauthey 2002, "
    "doi:10.1053/jlts.2002.31654; scatter of healthy livers not included"
)
NORM_WITHHELD = gettext_noop("it could tell which studies are of one person")
FIGURES: tuple[tuple[Quantity, str, str], ...] = (
    (PDFF, Statistic.MEAN, "PDFF"),
    (R2STAR, Statistic.MEAN, "R2*"),
    (LIC, Statistic.MEAN, "LIC"),
    (VOLUME, Statistic.TOTAL, gettext_noop("Liver volume")),
)


def build_verdict(report: LiverReport, *, is_norm_withheld: bool = False) -> tuple[Figure, ...]:
    """Return the first numbers; a reader who may not know whose study it is gets no norm."""
    norm = _Norm(_no_norm(NORM_WITHHELD)) if is_norm_withheld else _norm(report)
    return tuple(_figure(report, norm, *row) for row in FIGURES)


def build_findings(findings: Iterable[Finding]) -> tuple[FindingLine, ...]:
    return tuple(
        FindingLine(
            severity=f.severity.value,
            severity_label=_(SEVERITIES[f.severity]),
            message=said(f.message, f.words),
            evidence=said(f.evidence, f.words),
            action=said(f.action, f.words),
            code=f.code,
        )
        for f in findings
    )


def limits_trust(report: LiverReport) -> bool:
    """Tell whether a reader must see the findings before the numbers."""
    return any(finding.severity is Severity.CRITICAL for finding in report.findings)


def grade_of(report: LiverReport, quantity: str) -> Grade | None:
    return next((grade for grade in report.grades if grade.quantity == quantity), None)


def grade_words(grade: Grade) -> str:
    """Return the description of a grade in the reader's language."""
    if not grade.band:  # of a report written before its parts were kept
        return grade.description
    if grade.is_equivalent:
        words = {"grade": grade.grade, "band": grade.band}
        return _("%(grade)s-equivalent (%(band)s), estimated from MRI, not histology") % words
    words = {"grade": _(grade.grade.capitalize()), "band": grade.band}
    return _("%(grade)s (%(band)s), estimated from MRI, not histology") % words


@dataclass(frozen=True, slots=True)
class _Norm:
    """Volume against that expected for the body; ``formula`` says how, where there is a ratio."""

    text: str
    formula: str = ""


def _figure(
    report: LiverReport, norm: _Norm, quantity: Quantity, statistic: str, name: str
) -> Figure:
    found = report.get(quantity.key, LIVER.key, statistic)
    if found is None:
        return Figure(quantity.key, _(name), "–", "", "", _why_missing(report, quantity))
    grade = grade_of(report, quantity.key)
    return Figure(
        key=quantity.key,
        name=_(name),
        value=number_of(found),
        unit=found.unit,
        error=error_of(found),
        meaning=grade_words(grade) if grade else _meaning(report, quantity),
        details=_details(report, quantity, norm),
        is_borderline=bool(grade and grade.is_borderline),
        explained=((norm.text, norm.formula),) if quantity is VOLUME and norm.formula else (),
    )


def _meaning(report: LiverReport, quantity: Quantity) -> str:
    field = report.acquisition.field_strength_t
    if quantity is R2STAR:
        if not field:
            return _("Field strength not known")
        return _("Mean of the whole liver at %(field)s T") % {"field": f"{field:.3g}"}
    return _("Whole liver") if quantity is VOLUME else _("Mean of the whole liver")


def _details(report: LiverReport, quantity: Quantity, norm: _Norm) -> tuple[str, ...]:
    """Return what must stand beside the number; how it was fitted stands among the methods."""
    if quantity is VOLUME:
        outline = _("Uncertainty of the outline not included")
        return (outline,) if norm.formula else (norm.text, outline)
    if quantity is not LIC:
        eroded = report.get(quantity.key, LIVER.key, Statistic.MEAN + ERODED)
        words = _("%(value)s without the outermost voxel of the outline")
        return () if eroded is None else (words % {"value": eroded.text},)
    molar = report.get(LIC_MOLAR.key, LIVER.key, Statistic.MEAN)
    calibration = said(dict(report.methods).get("iron calibration", ""), report.method_words)
    return tuple(text for text in (molar.text if molar else "", calibration) if text)


def _norm(report: LiverReport) -> _Norm:
    ratio = report.get(VOLUME.key, LIVER.key, RATIO_TO_EXPECTED)
    expected = report.get(VOLUME.key, LIVER.key, EXPECTED)
    if ratio is None or expected is None:
        return _Norm(_no_norm(why_no_norm(report)))
    words = {"ratio": ratio.text, "expected": expected.text}
    text = _("%(ratio)s times the %(expected)s expected for body size") % words
    return _Norm(text, said(ratio.method))


def _no_norm(why: str) -> str:
    return _("Ratio to the volume expected for body size not given: %(why)s") % {"why": _(why)}


def _why_missing(report: LiverReport, quantity: Quantity) -> str:
    if quantity is LIC and not report.acquisition.field_strength_t:
        return _("Not given: the field strength is not known")
    if quantity is PDFF and report.get(FAT_SIGNAL_FRACTION.key, LIVER.key):
        return _("Not measured: there is only a two-point fat signal fraction")
    return _("Not measured in this study")
