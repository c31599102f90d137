from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from analysis.heterogeneity import (
    FEATURE_BY_NAME,
    FEATURES,
    coarse_standard_deviation,
    first_order,
    histogram_features,
    noise_corrected_standard_deviation,
)
from analysis.measurement import Histogram

# IBSI digital phantom, 5 x 4 x 4 voxels, slices from the top; 0 is outside the region of interest.
# Zwanenburg et al., reference manual arXiv:1612.07003, section 5.1; CC BY 4.0.
IBSI_PHANTOM = np.array(
    [
        [[1, 4, 4, 1, 1], [1, 4, 6, 1, 1], [4, 1, 6, 4, 1], [4, 4, 6, 4, 1]],
        [[1, 4, 4, 1, 1], [1, 1, 6, 1, 1], [0, 1, 3, 1, 1], [4, 4, 6, 1, 1]],
        [[1, 4, 4, 0, 0], [1, 1, 1, 1, 1], [1, 1, 0, 1, 1], [1, 1, 6, 1, 1]],
        [[1, 4, 4, 0, 0], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 6, 1, 1]],
    ],
    dtype=np.float64,
)
# Benchmark values with IBSI codes, three significant digits as published.
IBSI_BENCHMARK = {
    "mean": ("Q4LE", 2.15),
    "variance": ("ECT3", 3.05),
    "skewness": ("KE2A", 1.08),
    "excess_kurtosis": ("IPH6", -0.355),
    "median": ("Y12H", 1.0),
    "minimum": ("1GSF", 1.0),
    "p10": ("QG58", 1.0),
    "p90": ("8DWT", 4.0),
    "maximum": ("84IY", 6.0),
    "interquartile_range": ("SALO", 3.0),
    "range": ("2OJQ", 5.0),
    "mean_absolute_deviation": ("4FUA", 1.55),
    "robust_mean_absolute_deviation": ("1128", 1.11),
    "median_absolute_deviation": ("N72L", 1.15),
    "coefficient_of_variation": ("7TET", 0.812),
    "quartile_coefficient_of_dispersion": ("9S40", 0.600),
    "energy": ("N8CA", 567.0),
    "root_mean_square": ("5ZWQ", 2.77),
    "entropy": ("TLU2", 1.27),
    "uniformity": ("BJ5W", 0.512),
}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def phantom() -> npt.NDArray[np.float64]:
    return IBSI_PHANTOM[IBSI_PHANTOM > 0]


def test_the_phantom_has_the_published_74_voxels(phantom: npt.NDArray[np.float64]) -> None:
    assert phantom.size == 74
    assert np.bincount(phantom.astype(int)).tolist() == [0, 50, 0, 1, 16, 0, 7]


@pytest.mark.parametrize("name", IBSI_BENCHMARK)
def test_the_ibsi_phantom_gives_the_published_value(
    name: str, phantom: npt.NDArray[np.float64]
) -> None:
    code, published = IBSI_BENCHMARK[name]
    counts, edges = np.histogram(phantom, np.arange(1.0, 8.0))
    histogram = Histogram("PDFF", "liver", edges, counts)
    found = first_order(phantom) | histogram_features(histogram)
    assert FEATURE_BY_NAME[name].ibsi == code
    assert f"{found[name]:.3g}" == f"{published:.3g}"


def test_every_ibsi_code_is_used_once() -> None:
    codes = [feature.ibsi for feature in FEATURES if feature.ibsi]
    assert len(codes) == len(set(codes))


def test_percentiles_of_a_ramp_are_known() -> None:
    found = first_order(np.arange(101.0))
    assert [found[f"p{n}"] for n in (5, 10, 25, 75, 90, 95)] == [5, 10, 25, 75, 90, 95]
    assert found["interquartile_range"] == 50
    assert found["median"] == 50


def test_a_constant_has_no_shape() -> None:
    found = first_order(np.full(10, 7.0))
    assert found["standard_deviation"] == 0
    assert "skewness" not in found
    assert "excess_kurtosis" not in found


def test_a_ratio_to_a_negative_mean_is_left_out() -> None:
    found = first_order(np.array([-3.0, -2.0, -1.0]))
    assert found["mean"] == -2
    assert "coefficient_of_variation" not in found
    assert "quartile_coefficient_of_dispersion" not in found


def test_one_voxel_is_enough() -> None:
    assert first_order(np.array([4.0]))["p90"] == 4.0


def test_no_voxel_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one voxel"):
        first_order(np.array([]))
    with pytest.raises(ValueError, match="empty histogram"):
        histogram_features(Histogram("PDFF", "liver", np.arange(3.0), np.zeros(2)))


def test_entropy_of_eight_equal_bins_is_three_bits() -> None:
    found = histogram_features(Histogram("PDFF", "liver", np.arange(9.0), np.full(8, 5)))
    assert found["entropy"] == pytest.approx(3.0)
    assert found["uniformity"] == pytest.approx(1 / 8)


def test_noise_is_taken_out_of_the_spread(rng: np.random.Generator) -> None:
    tissue = rng.normal(10.0, 2.0, 200_000)
    noisy = tissue + rng.normal(0.0, 3.0, tissue.size)
    assert np.std(noisy) == pytest.approx(np.hypot(2, 3), rel=0.01)
    corrected = noise_corrected_standard_deviation(noisy, np.full(tissue.size, 9.0))
    assert corrected == pytest.approx(2.0, rel=0.02)


def test_a_spread_below_the_noise_is_zero() -> None:
    assert noise_corrected_standard_deviation(np.array([1.0, 1.1]), np.array([4.0, 4.0])) == 0.0


def test_means_over_cubes_keep_the_slow_part_and_lose_the_fast_one() -> None:
    checkers = np.indices((8, 8, 8)).sum(axis=0) % 2  # 2 mm pattern: gone in 4 mm cubes
    steps = np.repeat([10.0, 20.0], 4)[:, None, None]  # 8 mm steps: kept
    values = (steps + 6.0 * checkers - 3.0).astype(np.float32)
    found = coarse_standard_deviation(values, np.ones((8, 8, 8), bool), (2.0, 2.0, 2.0), 8.0)
    assert found == (pytest.approx(5.0), 8)


def test_cubes_with_few_voxels_of_the_region_do_not_count() -> None:
    values = np.zeros((8, 4, 4), np.float32)
    inside = np.zeros((8, 4, 4), bool)
    inside[:4] = True
    inside[4:, 0, 0] = True
    values[4:] = 1000.0
    assert coarse_standard_deviation(values, inside, (1.0, 1.0, 1.0), 4.0) is None


def test_thick_slices_are_cubes_of_one_slice() -> None:
    values = np.broadcast_to(np.array([1.0, 3.0], np.float32), (5, 5, 2))
    inside = np.ones((5, 5, 2), bool)
    assert coarse_standard_deviation(values, inside, (2.0, 2.0, 40.0)) == (pytest.approx(1.0), 2)
