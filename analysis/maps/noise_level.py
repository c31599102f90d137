"""The noise level of one receive channel, from the background and from what the fit leaves over."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

BACKGROUND_SHARE = 0.02  # smallest share of the image that is needed as background
RAYLEIGH_MEDIAN = float(np.sqrt(2 * np.log(2)))
SAMPLE = 200_000


def background_sigma(magnitude: npt.NDArray[np.float32]) -> float | None:
    """Return the noise level from the air around the body, or None where there is none to see.

    In air the magnitude follows the Rayleigh distribution, whose median is sigma sqrt(2 ln 2). Air
    is recognised in the last echo as the darkest tenth of the voxels that are not exactly zero; the
    estimate is refused when fewer than 2 % of the voxels fit that distribution (masked images).

    Parameters
    ----------
    magnitude
        (echo, i, j, k) finite, >= 0.

    Returns
    -------
    Standard deviation of the noise in one channel, in the unit of ``magnitude``, or None.

    References
    ----------
    Gudbjartsson and Patz 1995, doi:10.1002/mrm.1910340618.
    """
    last = magnitude[-1].ravel()
    values = last[:: max(1, last.size // SAMPLE)]
    lit = np.sort(values[values > 0])
    if lit.size < 100 or lit.size < BACKGROUND_SHARE * values.size:
        return None
    # Below sigma the Rayleigh distribution holds 39.3 % of the air; start from the darkest tenth.
    sigma = float(lit[lit.size // 10])
    for _ in range(20):
        air = lit[: int(np.searchsorted(lit, 2.0 * sigma))]
        if air.size < 20:
            return None
        # Median of a Rayleigh distribution cut at 2 sigma (which holds 86.5 % of it).
        cut_median = np.sqrt(-2 * np.log(1 - 0.5 * (1 - np.exp(-2.0))))
        updated = float(air[air.size // 2]) / float(cut_median)
        if abs(updated - sigma) < 1e-3 * sigma:
            break
        sigma = updated
    is_enough = air.size >= BACKGROUND_SHARE * values.size
    return sigma if is_enough and _is_rayleigh(air, sigma) else None


def _is_rayleigh(air: npt.NDArray[np.float32], sigma: float) -> bool:
    """Tell whether the quartiles agree with a Rayleigh distribution cut at two sigma."""
    held = 1 - np.exp(-2.0)
    for share in (0.25, 0.75):
        expected = sigma * np.sqrt(-2 * np.log(1 - share * held))
        if abs(float(air[int(share * air.size)]) / expected - 1) > 0.15:
            return False
    return True


def residual_sigma(sum_of_squares: npt.NDArray[np.float32], degrees_of_freedom: int) -> float:
    """Return the noise level from the residuals of voxels that were fitted.

    The median of the sums of squares is compared with the median of the chi-squared distribution,
    so that a minority of voxels that the model does not describe has no influence.

    Parameters
    ----------
    sum_of_squares
        (voxel,) residual sums of squares.
    degrees_of_freedom
        Data minus unknowns of one voxel, >= 1.
    """
    median = float(np.median(sum_of_squares))
    return float(np.sqrt(median / (2 * special.gammaincinv(degrees_of_freedom / 2, 0.5))))
