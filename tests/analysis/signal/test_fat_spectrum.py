from __future__ import annotations

import numpy as np
import pytest

from analysis.signal.fat_spectrum import BY_KEY, SIX_PEAK, SPECTRA, FatSpectrum, fat_phasor


@pytest.mark.parametrize("spectrum", SPECTRA, ids=lambda spectrum: spectrum.key)
def test_amplitudes_sum_to_one_and_main_fat_lies_below_water(spectrum: FatSpectrum) -> None:
    assert sum(spectrum.amplitudes) == pytest.approx(1.0)
    main = spectrum.shifts_ppm[int(np.argmax(spectrum.amplitudes))]
    assert -3.7 < main < -3.2


def test_the_default_is_the_published_six_peak_table() -> None:
    assert BY_KEY["six-peak"] is SIX_PEAK
    assert SIX_PEAK.shifts_ppm == (-3.80, -3.40, -2.60, -1.94, -0.39, 0.60)
    raw = np.array([0.087, 0.693, 0.128, 0.004, 0.039, 0.048])
    np.testing.assert_allclose(SIX_PEAK.amplitudes, raw / 0.999)


def test_fat_starts_in_phase_and_turns_backwards() -> None:
    phasor = fat_phasor([0.0, 0.5], 3.0)
    assert phasor[0] == pytest.approx(1.0)
    assert np.angle(phasor[1]) < 0


def test_one_peak_is_opposed_after_half_a_turn() -> None:
    single = FatSpectrum("one", "one peak", (-3.4,), (2.0,), "test")
    half_turn_ms = 1000 / (2 * 3.4 * 42.577478 * 1.5)
    assert fat_phasor([half_turn_ms], 1.5, single)[0] == pytest.approx(-1.0)


def test_peaks_and_amplitudes_must_pair() -> None:
    with pytest.raises(ValueError, match="one amplitude for each shift"):
        FatSpectrum("bad", "bad", (-3.4, -2.6), (1.0,), "test")
