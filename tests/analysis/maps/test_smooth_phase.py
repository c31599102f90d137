from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.cells import Cells
from analysis.maps.fit_result import EchoModel
from analysis.maps.smooth_phase import SmoothPhase, phase_basis, smooth
from analysis.signal.fat_spectrum import SIX_PEAK
from tests.analysis.maps.phantoms import ECHO_TIMES_MS, simulate

SHAPE = (40, 40, 3)
BODY = np.ones(SHAPE, dtype=bool)
MODEL = EchoModel.of(ECHO_TIMES_MS[1.5], 1.5, SIX_PEAK)
REFERENCE = 2
WINDOW = (2.0, 2.0, 0.7)


def true_maps(roughness_rad: float) -> tuple[np.ndarray, np.ndarray]:
    x, y, _ = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    rough = np.random.default_rng(5).normal(0, roughness_rad, SHAPE)
    return 0.5 * x - 0.4 * y + rough, 20 * x * y - 15 * x


def smoothed(roughness_rad: float = 0.0) -> tuple[SmoothPhase, np.ndarray, np.ndarray]:
    phase, field_hz = true_maps(roughness_rad)
    start = phase - 2 * np.pi * field_hz * MODEL.times_ms[REFERENCE] / 1000
    echoes = simulate(
        np.full(SHAPE, 15.0), np.full(SHAPE, 80.0), 1.5, snr=30,
        off_resonance_hz=field_hz, initial_phase_rad=start,
    )  # fmt: skip
    assert echoes.phase_rad is not None
    signals = (echoes.magnitude * np.exp(1j * echoes.phase_rad))[:, BODY].T
    angles = np.zeros((BODY.sum(), 2), np.float32)
    found = smooth(
        np.ascontiguousarray(signals, dtype=np.complex64), angles,
        np.full(BODY.sum(), 0.05, np.float32), phase_basis(MODEL, REFERENCE), MODEL, 100 / 30,
        Cells.over(BODY, (2, 2, 1)), WINDOW,
    )  # fmt: skip
    return found, phase[BODY], field_hz[BODY]


def test_smooth_maps_are_recovered_far_below_the_noise_of_a_voxel() -> None:
    found, phase, field_hz = smoothed()
    inner = np.zeros(SHAPE, dtype=bool)
    inner[4:-4, 4:-4] = True
    inner = inner[BODY]
    assert np.sqrt(np.mean((found.angles[inner, 0] - phase[inner]) ** 2)) < 0.012
    assert np.sqrt(np.mean((1000 * found.angles[inner, 1] - field_hz[inner]) ** 2)) < 0.5


def test_the_precision_is_that_of_the_error() -> None:
    found, phase, _ = smoothed()
    inner = np.zeros(SHAPE, dtype=bool)
    inner[6:-6, 6:-6] = True
    inner = inner[BODY]
    actual = np.std(found.angles[inner, 0] - phase[inner])
    claimed = 1 / np.sqrt(np.median(found.precision[inner, 0]))
    assert 0.2 * actual < claimed < 3 * actual


def test_rough_phase_is_recognised_and_trusted_less() -> None:
    assert smoothed(0.0)[0].roughness[0] < 0.02
    assert smoothed(0.2)[0].roughness[0] == pytest.approx(0.2, rel=0.25)


def test_the_basis_names_every_cause_of_phase() -> None:
    basis = phase_basis(MODEL, 1, ("bipolar", "eddy"))
    np.testing.assert_allclose(basis[0], 1)
    assert basis[1, 1] == 0
    assert basis[1, 2] == pytest.approx(2 * np.pi * 2.0)
    assert basis[2].tolist() == [1, -1, 1, -1, 1, -1]
    assert basis[3].tolist() == [1, 0, 0, 0, 0, 0]
