"""The spoiled gradient-echo signal of water and fat: used by the simulator and by the fit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.signal.fat_spectrum import SIX_PEAK, FatSpectrum, fat_phasor


def multi_echo_signal(
    water: npt.NDArray[np.float64],
    fat: npt.NDArray[np.float64],
    r2star_per_s: npt.NDArray[np.float64],
    echo_times_ms: npt.ArrayLike,
    field_strength_t: float,
    *,
    off_resonance_hz: npt.ArrayLike = 0.0,
    initial_phase_rad: npt.ArrayLike = 0.0,
    spectrum: FatSpectrum = SIX_PEAK,
) -> npt.NDArray[np.complex128]:
    """Return the complex multi-echo signal of a water-fat mixture with a single R2*.

    S(t) = (W + F c(t)) exp(-R2* t) exp(i 2 pi f t) exp(i phi0)

    Parameters
    ----------
    water, fat
        Signals of water and fat at echo time zero (any one shape, arbitrary units).
    r2star_per_s
        Effective transverse relaxation rate, same shape, 1/s.
    echo_times_ms
        (echo,) milliseconds.
    field_strength_t
        Tesla.
    off_resonance_hz, initial_phase_rad
        Field map in Hz and initial phase in rad, broadcast to the shape of ``water``.
    spectrum
        Fat peaks.

    Returns
    -------
    (echo, ...) complex128.

    References
    ----------
    Reeder 2012; science notes 1.1. Sign: exp(+i 2 pi f t), as the ISMRM toolbox.
    """
    times_ms = np.atleast_1d(np.asarray(echo_times_ms, dtype=np.float64))
    phasor = fat_phasor(times_ms, field_strength_t, spectrum)
    shape = (times_ms.size,) + (1,) * np.ndim(water)
    times_s = times_ms.reshape(shape) / 1000.0
    mixture = np.asarray(water)[None] + np.asarray(fat)[None] * phasor.reshape(shape)
    rate = 2j * np.pi * np.asarray(off_resonance_hz) - np.asarray(r2star_per_s)
    result: npt.NDArray[np.complex128] = mixture * np.exp(
        np.asarray(rate)[None] * times_s + 1j * np.asarray(initial_phase_rad)[None]
    )
    return result


def t1_saturation(
    t1_ms: npt.ArrayLike, repetition_time_ms: float, flip_angle_deg: float
) -> npt.NDArray[np.float64]:
    """Return the T1 weighting of a spoiled gradient echo at steady state, 0 to 1.

    f(T1) = sin(a) (1 - E1) / (1 - cos(a) E1), with E1 = exp(-TR / T1).

    Parameters
    ----------
    t1_ms
        Longitudinal relaxation time(s) in ms, > 0.
    repetition_time_ms
        TR in ms.
    flip_angle_deg
        Flip angle a in degrees.

    Returns
    -------
    Same shape as ``t1_ms``.

    References
    ----------
    Ernst equation for spoiled gradient echo.

    Examples
    --------
    >>> round(float(t1_saturation(382.0, 8.0, 10.0) / t1_saturation(809.0, 8.0, 10.0)), 3)
    1.472
    """
    e1 = np.exp(-repetition_time_ms / np.asarray(t1_ms, dtype=np.float64))
    angle = np.deg2rad(flip_angle_deg)
    result: npt.NDArray[np.float64] = np.sin(angle) * (1 - e1) / (1 - np.cos(angle) * e1)
    return result
