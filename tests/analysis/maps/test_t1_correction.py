from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.t1_correction import without_t1_bias
from analysis.quantities import PDFF
from analysis.signal.gradient_echo import t1_saturation
from analysis.volume import Geometry, QuantityMap, Volume


def apparent(values: list[float]) -> QuantityMap:
    array = np.array(values).reshape(-1, 1, 1)
    geometry = Geometry(array.shape, np.eye(4))
    return QuantityMap(
        Volume(array, geometry, PDFF), np.ones(array.shape, bool), np.ones(array.shape), "fit"
    )


def test_the_correction_undoes_the_weighting_of_the_sequence() -> None:
    water, fat = t1_saturation([809.0, 382.0], 8.0, 10.0)
    true = np.array([0.05, 0.10, 0.20, 0.30])
    reads = 100 * true * fat / (true * fat + (1 - true) * water)
    np.testing.assert_allclose(reads, [7.19, 14.06, 26.90, 38.68], atol=0.01)
    corrected = without_t1_bias(apparent(list(reads)), float(fat / water))
    np.testing.assert_allclose(corrected.volume.array.ravel(), 100 * true, atol=1e-3)
    assert "T1-corrected (factor 1.47)" in corrected.method


def test_a_factor_of_one_changes_nothing() -> None:
    same = without_t1_bias(apparent([-4.0, 0.0, 30.0, 104.0]), 1.0)
    np.testing.assert_allclose(same.volume.array.ravel(), [-4, 0, 30, 104], atol=1e-4)


def test_standard_errors_follow_the_slope_of_the_correction() -> None:
    corrected = without_t1_bias(apparent([20.0]), 1.4)
    step = without_t1_bias(apparent([20.01]), 1.4).volume.array - corrected.volume.array
    assert corrected.standard_error is not None
    assert corrected.standard_error[0, 0, 0] == pytest.approx(float(step[0, 0, 0]) / 0.01, rel=0.01)
