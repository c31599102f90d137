"""Liver iron concentration from R2*: published calibrations, one row a field strength.

No calibration is scaled or interpolated to a field strength it was not measured at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.errors import UnsupportedAcquisition
from analysis.quantities import LIC
from analysis.volume import QuantityMap, Volume
from analysis.wording import Words, plain, words

MICROMOL_PER_MG = 17.9
FIELD_TOLERANCE_T = 0.04
CI95_WIDTH = 3.92  # full width of a 95 % interval in standard errors


@dataclass(frozen=True, slots=True)
class IronCalibration:
    """A relation LIC = intercept + slope R2*^exponent at one field strength.

    Parameters
    ----------
    key
        Family name, such as ``"hernando-2023"``.
    field_strength_t
        Where it was measured, in tesla.
    intercept_mg_per_g
        In mg iron per g dry liver.
    slope
        mg/g per (1/s)^exponent.
    intercept_ci95, slope_ci95
        95 % confidence intervals, or None where none was published.
    source
        Publication.
    exponent
        1 for a straight line.
    """

    key: str
    field_strength_t: float
    intercept_mg_per_g: float
    slope: float
    intercept_ci95: tuple[float, float] | None
    slope_ci95: tuple[float, float] | None
    source: str
    exponent: float = 1.0

    @property
    def name(self) -> str:
        """Name shown to readers, with the field strength."""
        return self.said.text

    @property
    def said(self) -> Words:
        """The name as words."""
        return words(
            "%(key)s at %(field)s T (%(source)s)",
            key=self.key,
            field=f"{self.field_strength_t:g}",
            source=plain(self.source),
        )


DEFAULT_FAMILY = "hernando-2023"
HERNANDO_SOURCE = "Hernando 2023, doi:10.1148/radiol.213256"
CALIBRATIONS: tuple[IronCalibration, ...] = (
    IronCalibration(
        "hernando-2023", 1.5, -0.16, 0.02603, (-0.64, 0.32), (0.02468, 0.02738), HERNANDO_SOURCE
    ),
    IronCalibration(
        "hernando-2023", 2.89, -0.03, 0.01400, (-0.51, 0.45), (0.01330, 0.01471), HERNANDO_SOURCE
    ),
    IronCalibration(
        "hernando-2023", 3.0, -0.03, 0.01349, (-0.51, 0.45), (0.01282, 0.01417), HERNANDO_SOURCE
    ),
    IronCalibration("wood-2005", 1.5, 0.202, 0.0254, None, None, "Wood 2005, as commonly quoted"),
    IronCalibration(
        "garbowski-2014", 1.5, 0.0, 0.0290, None, None, "Garbowski 2014", exponent=1.014
    ),
    IronCalibration("meloni-2019", 1.5, 0.0, 0.0266, None, None, "Meloni, St Pierre 2019"),
)
FAMILIES: tuple[str, ...] = tuple(dict.fromkeys(row.key for row in CALIBRATIONS))


def find_calibration(field_strength_t: float, family: str = DEFAULT_FAMILY) -> IronCalibration:
    """Return the calibration measured at this field strength.

    Parameters
    ----------
    field_strength_t
        From the imaging frequency, in tesla.
    family
        One of ``FAMILIES``.

    Raises
    ------
    UnsupportedAcquisition
        If the family is unknown or was not measured within 0.04 T of this field strength.

    Examples
    --------
    >>> find_calibration(2.893).slope
    0.014
    """
    rows = [row for row in CALIBRATIONS if row.key == family]
    if not rows:
        raise UnsupportedAcquisition(
            words(
                "There is no iron calibration named %(family)s; choose one of %(families)s.",
                family=f"{family!r}",
                families=", ".join(FAMILIES),
            ),
            code="unknown-iron-calibration",
        )
    nearest = min(rows, key=lambda row: abs(row.field_strength_t - field_strength_t))
    if abs(nearest.field_strength_t - field_strength_t) > FIELD_TOLERANCE_T:
        fields = ", ".join(f"{row.field_strength_t:g}" for row in rows)
        raise UnsupportedAcquisition(
            words(
                "Iron cannot be given in mg/g at %(field)s T: %(family)s was measured at "
                "%(fields)s T only and is not interpolated. R2* is still reported.",
                field=f"{field_strength_t:.2f}",
                family=family,
                fields=fields,
            ),
            code="no-iron-calibration",
        )
    return nearest


def iron_concentration(
    r2star_per_s: npt.ArrayLike, calibration: IronCalibration
) -> npt.NDArray[np.float64]:
    """Return liver iron concentration in mg/g dry weight for R2* in 1/s, same shape.

    LIC = a + b R2*^n; a negative R2* (noise) is continued linearly.

    Examples
    --------
    >>> round(float(iron_concentration(275.1, find_calibration(1.5))), 2)
    7.0
    """
    rate = np.asarray(r2star_per_s, dtype=np.float64)
    powered = np.sign(rate) * np.abs(rate) ** calibration.exponent
    result: npt.NDArray[np.float64] = calibration.intercept_mg_per_g + calibration.slope * powered
    return result


def iron_standard_error(
    r2star_per_s: npt.ArrayLike,
    r2star_standard_error_per_s: npt.ArrayLike,
    calibration: IronCalibration,
    *,
    with_calibration: bool = True,
) -> npt.NDArray[np.float64]:
    """Return the standard error of the iron concentration in mg/g.

    Var(LIC) = s_a^2 + R2*^2 s_b^2 + b^2 Var(R2*), with s = width of the 95 % interval / 3.92. The
    covariance of intercept and slope was not published; leaving it out is conservative, since it is
    negative for any straight line fitted to positive R2*.

    Parameters
    ----------
    r2star_per_s, r2star_standard_error_per_s
        R2* and its standard error in 1/s, any one shape.
    calibration
        The relation used.
    with_calibration
        False leaves out the calibration's own uncertainty, which is common to all voxels: add it
        once, to the mean of a region, never voxel by voxel before averaging.

    Returns
    -------
    Same shape, mg/g.
    """
    rate = np.asarray(r2star_per_s, dtype=np.float64)
    error = np.asarray(r2star_standard_error_per_s, dtype=np.float64)
    exponent = calibration.exponent
    gain = calibration.slope * exponent * np.maximum(np.abs(rate), 1e-6) ** (exponent - 1)
    variance = np.square(gain * error)
    if with_calibration and calibration.intercept_ci95 and calibration.slope_ci95:
        s_intercept = (calibration.intercept_ci95[1] - calibration.intercept_ci95[0]) / CI95_WIDTH
        s_slope = (calibration.slope_ci95[1] - calibration.slope_ci95[0]) / CI95_WIDTH
        variance = variance + s_intercept**2 + np.square(rate * s_slope)
    result: npt.NDArray[np.float64] = np.sqrt(variance)
    return result


def to_micromol_per_g(concentration_mg_per_g: float) -> float:
    """Return an iron concentration in µmol/g dry weight (1 mg/g = 17.9 µmol/g).

    Examples
    --------
    >>> round(to_micromol_per_g(1.8), 1)
    32.2
    """
    return MICROMOL_PER_MG * concentration_mg_per_g


def iron_map(r2star: QuantityMap, calibration: IronCalibration) -> QuantityMap:
    """Return the map of liver iron concentration in mg/g; meaningful inside the liver only.

    The standard errors hold the scatter of R2* alone: the calibration's uncertainty is common to
    all voxels and is added to regional means by ``iron_standard_error``.

    Parameters
    ----------
    r2star
        R2* map in 1/s.
    calibration
        The relation of the field strength.
    """
    error = r2star.standard_error
    return QuantityMap(
        volume=Volume(
            iron_concentration(r2star.volume.array, calibration).astype(np.float32),
            r2star.geometry,
            LIC,
        ),
        valid=r2star.valid,
        standard_error=None
        if error is None
        else iron_standard_error(
            r2star.volume.array, error, calibration, with_calibration=False
        ).astype(np.float32),
        method=f"{calibration.name} on {r2star.method}",
    )
