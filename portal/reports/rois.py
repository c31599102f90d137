"""Regions of interest: drawn by a reader, measured by the server, kept with the report's version.

A region is the set of its voxels. What is measured in it does not depend on the liver's outline, so
that a later version with a corrected outline can take it over as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.db.models import Max
from django.http import Http404

from analysis.anatomy import SEGMENT_BY_LABEL
from analysis.quantification import MEASURED
from analysis.regions import liver_box
from analysis.roi_emulation import place_discs
from analysis.wording import words
from portal.accounts.models import User
from portal.audit.services import record
from portal.errors import PortalError
from portal.reports.documents import study_images, study_maps
from portal.reports.images import StudyImages, turn_array, turn_back
from portal.reports.models import Reading, Report, Roi
from portal.reports.signing import refuse_if_signed

MOST_VOXELS = 50_000
MOST_REGIONS = 60
RADIUS_MM = (1.0, 100.0)
_FOURTH = 4  # the label of segment IV
Index = tuple[int, int, int]
Voxels = npt.NDArray[np.int64]  # (n, 3) along right, anterior, superior


class RoiRefused(PortalError):
    """A region that cannot be measured or kept."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A region before it is measured."""

    kind: Roi.Kind
    name: str
    voxels: Voxels


def circle(images: StudyImages, centre: Index, radius_mm: float) -> Drawn:
    """Return the voxels of the axial slice whose centres lie in a circle."""
    shape, spacing_mm = images.geometry.shape, images.geometry.spacing_mm
    inside = all(0 <= n < size for n, size in zip(centre, shape, strict=True))
    if not inside or not RADIUS_MM[0] <= radius_mm <= RADIUS_MM[1]:
        raise RoiRefused(words("The circle does not lie in the images."), code="roi-outside")
    i, j = np.ogrid[: shape[0], : shape[1]]
    across = np.hypot((i - centre[0]) * spacing_mm[0], (j - centre[1]) * spacing_mm[1])
    found = np.argwhere(across <= radius_mm)
    voxels = np.column_stack([found, np.full(len(found), centre[2])])
    return Drawn(Roi.Kind.CIRCLE, f"Circle {2 * radius_mm:g} mm", voxels)


def freehand(images: StudyImages, flat: list[int]) -> Drawn:
    """Return the region of the voxels that the reader drew round, given by their flat index."""
    chosen = np.unique(np.asarray(flat, dtype=np.int64))
    size = int(np.prod(images.geometry.shape))
    if not 0 < chosen.size <= MOST_VOXELS or chosen[0] < 0 or chosen[-1] >= size:
        raise RoiRefused(words("Draw one closed line on a slice."), code="roi-outside")
    voxels = np.column_stack(np.unravel_index(chosen, images.geometry.shape, order="F"))
    return Drawn(Roi.Kind.FREEHAND, "Drawn region", voxels)


def nine(report: Report) -> tuple[Drawn, ...]:
    """Return the discs of 4 cm² that the report's own nine-region mean is made of."""
    images, maps = study_images(report), study_maps(report.run_id)
    by_key = {each.quantity.key: each for each in maps}
    first = next((by_key[q.key] for q in MEASURED if q.key in by_key), None)
    if first is None or not images.labels.any():
        raise RoiRefused(words("There is no map to place regions in."), code="no-maps")
    box = liver_box(turn_back(images.labels, images.original))
    discs = []
    for i, j, k in place_discs(box, box.crop(first)):
        marked = np.zeros(images.original.shape, dtype=bool)
        marked[box.slices][i, j, k] = True
        discs.append(np.argwhere(turn_array(marked, images.original)))
    names = _disc_names(images, discs)
    return tuple(
        Drawn(Roi.Kind.NINE, f"Disc in {name}", voxels)
        for name, voxels in zip(names, discs, strict=True)
    )


def drawn_from(report: Report, wanted: Mapping[str, Any]) -> tuple[Drawn, ...]:
    """Return the regions that a page or a program asks for, by ``kind``."""
    try:
        kind = Roi.Kind(wanted["kind"])
        if kind == Roi.Kind.NINE:
            return nine(report)
        images = study_images(report)
        if kind == Roi.Kind.FREEHAND:
            return (freehand(images, [int(n) for n in wanted["voxels"]]),)
        i, j, k = (int(n) for n in wanted["centre"])
        return (circle(images, (i, j, k), float(wanted["radius_mm"])),)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise damaged() from error


def damaged() -> RoiRefused:
    return RoiRefused(
        words("The region did not arrive as it was drawn; try again."), code="roi-damaged"
    )


def _disc_names(images: StudyImages, discs: list[Voxels]) -> list[str]:
    """Name the segment of each disc; of two in IV the upper one is IVa, the lower one IVb."""
    labels = [int(np.bincount(images.labels[tuple(v.T)]).argmax()) for v in discs]
    heights = [float(v[:, 2].mean()) for v in discs]
    fourth = [n for n, label in enumerate(labels) if label == _FOURTH]
    names = [SEGMENT_BY_LABEL[label].name.split(" ")[0] for label in labels]
    if len(fourth) == 2:
        upper = max(fourth, key=lambda n: heights[n])
        for n in fourth:
            names[n] += "a" if n == upper else "b"
    return names


def measure(images: StudyImages, voxels: Voxels) -> dict[str, Any]:
    """Return mean, SD and number of the valid voxels of each map, by key of the quantity."""
    where = tuple(voxels.T)
    result = {}
    for each in images.maps:
        values = each.values[where][each.valid[where]].astype(np.float64)
        if values.size:
            result[each.quantity.key] = {
                "mean": float(values.mean()),
                "sd": float(values.std()),
                "n": int(values.size),
            }
    return result


@transaction.atomic
def keep(report: Report, drawn: tuple[Drawn, ...], *, by: User) -> list[Roi]:
    """Measure regions and keep them with this version; a signed version takes none."""
    report = Report.objects.select_for_update().get(pk=report.pk)
    refuse_if_signed(report)
    if drawn and drawn[0].kind == Roi.Kind.NINE:
        report.rois.filter(kind=Roi.Kind.NINE).delete()  # placed anew, never twice
    last = report.rois.aggregate(last=Max("number"))["last"] or 0
    if report.rois.count() + len(drawn) > MOST_REGIONS:
        raise RoiRefused(
            words("There are too many regions; remove some first."), code="roi-too-many"
        )
    images = study_images(report)
    made = [
        Roi(
            report=report,
            number=last + n,
            kind=each.kind,
            name=each.name,
            voxels=_flat(images, each.voxels),
            centre=[round(float(n)) for n in each.voxels.mean(axis=0)],
            values=measure(images, each.voxels),
            made_by=by,
        )
        for n, each in enumerate(drawn, start=1)
    ]
    Roi.objects.bulk_create(made)
    _record("regions-measured", report, by, new={"regions": [_told(roi) for roi in made]})
    return made


@transaction.atomic
def remove(report: Report, roi_id: UUID, *, by: User) -> None:
    report = Report.objects.select_for_update().get(pk=report.pk)
    refuse_if_signed(report)
    roi = report.rois.filter(pk=roi_id).first()
    if roi is None:
        raise Http404
    _record("region-removed", report, by, old=_told(roi))
    roi.delete()


def _flat(images: StudyImages, voxels: Voxels) -> list[int]:
    flat = np.ravel_multi_index(tuple(voxels.T), images.geometry.shape, order="F")
    return [int(n) for n in flat]


def _told(roi: Roi) -> dict[str, Any]:
    """Return what the audit trail says: no values of a reading that others must not know yet."""
    told = {"number": roi.number, "kind": roi.kind, "name": roi.name}
    is_blinded = Reading.objects.filter(report=roi.report_id).exists()
    return told if is_blinded else {**told, "values": roi.values}


def _record(action: str, report: Report, by: User, **what: Any) -> None:
    record(action, report, actor=by, trial_id=report.study.trial_id, **what)
