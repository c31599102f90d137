"""Received series in memory, for tests of the choice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.quantities import MR_SIGNAL
from analysis.study import (
    Acquisition,
    Component,
    ImageStack,
    IngestedSeries,
    IngestedStudy,
    Role,
    StudyDescription,
)
from analysis.volume import Geometry, Volume

ECHOES_MS = (1.2, 2.2, 3.2, 4.2, 5.2, 6.2)
LIVER_GRID = Geometry((8, 6, 5), np.diag([-50.0, -50.0, 50.0, 1.0]))
SMALL_GRID = Geometry((8, 6, 5), np.diag([-20.0, -20.0, 20.0, 1.0]))
THREE_TESLA = Acquisition(
    "SIEMENS", field_strength_t=2.89, repetition_time_ms=9.0, flip_angle_deg=4.0
)


def stack(
    echo_ms: float | None,
    component: Component = Component.MAGNITUDE,
    *,
    grid: Geometry = LIVER_GRID,
    value: float | None = None,
    in_radians: bool = True,
) -> ImageStack:
    """Return a stack whose voxels all hold ``value``, by default the echo time."""
    level = echo_ms or 0.0 if value is None else value
    values = np.full(grid.shape, level, np.float32)
    is_phase = component is Component.PHASE
    return ImageStack(
        Volume(values, grid, MR_SIGNAL),
        component,
        echo_ms,
        phase_in_radians=is_phase and in_radians,
    )


def series(
    number: int,
    stacks: Sequence[ImageStack],
    role: Role = Role.MULTI_ECHO,
    *,
    acquisition: Acquisition = THREE_TESLA,
    not_read: str = "",
) -> IngestedSeries:
    return IngestedSeries(
        series_instance_uid=f"1.2.{number}",
        number=number,
        description=f"series {number}",
        modality="MR",
        acquisition=acquisition,
        stacks=tuple(stacks),
        claimed_role=role,
        instance_count=len(stacks),
        not_read=not_read,
    )


def echoes(
    number: int,
    times_ms: Sequence[float] = ECHOES_MS,
    *,
    component: Component = Component.MAGNITUDE,
    grid: Geometry = LIVER_GRID,
    in_radians: bool = True,
) -> IngestedSeries:
    return series(
        number,
        [stack(time, component, grid=grid, in_radians=in_radians) for time in times_ms],
    )


def study(*received: IngestedSeries) -> IngestedStudy:
    return IngestedStudy(StudyDescription("1.2"), tuple(received), (), ())
