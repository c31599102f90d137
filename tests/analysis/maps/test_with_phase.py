from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import UnsupportedAcquisition
from analysis.maps.fat_water import fit
from analysis.maps.fit_result import FatWaterFit
from analysis.signal.fat_spectrum import HAMILTON_NINE_PEAK
from analysis.study import MultiEcho
from tests.analysis.maps.phantoms import simulate, truth_grid

SHAPE = (64, 56, 3)


def coordinates(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, max(n, 2))[:n] for n in shape), indexing="ij")
    return x, y, z


def smooth_field_hz(shape: tuple[int, ...]) -> np.ndarray:
    """Off-resonance with a hill as under the diaphragm."""
    x, y, _ = coordinates(shape)
    return 40 * x - 30 * y + 80 * np.exp(-((x + 0.2) ** 2 + (y + 0.5) ** 2) / 0.15)


def smooth_phase_rad(shape: tuple[int, ...]) -> np.ndarray:
    x, y, _ = coordinates(shape)
    return 0.6 * x - 0.8 * y + 0.5


def body_of() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Subcutaneous fat around a liver with four patches of iron and fat."""
    x, y, _ = coordinates(SHAPE)
    pdff, r2star = np.full(SHAPE, 95.0), np.full(SHAPE, 40.0)
    liver = x**2 + y**2 < 0.5
    pdff[liver] = np.where(x < 0, 4.0, 22.0)[liver]
    r2star[liver] = np.where(y < 0, 50.0, 300.0)[liver]
    return pdff, r2star, liver


def scan(field_t: float, **settings: object) -> tuple[MultiEcho, np.ndarray, np.ndarray]:
    pdff, r2star, _ = body_of()
    echoes = simulate(
        pdff,
        r2star,
        field_t,
        snr=40,
        off_resonance_hz=smooth_field_hz(SHAPE) * field_t / 3,
        initial_phase_rad=smooth_phase_rad(SHAPE),
        **settings,
    )
    return echoes, pdff, r2star


def with_phase(echoes: MultiEcho, extra_rad: np.ndarray, factor: float = 1.0) -> MultiEcho:
    phase = np.angle(np.exp(1j * (factor * echoes.phase_rad + extra_rad)))
    return MultiEcho(echoes.magnitude, phase, echoes.echo_times_ms, echoes.geometry)


def swaps(result: FatWaterFit, pdff: np.ndarray) -> float:
    return float((np.abs(result.pdff_percent - pdff) > 20).mean())


@pytest.mark.parametrize("field_t", [1.5, 3.0])
def test_noiseless_complex_echoes_give_the_truth(field_t: float) -> None:
    pdff, r2star = truth_grid(block=4)
    echoes = simulate(
        pdff,
        r2star,
        field_t,
        off_resonance_hz=smooth_field_hz(pdff.shape) * field_t / 3,
        initial_phase_rad=smooth_phase_rad(pdff.shape),
    )
    result = fit(echoes, field_t)
    assert result.method.startswith("complex")
    assert np.abs(result.pdff_percent - pdff).max() < 0.05
    assert np.abs(result.r2star_per_s - r2star).max() < 0.5


@pytest.mark.parametrize("field_t", [1.5, 3.0])
def test_phase_leaves_no_exchange_of_water_and_fat(field_t: float) -> None:
    echoes, pdff, _ = scan(field_t)
    result = fit(echoes, field_t)
    assert result.method.startswith("complex")
    assert swaps(result, pdff) < 0.001


def test_phase_halves_the_scatter_at_1p5_tesla() -> None:
    echoes, pdff, r2star = scan(1.5)
    low = (pdff < 50) & (r2star < 100)
    with_it = fit(echoes, 1.5).pdff_percent[low] - pdff[low]
    without = fit(echoes, 1.5, method="magnitude").pdff_percent[low] - pdff[low]
    assert with_it.std() < 0.6 * without.std()


def test_the_field_map_is_found() -> None:
    echoes, _, r2star = scan(3.0)
    result = fit(echoes, 3.0)
    assert result.field_hz is not None
    error = result.field_hz - smooth_field_hz(SHAPE)
    assert np.median(np.abs(error[r2star < 100])) < 1.0


def test_intervals_hold_the_truth() -> None:
    echoes, pdff, r2star = scan(1.5)
    result = fit(echoes, 1.5)
    in_fat = np.abs(result.pdff_percent - pdff) < 1.96 * result.pdff_error_percent
    in_iron = np.abs(result.r2star_per_s - r2star) < 1.96 * result.r2star_error_per_s
    assert in_fat[result.valid].mean() == pytest.approx(0.95, abs=0.015)
    assert in_iron[result.valid].mean() == pytest.approx(0.95, abs=0.015)


def test_phase_of_the_other_sign_is_recognised() -> None:
    echoes, pdff, _ = scan(3.0)
    result = fit(with_phase(echoes, np.zeros(1), factor=-1), 3.0, phase_sign=1)
    assert swaps(result, pdff) < 0.001


@pytest.mark.parametrize("field_t", [1.5, 3.0])
def test_bipolar_and_eddy_current_phase_is_removed(field_t: float) -> None:
    echoes, pdff, _ = scan(field_t)
    x, _, _ = coordinates(SHAPE)
    extra = (0.2 + 0.3 * x)[None] * ((-1.0) ** np.arange(6))[:, None, None, None]
    extra[0] += 0.3 + 0.2 * x
    result = fit(with_phase(echoes, extra), field_t)
    clean = fit(echoes, field_t)
    assert result.method.startswith("mixed")
    assert swaps(result, pdff) < 0.001
    lean = pdff < 50
    shift = result.pdff_percent[lean].mean() - clean.pdff_percent[lean].mean()
    assert abs(shift) < 0.15


def test_alternating_signs_between_slices_do_no_harm() -> None:
    echoes, pdff, _ = scan(3.0)
    extra = np.pi * np.arange(SHAPE[2])[None, None, None]
    assert swaps(fit(with_phase(echoes, extra), 3.0), pdff) < 0.001


def test_another_fat_spectrum_shifts_the_mean_little() -> None:
    echoes, pdff, _ = scan(3.0, spectrum=HAMILTON_NINE_PEAK)
    lean = pdff < 50
    result = fit(echoes, 3.0)
    assert result.pdff_percent[lean].mean() == pytest.approx(pdff[lean].mean(), abs=0.5)


def test_phase_without_meaning_leads_to_the_magnitude_fit_and_a_finding() -> None:
    echoes, pdff, r2star = scan(3.0)
    noise = np.random.default_rng(3).uniform(-np.pi, np.pi, echoes.magnitude.shape)
    result = fit(with_phase(echoes, noise), 3.0)
    assert result.method.startswith("magnitude")
    assert "phase-unusable" in {finding.code for finding in result.findings}
    lean = (pdff < 50) & (r2star < 100)
    assert result.pdff_percent[lean].mean() == pytest.approx(pdff[lean].mean(), abs=0.3)


def test_magnitude_replaces_phase_where_phase_is_broken() -> None:
    echoes, pdff, _ = scan(3.0)
    extra = np.zeros(echoes.magnitude.shape)
    broken = np.s_[:, 24:40, 20:36]
    extra[broken] = np.random.default_rng(3).uniform(-np.pi, np.pi, extra[broken].shape)
    result = fit(with_phase(echoes, extra), 3.0)
    assert not result.method.startswith("magnitude")
    assert swaps(result, pdff) < 0.02


@pytest.mark.parametrize("stored", ["vendor units", "constant"])
def test_phase_that_is_not_in_radians_is_not_used(stored: str) -> None:
    echoes, _, _ = scan(3.0)
    assert echoes.phase_rad is not None
    phase = 4096 / np.pi * echoes.phase_rad if stored == "vendor units" else 0 * echoes.phase_rad
    changed = MultiEcho(echoes.magnitude, phase, echoes.echo_times_ms, echoes.geometry)
    result = fit(changed, 3.0)
    assert result.method.startswith("magnitude")
    assert [finding.code for finding in result.findings] == ["phase-unusable"]


def test_asking_for_phase_that_is_missing_is_refused() -> None:
    echoes, _, _ = scan(3.0, with_phase=False)
    with pytest.raises(UnsupportedAcquisition, match="needs phase images"):
        fit(echoes, 3.0, method="complex")


def test_a_single_voxel_with_phase_is_fitted() -> None:
    one = np.full((1, 1, 1), 30.0)
    echoes = simulate(one, 2 * one, off_resonance_hz=35.0, initial_phase_rad=0.4)
    assert fit(echoes, 3.0).pdff_percent[0, 0, 0] == pytest.approx(30.0, abs=0.05)


def test_three_complex_echoes_are_enough() -> None:
    echoes, pdff, _ = scan(3.0)
    assert echoes.phase_rad is not None
    short = MultiEcho(
        echoes.magnitude[:3], echoes.phase_rad[:3], echoes.echo_times_ms[:3], echoes.geometry
    )
    result = fit(short, 3.0)
    assert result.method.startswith("complex")
    assert swaps(result, pdff) < 0.01
