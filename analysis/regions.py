"""The voxels of a map in the liver, each segment and the parts of IV, valid ones only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.anatomy import LIVER, PARTS_OF_4, REGIONS, SEGMENTS
from analysis.segment_four import IVA, Division, Parts, divide_segment_4
from analysis.volume import Geometry, LabelMap, QuantityMap, Volume

_Box = tuple[slice, slice, slice]


@dataclass(frozen=True, slots=True, eq=False)
class RegionSamples:
    """What was measured in one region.

    Parameters
    ----------
    region
        Key of ``analysis.anatomy``.
    values
        (n,) float64 valid voxels, in the unit of the map.
    variances
        (n,) float64 squared standard errors, or None when the map has none.
    n_region
        Voxels of the region, valid or not.
    """

    region: str
    values: npt.NDArray[np.float64]
    variances: npt.NDArray[np.float64] | None
    n_region: int

    @property
    def valid_fraction(self) -> float:
        """Part of the region that could be measured, 0 to 1."""
        return self.values.size / self.n_region if self.n_region else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class LiverBox:
    """Labels cropped to the liver with one voxel around it, so that the rest costs no time.

    Parameters
    ----------
    slices
        Of the full grid.
    labels
        (i, j, k) uint8 in the box.
    core
        (i, j, k) bool: the liver without its outermost voxel, where fat outside partly fills it.
    parts
        (i, j, k) uint8: the parts of segment IV, see ``analysis.segment_four``.
    division
        How segment IV was divided, or why it was not.
    """

    slices: _Box
    labels: npt.NDArray[np.uint8]
    core: npt.NDArray[np.bool_]
    parts: Parts
    division: Division

    def crop(self, quantity_map: QuantityMap) -> QuantityMap:
        """Return the map in the box; voxels whose value is not finite are not valid there."""
        values = quantity_map.volume.array[self.slices]
        errors = quantity_map.standard_error
        geometry = _box_geometry(quantity_map.geometry, self.slices)
        return QuantityMap(
            volume=Volume(values, geometry, quantity_map.quantity),
            valid=quantity_map.valid[self.slices] & np.isfinite(values),
            standard_error=None if errors is None else errors[self.slices],
            method=quantity_map.method,
        )


def core_of(liver: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the liver mask, as a whole, eroded by one voxel across its six faces.

    The border of the image does not erode it, as the tissue there is liver on the other side too.

    Parameters
    ----------
    liver
        (i, j, k) bool.
    """
    result: npt.NDArray[np.bool_] = ndimage.binary_erosion(liver, border_value=1)
    return result


def liver_box(labels: LabelMap) -> LiverBox:
    """Return the part of the label map that holds the liver.

    Borders between segments are not eroded from its core: no fat lies between them.

    Parameters
    ----------
    labels
        With at least one liver voxel.
    """
    spans = [np.flatnonzero(labels.liver.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))]
    i, j, k = (slice(max(0, int(span[0]) - 1), int(span[-1]) + 2) for span in spans)
    inside = labels.array[i, j, k]
    divided = divide_segment_4(labels)
    return LiverBox(
        (i, j, k), inside, core_of(inside > 0), divided.parts[i, j, k], divided.division
    )


def _box_geometry(geometry: Geometry, box: _Box) -> Geometry:
    affine = geometry.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ [span.start for span in box]
    sizes = [len(range(*span.indices(n))) for span, n in zip(box, geometry.shape, strict=True)]
    return Geometry((sizes[0], sizes[1], sizes[2]), affine)


def sample_regions(
    box: LiverBox, cropped: QuantityMap, *, within: npt.NDArray[np.bool_] | None = None
) -> dict[str, RegionSamples]:
    """Return the valid voxels of the liver, of each segment and part of one that is present.

    Parameters
    ----------
    box
        The liver.
    cropped
        A map in the box, see ``LiverBox.crop``.
    within
        (i, j, k) bool to restrict the regions to, such as ``box.core``.

    Returns
    -------
    By region key; a region without any voxel has no entry.
    """
    labels = box.labels if within is None else np.where(within, box.labels, 0)
    used = (labels > 0) & cropped.valid
    of_voxel, of_part = labels[used], box.parts[used]
    values = cropped.volume.array[used].astype(np.float64)
    variances = None
    if cropped.standard_error is not None:
        variances = np.square(cropped.standard_error[used].astype(np.float64))
    sizes = np.bincount(labels.ravel(), minlength=len(SEGMENTS) + 1)
    part_sizes = np.bincount(box.parts[labels > 0], minlength=len(PARTS_OF_4) + 1)
    result = {LIVER.key: RegionSamples(LIVER.key, values, variances, int(sizes[1:].sum()))}
    regions = [(s.key, of_voxel == s.label, sizes[s.label]) for s in SEGMENTS]
    regions += [(p.key, of_part == n, part_sizes[n]) for n, p in enumerate(PARTS_OF_4, IVA)]
    for key, here, size in regions:
        noise = None if variances is None else variances[here]
        result[key] = RegionSamples(key, values[here], noise, int(size))
    return {r.key: result[r.key] for r in REGIONS if result[r.key].n_region}
