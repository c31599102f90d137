"""Relaxation of tissue at any field between 1.5 and 3 T, from the tissue table."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.simulation.tissues import property_table


def at_field(name: str, field_strength_t: float) -> npt.NDArray[np.float64]:
    """Return a field-dependent property by tissue value, linear between 1.5 T and 3 T.

    Parameters
    ----------
    name
        ``"t1_ms"`` or ``"r2star_per_s"``.
    field_strength_t
        Tesla.

    Returns
    -------
    (256,) float64, NaN where no tissue has the value.
    """
    low, high = property_table(f"{name}_at_1p5t"), property_table(f"{name}_at_3t")
    result: npt.NDArray[np.float64] = low + (high - low) * (field_strength_t - 1.5) / 1.5
    return result
