"""Voxels that an outline took in beside the liver are left out, what lies inside it is not."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.change.inner_tissue import inner_tissue, on_inner_tissue
from analysis.change.visit import Visit
from analysis.quantities import MR_SIGNAL, PDFF, R2STAR, Quantity
from analysis.volume import Geometry, LabelMap, QuantityMap, Volume
from tests.analysis.change.pairs import report_of

GRID = Geometry((40, 36, 24), np.diag([2.0, 2.0, 3.0, 1.0]))
LIVER = np.zeros(GRID.shape, dtype=bool)
LIVER[4:36, 4:32, 3:21] = True
SURFACE = slice(4, 9)  # 10 mm along the first axis
MIDDLE = (slice(4, 9), slice(14, 22), slice(8, 16))


def noise(seed: int, spread: float) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(GRID.shape) * spread


def visit(
    fat: np.ndarray | None = None,
    rate: np.ndarray | None = None,
    liver: np.ndarray = LIVER,
    valid: np.ndarray | None = None,
) -> Visit:
    known = np.ones(GRID.shape, dtype=bool) if valid is None else valid

    def made(values: np.ndarray, quantity: Quantity) -> QuantityMap:
        return QuantityMap(Volume(values, GRID, quantity), known, None, "planted")

    labels = LabelMap(liver.astype(np.uint8), GRID)
    maps = (
        made(12.0 + noise(1, 2.5) if fat is None else fat, PDFF),
        made(40.0 + noise(2, 4.0) if rate is None else rate, R2STAR),
    )
    image = Volume(np.ones(GRID.shape), GRID, MR_SIGNAL)
    return Visit(report_of(maps, labels, image, 3.0, "1.2", "2026-01-05"), labels, image, maps)


def test_of_an_even_liver_only_the_border_is_left_out() -> None:
    inner = inner_tissue(visit())
    expected = np.zeros_like(LIVER)
    expected[5:35, 5:31, 4:20] = True  # voxels of 2 × 2 × 3 mm: one voxel everywhere
    assert not (inner & ~expected).any()
    assert np.mean(inner[expected]) > 0.99  # noise passes four robust SDs now and then


@pytest.mark.parametrize(("fat", "rate"), [(95.0, 40.0), (0.5, 40.0), (12.0, 900.0)])
def test_fat_muscle_and_lung_taken_in_by_the_outline_are_left_out(fat: float, rate: float) -> None:
    fats, rates = 12.0 + noise(3, 2.5), 40.0 + noise(4, 4.0)
    fats[MIDDLE] += fat - 12.0
    rates[MIDDLE] += rate - 40.0
    inner = inner_tissue(visit(fats, rates))
    assert not inner[MIDDLE].any()
    assert inner[12:28, 12:24, 9:15].all()


def test_a_lesion_inside_the_liver_stays() -> None:
    fats = 12.0 + noise(3, 2.5)
    fats[7:12, 15:20, 10:13] += 15.0  # from 6 mm below the surface on
    inner = inner_tissue(visit(fats))
    assert np.mean(inner[8:12, 15:20, 10:13]) > 0.9


def test_every_map_of_a_visit_is_kept_to_the_inner_tissue() -> None:
    rates = 40.0 + noise(4, 4.0)
    rates[MIDDLE] = 900.0
    found = on_inner_tissue(visit(rate=rates))
    assert not any(each.valid[MIDDLE].any() for each in found.maps)


def test_voxels_without_a_value_at_the_surface_are_left_out_and_harm_no_others() -> None:
    valid = np.ones(GRID.shape, dtype=bool)
    valid[SURFACE] = False
    found = on_inner_tissue(visit(valid=valid)).maps[0].valid
    assert not found[SURFACE].any()
    assert np.mean(found[11:34, 7:29, 6:18]) > 0.99


def test_the_end_of_the_images_is_no_border_of_the_liver() -> None:
    cut = LIVER.copy()
    cut[4:36, 4:32, 21:] = True
    inner = inner_tissue(visit(liver=cut))
    assert np.mean(inner[8:32, 8:28, -1]) > 0.99


def test_a_liver_too_thin_to_know_its_own_tissue_only_loses_its_border() -> None:
    thin = np.zeros(GRID.shape, dtype=bool)
    thin[4:36, 4:32, 10:15] = True
    fats = np.where(thin, 12.0, 95.0)
    inner = inner_tissue(visit(fats, liver=thin))
    assert inner[8:32, 8:28, 11:14].all()  # slices of 3 mm: the first and the last one are border
    assert np.count_nonzero(inner.any(axis=(0, 1))) == 3
