from __future__ import annotations

import numpy as np
import pytest

from analysis import quality
from analysis.findings import Severity
from analysis.study import Acquisition, MultiEcho
from tests.analysis.maps.phantoms import grid, simulate


def acquisition(field_t: float, repetition_ms: float, flip_deg: float) -> Acquisition:
    return Acquisition(
        field_strength_t=field_t, repetition_time_ms=repetition_ms, flip_angle_deg=flip_deg
    )


@pytest.mark.parametrize(
    ("field_t", "repetition_ms", "flip_deg", "factor"),
    [(1.5, 14, 5, 1.061), (1.5, 14, 10, 1.193), (3.0, 8, 3, 1.069), (3.0, 8, 10, 1.472)],
)
def test_t1_bias_factor_follows_the_ernst_equation(
    field_t: float, repetition_ms: float, flip_deg: float, factor: float
) -> None:
    found = quality.t1_bias_factor(acquisition(field_t, repetition_ms, flip_deg))
    assert found == pytest.approx(factor, abs=0.001)


def test_a_large_flip_angle_is_reported_with_what_ten_per_cent_reads() -> None:
    finding = quality.t1_bias_finding(acquisition(3.0, 8, 10))
    assert finding is not None
    assert "reads about 14.1 %" in finding.message
    assert "flip angle 10°" in finding.evidence


def test_a_small_flip_angle_is_not_reported() -> None:
    assert quality.t1_bias_finding(acquisition(3.0, 8, 3)) is None


def test_an_unknown_flip_angle_gives_no_factor() -> None:
    assert quality.t1_bias_factor(Acquisition(field_strength_t=3.0)) is None


def of_times(*times_ms: float) -> MultiEcho:
    return MultiEcho(
        np.ones((len(times_ms), 2, 2, 1)), None, np.array(times_ms, dtype=float), grid((2, 2, 1))
    )


@pytest.mark.parametrize(
    ("times_ms", "reason"),
    [
        ((1.2, 3.2, 5.2), "three echoes"),
        ((4.6, 9.2, 13.8, 18.4), "first echo comes late"),
        ((1.2, 1.7, 2.2, 2.7), "span only 1.5 ms"),
    ],
)
def test_unsuitable_echoes_are_named(times_ms: tuple[float, ...], reason: str) -> None:
    finding = quality.echo_finding(of_times(*times_ms), Acquisition(field_strength_t=1.5))
    assert finding is not None
    assert reason in finding.evidence


def test_the_recommended_echoes_are_not_reported() -> None:
    for field_t, step in ((1.5, 2.0), (3.0, 1.0)):
        echoes = of_times(*(1.2 + step * np.arange(6)))
        assert quality.echo_finding(echoes, Acquisition(field_strength_t=field_t)) is None


def test_a_large_residual_is_reported() -> None:
    assert quality.residual_finding(np.full(10, 2.0, np.float32)) is None
    finding = quality.residual_finding(np.full(10, 25.0, np.float32))
    assert finding is not None
    assert "25 %" in finding.evidence


def test_widespread_ambiguity_is_reported() -> None:
    values = np.zeros(100, np.float32)
    assert quality.ambiguity_finding(values) is None
    values[:20] = 0.4
    finding = quality.ambiguity_finding(values)
    assert finding is not None
    assert finding.severity is Severity.WARNING


def test_signal_lost_by_the_second_echo_is_reported() -> None:
    body = np.ones((4, 4, 1), dtype=bool)
    echoes = simulate(np.zeros(body.shape), np.full(body.shape, 1500.0))
    assert quality.noise_floor_finding(echoes, body, 0.1) is None
    finding = quality.noise_floor_finding(echoes, body, 1.8)
    assert finding is not None
    assert "100 % of the body" in finding.evidence


def test_tissue_dark_from_the_first_echo_is_no_sign_of_iron() -> None:
    body = np.ones((4, 4, 1), dtype=bool)
    lung = simulate(np.zeros(body.shape), np.full(body.shape, 60.0), amplitude=5.0)
    assert quality.noise_floor_finding(lung, body, 2.0) is None


def ghosted(level: float) -> tuple[MultiEcho, np.ndarray]:
    body = np.zeros((40, 40, 2), dtype=bool)
    body[12:28, 12:28] = True
    image = np.where(body, 100.0, 1.0)
    image[12:28, :8] += level
    times = np.array([1.2, 2.2, 3.2])
    return MultiEcho(np.stack([image] * 3), None, times, grid(body.shape)), body


def test_repetitions_of_the_body_along_one_axis_are_reported() -> None:
    assert quality.ghost_finding(*ghosted(0.0)) is None
    finding = quality.ghost_finding(*ghosted(12.0))
    assert finding is not None
    assert finding.code == "ghosting"


def test_a_body_that_fills_the_image_gives_no_ghost_finding() -> None:
    echoes, body = ghosted(12.0)
    assert quality.ghost_finding(echoes, np.ones_like(body)) is None


def test_bright_tissue_at_the_largest_number_is_reported() -> None:
    body = np.ones((20, 20, 1), dtype=bool)
    image = np.random.default_rng(0).uniform(1000, 6000, body.shape)
    times = np.array([1.2, 2.2, 3.2])
    for stored, is_clipped in ((np.minimum(image, 4095), True), (image, False)):
        echoes = MultiEcho(np.stack([stored] * 3), None, times, grid(body.shape))
        finding = quality.clipping_finding(echoes, body)
        assert (finding is not None) is is_clipped
        if finding is not None:
            assert "at exactly 4095" in finding.evidence


def test_one_voxel_at_the_largest_number_is_not_reported() -> None:
    image = np.full((40, 40, 1), 500.0)
    image[3, 3, 0] = 4095
    echoes = MultiEcho(np.stack([image] * 3), None, np.array([1.2, 2.2, 3.2]), grid(image.shape))
    assert quality.clipping_finding(echoes, np.ones(image.shape, dtype=bool)) is None
