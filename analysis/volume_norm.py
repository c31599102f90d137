"""Liver volume against the volume expected for the size of an adult's body.

The formula is a regression over adults of Western countries. Formulas of other populations give
other volumes for the same body, and healthy livers scatter widely about each of them, so the ratio
is a comparison and not a grade, and it carries no standard error.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

from analysis.anatomy import LIVER
from analysis.measurement import Measurement, Statistic
from analysis.quantities import RATIO, VOLUME
from analysis.study import StudyDescription

EXPECTED = "expected_for_body_size"
RATIO_TO_EXPECTED = "ratio_to_expected"
METHOD = (
    "-794 + 1267.28 x body surface in m² (Mosteller), Western adults, Vauthey 2002, "
    "doi:10.1053/jlts.2002.31654; scatter of healthy livers not included"
)
ADULT_YEARS = 18.0
# Outside these an entry is a slip (metres as centimetres, pounds) or no adult of the formula.
HEIGHT_M = (1.3, 2.3)
WEIGHT_KG = (30.0, 300.0)


def body_surface_m2(height_m: float, weight_kg: float) -> float:
    """Return the body surface in m², sqrt(height in cm x weight in kg / 3600).

    References
    ----------
    Mosteller 1987, doi:10.1056/NEJM198710223171717.
    """
    return sqrt(100.0 * height_m * weight_kg / 3600.0)


def expected_volume_ml(height_m: float, weight_kg: float) -> float:
    """Return the liver volume in ml expected for an adult, -794 + 1267.28 x body surface.

    References
    ----------
    Vauthey 2002, doi:10.1053/jlts.2002.31654, constants as in PMC6422720 table 1.
    """
    return -794.0 + 1267.28 * body_surface_m2(height_m, weight_kg)


def why_not_given(description: StudyDescription) -> str:
    """Return why no volume is expected for this body, or an empty text when one is."""
    height_m, weight_kg, years = description.height_m, description.weight_kg, description.age_years
    if height_m is None or weight_kg is None:
        return "height or weight is not in the images' headers"
    if years is not None and years < ADULT_YEARS:
        return "the formula holds for adults"
    is_usual = HEIGHT_M[0] <= height_m <= HEIGHT_M[1] and WEIGHT_KG[0] <= weight_kg <= WEIGHT_KG[1]
    return "" if is_usual else "height or weight in the headers is not that of an adult"


def measure_norm(
    description: StudyDescription, measurements: Iterable[Measurement]
) -> tuple[Measurement, ...]:
    """Return the volume in ml expected for the body and the ratio of the measured one to it.

    Parameters
    ----------
    description
        Says height, weight and age where the headers do.
    measurements
        Among them the volume of the liver.

    Returns
    -------
    Two measurements without standard error; nothing where ``why_not_given`` says why.
    """
    height_m, weight_kg = description.height_m, description.weight_kg
    wanted = (VOLUME.key, LIVER.key, Statistic.TOTAL)
    volumes = (m for m in measurements if (m.quantity, m.region, m.statistic) == wanted)
    measured = next(volumes, None)
    if measured is None or why_not_given(description) or height_m is None or weight_kg is None:
        return ()
    expected_ml = expected_volume_ml(height_m, weight_kg)
    rows = (
        (EXPECTED, expected_ml, VOLUME.unit),
        (RATIO_TO_EXPECTED, measured.value / expected_ml, RATIO.unit),
    )
    return tuple(
        Measurement(VOLUME.key, LIVER.key, name, value, unit, None, measured.n_voxels, METHOD)
        for name, value, unit in rows
    )
