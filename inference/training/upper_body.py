"""What lies above a scan that ends inside the liver: domes of the organs, lungs, heart, chest wall.

Only a plausible surrounding is wanted: the chest wall and spine are the slices below mirrored
upwards, organs that are cut close with a dome, and the rest of the cavity is lung around a heart.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage, spatial

from inference.training.tissue_map import TissueMap, axis_aligned
from inference.training.torso_context import LIVER, value

MIRRORED_SLICES = 10
DOME_HEIGHT_MM: dict[int, float] = {
    value("spleen"): 25.0,
    value("stomach_content"): 28.0,
    LIVER: 48.0,
}
HEART_SEMI_AXES_MM = (62.0, 48.0, 44.0)
CAVITY_NAMES = (
    *("lung", "spleen", "stomach_wall", "stomach_content", "bowel_wall", "bowel_content"),
    *("bowel_gas", "kidney", "pancreas", "gallbladder", "visceral_fat"),
)
WALL_NAMES = ("cortical_bone", "bone_marrow", "spinal_cord", "cartilage")

Mask = npt.NDArray[np.bool_]


def _convex(mask: Mask) -> Mask:
    """Fill the convex hull of a two-dimensional mask."""
    points = np.argwhere(mask)
    triangles = spatial.Delaunay(points[spatial.ConvexHull(points).vertices])
    grid = np.argwhere(np.ones_like(mask))
    result: Mask = (triangles.find_simplex(grid) >= 0).reshape(mask.shape)
    return result


def _dome_height(mask: Mask, spacing_mm: float, height_mm: float) -> npt.NDArray[np.float64]:
    """Return the height in mm of a roof over a flat section: zero at its edge."""
    depth = ndimage.distance_transform_edt(mask) * spacing_mm
    relative = 1 - depth / max(float(depth.max()), spacing_mm)
    roof = height_mm * np.sqrt(np.clip(1 - relative**2, 0, None))
    result: npt.NDArray[np.float64] = np.where(mask, ndimage.gaussian_filter(roof, 2), 0)
    return result


def _heart(shape: tuple[int, int, int], cavity: Mask, spacing_mm: float) -> Mask:
    """Place an ellipsoid left of the midline, towards the front, resting on the liver's dome."""
    points = np.argwhere(cavity) * spacing_mm
    middle, depth = points.mean(0), np.ptp(points[:, 1])
    centre = (middle[0] - 18.0, middle[1] + 0.16 * depth, 74.0)
    grid = np.indices(shape) * spacing_mm
    distance = sum(
        ((grid[axis] - centre[axis]) / HEART_SEMI_AXES_MM[axis]) ** 2 for axis in range(3)
    )
    result: Mask = np.asarray(distance < 1)
    return result


def _mirrored(tissue: npt.NDArray[np.uint8], count: int) -> npt.NDArray[np.uint8]:
    """Return ``count`` slices that continue the top by going back and forth through it."""
    wave = np.abs((np.arange(1, count + 1) + MIRRORED_SLICES) % (2 * MIRRORED_SLICES))
    offset = MIRRORED_SLICES - np.abs(wave - MIRRORED_SLICES)
    steps = np.where(offset == 0, MIRRORED_SLICES, MIRRORED_SLICES - offset)
    return tissue[..., tissue.shape[2] - 1 - steps]


def extend_upwards(source: TissueMap, height_mm: float) -> TissueMap:
    """Add ``height_mm`` of chest above a tissue map whose top slice still shows the liver.

    Parameters
    ----------
    source
        Tissue map with isotropic spacing.
    height_mm
        How much to add.
    """
    spacing = source.geometry.spacing_mm[0]
    count = int(round(height_mm / spacing))
    top = source.labels[..., -1]
    added = _mirrored(source.labels, count).copy()
    organs = np.isin(top, [LIVER, *(value(name) for name in CAVITY_NAMES)])
    cavity = _convex(ndimage.binary_opening(organs, iterations=2))
    wall = ndimage.binary_closing(np.isin(added, [value(name) for name in WALL_NAMES]))
    inside = cavity[..., None] & ~wall
    added[np.isin(added, [LIVER, *(value(name) for name in CAVITY_NAMES)])] = value("muscle")
    added[inside] = value("lung")
    levels = spacing * np.arange(1, count + 1)
    heart = _heart(added.shape, cavity, spacing) & inside
    added[ndimage.binary_dilation(heart, iterations=2) & inside] = value("visceral_fat")
    added[heart] = value("heart")
    vessels = ndimage.binary_opening(top == value("large_vessel"))
    for code, height in DOME_HEIGHT_MM.items():
        section = ndimage.binary_fill_holes(top == code)
        roof = _dome_height(section, spacing, height)
        added[(levels < roof[..., None]) & inside] = code
    added[vessels[..., None] & (added != value("heart")) & inside] = value("large_vessel")
    labels = np.concatenate([source.labels, added], axis=2)
    return TissueMap(labels, axis_aligned(labels.shape, source.origin_mm, spacing))
