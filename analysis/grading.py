"""Estimated grades of steatosis and iron from MRI, each by a named table; never histology.

References
----------
Tang 2013, doi:10.1148/radiol.12120896 (77 patients, biopsy). Cut-offs as collected in PMC5124376
table 1 (Tang, Permutt, Idilman) and PMC6223150 table 3 (Tang, Middleton, Paige). Repeatability of
PDFF: PMC4819976 (a change above 1.8 points, twice the largest standard deviation over repeated 3 T
examinations on one day, may be real).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from analysis.measurement import Grade, Measurement
from analysis.quantities import BY_KEY, LIC, PDFF

NOT_HISTOLOGY = "estimated from MRI, not histology"


@dataclass(frozen=True, slots=True)
class GradingTable:
    """A named table of cut-offs; ``cut_offs[n]`` is the lowest value of ``grades[n + 1]``.

    Parameters
    ----------
    name
        How the table is called in reports, such as ``"Tang 2013"``.
    quantity
        ``"PDFF"`` or ``"LIC"``.
    grades
        From the lowest, one more than cut-offs.
    cut_offs
        In the unit of the quantity, increasing.
    source
        Publication, with DOI or PMC number.

    Raises
    ------
    ValueError
        If the cut-offs do not increase or do not separate the grades.
    """

    name: str
    quantity: str
    grades: tuple[str, ...]
    cut_offs: tuple[float, ...]
    source: str

    def __post_init__(self) -> None:
        if any(low >= high for low, high in pairwise(self.cut_offs)):
            raise ValueError(f"the cut-offs of {self.name} do not increase")
        if len(self.grades) != len(self.cut_offs) + 1:
            raise ValueError(f"{self.name} needs one more grade than cut-offs")

    def index(self, value: float) -> int:
        """Return the position of the grade of ``value``; a value on a cut-off is above it."""
        return int(np.searchsorted(self.cut_offs, value, side="right"))

    def band(self, index: int) -> str:
        """Return the range of a grade in words, such as ``"6.4–17.4 %"``."""
        unit = BY_KEY[self.quantity].unit
        if index == 0:
            return f"< {self.cut_offs[0]:g} {unit}"
        if index == len(self.cut_offs):
            return f"≥ {self.cut_offs[-1]:g} {unit}"
        return f"{self.cut_offs[index - 1]:g}\N{EN DASH}{self.cut_offs[index]:g} {unit}"


TANG_2013 = GradingTable(
    "Tang 2013",
    "PDFF",
    ("S0", "S1", "S2", "S3"),
    (6.4, 17.4, 22.1),
    "Tang 2013, doi:10.1148/radiol.12120896",
)
MIDDLETON_2017_ADULT = GradingTable(
    "Middleton 2017, adults",
    "PDFF",
    ("S0-S1", "S2", "S3"),
    (16.3, 21.7),
    "Middleton 2017, adults with NASH, as in PMC6223150 table 3",
)
MIDDLETON_2017_PAEDIATRIC = GradingTable(
    "Middleton 2017, children",
    "PDFF",
    ("S0-S1", "S2", "S3"),
    (17.5, 23.3),
    "Middleton 2017, children, as in PMC6223150 table 3",
)
PAIGE_2017 = GradingTable(
    "Paige",
    "PDFF",
    ("S0-S1", "S2", "S3"),
    (13.45, 16.83),
    "Paige, 61 adults, as in PMC6223150 table 3",
)
IDILMAN = GradingTable(
    "Idilman",
    "PDFF",
    ("S0-S1", "S2-S3"),
    (15.0,),
    "Idilman, 70 adults, as in PMC5124376 table 1",
)
GUGLIELMO_PDFF = GradingTable(
    "Guglielmo 2023",
    "PDFF",
    ("S0", "S1", "S2", "S3"),
    (5.0, 17.0, 22.0),
    "Guglielmo 2023 (RadioGraphics), as coded publicly",
)
GUGLIELMO_LIC = GradingTable(
    "Guglielmo 2023",
    "LIC",
    ("normal", "mild", "moderate", "severe", "extreme"),
    (1.8, 3.2, 7.0, 15.0),
    "Guglielmo 2023 (RadioGraphics), as coded publicly",
)
SEVENFOLD_LIC = GradingTable(
    "2-7-15",
    "LIC",
    ("normal", "mild", "moderate", "severe"),
    (2.0, 7.0, 15.0),
    "PMC8528353 table 7",
)
TABLES: tuple[GradingTable, ...] = (
    TANG_2013,
    MIDDLETON_2017_ADULT,
    MIDDLETON_2017_PAEDIATRIC,
    PAIGE_2017,
    IDILMAN,
    GUGLIELMO_PDFF,
    GUGLIELMO_LIC,
    SEVENFOLD_LIC,
)
DEFAULT_TABLES: dict[str, GradingTable] = {PDFF.key: TANG_2013, LIC.key: GUGLIELMO_LIC}

# Half-width of the band around a cut-off in which a PDFF grade may change on repetition.
PDFF_REPEATABILITY_PERCENT = 1.8
PDFF_REPEATABILITY_SOURCE = "PMC4819976"
_NORMAL_95 = 1.959963984540054


def grade(measurement: Measurement, table: GradingTable) -> Grade:
    """Return the estimated grade of a mean PDFF or LIC, borderline where repetition may change it.

    The band around each cut-off is the repeatability of PDFF (1.8 points), and for LIC the 95 %
    interval of the value with the uncertainty of its calibration.

    Parameters
    ----------
    measurement
        Mean PDFF in % or LIC in mg/g.
    table
        Cut-offs of the same quantity.

    Raises
    ------
    ValueError
        If table and measurement are of different quantities.

    References
    ----------
    The module's.
    """
    if measurement.quantity != table.quantity:
        raise ValueError(f"{table.name} does not grade {measurement.quantity}")
    index = table.index(measurement.value)
    half_width = _half_width(measurement)
    distance = min(abs(measurement.value - cut_off) for cut_off in table.cut_offs)
    return Grade(
        quantity=measurement.quantity,
        grade=table.grades[index],
        description=_describe(table, index),
        table=table.source,
        is_borderline=distance <= half_width,
        band=_band(table, index),
        is_equivalent=table.quantity == PDFF.key,
    )


def _half_width(measurement: Measurement) -> float:
    if measurement.quantity == PDFF.key:
        return PDFF_REPEATABILITY_PERCENT
    return _NORMAL_95 * (measurement.standard_error or 0.0)


def _describe(table: GradingTable, index: int) -> str:
    name, band = table.grades[index], _band(table, index)
    if table.quantity == PDFF.key:
        return f"{name}-equivalent ({band}), {NOT_HISTOLOGY}"
    return f"{name.capitalize()} ({band}), {NOT_HISTOLOGY}"


def _band(table: GradingTable, index: int) -> str:
    return f"{table.quantity} {table.band(index)}, {table.name}"


def fractions_by_band(
    values: npt.NDArray[np.float64], table: GradingTable
) -> tuple[tuple[str, float], ...]:
    """Return the share in percent of voxels in the band of each grade, lowest first.

    Single voxels carry the noise of the fit, so that a liver near a cut-off shows two bands.

    Parameters
    ----------
    values
        (n,) n >= 1, in the unit of the table's quantity.
    table
        The cut-offs.
    """
    bands = np.searchsorted(table.cut_offs, values, side="right")
    counts = np.bincount(bands, minlength=len(table.grades))
    shares = 100.0 * counts / values.size
    return tuple((name, float(share)) for name, share in zip(table.grades, shares, strict=True))
