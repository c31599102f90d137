"""Divide Couinaud segment IV into IVa (upper) and IVb (lower), beside the labels 1-8.

Anatomy divides it at the plane of the left portal vein. A label map holds no vessels, so the plane
is placed by a rule: the left portal vein turns into its umbilical part at the border between the
segments II (above) and III (below), and that border's mean height is taken as the height of the
plane, which is drawn level. Where II and III do not touch, the height that halves segment IV is
taken. A segment IV that is cut by the border of the images is not divided: neither part would be
whole. The rule is geometric and has not been compared with drawn planes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.anatomy import BY_KEY, PARTS_OF_4
from analysis.image_border import cut_faces
from analysis.volume import LabelMap
from analysis.wording import Words, plain, words

IVA, IVB = 1, 2
_LEFT = tuple(BY_KEY[key].label for key in ("segment_2", "segment_3"))
_FOURTH = BY_KEY["segment_4"].label
_ABOVE_MM = 1e-6  # heights of one plane of voxels differ by rounding
Floats = npt.NDArray[np.float64]
Parts = npt.NDArray[np.uint8]


class Rule(StrEnum):
    """How the height of the plane was found."""

    LEFT_PORTAL_PLANE = "mean height of the border between segments II and III"
    HALVES = "height that halves segment IV"


@dataclass(frozen=True, slots=True)
class Division:
    """How segment IV was divided, or why it was not.

    Parameters
    ----------
    rule
        How the height was found; None where segment IV was not divided.
    height_mm
        Of the level plane, RAS+ (upwards); None where segment IV was not divided.
    reason
        Why it was not divided, as the end of a sentence; empty where it was.
    """

    rule: Rule | None
    height_mm: float | None
    reason: str = ""

    @property
    def said(self) -> Words:
        """The division as a line of the methods."""
        if self.rule is None:
            return words("not measured: %(reason)s", reason=plain(self.reason))
        return words(
            "geometric: level plane at %(height)s mm, the %(rule)s; not compared with drawn planes",
            height=f"{self.height_mm:.0f}",
            rule=plain(self.rule),
        )


@dataclass(frozen=True, slots=True, eq=False)
class DividedSegment:
    """Segment IV in two.

    Parameters
    ----------
    parts
        (i, j, k) uint8 on the grid of the labels: 1 is IVa, 2 is IVb, 0 is elsewhere, and
        everywhere where segment IV was not divided.
    division
        How, or why not.
    """

    parts: Parts
    division: Division


def divide_segment_4(labels: LabelMap) -> DividedSegment:
    """Divide segment IV at the height of the left portal vein, or in halves.

    Parameters
    ----------
    labels
        Segments I-VIII as 1-8; they are not changed.
    """
    four = labels.array == _FOURTH
    parts = np.zeros(labels.array.shape, np.uint8)
    if not four.any():
        return DividedSegment(parts, Division(None, None, "segment IV was not found"))
    if cut_faces(four, labels.geometry):
        reason = "segment IV reaches the border of the images"
        return DividedSegment(parts, Division(None, None, reason))
    box = _box(labels)
    heights = np.broadcast_to(_heights_mm(labels), four.shape)[box]
    inside = heights[four[box]]
    border = _border_heights_mm(labels.array[box], heights)
    level, rule = float(np.median(inside)), Rule.HALVES
    if border.size and inside.min() < border.mean() < inside.max():
        level, rule = float(border.mean()), Rule.LEFT_PORTAL_PLANE
    upper = heights > level + _ABOVE_MM
    parts[box] = np.where(four[box], np.where(upper, IVA, IVB), 0)
    return DividedSegment(parts, Division(rule, level))


def part_counts(parts: Parts) -> dict[str, int]:
    """Return the voxels of IVa and of IVb by region key; empty where IV was not divided.

    Parameters
    ----------
    parts
        As in ``DividedSegment``.
    """
    counts = np.bincount(parts.ravel(), minlength=IVB + 1)
    if not counts[1:].any():
        return {}
    return {part.key: int(counts[n]) for n, part in enumerate(PARTS_OF_4, IVA)}


def _box(labels: LabelMap) -> tuple[slice, ...]:
    """Return where the segments II to IV lie: the rest need not be looked at."""
    found = ndimage.find_objects(labels.array)
    boxes = [found[n - 1] for n in (*_LEFT, _FOURTH) if n <= len(found) and found[n - 1]]
    return tuple(
        slice(min(each[axis].start for each in boxes), max(each[axis].stop for each in boxes))
        for axis in range(3)
    )


def _heights_mm(labels: LabelMap) -> Floats:
    """Return the height of every voxel's centre in the patient, (i, j, k) by broadcasting."""
    up = labels.geometry.affine[2]
    i, j, k = (
        np.arange(size, dtype=np.float64).reshape([-1 if a == axis else 1 for a in range(3)])
        for axis, size in enumerate(labels.array.shape)
    )
    return np.asarray(up[0] * i + up[1] * j + up[2] * k + up[3])


def _border_heights_mm(array: Parts, heights: Floats) -> Floats:
    """Return the heights of the faces that segments II and III share."""
    is_left = np.isin(array, _LEFT)
    found = []
    for axis in range(3):
        below = [slice(None)] * 3
        above = [slice(None)] * 3
        below[axis], above[axis] = slice(None, -1), slice(1, None)
        first, second = tuple(below), tuple(above)
        shared = is_left[first] & is_left[second] & (array[first] != array[second])
        middle = (heights[first] + heights[second]) / 2
        found.append(middle[shared])
    return np.concatenate(found)
