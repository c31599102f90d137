from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from analysis.errors import FitFailed, GeometryMismatch, UnsupportedAcquisition
from analysis.maps.fat_water import fit
from analysis.study import MultiEcho
from tests.analysis.maps.phantoms import grid, simulate, truth_grid


@pytest.mark.parametrize("field_t", [1.5, 3.0])
def test_noiseless_magnitudes_give_the_truth(field_t: float) -> None:
    pdff, r2star = truth_grid(block=5)
    result = fit(simulate(pdff, r2star, field_t), field_t, method="magnitude")
    assert result.body.all()
    assert np.abs(result.pdff_percent - pdff).max() < 0.05
    assert np.abs(result.r2star_per_s - r2star).max() < 0.5
    assert result.valid.all()


def test_water_and_fat_are_given_at_echo_time_zero() -> None:
    pdff = np.full((12, 12, 2), 20.0)
    result = fit(simulate(pdff, np.full(pdff.shape, 80.0)), 3.0, method="magnitude")
    np.testing.assert_allclose(result.water, 80.0, rtol=1e-3)
    np.testing.assert_allclose(result.fat, 20.0, rtol=1e-3)


def _two_tissues() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Liver with iron beside subcutaneous fat."""
    pdff = np.full((60, 60, 4), 95.0)
    r2star = np.full(pdff.shape, 40.0)
    liver = np.zeros(pdff.shape, dtype=bool)
    liver[15:45, 15:45] = True
    pdff[liver], r2star[liver] = 12.0, 150.0
    return pdff, r2star, liver


def test_neighbours_decide_which_branch_is_true() -> None:
    pdff, r2star, liver = _two_tissues()
    result = fit(simulate(pdff, r2star, snr=40, with_phase=False), 3.0)
    swapped = np.abs(result.pdff_percent - pdff) > 20
    inside = ndimage.binary_erosion(liver, iterations=2)
    assert not swapped[inside].any()
    assert swapped.mean() < 0.01


def test_noise_is_measured_from_the_residuals() -> None:
    pdff, r2star, _ = _two_tissues()
    result = fit(simulate(pdff, r2star, snr=40, with_phase=False), 3.0)
    assert result.sigma == pytest.approx(2.5, rel=0.06)


def test_high_iron_is_not_pulled_down_by_the_noise_floor() -> None:
    shape = (50, 50, 4)
    echoes = simulate(np.full(shape, 8.0), np.full(shape, 500.0), snr=40, with_phase=False)
    result = fit(echoes, 3.0)
    assert np.median(result.r2star_per_s) == pytest.approx(500.0, abs=4.0)


@pytest.mark.parametrize(("field_t", "pdff", "r2star"), [(3.0, 10.0, 60.0), (1.5, 25.0, 40.0)])
def test_standard_errors_match_the_scatter(field_t: float, pdff: float, r2star: float) -> None:
    shape = (40, 40, 4)
    echoes = simulate(
        np.full(shape, pdff), np.full(shape, r2star), field_t, snr=40, with_phase=False
    )
    result = fit(echoes, field_t)
    assert np.median(result.pdff_error_percent) == pytest.approx(
        _robust_scatter(result.pdff_percent), rel=0.08
    )
    assert np.median(result.r2star_error_per_s) == pytest.approx(
        _robust_scatter(result.r2star_per_s), rel=0.07
    )


def _robust_scatter(values: np.ndarray) -> float:
    low, high = np.percentile(values, [16, 84])
    return float(high - low) / 2


def test_mean_fat_fraction_of_lean_tissue_is_not_lifted_by_noise() -> None:
    shape = (50, 50, 4)
    echoes = simulate(np.full(shape, 1.0), np.full(shape, 50.0), snr=25, with_phase=False)
    result = fit(echoes, 3.0)
    assert result.pdff_percent.mean() == pytest.approx(1.0, abs=0.15)
    assert result.pdff_percent.min() < 0


def test_fewer_than_three_echoes_are_refused() -> None:
    echoes = MultiEcho(np.ones((2, 4, 4, 1)), None, np.array([1.2, 2.2]), grid((4, 4, 1)))
    with pytest.raises(UnsupportedAcquisition, match="at least three echoes; this series has 2"):
        fit(echoes, 3.0)


def test_three_echoes_are_fitted() -> None:
    whole = simulate(np.full((8, 8, 2), 15.0), np.full((8, 8, 2), 60.0), with_phase=False)
    echoes = MultiEcho(whole.magnitude[:3], None, whole.echo_times_ms[:3], whole.geometry)
    assert np.abs(fit(echoes, 3.0).pdff_percent - 15.0).max() < 0.5


def test_an_unknown_method_names_the_known_ones() -> None:
    echoes = simulate(np.full((4, 4, 1), 5.0), np.full((4, 4, 1), 40.0))
    with pytest.raises(UnsupportedAcquisition, match="auto, magnitude, complex, mixed"):
        fit(echoes, 3.0, method="magic")


def test_an_echo_of_zeros_is_refused_by_its_number() -> None:
    whole = simulate(np.full((8, 8, 2), 15.0), np.full((8, 8, 2), 60.0), with_phase=False)
    magnitude = whole.magnitude.copy()
    magnitude[2] = 0
    echoes = MultiEcho(magnitude, None, whole.echo_times_ms, whole.geometry)
    with pytest.raises(FitFailed, match="Echo 3 holds no signal"):
        fit(echoes, 3.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_voxels_without_a_finite_number_are_left_out_and_reported(bad: float) -> None:
    whole = simulate(np.full((12, 12, 2), 15.0), np.full((12, 12, 2), 60.0), with_phase=False)
    magnitude = whole.magnitude.copy()
    magnitude[1, 3, 4, 1] = bad
    echoes = MultiEcho(magnitude, None, whole.echo_times_ms, whole.geometry)
    result = fit(echoes, 3.0)
    assert not result.valid[3, 4, 1]
    assert result.valid.sum() == result.valid.size - 1
    assert np.isfinite(result.pdff_percent).all()
    assert result.findings[0].code == "values-not-finite"


def test_a_single_voxel_is_fitted() -> None:
    echoes = simulate(np.full((1, 1, 1), 30.0), np.full((1, 1, 1), 60.0), with_phase=False)
    result = fit(echoes, 3.0)
    assert result.pdff_percent[0, 0, 0] == pytest.approx(30.0, abs=0.05)


def test_an_empty_mask_is_refused() -> None:
    echoes = simulate(np.full((4, 4, 1), 5.0), np.full((4, 4, 1), 40.0))
    with pytest.raises(FitFailed, match="the mask is empty"):
        fit(echoes, 3.0, mask=np.zeros((4, 4, 1), dtype=bool))


def test_a_mask_of_another_grid_is_refused() -> None:
    echoes = simulate(np.full((4, 4, 1), 5.0), np.full((4, 4, 1), 40.0))
    with pytest.raises(GeometryMismatch):
        fit(echoes, 3.0, mask=np.ones((4, 4, 2), dtype=bool))


def test_only_the_mask_is_fitted() -> None:
    echoes = simulate(np.full((8, 8, 1), 5.0), np.full((8, 8, 1), 40.0))
    mask = np.zeros((8, 8, 1), dtype=bool)
    mask[2:5, 2:5] = True
    result = fit(echoes, 3.0, mask=mask)
    assert (result.valid == mask).all()


@pytest.mark.parametrize("method", ["magnitude", "complex", "mixed", "auto"])
def test_a_single_voxel_with_phase_is_fitted_by_every_method(method: str) -> None:
    echoes = simulate(
        np.full((1, 1, 1), 30.0), np.full((1, 1, 1), 60.0), off_resonance_hz=20.0,
        initial_phase_rad=0.5,
    )  # fmt: skip
    result = fit(echoes, 3.0, method=method)
    assert result.pdff_percent[0, 0, 0] == pytest.approx(30.0, abs=0.05)
    assert result.r2star_per_s[0, 0, 0] == pytest.approx(60.0, abs=0.5)


def test_magnitudes_below_zero_are_left_out_and_reported() -> None:
    whole = simulate(np.full((12, 12, 2), 15.0), np.full((12, 12, 2), 60.0), with_phase=False)
    stored = (500 * whole.magnitude).astype(np.int64).astype(np.int16)  # overflows where bright
    echoes = MultiEcho(stored.astype(np.float32), None, whole.echo_times_ms, whole.geometry)
    assert (stored < 0).any()
    with pytest.raises(FitFailed):
        fit(echoes, 3.0)
    part = whole.magnitude.copy()
    part[0, 5, 5, 1] -= 200.0
    echoes = MultiEcho(part, None, whole.echo_times_ms, whole.geometry)
    result = fit(echoes, 3.0)
    assert not result.valid[5, 5, 1]
    assert result.valid.sum() == result.valid.size - 1
    assert result.findings[0].code == "values-negative"
    assert "integer overflow" in result.findings[0].evidence


def test_phase_that_is_not_a_number_takes_its_voxel_out() -> None:
    whole = simulate(np.full((16, 16, 2), 15.0), np.full((16, 16, 2), 60.0), initial_phase_rad=0.8)
    assert whole.phase_rad is not None
    phase = whole.phase_rad.copy()
    phase[2, 4, 4, 0] = np.nan
    result = fit(MultiEcho(whole.magnitude, phase, whole.echo_times_ms, whole.geometry), 3.0)
    assert not result.valid[4, 4, 0]
    assert np.isfinite(result.pdff_percent).all()


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("12 bit", 4096 / np.pi), ("mrad", 1000.0), ("degrees", 180 / np.pi)],
)
def test_phase_in_the_units_of_a_vendor_is_refused_and_said(unit: str, factor: float) -> None:
    ramp = np.linspace(-150, 150, 16)[:, None, None]
    whole = simulate(np.full((16, 16, 2), 15.0), np.full((16, 16, 2), 60.0), off_resonance_hz=ramp)
    assert whole.phase_rad is not None
    echoes = MultiEcho(
        whole.magnitude, factor * whole.phase_rad, whole.echo_times_ms, whole.geometry
    )
    result = fit(echoes, 3.0)
    assert result.method.startswith("magnitude"), unit
    assert result.findings[-1].code == "phase-unusable"
    assert "cannot be radians" in result.findings[-1].evidence
    with pytest.raises(UnsupportedAcquisition, match="needs phase images"):
        fit(echoes, 3.0, method="complex")


@settings(max_examples=12, deadline=None)
@given(st.floats(-9, 9))
def test_the_scale_of_the_images_changes_no_fraction_and_no_rate(power: float) -> None:
    pdff, r2star = truth_grid()
    whole = simulate(pdff, r2star, with_phase=False)
    scaled = (whole.magnitude.astype(np.float64) * 10**power).astype(np.float32)
    result = fit(MultiEcho(scaled, None, whole.echo_times_ms, whole.geometry), 3.0)
    one = fit(whole, 3.0)
    np.testing.assert_allclose(result.pdff_percent, one.pdff_percent, atol=0.05)
    np.testing.assert_allclose(result.r2star_per_s, one.r2star_per_s, atol=0.5)


def test_the_field_map_comes_with_its_error() -> None:
    shape = (40, 40, 3)
    ramp = np.broadcast_to(np.linspace(-40, 40, 40)[:, None, None], shape)
    echoes = simulate(np.full(shape, 12.0), np.full(shape, 60.0), snr=40, off_resonance_hz=ramp)
    result = fit(echoes, 3.0)
    assert result.field_hz is not None
    assert result.field_error_hz is not None
    core = (slice(8, -8), slice(8, -8))
    scatter = _robust_scatter((result.field_hz - ramp)[core])
    assert 0.4 * scatter < np.median(result.field_error_hz[core]) < 2.5 * scatter
    assert fit(echoes, 3.0, method="magnitude").field_error_hz is None
