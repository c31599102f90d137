"""What the receiver adds: coil shading, a smooth phase, blur and noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.simulation.anatomy import Anatomy
from analysis.simulation.texture import FloatField, centred_coordinates


def coil_shading(anatomy: Anatomy, strength: float, rng: np.random.Generator) -> FloatField:
    """Return the relative sensitivity of a surface coil: 1 in the middle, more at the skin.

    Parameters
    ----------
    anatomy
        The body; its extent decides where the skin is.
    strength
        0 for an even field; the skin is exp(strength) times as bright as the middle, with a random
        tilt of a third of that.
    rng
        Source of the tilt.
    """
    right, front, up = _relative_coordinates(anatomy)
    tilt = rng.uniform(-1, 1, size=3).astype(np.float32) / 3
    exponent = right**2 + front**2 + tilt[0] * right + tilt[1] * front + tilt[2] * up
    result: FloatField = np.exp(np.float32(strength) * exponent)
    return result


def initial_phase_rad(anatomy: Anatomy, rng: np.random.Generator) -> FloatField:
    """Return a smooth phase at echo time zero, a few radians over the body.

    Parameters
    ----------
    anatomy
        The body.
    rng
        Source of direction and curvature.
    """
    fields = _relative_coordinates(anatomy)
    offset = np.float32(rng.uniform(-np.pi, np.pi))
    slopes, curves = rng.uniform(-1.5, 1.5, size=(2, 3)).astype(np.float32)
    total = sum(
        slope * field + curve / 2 * field**2
        for slope, curve, field in zip(slopes, curves, fields, strict=True)
    )
    result: FloatField = (total + offset).astype(np.float32)
    return result


def blur_in_plane(
    signal: npt.NDArray[np.complex128], sigma_voxels: float
) -> npt.NDArray[np.complex128]:
    """Return the complex image after a Gaussian point spread within each slice.

    Parameters
    ----------
    signal
        (i, j, k) complex.
    sigma_voxels
        SD of the point spread; 0 leaves the image alone.
    """
    if sigma_voxels == 0:
        return signal
    sigma = (sigma_voxels, sigma_voxels, 0.0)
    result: npt.NDArray[np.complex128] = ndimage.gaussian_filter(signal, sigma, truncate=4.0)
    return result


def _relative_coordinates(anatomy: Anatomy) -> tuple[FloatField, FloatField, FloatField]:
    """Return right, anterior and superior, -1 to 1 over the body's extent."""
    body = anatomy.body
    scaled = []
    for field in centred_coordinates(anatomy.geometry):
        inside = field[body] if body.any() else field.ravel()
        low, high = float(inside.min()), float(inside.max())
        half = max((high - low) / 2, 1e-6)
        scaled.append((field - np.float32((low + high) / 2)) / np.float32(half))
    return scaled[0], scaled[1], scaled[2]
