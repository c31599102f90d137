from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import UnsupportedAcquisition
from analysis.iron import (
    CALIBRATIONS,
    find_calibration,
    iron_concentration,
    iron_map,
    iron_standard_error,
    to_micromol_per_g,
)
from analysis.quantities import R2STAR
from analysis.volume import Geometry, QuantityMap, Volume

# R2* at the usual limits of iron concentration, computed from the published coefficients.
LIMITS_MG_PER_G = (1.8, 2.0, 3.2, 7.0, 15.0)
R2STAR_AT_LIMITS = {
    1.5: (75.3, 83.0, 129.1, 275.1, 582.4),
    2.89: (130.7, 145.0, 230.7, 502.1, 1073.6),
    3.0: (135.7, 150.5, 239.4, 521.1, 1114.2),
}


@pytest.mark.parametrize("field_t", R2STAR_AT_LIMITS)
def test_hernando_gives_the_usual_limits(field_t: float) -> None:
    found = iron_concentration(R2STAR_AT_LIMITS[field_t], find_calibration(field_t))
    np.testing.assert_allclose(found, LIMITS_MG_PER_G, atol=0.006)


def test_siemens_3t_is_not_rounded_to_three_tesla() -> None:
    assert find_calibration(123.2 / 42.577478).slope == 0.01400
    assert find_calibration(127.73 / 42.577478).slope == 0.01349


@pytest.mark.parametrize("field_t", [0.55, 1.2, 2.0, 2.945, 7.0])
def test_no_calibration_is_interpolated(field_t: float) -> None:
    with pytest.raises(UnsupportedAcquisition, match="not interpolated") as refusal:
        find_calibration(field_t)
    assert refusal.value.code == "no-iron-calibration"


def test_a_calibration_is_never_used_at_another_field() -> None:
    with pytest.raises(UnsupportedAcquisition, match="wood-2005 was measured at 1.5 T only"):
        find_calibration(3.0, "wood-2005")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UnsupportedAcquisition, match="hernando-2023, wood-2005"):
        find_calibration(1.5, "nobody-1999")


def test_alternatives_agree_with_hernando_near_their_range() -> None:
    values = [iron_concentration(275.1, row) for row in CALIBRATIONS if row.field_strength_t == 1.5]
    assert max(values) - min(values) < 1.7
    assert min(values) > 6.5


def test_garbowski_is_a_power_law_of_t2star() -> None:
    calibration = find_calibration(1.5, "garbowski-2014")
    # 31.94 T2*^-1.014 with T2* = 5 ms
    assert float(iron_concentration(200.0, calibration)) == pytest.approx(6.245, rel=0.005)


def test_both_unit_systems_agree() -> None:
    assert to_micromol_per_g(7.0) == pytest.approx(125.3)


def test_standard_error_adds_calibration_and_scatter() -> None:
    calibration = find_calibration(1.5)
    s_intercept, s_slope = 0.96 / 3.92, 0.0027 / 3.92
    expected = np.sqrt(s_intercept**2 + (200 * s_slope) ** 2 + (0.02603 * 10) ** 2)
    assert float(iron_standard_error(200.0, 10.0, calibration)) == pytest.approx(expected)
    alone = iron_standard_error(200.0, 10.0, calibration, with_calibration=False)
    assert float(alone) == pytest.approx(0.2603)


def test_standard_error_matches_the_scatter_of_drawn_calibrations() -> None:
    calibration = find_calibration(3.0)
    rng = np.random.default_rng(1)
    intercept = rng.normal(-0.03, 0.96 / 3.92, 200_000)
    slope = rng.normal(0.01349, 0.00135 / 3.92, 200_000)
    drawn = intercept + slope * rng.normal(300, 15, 200_000)
    assert float(iron_standard_error(300.0, 15.0, calibration)) == pytest.approx(
        drawn.std(), rel=0.01
    )


def test_the_map_keeps_validity_and_names_its_calibration() -> None:
    geometry = Geometry((2, 1, 1), np.eye(4))
    r2star = QuantityMap(
        Volume(np.array([[[100.0]], [[300.0]]]), geometry, R2STAR),
        np.array([[[True]], [[False]]]),
        np.full((2, 1, 1), 10.0),
        "fit",
    )
    iron = iron_map(r2star, find_calibration(1.5))
    assert iron.volume.array[0, 0, 0] == pytest.approx(-0.16 + 2.603)
    assert iron.valid.ravel().tolist() == [True, False]
    assert iron.standard_error is not None
    assert iron.standard_error[0, 0, 0] == pytest.approx(0.2603)
    assert "hernando-2023 at 1.5 T" in iron.method
