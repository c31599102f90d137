from __future__ import annotations

import numpy as np
import pytest

from analysis.change.smoothing import smooth
from analysis.quantities import PDFF
from analysis.volume import Geometry, QuantityMap, Volume

GRID = Geometry((30, 28, 14), np.diag([2.0, 2.0, 5.0, 1.0]))
LIVER = np.zeros(GRID.shape, dtype=bool)
LIVER[4:26, 4:24, 2:12] = True


def fat_map(
    values: np.ndarray, error: float | None = 2.0, valid: np.ndarray | None = None
) -> QuantityMap:
    errors = None if error is None else np.full(GRID.shape, error)
    known = np.ones(GRID.shape, dtype=bool) if valid is None else valid
    return QuantityMap(Volume(values, GRID, PDFF), known, errors, "planted")


def test_an_even_liver_stays_as_it_is_up_to_its_border() -> None:
    values = np.where(LIVER, 12.0, 95.0)  # fat around it must not leak in
    found = smooth(fat_map(values), LIVER)
    assert np.allclose(found.values[LIVER], 12.0, atol=1e-4)
    assert np.array_equal(found.valid, LIVER)


def test_voxels_that_are_not_valid_do_not_enter() -> None:
    values, valid = np.full(GRID.shape, 12.0), np.ones(GRID.shape, dtype=bool)
    values[10:13, 10:13, 5] = 1000.0
    valid[10:13, 10:13, 5] = False
    found = smooth(fat_map(values, valid=valid), LIVER)
    assert np.allclose(found.values[LIVER], 12.0, atol=1e-4)


def test_far_from_valid_voxels_nothing_is_known() -> None:
    valid = np.zeros(GRID.shape, dtype=bool)
    valid[:10] = True
    found = smooth(fat_map(np.full(GRID.shape, 5.0), valid=valid), LIVER)
    assert not found.valid[22:26].any()
    assert found.valid[5:9, 10:18, 5].all()


def test_the_carried_error_is_the_scatter_of_averaged_noise() -> None:
    rng = np.random.default_rng(3)
    runs = [smooth(fat_map(12.0 + 2.0 * rng.standard_normal(GRID.shape)), LIVER) for _ in range(40)]
    scatter = np.std([run.values for run in runs], axis=0)[LIVER]
    assert runs[0].standard_error is not None
    stated = runs[0].standard_error[LIVER]
    assert np.sqrt(np.mean(stated**2)) == pytest.approx(np.sqrt(np.mean(scatter**2)), rel=0.1)
    inner = runs[0].standard_error[12:18, 10:18, 6].mean()
    assert inner < 0.25 * 2.0
    assert runs[0].standard_error[4, 4, 2] > inner  # fewer voxels in a corner


def test_without_errors_none_are_made_up() -> None:
    assert smooth(fat_map(np.full(GRID.shape, 5.0), error=None), LIVER).standard_error is None
