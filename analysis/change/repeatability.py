"""How far a number moves between two scans though the liver stayed the same: published limits.

Same scanner, field and method: repeatability. Otherwise: reproducibility, which is wider. A limit
is a difference that 95 % of unchanged pairs stay within, either absolute or a part of the value.
Where a paper gives a coefficient of variation, the limit is 1.96 √2 times it. No limit was found
for liver volume: the error of automatic outlines against readers stands in, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.quantities import FAT_SIGNAL_FRACTION, LIC, PDFF, R2STAR, VOLUME
from analysis.wording import Words, words

NORMAL_95 = 1.959963984540054
_OF_TWO = NORMAL_95 * 2**0.5


@dataclass(frozen=True, slots=True)
class Repeatability:
    """How far an unchanged liver's number may move.

    Parameters
    ----------
    quantity
        Key of ``analysis.quantities``.
    absolute
        In the unit of the quantity.
    fraction
        Of the value, 0 to 1; the limit is the larger of the two.
    source
        Where it was measured, for readers.
    zero
        Value from which the fraction counts.
    """

    quantity: str
    absolute: float
    fraction: float
    source: Words
    zero: float = 0.0

    def limit(self, value: float) -> float:
        """Return the limit at a value, in its unit."""
        return max(self.absolute, self.fraction * abs(value - self.zero))

    def limits(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the limits at many values."""
        result: npt.NDArray[np.float64] = np.maximum(
            self.absolute, self.fraction * np.abs(values - self.zero)
        )
        return result


# R2* is proportional to LIC minus the calibration's intercept; the lower of Hernando's (1.5 T).
_NO_R2STAR_MG_PER_G = -0.16
_OUTLINE = words(
    "error of automatic against manual outlines, 4.2 % (PMC9812021); no repeatability of liver "
    "volume was found"
)
SAME_CONDITIONS: tuple[Repeatability, ...] = (
    Repeatability(PDFF.key, 1.8, 0.0, words("repeated 3 T scans of 29 people, PMC4819976")),
    Repeatability(
        R2STAR.key,
        0.0,
        _OF_TWO * 0.055,
        words("T2* repeatability 5.5 %, Bachtiar 2019, PMC6457552 (61 adults, 5 scanners)"),
    ),
    Repeatability(
        LIC.key,
        0.0,
        _OF_TWO * 0.055,
        words(
            "that of R2*: T2* repeatability 5.5 %, Bachtiar 2019, PMC6457552 (61 adults, 5 "
            "scanners)"
        ),
        _NO_R2STAR_MG_PER_G,
    ),
    Repeatability(VOLUME.key, 0.0, _OF_TWO * 0.042, _OUTLINE),
)
OTHER_CONDITIONS: tuple[Repeatability, ...] = (
    Repeatability(
        PDFF.key,
        3.2,
        0.0,
        words("wider limit of agreement of 1.5 and 3 T in 90 people, PMC8277031"),
    ),
    Repeatability(
        R2STAR.key,
        0.0,
        _OF_TWO * 0.066,
        words("T2* reproducibility 6.6 %, Bachtiar 2019, PMC6457552 (61 adults, 5 scanners)"),
    ),
    Repeatability(
        LIC.key,
        0.0,
        _OF_TWO * 0.066,
        words(
            "that of R2*: T2* reproducibility 6.6 %, Bachtiar 2019, PMC6457552 (61 adults, 5 "
            "scanners)"
        ),
        _NO_R2STAR_MG_PER_G,
    ),
    Repeatability(VOLUME.key, 0.0, _OF_TWO * 0.042, _OUTLINE),
)
COMPARED: tuple[str, ...] = (PDFF.key, FAT_SIGNAL_FRACTION.key, R2STAR.key, LIC.key, VOLUME.key)


def repeatability_of(quantity: str, *, same_conditions: bool) -> Repeatability | None:
    """Return the published limit of a quantity, or None where there is none (two-point Dixon).

    Parameters
    ----------
    quantity
        Key of ``analysis.quantities``.
    same_conditions
        Whether scanner, field strength and method were the same at both visits.

    Examples
    --------
    >>> repeatability_of("PDFF", same_conditions=True).limit(12.0)
    1.8
    """
    rows = SAME_CONDITIONS if same_conditions else OTHER_CONDITIONS
    return next((row for row in rows if row.quantity == quantity), None)
