"""The table of the whole liver and its segments, for the page, the clipboard and CSV."""

from __future__ import annotations

import csv
import io

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from analysis.anatomy import PARTS_OF_4, REGIONS, Structure
from analysis.map_statistics import NOISE_CORRECTED
from analysis.measurement import Measurement, Statistic
from analysis.quantities import BY_KEY, FAT_SIGNAL_FRACTION, LIC, PDFF, R2STAR, VOLUME
from analysis.report import LiverReport
from portal.reports.pages import Cell, Column, SegmentRow, SegmentTable
from portal.wording import said

# (quantity, statistics of which the first that exists is taken, title): in reading order.
_SPREAD = (NOISE_CORRECTED, Statistic.STANDARD_DEVIATION)
LIVER_NAME = gettext_noop("Whole liver")
CORRECTED_NOTE = gettext_noop("no noise")
CORRECTED_WORDS = gettext_noop(
    "Standard deviation of the tissue: the noise of the fit is taken out of it"
)
COLUMNS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (VOLUME.key, (Statistic.TOTAL,), gettext_noop("Volume")),
    (PDFF.key, (Statistic.MEAN,), "PDFF"),
    (PDFF.key, _SPREAD, "SD"),
    (PDFF.key, (Statistic.INTERQUARTILE_RANGE,), "IQR"),
    (FAT_SIGNAL_FRACTION.key, (Statistic.MEAN,), gettext_noop("Fat signal fraction")),
    (R2STAR.key, (Statistic.MEAN,), "R2*"),
    (R2STAR.key, _SPREAD, "SD"),
    (R2STAR.key, (Statistic.INTERQUARTILE_RANGE,), "IQR"),
    (LIC.key, (Statistic.MEAN,), "LIC"),
    (LIC.key, _SPREAD, "SD"),
    (LIC.key, (Statistic.INTERQUARTILE_RANGE,), "IQR"),
)
_Column = tuple[str, tuple[str, ...], str]


def number_of(measurement: Measurement) -> str:
    """Return the value as it reads everywhere, without its unit (the column head has it)."""
    return measurement.text.removesuffix(measurement.unit).strip()


def count_of(number: int) -> str:
    return f"{number:,}".replace(",", "\N{THIN SPACE}")


def error_of(measurement: Measurement) -> str:
    return measurement.error_text.removesuffix(measurement.unit).strip()


def build_table(report: LiverReport) -> SegmentTable:
    """Return one row a region that was measured; columns without any value are left out."""
    measured = {m.region for m in report.measurements}
    structures = [s for s in REGIONS if s.key in measured]
    shown = [c for c in COLUMNS if any(_find(report, s.key, c) for s in structures)]
    shown = [_one_statistic(report, structures, column) for column in shown]
    columns = [_column(*column) for column in shown]
    rows = tuple(_row(report, structure, shown) for structure in structures)
    return SegmentTable((*columns, Column("n", _("Voxels"), "")), rows)


def _one_statistic(report: LiverReport, structures: list[Structure], column: _Column) -> _Column:
    """Choose one statistic for the whole column: two kinds of SD never stand below one head."""
    quantity, statistics, title = column
    best = max(
        statistics,
        key=lambda name: sum(report.get(quantity, s.key, name) is not None for s in structures),
    )
    return quantity, (best,), title


def _column(quantity: str, statistics: tuple[str, ...], title: str) -> Column:
    corrected = statistics[0] == NOISE_CORRECTED
    return Column(
        key=f"{quantity}-{statistics[0]}",
        title=_(title),
        unit=BY_KEY[quantity].unit,
        note=_(CORRECTED_NOTE) if corrected else "",
        words=_(CORRECTED_WORDS) if corrected else "",
    )


def table_as_csv(table: SegmentTable) -> str:
    """Return the table with value and standard error in columns of their own."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    head = ["region"]
    for column in table.columns:
        unit = f" ({column.unit})" if column.unit else ""
        head += [f"{column.key}{unit}", f"{column.key} standard error{unit}"]
    writer.writerow(head)
    for row in table.rows:
        cells = [text for cell in row.cells for text in (cell.sort, cell.error)]
        writer.writerow([row.key, *cells])
    return stream.getvalue()


def _find(report: LiverReport, region: str, column: _Column) -> Measurement | None:
    quantity, statistics, _ = column
    found = (report.get(quantity, region, statistic) for statistic in statistics)
    return next((measurement for measurement in found if measurement is not None), None)


def _row(report: LiverReport, structure: Structure, columns: list[_Column]) -> SegmentRow:
    found = [_find(report, structure.key, column) for column in columns]
    n_voxels = max((m.n_voxels for m in found if m is not None), default=0)
    voxels = Cell(count_of(n_voxels), sort=str(n_voxels))
    return SegmentRow(
        key=structure.key,
        label=structure.label,
        name=said(structure.name),
        cells=(*map(_cell, found), voxels),
        is_part=structure in PARTS_OF_4,
    )


def _cell(measurement: Measurement | None) -> Cell:
    if measurement is None:
        return Cell("–")
    return Cell(number_of(measurement), error_of(measurement), sort=repr(measurement.value))
