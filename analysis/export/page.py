"""What a printed or standing report shows, as text: chosen once from ``LiverReport``.

Every number is a ``Measurement`` in its own words (``text``, ``error_text``); nothing is computed
or rounded here.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.anatomy import LIVER, SEGMENTS, Structure
from analysis.calibration_error import calibration_of
from analysis.findings import Finding, Severity
from analysis.grading import PDFF_REPEATABILITY_PERCENT, PDFF_REPEATABILITY_SOURCE
from analysis.heterogeneity import ERODED, FEATURE_BY_NAME
from analysis.map_statistics import (
    BAND_FRACTION,
    COARSE,
    NOISE_CORRECTED,
    RIGHT_MINUS_LEFT,
    SEGMENT_RANGE,
)
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
from analysis.volumetry import FRACTION_OF_LIVER

_MEAN = Statistic.MEAN.value
MISSING = "\N{EN DASH}"
PLAIN_WORDS: dict[str, str] = {
    PDFF.key: "Fat: the share of the liver's mobile protons that are in fat.",
    FAT_SIGNAL_FRACTION.key: "Fat signal of a two-point Dixon scan. It is not PDFF and not graded.",
    R2STAR.key: "Iron makes the signal decay faster; the rate also doubles with the field.",
    T2STAR.key: "The time in which the signal decays; iron shortens it.",
    LIC.key: "Iron in dry liver tissue, from R2* by a published calibration.",
    VOLUME.key: "Volume of the liver as outlined.",
}
SHOWN: tuple[Quantity, ...] = (PDFF, FAT_SIGNAL_FRACTION, R2STAR, T2STAR, LIC)
_SPREAD_WORDS: dict[str, str] = {
    "mean" + ERODED: "Mean, mask eroded by one voxel",
    NOISE_CORRECTED: "Standard deviation without the noise of the fit",
    COARSE: "Standard deviation over 10 mm cubes",
    RIGHT_MINUS_LEFT: "Right (V\N{EN DASH}VIII) minus left (II\N{EN DASH}IV)",
    SEGMENT_RANGE: "Largest minus smallest segmental mean",
}
SPREAD_ROWS: tuple[str, ...] = (
    "mean" + ERODED,
    "median",
    "standard_deviation",
    NOISE_CORRECTED,
    COARSE,
    "interquartile_range",
    "p5",
    "p95",
    "coefficient_of_variation",
    "skewness",
    "excess_kurtosis",
    "entropy",
    SEGMENT_RANGE,
    RIGHT_MINUS_LEFT,
)

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
class Table:
    """A table in text: a header and rows whose first cell names them."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class SegmentCell:
    """One quantity in one region: mean with error, and the spread below it."""

    mean: str
    spread: str


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One region of the table of segments; ``cells`` are in the order of the quantities."""

    name: str
    colour: str
    volume: str
    share: str
    cells: tuple[SegmentCell, ...]
    voxels: str


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
        quantities=tuple(quantity.key for quantity in _measured(report)),
        segments=_segment_rows(report),
        spread=_spread_table(report),
        bands=tuple(_bands(report)),
        facts=tuple(_facts(report)),
        series=_series_table(report),
        uncertainty_note=(
            "\N{PLUS-MINUS SIGN} is one standard error: the noise of the fit, with the correlation "
            "of neighbouring voxels, and for LIC the calibration. It does not hold what a repeated "
            f"scan would change: for PDFF up to {PDFF_REPEATABILITY_PERCENT:g} points "
            f"({PDFF_REPEATABILITY_SOURCE}), the band in which a grade is called borderline."
        ),
        limits=(report.intended_use, *LIMITS),
    )


def with_error(measurement: Measurement) -> str:
    """Return a value with its standard error, such as ``"12.3 % ± 0.2 %"``."""
    if not measurement.error_text:
        return measurement.text
    return f"{measurement.text} \N{PLUS-MINUS SIGN} {measurement.error_text}"


def _verdict(headlines: tuple[Headline, ...]) -> str:
    parts = []
    for headline in headlines:
        text = f"{headline.title} {headline.value}"
        if headline.grade:
            text += f": {headline.grade}{', borderline' if headline.is_borderline else ''}"
        parts.append(text)
    return ". ".join(parts) + "." if parts else "Nothing could be measured."


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
        details = () if fat is None else (f"Total liver fat index {with_error(fat)}",)
        result.append(_headline("Liver volume", volume, details, None))
    return result


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
        return (f"Measured at {field:g} T",) if field else ("Field strength unknown",)
    if quantity is LIC:
        molar = report.get(LIC_MOLAR.key, LIVER.key, _MEAN)
        other = () if molar is None else (with_error(molar),)
        calibration = calibration_of(mean.method)
        return (*other, f"Calibration {calibration.name if calibration else mean.method}")
    eroded = report.get(quantity.key, LIVER.key, _MEAN + ERODED)
    return () if eroded is None else (f"{eroded.text} with the mask eroded by one voxel",)


def _measured(report: LiverReport) -> list[Quantity]:
    return [q for q in SHOWN if report.get(q.key, LIVER.key, _MEAN) is not None]


def _segment_rows(report: LiverReport) -> tuple[SegmentRow, ...]:
    return tuple(
        _segment_row(report, structure, volume)
        for structure in (LIVER, *SEGMENTS)
        if (volume := report.get(VOLUME.key, structure.key, Statistic.TOTAL)) is not None
    )


def _segment_row(report: LiverReport, structure: Structure, volume: Measurement) -> SegmentRow:
    red, green, blue = structure.colour
    return SegmentRow(
        name=structure.name,
        colour=f"#{red:02x}{green:02x}{blue:02x}",
        volume=volume.text,
        share=_text(report.get(VOLUME.key, structure.key, FRACTION_OF_LIVER)),
        cells=tuple(_segment_cell(report, q.key, structure.key) for q in _measured(report)),
        voxels=str(volume.n_voxels),
    )


def _segment_cell(report: LiverReport, quantity: str, region: str) -> SegmentCell:
    mean = report.get(quantity, region, _MEAN)
    if mean is None:
        return SegmentCell(MISSING, "")
    corrected = report.get(quantity, region, NOISE_CORRECTED)
    plain = report.get(quantity, region, Statistic.STANDARD_DEVIATION)
    quartiles = report.get(quantity, region, Statistic.INTERQUARTILE_RANGE)
    return SegmentCell(with_error(mean), f"SD {_text(corrected or plain)}, IQR {_text(quartiles)}")


def _text(measurement: Measurement | None) -> str:
    return MISSING if measurement is None else measurement.text


def _spread_table(report: LiverReport) -> Table:
    quantities = _measured(report)
    rows = [
        (
            _SPREAD_WORDS.get(name) or FEATURE_BY_NAME[name].words,
            *(_text(report.get(q.key, LIVER.key, name)) for q in quantities),
        )
        for name in SPREAD_ROWS
    ]
    kept = tuple(row for row in rows if any(cell != MISSING for cell in row[1:]))
    return Table(("Whole liver", *(q.key for q in quantities)), kept)


def _bands(report: LiverReport) -> list[tuple[str, str]]:
    found: dict[str, list[str]] = {}
    for m in report.measurements:
        if m.statistic.startswith(BAND_FRACTION):
            share = f"{m.statistic.removeprefix(BAND_FRACTION)} {m.text}"
            found.setdefault(f"{m.quantity}, {m.method}", []).append(share)
    return [(name, ", ".join(shares)) for name, shares in found.items()]


def _facts(report: LiverReport) -> list[tuple[str, str]]:
    scan = report.acquisition
    field = scan.field_strength_t
    confidence = report.segmentation_confidence
    scanner = " ".join(part for part in (scan.manufacturer, scan.model) if part)
    facts = [
        ("Study", report.description.description),
        ("Study date", report.description.study_date),
        ("Input", report.description.source),
        ("Scanner", scanner),
        ("Scanner software", scan.software),
        ("Field strength", f"{field:g} T" if field else "unknown"),
        ("Sequence", scan.sequence),
        ("Repetition time", f"{scan.repetition_time_ms:g} ms" if scan.repetition_time_ms else ""),
        ("Flip angle", f"{scan.flip_angle_deg:g}°" if scan.flip_angle_deg else ""),
        ("Fit", report.fit_method),
        *((name[:1].upper() + name[1:], value) for name, value in report.methods),
        *((f"Graded {grade.quantity}", grade.table) for grade in report.grades),
        ("Expected Dice of the liver mask", "" if confidence is None else f"{confidence:.2f}"),
        *(
            (f"Model {m.name}", f"{m.version}, {m.engine} on {m.device}, SHA-256 {m.sha256}")
            for m in report.models
        ),
        *report.software,
    ]
    # A fit that describes itself in more words replaces the line of the same name.
    return list({name: value for name, value in facts if value}.items())


def _series_table(report: LiverReport) -> Table:
    rows = tuple(
        (
            str(choice.number),
            choice.description,
            choice.role.value,
            "used" if choice.is_used else "not used",
            choice.reason,
        )
        for choice in report.choices
    )
    return Table(("Series", "Description", "Role", "", "Reason"), rows)
