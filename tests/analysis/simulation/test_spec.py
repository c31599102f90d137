from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.simulation.spec import (
    Grid,
    Imperfections,
    LiverSpec,
    PhantomSpec,
    Protocol,
    liver_protocol,
    true_field_t,
)


@pytest.mark.parametrize("times", [(), (0.0, 1.0), (-1.0, 1.0), (1.2, 1.2), (2.0, 1.0)], ids=str)
def test_echo_times_must_be_positive_and_increase(times):
    with pytest.raises(ValueError, match="positive, distinct and increasing"):
        Protocol(3.0, times, 12.0, 3.0)


def test_all_echoes_fit_into_the_repetition_time():
    with pytest.raises(ValueError, match="longer than the last echo"):
        replace(liver_protocol(3.0), repetition_time_ms=6.0)


@pytest.mark.parametrize("change", [{"field_strength_t": 0.0}, {"flip_angle_deg": 0.0}])
def test_field_and_flip_angle_must_be_positive(change):
    with pytest.raises(ValueError, match="must be positive"):
        replace(liver_protocol(3.0), **change)


@pytest.mark.parametrize(("field_t", "spacing"), [(1.5, 2.0), (2.89, 1.0), (3.0, 1.0)])
def test_echo_spacing_follows_the_field(field_t, spacing):
    times = liver_protocol(field_t).echo_times_ms
    assert len(times) == 6
    assert times[0] == 1.2
    assert times[1] - times[0] == pytest.approx(spacing)


def test_a_siemens_3_tesla_magnet_runs_at_123_megahertz():
    assert liver_protocol(true_field_t("siemens", 3.0)).imaging_frequency_mhz == pytest.approx(
        123.2
    )
    assert true_field_t("ge", 2.89) == true_field_t("siemens", 2.89)
    assert true_field_t("siemens", 1.5) == 1.5
    assert true_field_t("philips", 3.0) == 3.0


def test_a_covering_grid_spans_the_abdomen_with_square_pixels():
    grid = Grid.covering((64, 48, 16))
    assert grid.spacing_mm == (6.4, 6.4, 12.5)


@pytest.mark.parametrize("shape", [(0, 10, 10), (10, 10, -1)])
def test_a_grid_without_voxels_is_refused(shape):
    with pytest.raises(ValueError, match="at least one voxel"):
        Grid(shape)
    with pytest.raises(ValueError, match="at least one voxel"):
        Grid.covering(shape)


@pytest.mark.parametrize("percent", [-1.0, 101.0, float("nan")])
def test_pdff_outside_its_definition_is_refused(percent):
    with pytest.raises(ValueError, match="PDFF"):
        LiverSpec(pdff_percent=percent)


def test_a_rate_that_does_not_decay_is_refused():
    with pytest.raises(ValueError, match=r"R2\* must be positive"):
        LiverSpec(r2star_per_s=0.0)


def test_imperfections_cannot_be_negative():
    with pytest.raises(ValueError, match="signal-to-noise"):
        Imperfections(snr=0.0)
    with pytest.raises(ValueError, match="cannot be negative"):
        Imperfections(coil_shading=-0.1)


def test_specs_are_values():
    assert PhantomSpec(3) == PhantomSpec(3)
    assert repr(PhantomSpec(3)) != repr(PhantomSpec(4))
