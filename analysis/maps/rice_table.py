"""The Rician bias as a table, so that a compiled kernel can read it in a few instructions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.signal.noise import rice_mean

RICE_LIMIT = 8.0  # in units of sigma; above it the bias is 1 / (2 u) within 0.0003 sigma
RICE_STEPS_PER_UNIT = 64.0


def rice_bias_table() -> npt.NDArray[np.float64]:
    """Return how far the mean magnitude lies above the true signal, in units of sigma.

    b(u) = E[M] / sigma - u for the signal-to-noise ratio u from 0 to just above ``RICE_LIMIT``.

    Returns
    -------
    (RICE_LIMIT * RICE_STEPS_PER_UNIT + 2,) float64.

    References
    ----------
    Gudbjartsson and Patz 1995, doi:10.1002/mrm.1910340618; the first-moment noise model of
    Feng 2013, doi:10.1002/mrm.24607.
    """
    steps = np.arange(int(RICE_LIMIT * RICE_STEPS_PER_UNIT) + 2) / RICE_STEPS_PER_UNIT
    bias: npt.NDArray[np.float64] = rice_mean(steps, 1.0) - steps
    return bias
