"""Fat fraction freed from T1 weighting, when flip angle and repetition time are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.volume import QuantityMap, Volume


def without_t1_bias(pdff: QuantityMap, bias_factor: float) -> QuantityMap:
    """Return the fat fraction that would be read without T1 weighting.

    With f the apparent fraction and k the T1 weight of fat over that of water,
    f' = f / (f + k (1 - f)); the standard error is multiplied by df'/df = k / (f + k (1 - f))^2.

    Parameters
    ----------
    pdff
        Apparent fat fraction in %.
    bias_factor
        k, from ``analysis.quality.t1_bias_factor``; > 0.

    References
    ----------
    Liu 2007, doi:10.1002/mrm.21301 (T1 bias in fat quantification); Bydder 2008, PMC2386876.
    """
    apparent = pdff.volume.array / np.float32(100)
    # Beyond 0-1 (noise) the correction continues along its tangent, so that means stay unbiased.
    inside = np.clip(apparent, 0, 1)
    weight = inside + bias_factor * (1 - inside)
    slope = bias_factor / np.square(weight)
    corrected = 100 * (inside / weight + slope * (apparent - inside))
    volume = Volume(corrected.astype(np.float32), pdff.geometry, pdff.quantity)
    error = pdff.standard_error
    return replace(
        pdff,
        volume=volume,
        standard_error=None if error is None else (slope * error).astype(np.float32),
        method=f"{pdff.method}, T1-corrected (factor {bias_factor:.2f})",
    )
