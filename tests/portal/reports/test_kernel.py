from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.measurement import Histogram, Measurement
from portal.reports.kernel import Curve, kernel_curves
from tests.portal.reports.conftest import Analysed


def normal(mean: float, deviation: float) -> Histogram:
    edges = np.arange(-20.0, 61.0)
    values = np.random.default_rng(5).normal(mean, deviation, 20_000)
    return Histogram("PDFF", "liver", edges, np.histogram(values, edges)[0])


def moments(curve: Curve) -> tuple[float, float]:
    weights = curve.y / curve.y.sum()
    mean = float(curve.x @ weights)
    return mean, float(np.sqrt(np.square(curve.x - mean) @ weights))


def with_spreads(results: Analysed, *, plain: float, corrected: float):
    def number(statistic: str, value: float) -> Measurement:
        return Measurement("PDFF", "liver", statistic, value, "%", None, 20_000, "made up")

    spreads = (("standard_deviation", plain), ("standard_deviation_noise_corrected", corrected))
    made = tuple(number(name, value) for name, value in (("mean", 15.0), *spreads))
    return replace(results.report, measurements=made)


def test_the_curve_has_the_mean_the_spread_and_the_area_of_the_bars(results: Analysed) -> None:
    histogram = normal(15.0, 4.0)
    curve, _ = kernel_curves(results.report, histogram)
    mean, deviation = moments(curve)
    assert mean == pytest.approx(15.0, abs=0.1)
    assert deviation == pytest.approx(4.0, abs=0.25)
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(histogram.counts.sum(), rel=0.01)


def test_the_second_curve_has_the_spread_without_noise(results: Analysed) -> None:
    report = with_spreads(results, plain=4.0, corrected=2.0)
    _, corrected = kernel_curves(report, normal(15.0, 4.0))
    assert corrected is not None
    mean, deviation = moments(corrected)
    assert mean == pytest.approx(15.0, abs=0.1)
    assert deviation == pytest.approx(2.0, abs=0.25)


def test_there_is_no_second_curve_where_noise_is_unknown(results: Analysed) -> None:
    report = replace(results.report, measurements=())
    assert kernel_curves(report, normal(15.0, 4.0))[1] is None


def test_one_full_bin_stays_a_narrow_peak(results: Analysed) -> None:
    counts = np.zeros(20, dtype=np.int64)
    counts[7] = 100
    curve, _ = kernel_curves(results.report, Histogram("PDFF", "liver", np.arange(21.0), counts))
    assert curve.x[int(np.argmax(curve.y))] == pytest.approx(7.5, abs=0.2)
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(100, rel=0.02)
