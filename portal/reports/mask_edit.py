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

from analysis.anatomy import LIVER, PARTS_OF_4, SEGMENTS
from analysis.findings import Finding, Severity
from analysis.measurement import MapSet, Measurement, Statistic
from analysis.quantification import quantify
from analysis.quantities import BY_KEY as QUANTITY
from analysis.report import (
    LiverReport,
    most_severe_first,
    with_division,
    words_of_methods,
)
from analysis.segment_four import IVA, Parts, divide_segment_4, part_counts
from analysis.volume import LabelMap
from analysis.volume_norm import measure_norm
from analysis.volumetry import volumes_of_counts
from analysis.wording import words
from portal.errors import PortalError
from portal.reports.documents import liver_report, machine_labels, study_images, study_maps
from portal.reports.images import turn_back
from portal.reports.mask_sums import Changes, Sums, moved, part_sums, sums_of
from portal.reports.models import Report

CODE = "mask-corrected"
_BYTES_A_VOXEL = 5
Labels = npt.NDArray[np.uint8]


class EditRefused(PortalError):
    """Labels that cannot be taken as they stand."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Numbers of corrected labels: means and volumes only, the rest comes with the version."""

    numbers: LiverReport
    dice: float
    changed_voxels: int


def read_changes(report: Report, body: bytes) -> Changes:
    """Return the changes in a request: gzip of n indices of 4 bytes, then n labels of one byte.

    Indices count with i fastest along right, anterior, superior; bytes are little endian.
    """
    size = int(np.prod(study_images(report).geometry.shape))
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = inflater.decompress(body, size * _BYTES_A_VOXEL + 1)
    except zlib.error as error:
        raise EditRefused(
            words("The corrected mask arrived damaged; try again."), code="mask-damaged"
        ) from error
    n, rest = divmod(len(content), _BYTES_A_VOXEL)
    indices = np.frombuffer(content, dtype="<u4", count=n).astype(np.int64)
    labels = np.frombuffer(content, dtype=np.uint8, offset=4 * n)[:n]
    is_out = indices.max(initial=0) >= size or labels.max(initial=0) > len(SEGMENTS)
    if rest or n > size or is_out or np.unique(indices).size != n:
        raise EditRefused(
            words("The corrected mask does not fit these images; reload the page and try again."),
            code="mask-does-not-fit",
        )
    return Changes(indices, labels)


def changed_labels(report: Report, changes: Changes) -> Labels:
    """Return all labels of a version with some of them changed."""
    labels = np.array(study_images(report).labels, order="F")
    labels.reshape(-1, order="F")[changes.indices] = changes.labels
    return labels


def dice(first: Labels, second: Labels) -> float:
    """Return the overlap of two livers, 2 |A and B| / (|A| + |B|)."""
    a, b = first > 0, second > 0
    total = int(np.count_nonzero(a)) + int(np.count_nonzero(b))
    return 2.0 * int(np.count_nonzero(a & b)) / total if total else 1.0


def preview(report: Report, changes: Changes) -> Preview:
    """Return means and volumes after some voxels changed, without storing anything.

    Only the changed voxels are looked at: they leave the sums of their old segment and enter those
    of the new one. IVa and IVb are divided anew, as their border moves with the segments.
    """
    before, images = sums_of(report), study_images(report)
    after = moved(before, images, machine_labels(report.run_id), changes)
    if after.counts[1:].sum() == 0:
        raise _no_liver()
    counts = {LIVER.key: int(after.counts[1:].sum())}
    counts |= {s.key: int(after.counts[s.label]) for s in SEGMENTS}
    divided = divide_segment_4(LabelMap(changed_labels(report, changes), images.geometry))
    counts |= part_counts(divided.parts)
    volumes = volumes_of_counts(counts, images.geometry.voxel_volume_ml)
    base = liver_report(report)
    methods = with_division(base.methods, divided.division)
    numbers = replace(
        base,
        measurements=(
            *volumes,
            *measure_norm(base.description, volumes),
            *_means(report, after, divided.parts),
        ),
        methods=methods,
        method_words=words_of_methods(methods, base.method_words, divided.division),
        histograms=(),
        grades=(),
    )
    return Preview(numbers, after.dice, after.changed)


def corrected_report(report: Report, labels: Labels) -> tuple[LiverReport, LabelMap]:
    """Return every measurement of corrected labels, as the analysis itself makes them."""
    label_map = _label_map(report, labels)
    base = liver_report(report)
    maps = MapSet(study_maps(report.run_id), base.fit_method, base.methods, ())
    quantification = quantify(maps, label_map)
    methods = with_division(base.methods, quantification.division)
    kept = [f for f in base.findings if f.stage != "quantify" and f.code != CODE]
    corrected = replace(
        base,
        measurements=(
            *quantification.measurements,
            *measure_norm(base.description, quantification.measurements),
        ),
        histograms=quantification.histograms,
        grades=quantification.grades,
        methods=methods,
        method_words=words_of_methods(methods, base.method_words, quantification.division),
        findings=most_severe_first((*kept, *quantification.findings, _finding(report, labels))),
        segmentation_confidence=None,
    )
    return corrected, label_map


def _no_liver() -> EditRefused:
    return EditRefused(
        words("No liver is left in the mask, so nothing can be measured."),
        code="empty-segmentation",
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
    )


def _label_map(report: Report, labels: Labels) -> LabelMap:
    if not labels.any():
        raise _no_liver()
    return turn_back(labels, study_images(report).original)


def _means(report: Report, sums: Sums, parts_of_4: Parts) -> Iterator[Measurement]:
    methods = {each.quantity.key: each.method for each in study_maps(report.run_id)}
    of_parts = part_sums(study_images(report), parts_of_4)
    for key, (n_valid, totals) in sums.maps.items():
        parts = [(LIVER.key, n_valid[1:].sum(), totals[1:].sum())]
        parts += [(s.key, n_valid[s.label], totals[s.label]) for s in SEGMENTS]
        n_valid, totals = of_parts[key]
        parts += [(p.key, n_valid[n], totals[n]) for n, p in enumerate(PARTS_OF_4, IVA)]
        for region, n, total in parts:
            if n:
                yield Measurement(
                    quantity=key,
                    region=region,
                    statistic=Statistic.MEAN,
                    value=float(total / n),
                    unit=QUANTITY[key].unit,
                    standard_error=None,
                    n_voxels=int(n),
                    method=methods[key],
                )


def _finding(report: Report, labels: Labels) -> Finding:
    machine = machine_labels(report.run_id)
    return Finding.of(
        code=CODE,
        severity=Severity.INFO,
        message=words("A reader corrected the liver mask; version 1 has the model's own."),
        evidence=words(
            "%(n)s voxels changed, Dice with the model's liver %(dice)s",
            n=int(np.count_nonzero(labels != machine)),
            dice=f"{dice(labels, machine):.3f}",
        ),
        stage="segment",
    )
