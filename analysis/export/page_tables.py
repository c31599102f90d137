"""The tables of a report in text: segments, heterogeneity, methods, series.

Every number is a ``Measurement`` in its own words (``text``, ``error_text``); nothing is computed
or rounded here.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.anatomy import LIVER, PARTS_OF_4, REGIONS, Structure
from analysis.heterogeneity import ERODED, FEATURE_BY_NAME, WITHOUT_VESSELS
from analysis.map_statistics import (
    BAND_FRACTION,
    COARSE,
    NOISE_CORRECTED,
    RIGHT_MINUS_LEFT,
    SEGMENT_RANGE,
)
from analysis.measurement import Measurement, Statistic
from analysis.quantities import FAT_SIGNAL_FRACTION, LIC, PDFF, R2STAR, T2STAR, VOLUME, Quantity
from analysis.report import LiverReport
from analysis.roi_emulation import NINE_ROI_MEAN
from analysis.volumetry import FRACTION_OF_LIVER

_MEAN = Statistic.MEAN.value
MISSING = "\N{EN DASH}"
SHOWN: tuple[Quantity, ...] = (PDFF, FAT_SIGNAL_FRACTION, R2STAR, T2STAR, LIC)
_SPREAD_WORDS: dict[str, str] = {
    "mean" + ERODED: "Mean, mask eroded by one voxel",
    "mean" + WITHOUT_VESSELS: "Mean without the vessels",
    NINE_ROI_MEAN: "Mean of up to nine discs of 4 cm², one a segment (IVa, IVb)",
    NOISE_CORRECTED: "Standard deviation without the noise of the fit",
    COARSE: "Standard deviation over 10 mm cubes",
    RIGHT_MINUS_LEFT: "Right (V\N{EN DASH}VIII) minus left (II\N{EN DASH}IV)",
    SEGMENT_RANGE: "Largest minus smallest segmental mean",
}
SPREAD_ROWS: tuple[str, ...] = (
    "mean" + ERODED,
    "mean" + WITHOUT_VESSELS,
    NINE_ROI_MEAN,
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
    """One region of the table of segments; ``cells`` are in the order of the quantities.

    ``is_part`` is true of a part of the segment in a row above.
    """

    name: str
    colour: str
    volume: str
    share: str
    cells: tuple[SegmentCell, ...]
    voxels: str
    is_part: bool


def with_error(measurement: Measurement) -> str:
    """Return a value with its standard error, such as ``"12.3 % ± 0.2 %"``."""
    if not measurement.error_text:
        return measurement.text
    return f"{measurement.text} \N{PLUS-MINUS SIGN} {measurement.error_text}"


def measured_quantities(report: LiverReport) -> list[Quantity]:
    """Return the quantities that have a mean in the liver, in the order in which they are shown."""
    return [q for q in SHOWN if report.get(q.key, LIVER.key, _MEAN) is not None]


def segment_rows(report: LiverReport) -> tuple[SegmentRow, ...]:
    """Return a row for the liver, each segment that is there, and the parts of IV below it."""
    return tuple(
        _segment_row(report, structure, volume)
        for structure in REGIONS
        if (volume := report.get(VOLUME.key, structure.key, Statistic.TOTAL)) is not None
    )


def _segment_row(report: LiverReport, structure: Structure, volume: Measurement) -> SegmentRow:
    red, green, blue = structure.colour
    return SegmentRow(
        name=structure.name,
        colour=f"#{red:02x}{green:02x}{blue:02x}",
        volume=volume.text,
        share=_text(report.get(VOLUME.key, structure.key, FRACTION_OF_LIVER)),
        cells=tuple(
            _segment_cell(report, q.key, structure.key) for q in measured_quantities(report)
        ),
        voxels=str(volume.n_voxels),
        is_part=structure in PARTS_OF_4,
    )


def _segment_cell(report: LiverReport, quantity: str, region: str) -> SegmentCell:
    mean = report.get(quantity, region, _MEAN)
    if mean is None:
        return SegmentCell(MISSING, "")
    corrected = report.get(quantity, region, NOISE_CORRECTED)
    plain = report.get(quantity, region, Statistic.STANDARD_DEVIATION)
    quartiles = report.get(quantity, region, Statistic.INTERQUARTILE_RANGE)
    name = "SD" if corrected is None else "SD without noise"
    spread = f"{name} {_text(corrected or plain)}, IQR {_text(quartiles)}"
    return SegmentCell(with_error(mean), spread)


def _text(measurement: Measurement | None) -> str:
    return MISSING if measurement is None else measurement.text


def spread_table(report: LiverReport) -> Table:
    """Return how values are spread over the whole liver, a column a quantity."""
    quantities = measured_quantities(report)
    rows = [
        (
            _SPREAD_WORDS.get(name) or FEATURE_BY_NAME[name].words,
            *(_text(report.get(q.key, LIVER.key, name)) for q in quantities),
        )
        for name in SPREAD_ROWS
    ]
    kept = tuple(row for row in rows if any(cell != MISSING for cell in row[1:]))
    return Table(("Whole liver", *(q.key for q in quantities)), kept)


def band_shares(report: LiverReport) -> list[tuple[str, str]]:
    """Return the shares of the liver in the bands of each grade, one line a quantity."""
    found: dict[str, list[str]] = {}
    for m in report.measurements:
        if m.statistic.startswith(BAND_FRACTION):
            share = f"{m.statistic.removeprefix(BAND_FRACTION)} {m.text}"
            found.setdefault(f"{m.quantity}, {m.method}", []).append(share)
    return [(name, ", ".join(shares)) for name, shares in found.items()]


def method_facts(report: LiverReport) -> list[tuple[str, str]]:
    """Return (name, value) of scan, fit, models and software; what is unknown is left out."""
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
        ("Field strength", f"{field:.3g} T" if field else "unknown"),
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


def series_table(report: LiverReport) -> Table:
    """Return why each series was used or not."""
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
