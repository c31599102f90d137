"""Labels corrected by a reader: what they change at once, and the version they make.

The machine's labels and numbers stay as they are in version 1; every correction is a version of
its own with who, why and the overlap of the two masks.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus

import numpy as np
import numpy.typing as npt

from analysis.anatomy import SEGMENTS
from analysis.findings import Finding, Severity
from analysis.measurement import MapSet, Measurement, Statistic
from analysis.quantification import quantify
from analysis.quantities import FAT_SIGNAL_FRACTION, LIC, PDFF, R2STAR
from analysis.regions import liver_box, sample_regions
from analysis.report import LiverReport, most_severe_first
from analysis.volume import LabelMap
from analysis.volumetry import measure_volumes
from portal.errors import PortalError
from portal.reports.documents import liver_report, machine_labels, study_images, study_maps
from portal.reports.images import turn_back
from portal.reports.models import Report

PREVIEWED = (PDFF.key, FAT_SIGNAL_FRACTION.key, R2STAR.key, LIC.key)
CODE = "mask-corrected"
Labels = npt.NDArray[np.uint8]


class EditRefused(PortalError):
    """Labels that cannot be taken as they stand."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Numbers of corrected labels: means and volumes only, the rest comes with the version."""

    numbers: LiverReport
    dice: float
    changed_voxels: int


def read_labels(report: Report, body: bytes) -> Labels:
    """Return the labels in a request: gzip of one byte a voxel, i fastest, along R, A, S."""
    shape = study_images(report).geometry.shape
    size = int(np.prod(shape))
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = inflater.decompress(body, size + 1)
    except zlib.error as error:
        raise EditRefused(
            "The corrected mask arrived damaged; try again.", code="mask-damaged"
        ) from error
    labels = np.frombuffer(content, dtype=np.uint8)
    if labels.size != size or labels.max(initial=0) > len(SEGMENTS):
        raise EditRefused(
            "The corrected mask does not fit these images; reload the page and try again.",
            code="mask-does-not-fit",
        )
    return labels.reshape(shape, order="F")


def dice(first: Labels, second: Labels) -> float:
    """Return the overlap of two livers, 2 |A and B| / (|A| + |B|)."""
    a, b = first > 0, second > 0
    total = int(np.count_nonzero(a)) + int(np.count_nonzero(b))
    return 2.0 * int(np.count_nonzero(a & b)) / total if total else 1.0


def preview(report: Report, labels: Labels) -> Preview:
    """Return means and volumes of corrected labels, quickly and without storing anything."""
    label_map = _label_map(report, labels)
    numbers = replace(
        liver_report(report),
        measurements=(*measure_volumes(label_map), *_means(report, label_map)),
        histograms=(),
        grades=(),
    )
    machine = machine_labels(report.run_id)
    return Preview(numbers, dice(labels, machine), int(np.count_nonzero(labels != machine)))


def corrected_report(report: Report, labels: Labels) -> tuple[LiverReport, LabelMap]:
    """Return every measurement of corrected labels, as the analysis itself makes them."""
    label_map = _label_map(report, labels)
    base = liver_report(report)
    maps = MapSet(study_maps(report.run_id), base.fit_method, base.methods, ())
    quantification = quantify(maps, label_map)
    kept = [f for f in base.findings if f.stage != "quantify" and f.code != CODE]
    corrected = replace(
        base,
        measurements=quantification.measurements,
        histograms=quantification.histograms,
        grades=quantification.grades,
        findings=most_severe_first((*kept, *quantification.findings, _finding(report, labels))),
        segmentation_confidence=None,
    )
    return corrected, label_map


def _label_map(report: Report, labels: Labels) -> LabelMap:
    if not labels.any():
        raise EditRefused(
            "No liver is left in the mask, so nothing can be measured.",
            code="empty-segmentation",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    return turn_back(labels, study_images(report).original)


def _means(report: Report, labels: LabelMap) -> Iterator[Measurement]:
    box = liver_box(labels)
    for quantity_map in study_maps(report.run_id):
        quantity = quantity_map.quantity
        if quantity.key not in PREVIEWED:
            continue
        for region, samples in sample_regions(box, box.crop(quantity_map)).items():
            if samples.values.size:
                yield Measurement(
                    quantity=quantity.key,
                    region=region,
                    statistic=Statistic.MEAN,
                    value=float(np.mean(samples.values)),
                    unit=quantity.unit,
                    standard_error=None,
                    n_voxels=samples.values.size,
                    method=quantity_map.method,
                )


def _finding(report: Report, labels: Labels) -> Finding:
    machine = machine_labels(report.run_id)
    return Finding(
        code=CODE,
        severity=Severity.INFO,
        message="A reader corrected the liver mask; version 1 has the model's own.",
        evidence=(
            f"{int(np.count_nonzero(labels != machine))} voxels changed, "
            f"Dice with the model's liver {dice(labels, machine):.3f}"
        ),
        stage="segment",
    )
