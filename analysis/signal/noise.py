"""Noise of magnitude images: the Rice distribution, its mean, and how noise is added."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special


def rice_mean(
    signal: npt.NDArray[np.float64], sigma: float | npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the expected magnitude of a signal with complex Gaussian noise.

    E[M] = sigma sqrt(pi/2) [(1 + 2x) I0e(x) + 2x I1e(x)],  x = S^2 / (4 sigma^2)

    Parameters
    ----------
    signal
        Noise-free magnitude, any shape.
    sigma
        Standard deviation of the noise in each of the two channels, > 0, same unit.

    Returns
    -------
    Same shape as ``signal``.

    References
    ----------
    Gudbjartsson and Patz 1995, doi:10.1002/mrm.1910340618.

    Examples
    --------
    >>> bool(np.isclose(rice_mean(np.zeros(1), 1.0)[0], np.sqrt(np.pi / 2)))
    True
    """
    x = np.square(signal) / (4.0 * np.square(sigma))
    result: npt.NDArray[np.float64] = (
        sigma * np.sqrt(np.pi / 2) * ((1 + 2 * x) * special.i0e(x) + 2 * x * special.i1e(x))
    )
    return result


def add_complex_noise(
    signal: npt.NDArray[np.complex128], sigma: float, rng: np.random.Generator
) -> npt.NDArray[np.complex128]:
    """Return ``signal`` with independent Gaussian noise of SD ``sigma`` in both channels.

    Parameters
    ----------
    signal
        Complex signal, any shape.
    sigma
        Standard deviation in each channel, same unit.
    rng
        Source of randomness.
    """
    noise = rng.standard_normal(signal.shape) + 1j * rng.standard_normal(signal.shape)
    result: npt.NDArray[np.complex128] = signal + sigma * noise
    return result
