"""What the page shows of the regions of interest, beside the whole liver."""

from __future__ import annotations

import statistics
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from analysis.anatomy import LIVER
from analysis.measurement import Measurement
from analysis.quantities import FAT_SIGNAL_FRACTION, LIC, PDFF, R2STAR, Quantity
from analysis.report import LiverReport
from portal.reports.documents import stored_maps
from portal.reports.models import Report, Roi
from portal.reports.pages import DrawnRoi, RoiLine, RoiPage
from portal.reports.segment_table import LIVER_NAME, count_of, error_of, number_of
from portal.reports.selectors import Viewer, may_sign

SHOWN: tuple[Quantity, ...] = (PDFF, FAT_SIGNAL_FRACTION, R2STAR, LIC)


def build_rois(user: Viewer, report: Report, numbers: LiverReport) -> RoiPage | None:
    """Return the regions of a version; None where there is no map to measure in."""
    rois = list(report.rois.select_related("made_by"))
    quantities = [q for q in SHOWN if numbers.get(q.key, LIVER.key)]
    if not quantities or (not rois and stored_maps(report.run_id) is None):
        return None
    may_draw = may_sign(user, report) and not report.signatures.exists()
    return RoiPage(
        quantities=tuple(f"{q.key} ({q.unit})" for q in quantities),
        lines=(
            *(_line(report, roi, quantities, may_draw=may_draw) for roi in rois),
            *_mean_of_nine(rois, quantities),
            _liver(numbers, quantities),
        ),
        may_draw=may_draw,
        url=reverse("reports:rois", args=[report.pk]),
        drawn=tuple(DrawnRoi(str(roi.pk), tuple(roi.centre), tuple(roi.voxels)) for roi in rois),
    )


def _line(report: Report, roi: Roi, quantities: list[Quantity], *, may_draw: bool) -> RoiLine:
    return RoiLine(
        id=str(roi.pk),
        name=f"{roi.number}. {roi.name}",
        made_by=str(roi.made_by),
        n_voxels=count_of(len(roi.voxels)),
        cells=tuple(_cell(q, roi.values.get(q.key)) for q in quantities),
        remove_url=reverse("reports:roi-remove", args=[report.pk, roi.pk]) if may_draw else "",
    )


def _cell(quantity: Quantity, value: dict[str, Any] | None) -> str:
    if value is None:
        return "–"
    mean, deviation = (_bare(quantity, value[name]) for name in ("mean", "sd"))
    return f"{mean} (SD {deviation})"


def _bare(quantity: Quantity, value: float) -> str:
    return quantity.format(value).removesuffix(quantity.unit).strip()


def _mean_of_nine(rois: list[Roi], quantities: list[Quantity]) -> list[RoiLine]:
    placed = [roi for roi in rois if roi.kind == Roi.Kind.NINE]
    if not placed:
        return []
    cells = []
    for quantity in quantities:
        means = [r.values[quantity.key]["mean"] for r in placed if quantity.key in r.values]
        cells.append(_bare(quantity, statistics.fmean(means)) if means else "–")
    n_voxels = sum(len(roi.voxels) for roi in placed)
    return [
        RoiLine(
            "",
            _("Mean of the %(n)s discs") % {"n": len(placed)},
            "",
            count_of(n_voxels),
            tuple(cells),
            "",
        )
    ]


def _liver(numbers: LiverReport, quantities: list[Quantity]) -> RoiLine:
    found = [numbers.get(q.key, LIVER.key) for q in quantities]
    cells = tuple(_whole(m) if m else "–" for m in found)
    n_voxels = max((m.n_voxels for m in found if m), default=0)
    return RoiLine("", _(LIVER_NAME), "", count_of(n_voxels), cells, "")


def _whole(mean: Measurement) -> str:
    error = error_of(mean)
    return f"{number_of(mean)} ± {error}" if error else number_of(mean)
