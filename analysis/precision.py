"""How far noise moves the mean of a region: standard errors with correlated noise.

Neighbouring voxels do not carry independent noise: scanners interpolate, filter and unalias. The
correlation is estimated from the map itself, by comparing the differences of neighbours with the
standard errors that the fit reports.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.volume import QuantityMap

# A normal variable lies within this many standard deviations of zero half of the time.
_NORMAL_MEDIAN = 0.6744897501960817
_LARGEST_CORRELATION = 0.95
_FEWEST_PAIRS = 50
_Mask = npt.NDArray[np.bool_]


def noise_correlation_voxels(quantity_map: QuantityMap, region: npt.NDArray[np.bool_]) -> float:
    """Return over how many voxels the noise of a map is correlated; 1 for independent noise.

    Along each axis, with z = (x[n+1] - x[n]) / sqrt(se[n]^2 + se[n+1]^2) of neighbours in the
    region, the correlation is rho = 1 - (median |z| / 0.6745)^2 and the noise is taken to fall off
    as a Gaussian, rho(lag) = rho^(lag^2); the factor of the axis is the sum of rho over all lags
    and the result is the product over the axes. Tissue structure widens z, so that rho is rather
    too small than too large; the median keeps edges and vessels from widening it much.

    Parameters
    ----------
    quantity_map
        A map with standard errors; without them the result is 1.
    region
        (i, j, k) bool, on the grid of the map.

    References
    ----------
    The variance of a mean under correlation is that of Bartlett 1946, doi:10.2307/2983611; the
    Gaussian fall-off is the choice made here.
    """
    if quantity_map.standard_error is None:
        return 1.0
    inside = region & quantity_map.valid
    values = quantity_map.volume.array
    errors = quantity_map.standard_error
    return float(np.prod([_axis_factor(values, errors, inside, axis) for axis in range(3)]))


def _axis_factor(
    values: npt.NDArray[np.float32], errors: npt.NDArray[np.float32], inside: _Mask, axis: int
) -> float:
    behind = tuple(slice(None, -1) if n == axis else slice(None) for n in range(3))
    ahead = tuple(slice(1, None) if n == axis else slice(None) for n in range(3))
    pairs = inside[behind] & inside[ahead]
    noise = np.hypot(errors[behind][pairs], errors[ahead][pairs])
    if np.count_nonzero(noise > 0) < _FEWEST_PAIRS:
        return 1.0
    step = np.abs(values[ahead][pairs] - values[behind][pairs])[noise > 0] / noise[noise > 0]
    spread = float(np.median(step)) / _NORMAL_MEDIAN
    correlation = float(np.clip(1.0 - spread**2, 0.0, _LARGEST_CORRELATION))
    lags = np.arange(1, 13)
    return 1.0 + 2.0 * float(np.sum(correlation ** (lags**2)))


def standard_error_of_mean(
    values: npt.NDArray[np.float64],
    variances: npt.NDArray[np.float64] | None,
    *,
    n_region: int,
    correlation_voxels: float,
) -> float | None:
    """Return how far noise and left-out voxels move the mean of a region.

    SE^2 = c sum(se_i^2) / n^2  +  c (1 - n/N) SD^2 / n

    with n valid voxels of the N in the region and c correlated voxels. The first term carries the
    noise of the fit; the second is the sampling error of the voxels that could not be fitted
    (it vanishes when all were, as the region is then the whole population and not a sample).
    Errors that all voxels share (spectrum, T1, field, calibration) are not in it.

    Parameters
    ----------
    values
        (n,) valid voxels.
    variances
        (n,) squared standard errors of the fit, or None.
    n_region
        N, voxels in the region, valid or not.
    correlation_voxels
        c, see ``noise_correlation_voxels``.

    Returns
    -------
    In the unit of the values; None without ``variances`` or voxels.

    References
    ----------
    Finite population correction: Cochran 1977, Sampling Techniques, section 2.6.
    """
    n = values.size
    if variances is None or n == 0:
        return None
    noise = float(np.sum(variances)) / n**2
    left_out = max(0.0, 1.0 - n / n_region) * float(np.var(values)) / n
    return float(np.sqrt(correlation_voxels * (noise + left_out)))
