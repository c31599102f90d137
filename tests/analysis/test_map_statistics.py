from __future__ import annotations

import numpy as np
import pytest

from analysis.anatomy import REGIONS, SEGMENTS
from analysis.grading import TANG_2013
from analysis.map_statistics import (
    COARSE,
    NOISE_CORRECTED,
    RIGHT_MINUS_LEFT,
    SEGMENT_RANGE,
    build_histograms,
    measure_map,
    sample_map,
)
from analysis.measurement import Measurement
from analysis.quantities import LIC, R2STAR, Quantity
from analysis.regions import liver_box
from analysis.volume import QuantityMap
from tests.analysis.small_liver import GRID, LABELS, by_segment, make_map

BOX = liver_box(LABELS)
STEPS = make_map(by_segment([1, 2, 3, 4, 5, 6, 7, 8]))


def measure(quantity_map: QuantityMap) -> dict[tuple[str, str], Measurement]:
    sampled = sample_map(quantity_map, BOX)
    measured = measure_map(sampled, build_histograms(sampled), TANG_2013)
    found = {(m.region, m.statistic): m for m in measured}
    assert len(found) == len(measured), "a measurement was made twice"
    return found


def test_each_segment_has_its_planted_mean() -> None:
    found = measure(STEPS)
    for n in range(1, 9):
        assert found[f"segment_{n}", "mean"].value == n
        assert found[f"segment_{n}", "standard_deviation"].value == 0
        assert found[f"segment_{n}", "mean"].n_voxels == 30
    assert found["liver", "mean"].value == 4.5
    assert found["liver", "standard_deviation"].value == pytest.approx(np.std(np.arange(1, 9)))


def test_negative_voxels_are_averaged_and_not_clipped() -> None:
    values = np.where(np.indices(GRID.shape).sum(axis=0) % 2, -4.0, 6.0)
    assert measure(make_map(values))["liver", "mean"].value == pytest.approx(1.0)


def test_the_mean_alone_has_an_error() -> None:
    # Steps between segments are far above the noise: nothing is taken as correlated along i, and
    # along j and k neighbours are equal, which is what correlated noise looks like.
    rough = STEPS.volume.array + 5 * np.random.default_rng(3).standard_normal(GRID.shape)
    found = measure(make_map(rough, error=0.5))
    assert found["liver", "mean"].standard_error == pytest.approx(0.5 / np.sqrt(240))
    assert found["segment_2", "mean"].standard_error == pytest.approx(0.5 / np.sqrt(30))
    assert found["liver", "median"].standard_error is None


def test_a_map_without_errors_is_measured_without_them() -> None:
    found = measure(make_map(7.0, error=None))
    assert found["liver", "mean"].standard_error is None
    assert ("liver", NOISE_CORRECTED) not in found
    assert found["liver", RIGHT_MINUS_LEFT].standard_error is None


def test_the_eroded_mask_is_measured_beside_the_whole_one() -> None:
    values = np.full(GRID.shape, 90.0, np.float32)  # fat around
    values[3:9, 3:7, 3:6] = 10.0  # the liver without its outermost voxel
    found = measure(make_map(values))
    assert found["liver", "mean_eroded"].value == 10.0
    assert found["liver", "mean_eroded"].n_voxels == 72
    assert found["liver", "mean"].value == pytest.approx((72 * 10 + 168 * 90) / 240)
    assert "eroded by one voxel" in found["liver", "mean_eroded"].method
    assert ("liver", "skewness_eroded") not in found


def test_statistics_without_vessels_leave_their_voxels_out() -> None:
    vessels = np.zeros(BOX.labels.shape, bool)
    vessels[BOX.labels == 3] = True
    values = by_segment([10, 10, 0, 10, 10, 10, 10, 10])
    sampled = sample_map(make_map(values), BOX, vessels)
    found = {(m.region, m.statistic): m for m in measure_map(sampled, (), None)}
    assert found["liver", "mean"].value == pytest.approx(8.75)
    clear = found["liver", "mean_without_vessels"]
    assert (clear.value, clear.n_voxels) == (10.0, 210)
    assert "12.5 % of the region" in clear.method
    assert clear.standard_error is None or clear.standard_error > 0
    assert ("segment_3", "mean_without_vessels") not in found
    assert found["segment_4", "mean_without_vessels"].value == 10.0
    assert ("liver", "skewness_without_vessels") not in found


def test_vessels_that_could_not_be_looked_for_give_no_statistics() -> None:
    assert not [key for key in measure(STEPS) if key[1].endswith("_without_vessels")]


def test_right_minus_left_compares_segments_five_to_eight_with_two_to_four() -> None:
    found = measure(make_map(by_segment([99, 2, 2, 5, 10, 10, 10, 14])))
    assert found["liver", RIGHT_MINUS_LEFT].value == pytest.approx(11 - 3)
    assert found["liver", RIGHT_MINUS_LEFT].n_voxels == 7 * 30
    assert found["liver", SEGMENT_RANGE].value == 97


def test_the_error_of_a_difference_holds_both_sides() -> None:
    rough = 5 * np.random.default_rng(3).standard_normal(GRID.shape)
    error = measure(make_map(rough, error=0.5))["liver", RIGHT_MINUS_LEFT].standard_error
    assert error == pytest.approx(0.5 * np.hypot(1 / np.sqrt(120), 1 / np.sqrt(90)))


def test_a_map_of_one_lobe_has_no_difference_of_lobes() -> None:
    valid = LABELS.array > 4
    assert ("liver", RIGHT_MINUS_LEFT) not in measure(make_map(5.0, valid=valid))


def test_shares_of_the_bands_add_up() -> None:
    found = measure(make_map(by_segment([1, 1, 7, 7, 7, 18, 18, 30])))
    shares = [found["liver", f"volume_fraction_S{n}"] for n in range(4)]
    assert [share.value for share in shares] == [25.0, 37.5, 25.0, 12.5]
    assert shares[0].text == "25.0 %"


def test_coarse_spread_is_that_of_the_voxels_when_they_are_larger_than_a_centimetre() -> None:
    found = measure(STEPS)
    assert found["liver", COARSE].value == pytest.approx(np.std(np.arange(1, 9)))
    assert "240 cubes" in found["liver", COARSE].method


def test_ratios_carry_no_unit_and_entropy_is_in_bit() -> None:
    found = measure(STEPS)
    assert found["liver", "coefficient_of_variation"].unit == ""
    assert found["liver", "entropy"].text == "3.00 bit"  # eight equal bins
    assert found["segment_1", "entropy"].value == 0


def test_histograms_cover_the_data_with_bins_of_fixed_width() -> None:
    histograms = build_histograms(
        sample_map(make_map(by_segment([-3.5, 0, 1, 2, 3, 4, 5, 8])), BOX)
    )
    liver = histograms[0]
    assert (liver.edges[0], liver.edges[-1]) == (-4.0, 9.0)
    assert set(np.diff(liver.edges)) == {1.0}
    assert liver.counts.sum() == 240
    assert liver.counts.tolist() == [30, 0, 0, 0, 30, 30, 30, 30, 30, 30, 0, 0, 30]


def test_a_value_on_an_edge_belongs_to_the_bin_above() -> None:
    (liver, *_) = build_histograms(sample_map(make_map(7.0), BOX))
    assert liver.edges.tolist() == [7.0, 8.0]
    assert liver.counts.tolist() == [240]


@pytest.mark.parametrize(("quantity", "width"), [(R2STAR, 5.0), (LIC, 0.1)])
def test_bins_have_the_width_of_their_quantity(quantity: Quantity, width: float) -> None:
    values = by_segment([1, 2, 3, 4, 5, 6, 7, 8]) * width
    (liver, *_) = build_histograms(sample_map(make_map(values, quantity), BOX))
    assert np.allclose(np.diff(liver.edges), width)


def test_all_regions_share_their_edges() -> None:
    histograms = build_histograms(sample_map(STEPS, BOX))
    assert len(histograms) == len(REGIONS)
    segments = {segment.key for segment in SEGMENTS}
    assert all(np.array_equal(h.edges, histograms[0].edges) for h in histograms)
    assert (
        sum(h.counts for h in histograms if h.region in segments).tolist()
        == histograms[0].counts.tolist()
    )


def test_a_map_that_is_valid_nowhere_gives_no_number() -> None:
    assert measure(make_map(5.0, valid=np.zeros(GRID.shape, bool))) == {}
