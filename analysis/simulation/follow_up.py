"""A second visit of the same body: it lies and breathes differently, and its fat and iron changed.

Both visits are cut from one finely sampled body, so that vessels, texture and every voxel's fat and
iron travel with the tissue. A point y of the follow-up shows the tissue at x = M(y + u(y)) of the
baseline, with M a rotation about the middle of the block and a shift, and u a smooth deformation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.simulation.abdomen import sample_abdomen
from analysis.simulation.anatomy import Anatomy
from analysis.simulation.phantom import acquire_fields
from analysis.simulation.simulated_study import SimulatedStudy
from analysis.simulation.spec import Grid, PhantomSpec, Protocol
from analysis.simulation.tissue_fields import TissueFields, tissue_fields
from analysis.simulation.tissues import BY_NAME
from analysis.volume import Geometry, LabelMap, read_only

Points = npt.NDArray[np.float64]
_SEGMENTS = 8
_FINE_MM = 2.5
# Wavelengths in mm and phases of the deformation along right, anterior, superior; drawn once.
_WAVES_MM = ((210.0, 250.0, 230.0), (240.0, 190.0, 260.0), (230.0, 260.0, 200.0))
_PHASES = ((0.3, 1.1, 0.2), (0.9, 0.4, 1.6), (0.1, 0.8, 0.5))
_SHARES = (0.3, 0.5, 1.0)  # breathing moves a liver along the body most


@dataclass(frozen=True, slots=True)
class FollowUp:
    """How a later visit differs from the first.

    Parameters
    ----------
    shift_mm
        How far the body lies elsewhere along right, anterior, superior.
    rotation_deg
        Rotation about the same axes, through the middle of the block.
    breath_mm
        Largest deformation by another breath-hold.
    pdff_change_percent
        Added to the PDFF of the parenchyma of segments I-VIII, in percentage points.
    r2star_factor
        Multiplies the R2* of the parenchyma of segments I-VIII.
    seed
        Start of the second visit's noise.
    protocol
        Of the second visit; None repeats the first one's.
    grid
        Of the second visit; None repeats the first one's.
    """

    shift_mm: tuple[float, float, float] = (3.0, -4.0, 8.0)
    rotation_deg: tuple[float, float, float] = (2.0, -2.0, 3.0)
    breath_mm: float = 10.0
    pdff_change_percent: tuple[float, ...] = (0.0,) * _SEGMENTS
    r2star_factor: tuple[float, ...] = (1.0,) * _SEGMENTS
    seed: int = 1
    protocol: Protocol | None = None
    grid: Grid | None = None

    def __post_init__(self) -> None:
        counts = {len(self.pdff_change_percent), len(self.r2star_factor)}
        if counts != {_SEGMENTS} or min(self.r2star_factor) <= 0:
            raise ValueError("a change needs eight values, and factors above zero")

    def to_baseline(self, points_mm: Points, centre_mm: Points) -> Points:
        """Return where in the baseline the tissue at points of the follow-up lay.

        Parameters
        ----------
        points_mm
            (..., 3) RAS positions.
        centre_mm
            (3,) middle of the block, about which the body was turned.

        Returns
        -------
        (..., 3) RAS positions.
        """
        moved = points_mm + self.breath_mm * _waves(points_mm - centre_mm)
        turned = (moved - centre_mm) @ _rotation(self.rotation_deg).T
        place: Points = turned + centre_mm + np.asarray(self.shift_mm)
        return place


@dataclass(frozen=True, slots=True, eq=False)
class VisitPair:
    """Two visits of one subject and the truth about what happened between them.

    Parameters
    ----------
    baseline, follow_up
        The simulated studies.
    change
        What was asked for.
    centre_mm
        Middle about which the body was turned.
    """

    baseline: SimulatedStudy
    follow_up: SimulatedStudy
    change: FollowUp
    centre_mm: Points

    def to_baseline(self, points_mm: Points) -> Points:
        """Return where in the baseline the tissue at points of the follow-up lay, (..., 3) mm."""
        return self.change.to_baseline(points_mm, self.centre_mm)


def _waves(offsets_mm: Points) -> Points:
    parts = [
        share * np.prod([np.cos(2 * np.pi * offsets_mm[..., n] / waves[n] + phases[n])
                         for n in range(3)], axis=0)
        for share, waves, phases in zip(_SHARES, _WAVES_MM, _PHASES, strict=True)
    ]  # fmt: skip
    return np.stack(parts, axis=-1)


def _rotation(angles_deg: tuple[float, float, float]) -> Points:
    a, b, c = np.deg2rad(angles_deg)
    about_right = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_front = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_up = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    result: Points = about_right @ about_front @ about_up
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Body:
    """The finely sampled body with all its fields."""

    anatomy: Anatomy
    fields: TissueFields

    @property
    def centre_mm(self) -> Points:
        geometry = self.anatomy.geometry
        middle = (np.asarray(geometry.shape) - 1) / 2
        centre: Points = geometry.affine[:3, :3] @ middle + geometry.affine[:3, 3]
        return centre


def simulate_pair(spec: PhantomSpec, change: FollowUp) -> VisitPair:
    """Simulate two visits of one subject.

    Parameters
    ----------
    spec
        The first visit.
    change
        What differs at the second.

    Returns
    -------
    Two studies; the truth of the second is that of the first at ``to_baseline``, with the changes
    of fat and iron of each segment added in the parenchyma.
    """
    body = _fine_body(spec)
    first = _cut(body, _grid_of(spec, body), None)
    second_spec = replace(
        spec,
        seed=spec.seed + 7919 * change.seed,  # of the noise only: the body comes from the first
        protocol=change.protocol or spec.protocol,
        grid=change.grid or spec.grid,
    )
    later = _cut(_changed(body, spec, second_spec, change), _grid_of(second_spec, body), change)
    return VisitPair(
        acquire_fields(first.anatomy, first.fields, spec),
        acquire_fields(later.anatomy, later.fields, second_spec),
        change,
        body.centre_mm,
    )


def _fine_body(spec: PhantomSpec) -> _Body:
    """Return the body at no more than 2.5 mm between voxels, on the block of the first visit."""
    grid = spec.grid
    factors = [max(1, round(size / _FINE_MM)) for size in grid.spacing_mm]
    shape = tuple(n * f for n, f in zip(grid.shape, factors, strict=True))
    spacing = tuple(s / f for s, f in zip(grid.spacing_mm, factors, strict=True))
    fine = replace(
        spec,
        grid=Grid(
            (shape[0], shape[1], shape[2]), (spacing[0], spacing[1], spacing[2]), grid.tilt_deg
        ),
    )
    anatomy = sample_abdomen(fine)
    return _Body(anatomy, tissue_fields(anatomy, fine))


def _grid_of(spec: PhantomSpec, body: _Body) -> Geometry:
    """Return the acquired grid around the middle of the fine block."""
    fine = body.anatomy.geometry
    axes = fine.affine[:3, :3] / np.asarray(fine.spacing_mm)
    affine = np.eye(4)
    affine[:3, :3] = axes * np.asarray(spec.grid.spacing_mm)
    middle = (np.asarray(spec.grid.shape) - 1) / 2
    affine[:3, 3] = body.centre_mm - affine[:3, :3] @ middle
    return Geometry(spec.grid.shape, affine)


def _changed(body: _Body, first: PhantomSpec, second: PhantomSpec, change: FollowUp) -> _Body:
    """Return the body with new fat and iron in the parenchyma, at the second visit's field."""
    labels = body.anatomy.segments.array
    parenchyma = body.anatomy.liver & ~body.anatomy.vessels
    steps = np.array([0.0, *change.pdff_change_percent], dtype=np.float32)
    factors = np.array([1.0, *change.r2star_factor], dtype=np.float32)
    fields = body.fields
    if second.protocol.field_strength_t != first.protocol.field_strength_t:
        fields = tissue_fields(body.anatomy, replace(first, protocol=second.protocol))
    pdff = np.where(parenchyma, fields.pdff_percent + steps[labels], fields.pdff_percent)
    rate = np.where(parenchyma, fields.r2star_per_s * factors[labels], fields.r2star_per_s)
    return _Body(
        body.anatomy,
        replace(fields, pdff_percent=np.clip(pdff, 0.0, 100.0), r2star_per_s=rate),
    )


def _cut(body: _Body, geometry: Geometry, change: FollowUp | None) -> _Body:
    """Return what a scanner sees of the body on a grid, each voxel from the nearest fine voxel."""
    axes = [np.arange(size, dtype=np.float64) for size in geometry.shape]
    index = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    points = index @ geometry.affine[:3, :3].T + geometry.affine[:3, 3]
    if change is not None:
        points = change.to_baseline(points, body.centre_mm)
    inverse = np.linalg.inv(body.anatomy.geometry.affine)
    place = np.rint(points @ inverse[:3, :3].T + inverse[:3, 3]).astype(np.intp)
    limit = np.asarray(body.anatomy.geometry.shape) - 1
    # Above and below the fine block the body goes on as its last slice; beside it is air.
    is_air = ((place[..., :2] < 0) | (place[..., :2] > limit[:2])).any(axis=-1)
    where = tuple(np.moveaxis(np.clip(place, 0, limit), -1, 0))
    air = BY_NAME["background"].value
    tissues = np.where(is_air, air, body.anatomy.tissues[where]).astype(np.uint8)
    labels = np.where(is_air, 0, body.anatomy.segments.array[where]).astype(np.uint8)
    fields = body.fields
    density = np.where(is_air, np.float32(0), fields.proton_density[where])
    return _Body(
        Anatomy(tissues, LabelMap(labels, geometry)),
        TissueFields(
            read_only(fields.pdff_percent[where], np.float32),
            read_only(fields.r2star_per_s[where], np.float32),
            density,
            fields.t1_water_ms[where],
            fields.t1_fat_ms,
        ),
    )
