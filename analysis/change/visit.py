"""One visit as the comparison needs it, whole or cut to its liver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.change.registration import LiverImage
from analysis.quantities import LIC, PDFF, R2STAR, WATER
from analysis.report import LiverReport
from analysis.volume import Geometry, LabelMap, QuantityMap, Volume

MAPPED: tuple[str, ...] = (PDFF.key, R2STAR.key, LIC.key)
_MARGIN_VOXELS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """One visit of a subject.

    Parameters
    ----------
    report
        Its numbers.
    labels
        Segments, corrected or the model's.
    image
        The anatomical image.
    maps
        Its maps, all on one grid with labels and image.
    """

    report: LiverReport
    labels: LabelMap
    image: Volume
    maps: tuple[QuantityMap, ...]

    def get(self, key: str) -> QuantityMap | None:
        """Return the map of a quantity, or None."""
        return next((m for m in self.maps if m.quantity.key == key), None)

    @property
    def liver_image(self) -> LiverImage:
        """What is registered: the water image where there is one, else the anatomical image."""
        water = self.get(WATER.key)
        return LiverImage(self.labels, water.volume if water else self.image)


def cut_to_liver(visit: Visit) -> Visit:
    """Return the visit on the box around its liver: the rest of the body is not compared.

    Parameters
    ----------
    visit
        With a liver; only the maps of ``MAPPED`` are kept.
    """
    where = np.argwhere(visit.labels.liver)
    low = np.maximum(where.min(axis=0) - _MARGIN_VOXELS, 0)
    high = np.minimum(where.max(axis=0) + 1 + _MARGIN_VOXELS, visit.labels.geometry.shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    affine = visit.labels.geometry.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ low
    sizes = high - low
    geometry = Geometry((int(sizes[0]), int(sizes[1]), int(sizes[2])), affine)
    return Visit(
        visit.report,
        LabelMap(visit.labels.array[box], geometry),
        Volume(visit.image.array[box], geometry, visit.image.quantity),
        tuple(_cut_map(m, box, geometry) for m in visit.maps if m.quantity.key in MAPPED),
    )


def _cut_map(quantity_map: QuantityMap, box: tuple[slice, ...], geometry: Geometry) -> QuantityMap:
    error = quantity_map.standard_error
    return QuantityMap(
        Volume(quantity_map.volume.array[box], geometry, quantity_map.quantity),
        quantity_map.valid[box],
        None if error is None else error[box],
        quantity_map.method,
    )
