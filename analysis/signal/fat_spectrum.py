"""Fat spectra and the complex signal of fat at an echo time.

Equation: c(t) = sum_p a_p exp(i 2 pi gamma B0 dppm_p t) with sum_p a_p = 1, where dppm_p is the
chemical shift of peak p relative to water (negative for the main peaks).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

GYROMAGNETIC_RATIO_MHZ_PER_T = 42.577478


@dataclass(frozen=True, slots=True)
class FatSpectrum:
    """Peaks of the fat spectrum relative to water.

    Parameters
    ----------
    key, name
        Identifier for commands, and the name in words.
    shifts_ppm
        Chemical shift of each peak minus that of water.
    amplitudes
        Relative amplitudes; normalised to sum 1 on construction.
    source
        Where the table was published.
    """

    key: str
    name: str
    shifts_ppm: tuple[float, ...]
    amplitudes: tuple[float, ...]
    source: str

    def __post_init__(self) -> None:
        if len(self.shifts_ppm) != len(self.amplitudes) or not self.amplitudes:
            raise ValueError("a fat spectrum needs one amplitude for each shift")
        total = sum(self.amplitudes)
        object.__setattr__(self, "amplitudes", tuple(a / total for a in self.amplitudes))


def _against_water(peaks_ppm: tuple[float, ...], water_ppm: float = 4.70) -> tuple[float, ...]:
    return tuple(round(peak - water_ppm, 4) for peak in peaks_ppm)


SIX_PEAK = FatSpectrum(
    "six-peak",
    "Six-peak liver spectrum (ISMRM 2012 challenge)",
    (-3.80, -3.40, -2.60, -1.94, -0.39, 0.60),
    (0.087, 0.693, 0.128, 0.004, 0.039, 0.048),
    "Hamilton 2011, doi:10.1002/nbm.1622; as used in the ISMRM 2012 fat-water challenge",
)
HAMILTON_NINE_PEAK = FatSpectrum(
    "hamilton-nine-peak",
    "Hamilton 2011 liver triglycerides, nine peaks",
    _against_water((0.90, 1.30, 1.60, 2.02, 2.24, 2.75, 4.20, 5.19, 5.29)),
    (0.088, 0.642, 0.058, 0.062, 0.058, 0.006, 0.039, 0.010, 0.037),
    "Hamilton 2011, NMR Biomed 24:784, PMID 21834002",
)
PHANTOM_22C = FatSpectrum(
    "phantom-22c",
    "Six-peak spectrum for phantoms at 22 °C",
    (-3.9, -3.5, -2.7, -2.04, -0.49, 0.50),
    (0.087, 0.694, 0.128, 0.004, 0.039, 0.048),
    "Hernando 2017 multi-site phantom, PMC4835219",
)
REN_MARROW = FatSpectrum(
    "ren-marrow",
    "Bone marrow fat, nine peaks",
    (-3.8, -3.4, -3.1, -2.68, -2.46, -1.95, -0.5, 0.49, 0.59),
    (0.0899, 0.5834, 0.0599, 0.0849, 0.0599, 0.0150, 0.0400, 0.0100, 0.0569),
    "Ren 2008, as used for NAKO",
)
REEDER_YU = FatSpectrum(
    "reeder-yu",
    "Six peaks as used in UK Biobank",
    _against_water((5.20, 4.21, 2.66, 2.00, 1.20, 0.80)),
    (0.047, 0.039, 0.006, 0.120, 0.700, 0.088),
    "Yu 2008, doi:10.1002/mrm.21737",
)

SPECTRA: tuple[FatSpectrum, ...] = (
    SIX_PEAK,
    HAMILTON_NINE_PEAK,
    PHANTOM_22C,
    REN_MARROW,
    REEDER_YU,
)
BY_KEY: dict[str, FatSpectrum] = {spectrum.key: spectrum for spectrum in SPECTRA}


def fat_phasor(
    echo_times_ms: npt.ArrayLike, field_strength_t: float, spectrum: FatSpectrum = SIX_PEAK
) -> npt.NDArray[np.complex128]:
    """Return the complex signal of unit fat at each echo time.

    Parameters
    ----------
    echo_times_ms
        (echo,) echo times in milliseconds.
    field_strength_t
        Main field in tesla.
    spectrum
        Fat peaks.

    Returns
    -------
    (echo,) complex128; 1 at echo time zero.

    References
    ----------
    Hamilton 2011, doi:10.1002/nbm.1622.

    Examples
    --------
    >>> bool(np.isclose(fat_phasor([0.0], 3.0)[0], 1))
    True
    """
    times_s = np.atleast_1d(np.asarray(echo_times_ms, dtype=np.float64)) / 1000.0
    shifts_hz = GYROMAGNETIC_RATIO_MHZ_PER_T * field_strength_t * np.array(spectrum.shifts_ppm)
    phases = 2j * np.pi * times_s[:, None] * shifts_hz[None, :]
    result: npt.NDArray[np.complex128] = np.exp(phases) @ np.array(spectrum.amplitudes)
    return result
