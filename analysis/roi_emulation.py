"""Nine regions of interest as a reader draws them, beside the whole-liver values.

Readers who have followed patients by hand-drawn regions can so compare: one large disc in each of
the segments I to VIII, with IV parted into IVa and IVb, away from borders and vessels.

References
----------
Campo 2017, AJR 209:592 (one large region in each of nine segments); discs of 4 cm2 are one of the
sizes compared there.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.anatomy import LIVER, SEGMENTS
from analysis.measurement import Measurement
from analysis.regions import LiverBox
from analysis.segment_four import IVA, IVB
from analysis.volume import QuantityMap

NINE_ROI_MEAN = "nine_roi_mean"
AREA_MM2 = 400.0
RADIUS_MM = math.sqrt(AREA_MM2 / math.pi)
SMALLEST_RADIUS_MM = 5.0
PARTS = len(SEGMENTS) + 1
_FOURTH = "segment_4"
Mask = npt.NDArray[np.bool_]
Disc = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], int]


def place_discs(box: LiverBox, cropped: QuantityMap) -> tuple[Disc, ...]:
    """Return the voxels of up to nine discs, one in each segment (two in IV).

    In each part, the centre is where the map varies least among the places from which 4 cm2 fit
    inside the part; where none is large enough, the largest disc that fits, down to 5 mm radius.

    Parameters
    ----------
    box
        The liver.
    cropped
        The map in the box that decides between places, see ``LiverBox.crop``.

    Returns
    -------
    (i indices, j indices, k) of each disc, in slices along the third axis.
    """
    roughness = _roughness(cropped)
    spacing_mm = cropped.geometry.spacing_mm
    discs = (_place(part, roughness, spacing_mm) for part in _parts(box))
    return tuple(disc for disc in discs if disc is not None)


def _parts(box: LiverBox) -> list[Mask]:
    parts: list[Mask] = []
    for segment in SEGMENTS:
        mask = box.labels == segment.label
        if segment.key == _FOURTH and box.parts.any():
            parts += [box.parts == IVA, box.parts == IVB]
        elif mask.any():
            parts.append(mask)
    return parts


def _roughness(cropped: QuantityMap) -> npt.NDArray[np.float64]:
    """Variance of the map over squares of 4 cm2 in each slice; infinite near invalid voxels."""
    side_mm = math.sqrt(AREA_MM2)
    spacing_mm = cropped.geometry.spacing_mm
    size = (max(1, round(side_mm / spacing_mm[0])), max(1, round(side_mm / spacing_mm[1])), 1)
    values = np.where(cropped.valid, cropped.volume.array, 0.0).astype(np.float64)
    mean = ndimage.uniform_filter(values, size)
    variance = ndimage.uniform_filter(values**2, size) - mean**2
    filled = ndimage.uniform_filter(cropped.valid.astype(np.float64), size)
    return np.where(filled > 1 - 1e-6, variance, np.inf)


def _place(
    part: Mask, roughness: npt.NDArray[np.float64], spacing_mm: tuple[float, float, float]
) -> Disc | None:
    room_mm = np.zeros(part.shape)
    for level in np.flatnonzero(part.any(axis=(0, 1))):
        padded = np.pad(part[:, :, level], 1)  # the border of the image is a border of the part
        distance = ndimage.distance_transform_edt(padded, sampling=spacing_mm[:2])
        room_mm[:, :, level] = np.asarray(distance)[1:-1, 1:-1]
    radius_mm = min(RADIUS_MM, float(room_mm.max()))
    if radius_mm < SMALLEST_RADIUS_MM:
        return None
    candidates = np.flatnonzero(room_mm >= radius_mm)
    best = candidates[int(np.argmin(roughness.ravel()[candidates]))]
    i, j, k = (int(n) for n in np.unravel_index(best, part.shape))
    return _disc(part[:, :, k], (i, j), radius_mm, spacing_mm, k)


def _disc(
    plane: Mask,
    centre: tuple[int, int],
    radius_mm: float,
    spacing_mm: tuple[float, float, float],
    k: int,
) -> Disc:
    i, j = np.ogrid[: plane.shape[0], : plane.shape[1]]
    distance = np.hypot((i - centre[0]) * spacing_mm[0], (j - centre[1]) * spacing_mm[1])
    inside = np.nonzero((distance <= radius_mm) & plane)
    return inside[0], inside[1], k


def measure_discs(discs: tuple[Disc, ...], cropped: QuantityMap) -> Measurement | None:
    """Return the mean of the means of the discs, or None when none holds a valid voxel.

    Parameters
    ----------
    discs
        From ``place_discs``.
    cropped
        Any map of the same box.
    """
    means, n_voxels = [], 0
    for i, j, k in discs:
        valid = cropped.valid[i, j, k]
        if valid.any():
            means.append(float(np.mean(cropped.volume.array[i, j, k][valid], dtype=np.float64)))
            n_voxels += int(np.count_nonzero(valid))
    if not means:
        return None
    return Measurement(
        quantity=cropped.quantity.key,
        region=LIVER.key,
        statistic=NINE_ROI_MEAN,
        value=float(np.mean(means)),
        unit=cropped.quantity.unit,
        standard_error=None,
        n_voxels=n_voxels,
        method=f"{cropped.method}; mean of {len(means)} of {PARTS} discs of up to 4 cm² placed by "
        "software, one a segment (IVa and IVb apart)",
    )
