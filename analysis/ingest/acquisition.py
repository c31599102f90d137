"""How a series was acquired, with the true field strength.

References
----------
Hernando 2023, doi:10.1148/radiol.213256: the field strength decides the LIC calibration. Scanners
sold as 3 T may run at 2.89 T; the imaging frequency tells (gamma = 42.577478 MHz/T for protons).
"""

from __future__ import annotations

from analysis.ingest.header import ImageHeader, SeriesHeader
from analysis.signal.fat_spectrum import GYROMAGNETIC_RATIO_MHZ_PER_T
from analysis.study import Acquisition

PLAUSIBLE_FIELD_T = (0.1, 12.0)
GAUSS_PER_TESLA = 10_000.0
FIELD_TOLERANCE = 0.1
PROTON_NAMES = ("", "1H", "H1", "PROTON", "1 H")


def field_strength_t(
    nominal_t: float | None, frequency_mhz: float | None, nucleus: str = ""
) -> float | None:
    """Return the main field in tesla, from the proton frequency where it agrees within 10 %.

    >>> round(field_strength_t(3.0, 123.2), 2)
    2.89
    >>> field_strength_t(15000.0, None)
    1.5
    """
    if nominal_t is not None and nominal_t > PLAUSIBLE_FIELD_T[1]:
        nominal_t = nominal_t / GAUSS_PER_TESLA  # old exports write gauss
    nominal = _plausible(nominal_t)
    measured = None
    if frequency_mhz and nucleus.upper().strip() in PROTON_NAMES:
        measured = _plausible(frequency_mhz / GYROMAGNETIC_RATIO_MHZ_PER_T)
    if nominal is None or measured is None:
        return measured or nominal
    return measured if abs(measured - nominal) <= FIELD_TOLERANCE * nominal else nominal


def _plausible(field_t: float | None) -> float | None:
    if field_t is None or not PLAUSIBLE_FIELD_T[0] <= field_t <= PLAUSIBLE_FIELD_T[1]:
        return None
    return field_t


def acquisition_of(header: ImageHeader, override_t: float | None) -> Acquisition:
    """Return how a series was acquired, from one of its images."""
    series = header.series
    field = field_strength_t(series.field_strength_t, series.imaging_frequency_mhz, series.nucleus)
    return Acquisition(
        manufacturer=series.manufacturer,
        model=series.model,
        software=series.software,
        field_strength_t=override_t or field,
        imaging_frequency_mhz=series.imaging_frequency_mhz,
        repetition_time_ms=header.repetition_time_ms,
        flip_angle_deg=header.flip_angle_deg,
        sequence=sequence_name(series),
        slice_thickness_mm=header.slice_thickness_mm,
    )


def sequence_name(series: SeriesHeader) -> str:
    """Return the sequence name, else the protocol."""
    return series.sequence or series.protocol
