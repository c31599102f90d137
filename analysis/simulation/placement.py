"""Where the acquired block lies in the body: a straight or tilted stack around a centre."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.simulation.spec import Grid
from analysis.volume import Geometry


def grid_geometry(grid: Grid, centre_mm: npt.ArrayLike) -> Geometry:
    """Return the voxel grid of an acquisition; columns run to the left, rows to the back.

    Parameters
    ----------
    grid
        Shape, spacing and tilt.
    centre_mm
        (3,) RAS position of the middle of the block.

    Examples
    --------
    >>> grid_geometry(Grid((3, 3, 3), (2.0, 2.0, 5.0)), (0, 0, 0)).affine[:3, 3].tolist()
    [2.0, 2.0, -5.0]
    """
    axes = _rotation(grid.tilt_deg) @ np.diag([-1.0, -1.0, 1.0])
    affine = np.eye(4)
    affine[:3, :3] = axes * np.asarray(grid.spacing_mm)
    middle = (np.asarray(grid.shape) - 1) / 2
    affine[:3, 3] = np.asarray(centre_mm, dtype=np.float64) - affine[:3, :3] @ middle
    return Geometry(grid.shape, affine)


def _rotation(tilt_deg: tuple[float, float]) -> npt.NDArray[np.float64]:
    a, b = np.deg2rad(tilt_deg)
    about_right = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_up = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    result: npt.NDArray[np.float64] = about_right @ about_up
    return result
