"""Average a map over about a centimetre inside the liver, and carry its standard error along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.precision import noise_correlation_voxels
from analysis.volume import QuantityMap

SIGMA_MM = 4.25  # full width at half maximum 10 mm
_REACH = 2.5
_LEAST_WEIGHT = 0.05
Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class SmoothMap:
    """A map averaged with Gaussian weights over the valid voxels of the liver.

    Parameters
    ----------
    values, standard_error
        (i, j, k) float32, in the unit of the map; the error is None when the fit gave none.
    valid
        (i, j, k) bool.
    """

    values: Array
    standard_error: Array | None
    valid: npt.NDArray[np.bool_]


def smooth(quantity_map: QuantityMap, liver: npt.NDArray[np.bool_]) -> SmoothMap:
    """Average a map within the liver.

    m(x) = Σ w v / Σ w,  SE² = c Σ w² se² / (Σ w)², with Gaussian w over valid liver voxels and c
    correlated voxels (``analysis.precision``). Nothing outside the liver enters.

    Parameters
    ----------
    quantity_map
        The map.
    liver
        (i, j, k) bool on its grid.
    """
    used = quantity_map.valid & liver
    values, weight = average(quantity_map, used, SIGMA_MM)
    valid = liver & (weight > _LEAST_WEIGHT)
    error: Array | None = None
    if quantity_map.standard_error is not None:
        variance = np.where(used, np.square(quantity_map.standard_error), np.float32(0))
        carried = _blur(variance, [np.square(k) for k in _kernels(quantity_map, SIGMA_MM)])
        correlation = noise_correlation_voxels(quantity_map, liver)
        safe = np.where(valid, weight, np.float32(1))
        error = (np.sqrt(np.float32(correlation) * carried) / safe).astype(np.float32)
    return SmoothMap(np.where(valid, values, np.float32(0)), error, valid)


def average(
    quantity_map: QuantityMap, used: npt.NDArray[np.bool_], sigma_mm: float
) -> tuple[Array, Array]:
    """Average a map with Gaussian weights over the voxels of a mask.

    Parameters
    ----------
    quantity_map
        The map.
    used
        (i, j, k) bool.
    sigma_mm
        SD of the weights.

    Returns
    -------
    Σ w v / Σ w, zero where no used voxel is in reach, and the sum of weights, 1 among used voxels.
    """
    kernels = _kernels(quantity_map, sigma_mm)
    weight = _blur(used.astype(np.float32), kernels)
    total = _blur(np.where(used, quantity_map.volume.array, np.float32(0)), kernels)
    values = total / np.where(weight > 0, weight, np.float32(1))
    return values.astype(np.float32), weight


def _kernels(quantity_map: QuantityMap, sigma_mm: float) -> list[npt.NDArray[np.float64]]:
    return [_kernel(sigma_mm / spacing) for spacing in quantity_map.geometry.spacing_mm]


def _kernel(sigma: float) -> npt.NDArray[np.float64]:
    reach = max(1, round(_REACH * sigma))
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    result: npt.NDArray[np.float64] = weights / weights.sum()
    return result


def _blur(array: Array, kernels: list[npt.NDArray[np.float64]]) -> Array:
    for axis, kernel in enumerate(kernels):
        array = ndimage.correlate1d(array, kernel, axis=axis, mode="constant")
    return array
