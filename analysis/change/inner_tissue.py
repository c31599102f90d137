"""Which voxels of an outlined liver are surely liver: what an outline took in beside it is not.

Outlines err by a few millimetres, and beside the liver lie fat of 95 % and lung whose R2* is past
measuring. A centimetre's average that holds a little of either at one visit only looks like a
change of many points, so such voxels are left out of both averages and means.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.change.smoothing import average
from analysis.change.visit import Visit
from analysis.quantities import PDFF, R2STAR
from analysis.volume import QuantityMap

BORDER_MM = 3.5  # outlines by models err by about as much
ZONE_MM = 10.0
UNLIKE_SDS = 4.0
_NEAR_SIGMA_MM = 2.0
_FAR_SIGMA_MM = 8.0
_LEAST_DEEP_VOXELS = 100
_LEAST_WEIGHT = 0.01
_SD_OF_MAD = 1.4826
Mask = npt.NDArray[np.bool_]


def on_inner_tissue(visit: Visit) -> Visit:
    """Return a visit whose maps are valid only where the tissue is surely liver.

    Parameters
    ----------
    visit
        With a liver.
    """
    inner = inner_tissue(visit)
    return replace(visit, maps=tuple(replace(m, valid=m.valid & inner) for m in visit.maps))


def inner_tissue(visit: Visit) -> Mask:
    """Return the voxels of a visit's liver that are surely liver.

    Left out are the outermost 3.5 mm, and what hangs together with the surface and is unlike the
    liver: within 10 mm of the surface, |m - M| > 4 s in PDFF or R2*, with m the average over some
    5 mm, M that of the liver deeper than 10 mm around, and s the robust SD of m - M there. What is
    unlike the liver but does not reach the surface, such as a lesion, stays; so does everything
    deeper. Where the images end is no surface.

    Parameters
    ----------
    visit
        With a liver.

    Returns
    -------
    (i, j, k) bool on its grid.
    """
    liver = visit.labels.liver
    depth_mm = ndimage.distance_transform_edt(liver, sampling=visit.labels.geometry.spacing_mm)
    unlike = np.zeros_like(liver)
    for quantity_map in (visit.get(PDFF.key), visit.get(R2STAR.key)):
        if quantity_map is not None:
            deep = liver & quantity_map.valid & (depth_mm > ZONE_MM)
            unlike |= liver & ~deep & _unlike(quantity_map, liver, deep)
    unlike &= depth_mm <= ZONE_MM
    inner: Mask = liver & (depth_mm > BORDER_MM) & ~_reaching(unlike, ~liver)
    return inner


def _unlike(quantity_map: QuantityMap, liver: Mask, deep: Mask) -> Mask:
    """Return where a map has no value or one that deep tissue does not have."""
    known = quantity_map.valid & liver
    unknown: Mask = liver & ~known
    if np.count_nonzero(deep) < _LEAST_DEEP_VOXELS:
        return unknown
    near, _ = average(quantity_map, known, _NEAR_SIGMA_MM)
    far, weight = average(quantity_map, deep, _FAR_SIGMA_MM)
    middle = np.float32(np.median(quantity_map.volume.array[deep]))
    offset = near - np.where(weight > _LEAST_WEIGHT, far, middle)
    typical = offset[deep]
    spread = _SD_OF_MAD * float(np.median(np.abs(typical - np.median(typical))))
    found: Mask = unknown | (known & (np.abs(offset) > UNLIKE_SDS * spread))
    return found


def _reaching(mask: Mask, outside: Mask) -> Mask:
    """Return the connected parts of a mask that touch the outside."""
    parts, _ = ndimage.label(mask)
    touching = np.unique(parts[mask & ndimage.binary_dilation(outside)])
    result: Mask = np.isin(parts, touching[touching > 0])
    return result
