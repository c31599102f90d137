"""Volumes of the liver and its segments by voxel summation, and whether the liver is all there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import numpy as np
import numpy.typing as npt

from analysis.anatomy import LIVER, REGIONS, SEGMENTS
from analysis.findings import Finding, Severity
from analysis.image_border import cut_faces
from analysis.measurement import Measurement, Statistic
from analysis.quantities import VOLUME, VOLUME_FRACTION
from analysis.volume import Geometry, LabelMap
from analysis.wording import Words, listed, words

METHOD = "voxel summation (IBSI YEKZ)"
FRACTION_OF_LIVER = "fraction_of_liver"
# Outside this range a mask is wrong, or the liver is far outside what this software was tried on.
USUAL_LIVER_ML = (500.0, 4000.0)
# The caudate lobe, the smallest segment, is rarely below 10 ml: less is a sliver of a wrong label.
SMALLEST_SEGMENT_ML = 3.0

# Names of the sides along RAS+ axes, negative end first.
_SIDES = (
    (words("left"), words("right")),
    (words("posterior"), words("anterior")),
    (words("inferior"), words("superior")),
)


def voxel_counts(labels: LabelMap) -> dict[str, int]:
    """Return the number of voxels of the liver and of each segment, by region key."""
    counts = np.bincount(labels.array.ravel(), minlength=len(SEGMENTS) + 1)
    result = {LIVER.key: int(counts[1:].sum())}
    return result | {segment.key: int(counts[segment.label]) for segment in SEGMENTS}


def measure_volumes(labels: LabelMap, parts: Mapping[str, int]) -> tuple[Measurement, ...]:
    """Return the volume in ml of the liver and of each segment that is there, and their shares.

    V = n |det(affine)| / 1000

    Parameters
    ----------
    labels
        Couinaud segments.
    parts
        Voxels of the parts of segments by region key, see ``analysis.segment_four.part_counts``.

    References
    ----------
    IBSI YEKZ, volume by voxel counting, doi:10.1148/radiol.2020191145.
    """
    return volumes_of_counts({**voxel_counts(labels), **parts}, labels.geometry.voxel_volume_ml)


def volumes_of_counts(counts: dict[str, int], per_voxel_ml: float) -> tuple[Measurement, ...]:
    """Return the volumes and shares of regions whose voxels are counted already.

    Parameters
    ----------
    counts
        Voxels by region key, the liver among them, as ``voxel_counts`` gives them.
    per_voxel_ml
        Volume of a voxel in ml.
    """
    result = []
    for structure in REGIONS:
        region, n = structure.key, counts.get(structure.key, 0)
        if n == 0:
            continue
        total = (Statistic.TOTAL, n * per_voxel_ml, VOLUME.unit)
        share = (FRACTION_OF_LIVER, 100.0 * n / counts[LIVER.key], VOLUME_FRACTION.unit)
        for statistic, value, unit in (total, share):
            result.append(Measurement(VOLUME.key, region, statistic, value, unit, None, n, METHOD))
    return tuple(result)


def volume_findings(labels: LabelMap) -> tuple[Finding, ...]:
    """Return what is unusual about the mask: its volume, missing segments, cut by the image."""
    found = [_liver_volume(labels), *_segment_volumes(labels), _cut(labels)]
    return tuple(finding for finding in found if finding is not None)


def _liver_volume(labels: LabelMap) -> Finding | None:
    low, high = USUAL_LIVER_ML
    volume_ml = labels.volume_ml
    if low <= volume_ml <= high:
        return None
    return Finding.of(
        "liver-volume-unusual",
        Severity.WARNING,
        words(
            "The liver mask measures %(volume)s, outside %(low)s\N{EN DASH}%(high)s ml; the "
            "segmentation may be wrong.",
            volume=VOLUME.format(volume_ml),
            low=f"{low:.0f}",
            high=f"{high:.0f}",
        ),
        evidence=words("volume %(volume)s", volume=VOLUME.format(volume_ml)),
        action=words("Look at the outline of the liver before using the volumes."),
        stage="quantify",
    )


def _segment_volumes(labels: LabelMap) -> list[Finding]:
    counts = voxel_counts(labels)
    per_voxel_ml = labels.geometry.voxel_volume_ml
    missing = [segment.name for segment in SEGMENTS if counts[segment.key] == 0]
    small = [
        f"{segment.name} ({counts[segment.key] * per_voxel_ml:.1f} ml)"
        for segment in SEGMENTS
        if 0 < counts[segment.key] * per_voxel_ml < SMALLEST_SEGMENT_ML
    ]
    result = []
    if missing:
        result.append(
            Finding.of(
                "segment-missing",
                Severity.WARNING,
                words(
                    "No voxel was labelled as segment %(missing)s; the other segments may hold its "
                    "tissue.",
                    missing=", ".join(missing),
                ),
                evidence=words("missing: %(missing)s", missing=", ".join(missing)),
                action=words("Read the segmental values with care, or correct the mask."),
                stage="quantify",
            )
        )
    if small:
        result.append(
            Finding.of(
                "segment-small",
                Severity.WARNING,
                words(
                    "Segment %(small)s is too small for a trustworthy mean.",
                    small=", ".join(small),
                ),
                evidence=words(
                    "below %(limit)s ml: %(small)s",
                    limit=f"{SMALLEST_SEGMENT_ML:.0f}",
                    small=", ".join(small),
                ),
                action=words("Do not read this segment alone."),
                stage="quantify",
            )
        )
    return result


def _cut(labels: LabelMap) -> Finding | None:
    cut = cut_faces(labels.liver, labels.geometry)
    if not cut:
        return None
    sides = [_side(labels.geometry, axis, end) for axis, end in cut]
    evidence = listed(
        words("%(side)s %(area)s cm²", side=side, area=f"{area / 100:.1f}")
        for side, area in zip(sides, cut.values(), strict=True)
    )
    return Finding.of(
        "liver-cut",
        Severity.WARNING,
        words(
            "The liver reaches the %(sides)s end of the images: part of it was not imaged, so its "
            "volume is too small.",
            sides=reduce(_and, sides),
        ),
        evidence=words("liver on the border of the images: %(sides)s", sides=evidence),
        action=words("Cover the whole liver in one breath-hold when the scan is repeated."),
        stage="quantify",
    )


def _and(one: Words, other: Words) -> Words:
    return words("%(one)s and %(other)s", one=one, other=other)


def _side(geometry: Geometry, axis: int, end: int) -> Words:
    """Name the side of the body that the first (0) or last (-1) plane of an axis looks at."""
    direction: npt.NDArray[np.float64] = geometry.affine[:3, axis] * (1 if end == -1 else -1)
    world = int(np.argmax(np.abs(direction)))
    return _SIDES[world][int(direction[world] > 0)]
