from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from analysis.anatomy import REGIONS
from analysis.maps.mapping import MapOptions, compute_maps
from analysis.precision import noise_correlation_voxels, standard_error_of_mean
from analysis.quantification import quantify
from analysis.quantities import PDFF
from analysis.simulation.abdomen import sample_abdomen
from analysis.simulation.phantom import acquire, echoes_of, small_phantom
from analysis.volume import Geometry, QuantityMap, Volume
from tests.analysis.small_liver import make_selected

GRID = Geometry((32, 32, 16), np.diag([2.0, 2.0, 4.0, 1.0]))
EVERYWHERE = np.ones(GRID.shape, bool)
SMOOTHING = (1.2, 1.0, 0.0)
Array = npt.NDArray[np.float64]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def make_map(values: Array, error: Array | float | None) -> QuantityMap:
    errors = None if error is None else np.broadcast_to(np.float32(error), GRID.shape)
    return QuantityMap(Volume(values, GRID, PDFF), EVERYWHERE, errors, "simulated")


def smooth_noise(rng: np.random.Generator, deviation: float) -> Array:
    """Noise with the correlation of a Gaussian filter and a known standard deviation."""
    noise = ndimage.gaussian_filter(rng.standard_normal(GRID.shape), SMOOTHING, mode="wrap")
    gain = np.prod([1 / np.sqrt(2 * np.sqrt(np.pi) * s) if s else 1.0 for s in SMOOTHING])
    return noise / gain * deviation


def error_of(quantity_map: QuantityMap) -> float:
    assert quantity_map.standard_error is not None
    error = standard_error_of_mean(
        quantity_map.volume.array.ravel().astype(np.float64),
        quantity_map.standard_error.ravel().astype(np.float64) ** 2,
        n_region=quantity_map.valid.size,
        correlation_voxels=noise_correlation_voxels(quantity_map, EVERYWHERE),
    )
    assert error is not None
    return error


def test_independent_noise_is_not_correlated(rng: np.random.Generator) -> None:
    found = noise_correlation_voxels(make_map(3 * rng.standard_normal(GRID.shape), 3.0), EVERYWHERE)
    assert found == pytest.approx(1.0, abs=0.15)


def test_interpolated_noise_is_correlated_over_as_many_voxels_as_it_is(
    rng: np.random.Generator,
) -> None:
    # A Gaussian filter of width s correlates noise over 2 sqrt(pi) s voxels of its axis.
    truth = np.prod([2 * np.sqrt(np.pi) * s for s in SMOOTHING if s])
    found = noise_correlation_voxels(make_map(smooth_noise(rng, 3.0), 3.0), EVERYWHERE)
    assert found == pytest.approx(truth, rel=0.1)


@pytest.mark.parametrize("correlated", [False, True])
def test_the_error_is_the_scatter_of_the_mean_over_repeated_scans(
    rng: np.random.Generator, *, correlated: bool
) -> None:
    tissue = 10 + 3 * np.sin(np.arange(32) / 5)[:, None, None]
    maps = [
        make_map(
            tissue
            + (smooth_noise(rng, 3.0) if correlated else 3 * rng.standard_normal(GRID.shape)),
            3.0,
        )
        for _ in range(60)
    ]
    scatter = np.std([np.mean(m.volume.array) for m in maps], ddof=1)
    assert np.median([error_of(m) for m in maps]) == pytest.approx(scatter, rel=0.25)


def test_noise_that_differs_from_voxel_to_voxel_is_weighed_by_its_own_error(
    rng: np.random.Generator,
) -> None:
    errors = np.where(np.arange(32) < 16, 1.0, 10.0)[:, None, None] * np.ones(GRID.shape)
    found = noise_correlation_voxels(
        make_map(errors * rng.standard_normal(GRID.shape), errors), EVERYWHERE
    )
    assert found == pytest.approx(1.0, abs=0.15)


def test_tissue_structure_never_makes_the_error_smaller(rng: np.random.Generator) -> None:
    structured = 50 * rng.standard_normal(GRID.shape)  # far rougher than the noise
    assert noise_correlation_voxels(make_map(structured, 1.0), EVERYWHERE) == 1.0


def test_a_map_without_errors_has_no_error_of_the_mean() -> None:
    quantity_map = make_map(np.zeros(GRID.shape), None)
    assert noise_correlation_voxels(quantity_map, EVERYWHERE) == 1.0
    assert standard_error_of_mean(np.ones(4), None, n_region=4, correlation_voxels=1.0) is None


def test_the_error_of_a_fully_measured_region_is_its_noise() -> None:
    error = standard_error_of_mean(
        np.array([0.0, 100.0, 0.0, 100.0]), np.full(4, 4.0), n_region=4, correlation_voxels=1.0
    )
    assert error == pytest.approx(2 / np.sqrt(4))


def test_voxels_that_could_not_be_measured_add_their_sampling_error() -> None:
    values = np.array([0.0, 10.0, 0.0, 10.0])  # standard deviation 5
    error = standard_error_of_mean(values, np.zeros(4), n_region=8, correlation_voxels=1.0)
    assert error == pytest.approx(np.sqrt(0.5 * 25 / 4))


def test_correlation_widens_the_error_by_its_root() -> None:
    values, variances = np.zeros(9), np.full(9, 1.0)
    single = standard_error_of_mean(values, variances, n_region=9, correlation_voxels=1.0)
    wide = standard_error_of_mean(values, variances, n_region=9, correlation_voxels=4.0)
    assert single is not None
    assert wide == pytest.approx(2 * single)


def test_a_region_of_a_few_voxels_is_taken_as_uncorrelated() -> None:
    few = np.zeros(GRID.shape, bool)
    few[:2, :2, :2] = True
    assert noise_correlation_voxels(make_map(np.zeros(GRID.shape), 1.0), few) == 1.0


def test_stated_errors_are_the_scatter_over_repeated_simulated_scans() -> None:
    # From echoes to means: the same body scanned six times, only the noise is another.
    spec = small_phantom(3)
    anatomy = sample_abdomen(spec)
    study = acquire(anatomy, spec)
    means: dict[tuple[str, str], list[float]] = {}
    errors: dict[tuple[str, str], list[float]] = {}
    for seed in range(6):
        echoes = echoes_of(study.model, anatomy, replace(spec, seed=100 + seed))
        selected = replace(make_selected(), echoes=echoes)
        maps = compute_maps(selected, MapOptions(method="magnitude"))
        for m in quantify(maps, study.truth.segments).measurements:
            if m.statistic == "mean" and m.quantity in ("PDFF", "R2*") and m.standard_error:
                means.setdefault((m.quantity, m.region), []).append(m.value)
                errors.setdefault((m.quantity, m.region), []).append(m.standard_error)
    assert len(means) == 2 * len(REGIONS)
    ratios = [np.var(means[key], ddof=1) / np.mean(errors[key]) ** 2 for key in means]
    assert np.sqrt(np.mean(ratios)) == pytest.approx(1.0, abs=0.25)
