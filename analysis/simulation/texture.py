"""Random fields that vary smoothly in space: the unevenness of real tissue."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.volume import Geometry

FloatField = npt.NDArray[np.float32]


def smooth_noise(geometry: Geometry, correlation_mm: float, rng: np.random.Generator) -> FloatField:
    """Return Gaussian noise with zero mean and unit SD whose values hang together over a distance.

    Parameters
    ----------
    geometry
        The grid.
    correlation_mm
        SD of the Gaussian kernel in mm; below a third of a voxel an axis stays white.
    rng
        Source of randomness.

    Returns
    -------
    (i, j, k) float32.
    """
    white = rng.standard_normal(geometry.shape, dtype=np.float32)
    sigma = [correlation_mm / spacing for spacing in geometry.spacing_mm]
    field = ndimage.gaussian_filter(white, sigma, mode="wrap", truncate=3.0)
    field -= field.mean()
    result: FloatField = field / max(float(field.std()), 1e-12)
    return result


def centred_coordinates(geometry: Geometry) -> tuple[FloatField, FloatField, FloatField]:
    """Return RAS coordinates in mm from the middle of the grid, each broadcastable in memory.

    Parameters
    ----------
    geometry
        The grid.

    Returns
    -------
    Three (i, j, k) float32 arrays: right, anterior, superior.
    """
    axes = [
        (np.arange(size, dtype=np.float32) - (size - 1) / 2).reshape(
            [-1 if axis == own else 1 for axis in range(3)]
        )
        for own, size in enumerate(geometry.shape)
    ]
    matrix = geometry.affine[:3, :3].astype(np.float32)
    fields = []
    for row in matrix:
        total = row[0] * axes[0] + row[1] * axes[1] + row[2] * axes[2]
        fields.append(np.ascontiguousarray(total, dtype=np.float32))
    return fields[0], fields[1], fields[2]
