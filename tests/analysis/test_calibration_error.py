from __future__ import annotations

import numpy as np
import pytest

from analysis.calibration_error import (
    calibration_of,
    in_micromol_per_g,
    rate_of,
    with_calibration_error,
)
from analysis.iron import CALIBRATIONS, IronCalibration, find_calibration, iron_concentration
from analysis.measurement import Measurement

HERNANDO = find_calibration(1.5)


def lic(
    calibration: IronCalibration, r2star_per_s: float, error: float | None = 0.1, name: str = "mean"
) -> Measurement:
    value = float(iron_concentration(r2star_per_s, calibration))
    return Measurement(
        "LIC", "liver", name, value, "mg/g", error, 100, f"{calibration.name} on magnitude fit"
    )


@pytest.mark.parametrize("calibration", CALIBRATIONS, ids=lambda row: row.name)
def test_the_calibration_is_known_from_the_method_of_its_map(calibration: IronCalibration) -> None:
    assert calibration_of(lic(calibration, 100.0).method) is calibration


@pytest.mark.parametrize("calibration", CALIBRATIONS, ids=lambda row: row.name)
@pytest.mark.parametrize("rate", [5.0, 100.0, 900.0])
def test_the_rate_behind_a_concentration_is_found_again(
    calibration: IronCalibration, rate: float
) -> None:
    value = float(iron_concentration(rate, calibration))
    assert rate_of(value, calibration) == pytest.approx(rate)


def test_the_published_interval_is_added_to_the_error() -> None:
    # Hernando 2023 at 1.5 T: intercept (-0.64, 0.32), slope (0.02468, 0.02738), R2* 200 1/s.
    shared = np.hypot(0.96 / 3.92, 200 * 0.00270 / 3.92)
    found = with_calibration_error(lic(HERNANDO, 200.0, 0.1))
    assert found.standard_error == pytest.approx(np.hypot(0.1, shared))
    assert "95 % interval" in found.method


def test_a_map_without_fit_errors_still_has_the_error_of_its_calibration() -> None:
    found = with_calibration_error(lic(HERNANDO, 0.0, None))
    assert found.standard_error == pytest.approx(0.96 / 3.92)


def test_only_means_get_the_error_of_the_calibration() -> None:
    median = lic(HERNANDO, 200.0, None, "median")
    assert with_calibration_error(median) is median
    assert with_calibration_error(lic(HERNANDO, 200.0, None, "mean_eroded")).standard_error


def test_a_calibration_without_published_interval_says_so() -> None:
    wood = find_calibration(1.5, "wood-2005")
    found = with_calibration_error(lic(wood, 200.0, 0.1))
    assert found.standard_error == 0.1
    assert "not published" in found.method


def test_iron_of_an_unknown_calibration_is_left_as_it_is() -> None:
    other = Measurement("LIC", "liver", "mean", 2.0, "mg/g", 0.1, 10, "FerriScan")
    assert with_calibration_error(other) is other


def test_one_milligram_is_179_tenths_of_a_micromole() -> None:
    found = in_micromol_per_g(Measurement("LIC", "liver", "mean", 2.0, "mg/g", 0.1, 10, "x"))
    assert found.quantity == "LIC_molar"
    assert (found.text, found.error_text) == ("35.8 µmol/g", "1.8 µmol/g")
