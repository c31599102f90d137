"""What a printed or standing report shows, as text: chosen once from ``LiverReport``.

Every number is a ``Measurement`` in its own words (``text``, ``error_text``); nothing is computed
or rounded here.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.anatomy import LIVER
from analysis.calibration_error import calibration_of
from analysis.export.page_tables import (
    SHOWN,
    SegmentRow,
    Table,
    band_shares,
    measured_quantities,
    method_facts,
    segment_rows,
    series_table,
    spread_table,
    with_error,
)
from analysis.findings import Finding, Severity
from analysis.grading import PDFF_REPEATABILITY_PERCENT, PDFF_REPEATABILITY_SOURCE
from analysis.heterogeneity import ERODED
from analysis.measurement import Grade, Measurement, Statistic
from analysis.quantities import (
    FAT_SIGNAL_FRACTION,
    LIC,
    LIC_MOLAR,
    PDFF,
    R2STAR,
    T2STAR,
    TOTAL_LIVER_FAT,
    VOLUME,
    Quantity,
)
from analysis.report import LiverReport
from analysis.volume_norm import EXPECTED, RATIO_TO_EXPECTED, why_not_given

__all__ = ["Headline", "Page", "SegmentRow", "Table", "build_page"]

_MEAN = Statistic.MEAN.value
PLAIN_WORDS: dict[str, str] = {
    PDFF.key: "Fat: the share of the liver's mobile protons that are in fat.",
    FAT_SIGNAL_FRACTION.key: "Fat signal of a two-point Dixon scan. It is not PDFF and not graded.",
    R2STAR.key: "Iron makes the signal decay faster; at 3 T the rate is about twice that at 1.5 T.",
    T2STAR.key: "The time in which the signal decays; iron shortens it.",
    LIC.key: "Iron in dry liver tissue, from R2* by a published calibration.",
    VOLUME.key: "Volume of the liver as outlined.",
}
# Words and values apart, so that whoever shows a page can translate the words.
UNCERTAINTY_NOTE = (
    "\N{PLUS-MINUS SIGN} is one standard error: the noise of the fit, with the correlation "
    "of neighbouring voxels, and for LIC the calibration. It holds neither the uncertainty "
    "of the outline nor what a repeated scan would change: for PDFF up to %(points)s points "
    "(%(source)s), the band in which a grade is called borderline."
)
NO_UNCERTAINTY_NOTE = (
    "No standard error is given: these maps came without one. A repeated scan could change PDFF by "
    "up to %(points)s points (%(source)s), the band in which a grade is called borderline."
)
UNCERTAINTY_VALUES = {
    "points": f"{PDFF_REPEATABILITY_PERCENT:g}",
    "source": PDFF_REPEATABILITY_SOURCE,
}
OUTLINE_NOT_INCLUDED = "Uncertainty of the outline not included"
LIMITS: tuple[str, ...] = (
    "Grades are estimated from MRI by published cut-offs. They are not histology, and studies "
    "disagree on the cut-offs.",
    "Segments are drawn by software and are approximate; no reader has checked their borders "
    "against vessels.",
    "Values are averaged as fitted: single voxels may lie below zero, and none is clipped.",
    "Standard errors hold noise, and for iron the calibration. Errors that all voxels share (T1 "
    "weighting, fat spectrum, motion) are not in them.",
)


@dataclass(frozen=True, slots=True)
class Headline:
    """One of the numbers that a reader looks for first."""

    title: str
    value: str
    error: str
    grade: str
    is_borderline: bool
    words: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """All text of a report in reading order."""

    verdict: str
    headlines: tuple[Headline, ...]
    urgent_findings: tuple[Finding, ...]
    other_findings: tuple[Finding, ...]
    quantities: tuple[str, ...]
    segments: tuple[SegmentRow, ...]
    spread: Table
    bands: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    series: Table
    uncertainty_note: str
    limits: tuple[str, ...]


def build_page(report: LiverReport) -> Page:
    """Return the text of the report; what was not measured is left out or shown as a dash.

    Parameters
    ----------
    report
        Any report, also one without maps.
    """
    urgent = tuple(f for f in report.findings if f.severity is Severity.CRITICAL)
    headlines = tuple(_headlines(report))
    return Page(
        verdict=_verdict(headlines),
        headlines=headlines,
        urgent_findings=urgent,
        other_findings=tuple(f for f in report.findings if f.severity is not Severity.CRITICAL),
        quantities=tuple(quantity.key for quantity in measured_quantities(report)),
        segments=segment_rows(report),
        spread=spread_table(report),
        bands=tuple(band_shares(report)),
        facts=tuple(method_facts(report)),
        series=series_table(report),
        uncertainty_note=uncertainty_words(report) % UNCERTAINTY_VALUES,
        limits=(report.intended_use, *LIMITS),
    )


def _verdict(headlines: tuple[Headline, ...]) -> str:
    parts = []
    for headline in headlines:
        text = f"{headline.title} {headline.value}"
        if headline.grade:
            text += f": {headline.grade}{', borderline' if headline.is_borderline else ''}"
        parts.append(text)
    return ". ".join(parts) + "." if parts else "Nothing could be measured."


def uncertainty_words(report: LiverReport) -> str:
    """Return what is to be said about the standard errors of a report, without its values."""
    means = [report.get(quantity.key, LIVER.key, _MEAN) for quantity in SHOWN]
    errors = [mean.standard_error for mean in means if mean is not None]
    if not errors:
        return ""
    return NO_UNCERTAINTY_NOTE if errors.count(None) == len(errors) else UNCERTAINTY_NOTE


def _headlines(report: LiverReport) -> list[Headline]:
    grades = {grade.quantity: grade for grade in report.grades}
    result = []
    for quantity in SHOWN:
        mean = report.get(quantity.key, LIVER.key, _MEAN)
        if mean is not None:
            details = _details(report, quantity, mean)
            result.append(_headline(quantity.key, mean, details, grades.get(quantity.key)))
    volume = report.get(VOLUME.key, LIVER.key, Statistic.TOTAL)
    if volume is not None:
        fat = report.get(TOTAL_LIVER_FAT.key, LIVER.key, Statistic.TOTAL)
        index = () if fat is None else (f"Total liver fat index {with_error(fat)}",)
        details = (_norm(report), OUTLINE_NOT_INCLUDED, *index)
        result.append(_headline("Liver volume", volume, details, None))
    return result


def _norm(report: LiverReport) -> str:
    ratio = report.get(VOLUME.key, LIVER.key, RATIO_TO_EXPECTED)
    expected = report.get(VOLUME.key, LIVER.key, EXPECTED)
    if ratio is None or expected is None:
        return f"Ratio to the volume expected for body size not given: {why_no_norm(report)}"
    return f"{ratio.text} times the {expected.text} expected for body size ({ratio.method})"


def why_no_norm(report: LiverReport) -> str:
    """Return why a report has no ratio; one of an earlier version never looked for it."""
    return why_not_given(report.description) or "not computed when this report was made"


def _headline(
    title: str, measurement: Measurement, details: tuple[str, ...], grade: Grade | None
) -> Headline:
    return Headline(
        title=title,
        value=measurement.text,
        error=measurement.error_text,
        grade=grade.description if grade else "",
        is_borderline=grade.is_borderline if grade else False,
        words=PLAIN_WORDS[measurement.quantity],
        details=details,
    )


def _details(report: LiverReport, quantity: Quantity, mean: Measurement) -> tuple[str, ...]:
    field = report.acquisition.field_strength_t
    if quantity is R2STAR or quantity is T2STAR:
        return (f"Measured at {field:.3g} T",) if field else ("Field strength unknown",)
    if quantity is LIC:
        molar = report.get(LIC_MOLAR.key, LIVER.key, _MEAN)
        other = () if molar is None else (with_error(molar),)
        calibration = calibration_of(mean.method)
        return (*other, f"Calibration {calibration.name if calibration else mean.method}")
    eroded = report.get(quantity.key, LIVER.key, _MEAN + ERODED)
    return () if eroded is None else (f"{eroded.text} with the mask eroded by one voxel",)
