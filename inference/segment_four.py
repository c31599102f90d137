"""Divide Couinaud segment IV into IVa (upper) and IVb (lower), beside the labels 1-8.

Anatomy divides it at the plane of the left portal vein. A label map holds no vessels, so the plane
is placed by a rule: the left portal vein turns into its umbilical part at the border between the
segments II (above) and III (below), and that border's mean height is taken as the height of the
plane, which is drawn level. Where II and III do not touch, the height that halves segment IV is
taken. The rule is geometric and has not been compared with drawn planes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from analysis.anatomy import BY_KEY
from analysis.errors import EmptySegmentation
from analysis.volume import LabelMap

IVA, IVB = 1, 2
Floats = npt.NDArray[np.float64]


class Rule(StrEnum):
    """How the height of the plane was found."""

    LEFT_PORTAL_PLANE = "mean height of the border between segments II and III"
    HALVES = "height that halves segment IV"


@dataclass(frozen=True, slots=True, eq=False)
class DividedSegment:
    """Segment IV in two.

    Parameters
    ----------
    parts
        (i, j, k) uint8 on the grid of the labels: 1 is IVa, 2 is IVb, 0 is elsewhere.
    height_mm
        Of the level plane, RAS+ (upwards).
    rule
        How it was found.
    """

    parts: npt.NDArray[np.uint8]
    height_mm: float
    rule: Rule


def _heights_mm(labels: LabelMap) -> Floats:
    """Return the height of every voxel's centre in the patient, (i, j, k) by broadcasting."""
    up = labels.geometry.affine[2]
    i, j, k = (
        np.arange(size, dtype=np.float64).reshape([-1 if a == axis else 1 for a in range(3)])
        for axis, size in enumerate(labels.array.shape)
    )
    return np.asarray(up[0] * i + up[1] * j + up[2] * k + up[3])


def _border_heights_mm(labels: LabelMap, heights: Floats) -> Floats:
    """Return the heights of the faces that segments II and III share."""
    array = labels.array
    pair = {BY_KEY["segment_2"].label, BY_KEY["segment_3"].label}
    found = []
    for axis in range(3):
        below = [slice(None)] * 3
        above = [slice(None)] * 3
        below[axis], above[axis] = slice(None, -1), slice(1, None)
        first, second = array[tuple(below)], array[tuple(above)]
        shared = np.isin(first, [*pair]) & np.isin(second, [*pair]) & (first != second)
        middle = (heights[tuple(below)] + heights[tuple(above)]) / 2
        found.append(middle[shared])
    return np.concatenate(found)


def divide_segment_4(labels: LabelMap) -> DividedSegment:
    """Divide segment IV at the height of the left portal vein, or in halves.

    Parameters
    ----------
    labels
        Segments I-VIII as 1-8; they are not changed.

    Raises
    ------
    EmptySegmentation
        If there is no segment IV.
    """
    four = labels.array == BY_KEY["segment_4"].label
    if not four.any():
        raise EmptySegmentation(
            "Segment IV was not found, so it cannot be divided into IVa and IVb.",
            code="no-segment-4",
        )
    heights = np.broadcast_to(_heights_mm(labels), four.shape)
    inside = heights[four]
    border = _border_heights_mm(labels, heights)
    level, rule = float(np.median(inside)), Rule.HALVES
    if border.size and inside.min() < border.mean() < inside.max():
        level, rule = float(border.mean()), Rule.LEFT_PORTAL_PLANE
    parts = np.where(four, np.where(heights > level, IVA, IVB), 0).astype(np.uint8)
    return DividedSegment(parts, level, rule)
