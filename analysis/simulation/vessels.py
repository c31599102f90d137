"""Hepatic vessels drawn into a liver that has none: three hepatic veins and a portal tree.

The veins follow the borders between segments and the portal branches run to the segments' middles,
as the anatomy of Couinaud has it. It is a drawing for looks, no model of flow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from analysis.simulation.anatomy import HEPATIC_VESSEL, Anatomy

Point = npt.NDArray[np.float64]

_VEIN_BORDERS: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((6, 7), (5, 8)),
    ((4,), (5, 8)),
    ((2, 3), (4,)),
)
_RIGHT_BRANCH, _LEFT_BRANCH = (5, 6, 7, 8), (2, 3, 4)
_BORDER_MM = 6.0
_STEPS = 60
_MOST_POINTS = 20000


@dataclass(frozen=True, slots=True, eq=False)
class Tube:
    """One vessel: a curve through three points that narrows from its start to its end.

    Parameters
    ----------
    start, middle, end
        RAS positions in mm.
    start_radius_mm, end_radius_mm
        Radii at both ends.
    """

    start: Point
    middle: Point
    end: Point
    start_radius_mm: float
    end_radius_mm: float

    def at(self, fraction: float) -> Point:
        """Return the position at a fraction, 0 to 1, of the way; the curve passes all points."""
        t = fraction
        result: Point = (
            (2 * t - 1) * (t - 1) * self.start
            + 4 * t * (1 - t) * self.middle
            + t * (2 * t - 1) * self.end
        )
        return result


def with_vessels(anatomy: Anatomy, rng: np.random.Generator) -> Anatomy:
    """Return the anatomy with hepatic vessels drawn into the liver; segments stay as they are.

    Parameters
    ----------
    anatomy
        A body; one whose liver already has vessels or lacks a segment is returned unchanged.
    rng
        Source of the small branches.
    """
    present = set(np.unique(anatomy.segments.array).tolist())
    if anatomy.vessels.any() or not present >= set(range(1, 9)):
        return anatomy
    mask = np.zeros(anatomy.geometry.shape, dtype=bool)
    for tube in _tubes(_segment_points(anatomy), rng):
        _paint(mask, tube, anatomy)
    tissues = np.where(mask & anatomy.liver, HEPATIC_VESSEL, anatomy.tissues)
    return Anatomy(tissues.astype(np.uint8), anatomy.segments)


def _segment_points(anatomy: Anatomy) -> _SegmentPoints:
    index = np.argwhere(anatomy.liver)
    index = index[:: max(1, len(index) // _MOST_POINTS)]
    affine = anatomy.geometry.affine
    points = index @ affine[:3, :3].T + affine[:3, 3]
    return _SegmentPoints(points, anatomy.segments.array[tuple(index.T)])


@dataclass(frozen=True, slots=True, eq=False)
class _SegmentPoints:
    """RAS positions of the voxels of the liver and their segments, thinned to some thousands."""

    points: Point
    labels: npt.NDArray[np.uint8]

    def of(self, segments: tuple[int, ...]) -> Point:
        chosen: Point = self.points[np.isin(self.labels, segments)]
        return chosen

    def middle(self, *segments: int) -> Point:
        result: Point = self.of(segments).mean(axis=0)
        return result

    def border(self, one: tuple[int, ...], other: tuple[int, ...]) -> Point:
        """Return points of one group that lie closest to the other group."""
        here = self.of(one)
        gap, _ = cKDTree(self.of(other)).query(here)
        result: Point = here[gap <= max(_BORDER_MM, float(np.quantile(gap, 0.02)))]
        return result


def _tubes(places: _SegmentPoints, rng: np.random.Generator) -> Iterator[Tube]:
    yield from _hepatic_veins(places, rng)
    yield from _portal_tree(places, rng)


def _hepatic_veins(places: _SegmentPoints, rng: np.random.Generator) -> Iterator[Tube]:
    top = float(np.quantile(places.points[:, 2], 0.93))
    confluence = places.middle(1)
    confluence[2] = top
    for one, other in _VEIN_BORDERS:
        border = places.border(one, other)
        reach = np.linalg.norm(border - confluence, axis=1)
        far = border[reach >= np.quantile(reach, 0.9)].mean(axis=0)
        near = border[np.abs(reach - np.median(reach)) <= np.quantile(reach, 0.1)]
        middle = near.mean(axis=0) if len(near) else border.mean(axis=0)
        vein = Tube(confluence, middle, far, 5.0, 1.8)
        yield vein
        for fraction in (0.3, 0.45, 0.6, 0.75):
            for side in (one, other):
                yield _twig(vein.at(fraction), places.of(side), rng, 2.2, 30.0)


def _portal_tree(places: _SegmentPoints, rng: np.random.Generator) -> Iterator[Tube]:
    hilum = (places.middle(1) + places.middle(4) + places.middle(*_RIGHT_BRANCH)) / 3
    for branch in (_RIGHT_BRANCH, _LEFT_BRANCH):
        fork = hilum + 0.6 * (places.middle(*branch) - hilum)
        yield Tube(hilum, (hilum + fork) / 2, fork, 6.0, 4.5)
        for segment in branch:
            end = places.middle(segment)
            bend = (fork + end) / 2 + rng.normal(0, 3, 3)
            yield Tube(fork, bend, end, 4.0, 2.5)
            for _ in range(4):
                yield _twig(end, places.of((segment,)), rng, 2.4, 35.0)


def _twig(
    start: Point, targets: Point, rng: np.random.Generator, radius_mm: float, reach_mm: float
) -> Tube:
    """Return a small branch towards a random place at about the wanted distance."""
    distance = np.linalg.norm(targets - start, axis=1)
    weight = np.exp(-(((distance - reach_mm) / 10.0) ** 2)) + 1e-9
    end = targets[rng.choice(len(targets), p=weight / weight.sum())]
    middle = (start + end) / 2 + rng.normal(0, 2.5, 3)
    return Tube(start, middle, end, radius_mm, 1.0)


def _paint(mask: npt.NDArray[np.bool_], tube: Tube, anatomy: Anatomy) -> None:
    affine, spacing = anatomy.geometry.affine, np.asarray(anatomy.geometry.spacing_mm)
    to_index = np.linalg.inv(affine)
    for fraction in np.linspace(0, 1, _STEPS):
        radius = tube.start_radius_mm + fraction * (tube.end_radius_mm - tube.start_radius_mm)
        centre = to_index[:3, :3] @ tube.at(float(fraction)) + to_index[:3, 3]
        low = np.maximum(np.ceil(centre - radius / spacing).astype(int), 0)
        high = np.minimum(np.floor(centre + radius / spacing).astype(int) + 1, mask.shape)
        if (high <= low).any():
            continue
        offsets = np.meshgrid(
            *[
                (np.arange(a, b) - c) * s
                for a, b, c, s in zip(low, high, centre, spacing, strict=True)
            ],
            indexing="ij",
        )
        ball = sum(offset**2 for offset in offsets) <= radius**2
        mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] |= ball
