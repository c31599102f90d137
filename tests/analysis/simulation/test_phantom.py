from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from analysis.signal.fat_spectrum import fat_phasor
from analysis.simulation.phantom import simulate, small_phantom
from analysis.simulation.spec import NO_IMPERFECTIONS, Imperfections, LiverSpec, liver_protocol

EVEN = LiverSpec(
    pdff_percent=20.0,
    r2star_per_s=80.0,
    segment_pdff_sd_percent=0.0,
    segment_r2star_sd_fraction=0.0,
    right_left_pdff_percent=0.0,
    texture_pdff_percent=0.0,
    texture_r2star_fraction=0.0,
    focal=(),
)


def parenchyma(study):
    return study.truth.segments.liver & ~study.truth.vessels


def test_noiseless_echoes_follow_the_equation():
    study = simulate(small_phantom(1, liver=EVEN, imperfections=NO_IMPERFECTIONS))
    inside = parenchyma(study)
    density = (study.model.water + study.model.fat)[inside].astype(np.float64)
    for echo, time_ms in enumerate(study.spec.protocol.echo_times_ms):
        fat = fat_phasor([time_ms], 3.0)[0]
        expected = density * np.abs(0.8 + 0.2 * fat) * np.exp(-80.0 * time_ms / 1000)
        np.testing.assert_allclose(study.echoes.magnitude[echo][inside], expected, rtol=1e-5)
        angle = np.angle(0.8 + 0.2 * fat)
        np.testing.assert_allclose(study.echoes.phase_rad[echo][inside], angle, atol=1e-5)


def test_phase_turns_with_the_off_resonance_between_echoes():
    flaws = replace(NO_IMPERFECTIONS, off_resonance_ppm=1.0)
    liver = replace(EVEN, pdff_percent=0.0)
    study = simulate(small_phantom(1, liver=liver, imperfections=flaws))
    inside = parenchyma(study)
    turn = np.exp(1j * (study.echoes.phase_rad[1] - study.echoes.phase_rad[0]))[inside]
    field_hz = study.model.off_resonance_hz[inside].astype(np.float64)
    assert np.abs(field_hz).max() > 20
    np.testing.assert_allclose(turn, np.exp(2j * np.pi * field_hz * 0.001), atol=1e-4)


def test_truth_of_an_even_liver_is_what_was_asked_for():
    study = simulate(small_phantom(2, liver=EVEN))
    inside = parenchyma(study)
    np.testing.assert_allclose(study.truth.pdff.volume.array[inside], 20.0, rtol=1e-6)
    np.testing.assert_allclose(study.truth.r2star.volume.array[inside], 80.0, rtol=1e-6)


def test_t1_weighting_raises_the_fat_signal_of_a_large_flip_angle():
    spec = small_phantom(
        1, liver=EVEN, imperfections=replace(NO_IMPERFECTIONS, has_t1_weighting=True)
    )
    spec = replace(
        spec, protocol=replace(liver_protocol(3.0), flip_angle_deg=10.0, repetition_time_ms=8.0)
    )
    study = simulate(spec)
    inside = parenchyma(study)
    fat, water = study.model.fat[inside], study.model.water[inside]
    apparent = fat / (water + fat)
    # k = 1.472 for 382 and 809 ms at TR 8 ms and 10 degrees, so that 20 % reads 26.90 %.
    np.testing.assert_allclose(100 * apparent, 26.90, atol=0.01)


def test_noise_has_the_requested_ratio_to_the_liver_signal():
    clean = simulate(small_phantom(1, liver=EVEN, imperfections=NO_IMPERFECTIONS))
    noisy = simulate(
        small_phantom(1, liver=EVEN, imperfections=replace(NO_IMPERFECTIONS, snr=25.0))
    )

    def signal(study):
        return study.echoes.magnitude * np.exp(1j * study.echoes.phase_rad)

    difference = signal(noisy) - signal(clean)
    level = np.median((clean.model.water + clean.model.fat)[clean.truth.segments.liver])
    assert difference.real.std() == pytest.approx(level / 25.0, rel=0.02)
    assert difference.imag.std() == pytest.approx(level / 25.0, rel=0.02)


def test_equal_specs_give_equal_studies_and_other_seeds_do_not():
    first, again, other = (simulate(small_phantom(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.echoes.magnitude, again.echoes.magnitude)
    np.testing.assert_array_equal(first.truth.segments.array, again.truth.segments.array)
    assert not np.array_equal(first.truth.segments.array, other.truth.segments.array)


def test_blur_is_a_point_spread_of_the_complex_image_within_each_slice():
    spec = small_phantom(1, imperfections=replace(NO_IMPERFECTIONS, point_spread_voxels=1.0))
    blurred, sharp = (
        simulate(spec).echoes,
        simulate(replace(spec, imperfections=NO_IMPERFECTIONS)).echoes,
    )
    image = (sharp.magnitude * np.exp(1j * sharp.phase_rad))[2, :, :, 5]
    expected = np.abs(ndimage.gaussian_filter(image, 1.0, truncate=4.0))
    np.testing.assert_allclose(blurred.magnitude[2, :, :, 5], expected, atol=1e-5)


def test_noise_differs_between_echoes():
    spec = small_phantom(1, imperfections=Imperfections(snr=5.0))
    study = simulate(spec)
    air = ~(study.truth.pdff.valid)
    first, second = (study.echoes.magnitude[echo][air] for echo in (0, 1))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.1


@pytest.mark.parametrize("field_t", [1.5, 2.8935, 3.0])
def test_echoes_of_every_field_decay_in_the_liver(field_t):
    liver = replace(EVEN, pdff_percent=0.0)
    study = simulate(
        small_phantom(1, field_strength_t=field_t, liver=liver, imperfections=NO_IMPERFECTIONS)
    )
    inside = parenchyma(study)
    means = [echo[inside].mean() for echo in study.echoes.magnitude]
    times = np.array(study.spec.protocol.echo_times_ms)
    rate = -np.polyfit(times, np.log(means), 1)[0] * 1000
    assert rate == pytest.approx(80.0, rel=1e-4)
