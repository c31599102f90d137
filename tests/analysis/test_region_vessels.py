from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from analysis.measurement import MapSet
from analysis.quantities import PDFF, R2STAR, WATER
from analysis.region_vessels import SHORTEST_MM, deviation, find_vessels
from analysis.regions import LiverBox, liver_box
from analysis.volume import Geometry, LabelMap
from tests.analysis.small_liver import make_map, make_maps

GRID = Geometry((56, 44, 26), np.diag([2.5, 2.5, 4.0, 1.0]))
SPACING_MM = np.array([2.5, 2.5, 4.0])
POSITION_MM = np.moveaxis(np.indices(GRID.shape), 0, -1) * SPACING_MM
CENTRE_MM = (np.array(GRID.shape) - 1) / 2 * SPACING_MM
LIVER = (np.square((POSITION_MM - CENTRE_MM) / [62, 48, 46]).sum(axis=-1) < 1).astype(np.uint8)
LABELS = LabelMap(5 * LIVER, GRID)
Mask = npt.NDArray[np.bool_]


def tube(start_mm: list[float], end_mm: list[float], radius_mm: float) -> Mask:
    """Voxels within ``radius_mm`` of a line, both ends relative to the middle of the liver."""
    start, end = CENTRE_MM + start_mm, CENTRE_MM + end_mm
    along = (POSITION_MM - start) @ (end - start) / np.square(end - start).sum()
    nearest = start + np.clip(along, 0, 1)[..., None] * (end - start)
    result: Mask = np.linalg.norm(POSITION_MM - nearest, axis=-1) < radius_mm
    return result


VEINS = tube([-40, 0, 5], [40, 10, 5], 4.0) | tube([0, 0, 5], [-15, 35, -25], 3.5)
NOTHING = np.zeros(GRID.shape, dtype=bool)


def maps_with(
    blood: Mask,
    *,
    blood_water: float = 70.0,
    blood_r2star: float = 20.0,
    blood_pdff: float = 0.0,
    liver_r2star: float = 50.0,
    seed: int = 0,
) -> MapSet:
    """A noisy liver of PDFF 10 %, shaded along i, with structures of other values in it."""
    rng = np.random.default_rng(seed)
    shade = np.linspace(0.7, 1.3, GRID.shape[0])[:, None, None]
    water = shade * np.where(blood, blood_water, 100.0) + rng.normal(0, 3, GRID.shape)
    r2star = np.where(blood, blood_r2star, liver_r2star) + rng.normal(0, 8, GRID.shape)
    pdff = np.where(blood, blood_pdff, 10.0) + rng.normal(0, 3, GRID.shape)
    pairs = ((water, WATER), (r2star, R2STAR), (pdff, PDFF))
    return make_maps(*(make_map(values, quantity, geometry=GRID) for values, quantity in pairs))


def found_in(maps: MapSet) -> tuple[Mask, LiverBox]:
    box = liver_box(LABELS)
    vessels = find_vessels(maps, box)
    assert vessels is not None
    return vessels, box


@pytest.mark.parametrize("blood_water", [60.0, 140.0])
def test_dark_and_bright_veins_are_found(blood_water: float) -> None:
    found, box = found_in(maps_with(VEINS, blood_water=blood_water))
    truth = VEINS[box.slices] & box.core
    assert (found & truth).sum() > 0.85 * truth.sum()
    assert (found & truth).sum() > 0.8 * found.sum()


def test_iron_around_them_shows_veins_of_the_same_brightness() -> None:
    found, box = found_in(maps_with(VEINS, blood_water=100.0, liver_r2star=250.0))
    truth = VEINS[box.slices] & box.core
    assert (found & truth).sum() > 0.85 * truth.sum()


def test_a_liver_without_vessels_keeps_its_voxels_and_its_mean() -> None:
    maps = maps_with(NOTHING)
    found, box = found_in(maps)
    liver = box.labels > 0
    assert found.sum() < 0.005 * liver.sum()
    for key, tolerance in (("PDFF", 0.02), ("R2*", 0.1)):
        quantity_map = maps.get(key)
        assert quantity_map is not None
        values = box.crop(quantity_map).volume.array
        assert values[liver & ~found].mean() == pytest.approx(values[liver].mean(), abs=tolerance)


def test_the_mean_without_vessels_is_that_of_the_tissue() -> None:
    maps = maps_with(VEINS)
    found, box = found_in(maps)
    pdff = maps.get("PDFF")
    assert pdff is not None
    values, liver = box.crop(pdff).volume.array, box.labels > 0
    assert values[liver].mean() < 9.9
    assert values[liver & ~found].mean() == pytest.approx(10.0, abs=0.05)


def test_a_round_cyst_is_no_vessel() -> None:
    cyst = np.linalg.norm(POSITION_MM - CENTRE_MM, axis=-1) < 14.0
    found, _ = found_in(maps_with(cyst, blood_water=140.0, blood_r2star=5.0))
    assert found.sum() < 20


def test_a_small_round_spot_is_no_vessel() -> None:
    spot = np.linalg.norm(POSITION_MM - CENTRE_MM, axis=-1) < SHORTEST_MM / 3
    found, box = found_in(maps_with(spot, blood_water=150.0, blood_r2star=5.0))
    assert not (found & spot[box.slices]).any()


def test_a_band_of_fat_is_no_vessel() -> None:
    found, box = found_in(maps_with(VEINS, blood_water=30.0, blood_r2star=40.0, blood_pdff=70.0))
    assert (found & VEINS[box.slices]).sum() < 0.1 * VEINS.sum()


def test_the_outermost_voxels_are_not_searched() -> None:
    found, box = found_in(maps_with(tube([-80, 0, 0], [80, 0, 0], 4.0)))
    assert found.any()
    assert not (found & ~box.core).any()


def test_without_a_water_map_it_cannot_be_told() -> None:
    maps = maps_with(VEINS)
    part = make_maps(*(m for m in maps.maps if m.quantity is not WATER))
    assert find_vessels(part, liver_box(LABELS)) is None


def test_a_liver_of_a_few_voxels_has_no_vessels() -> None:
    tiny = np.zeros(GRID.shape, np.uint8)
    tiny[10:13, 10:13, 10:13] = 5
    box = liver_box(LabelMap(tiny, GRID))
    found = find_vessels(maps_with(VEINS), box)
    assert found is not None
    assert not found.any()


def test_deviations_of_noise_have_unit_spread_and_follow_no_shading() -> None:
    rng = np.random.default_rng(2)
    slope = np.linspace(0, 30, GRID.shape[0])[:, None, None]
    values = slope + rng.normal(0, 2, GRID.shape)
    z = deviation(values, LIVER > 0, tuple(SPACING_MM))
    assert z[LIVER > 0].std() == pytest.approx(1.0, abs=0.1)
    assert abs(np.corrcoef(z[LIVER > 0], (slope + 0 * z)[LIVER > 0])[0, 1]) < 0.1
    assert not z[LIVER == 0].any()
