from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from analysis.export.montage import axial_stack, draw_montage
from analysis.quantities import MR_SIGNAL
from analysis.volume import Geometry, LabelMap, Volume
from tests.analysis.small_liver import GRID, LABELS, by_segment, make_map

RAMP = np.arange(1.0, 9.0)


def anatomy(geometry: Geometry = GRID) -> Volume:
    return Volume(np.zeros(geometry.shape), geometry, MR_SIGNAL)


def test_axes_are_turned_to_right_anterior_superior() -> None:
    # The same liver stored with axes superior, left, anterior.
    turned = Geometry((9, 12, 10), GRID.affine @ np.eye(4)[:, [2, 0, 1, 3]])
    labels = LabelMap(LABELS.array.transpose(2, 0, 1), turned)
    values = by_segment(list(RAMP)).transpose(2, 0, 1)
    found = axial_stack(anatomy(turned), make_map(values, geometry=turned), labels)
    straight = axial_stack(anatomy(), make_map(by_segment(list(RAMP))), LABELS)
    assert np.array_equal(found.labels, straight.labels)
    assert np.array_equal(found.values.filled(-1), straight.values.filled(-1))
    assert np.allclose(found.heights_mm, straight.heights_mm)


def test_a_mirrored_grid_shows_the_same_side_on_the_right() -> None:
    affine = GRID.affine @ np.diag([-1.0, 1.0, 1.0, 1.0])
    affine[0, 3] = GRID.affine[0, 3] + 15.0 * 11
    labels = LabelMap(LABELS.array[::-1], Geometry(GRID.shape, affine))
    found = axial_stack(anatomy(labels.geometry), make_map(1.0, geometry=labels.geometry), labels)
    assert np.array_equal(found.labels, axial_stack(anatomy(), make_map(1.0), LABELS).labels)


def test_heights_are_those_of_the_slices_in_the_body() -> None:
    found = axial_stack(anatomy(), make_map(1.0), LABELS)
    assert found.heights_mm.tolist() == [20 + 15 * k for k in range(2, 7)]


def test_only_valid_liver_is_coloured() -> None:
    valid = np.ones(GRID.shape, bool)
    valid[4, 4, 4] = False
    found = axial_stack(anatomy(), make_map(1.0, valid=valid), LABELS)
    assert found.values.count() == 8 * 30 - 1


def pixels(values: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    png = draw_montage(anatomy(), make_map(values), LABELS)
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def test_the_patients_right_is_on_the_left_of_the_picture() -> None:
    # Segment VIII (largest x, the patient's right) is fat and shows yellow.
    picture = pixels(by_segment([0, 0, 0, 0, 0, 0, 0, 40]))
    first_slice = picture[:, : picture.shape[1] // 6]
    yellow = (first_slice[..., 0] > 230) & (first_slice[..., 1] > 210) & (first_slice[..., 2] < 90)
    columns = np.flatnonzero(yellow.any(axis=0))
    assert columns.size > 0
    assert columns.mean() < first_slice.shape[1] / 2


def test_the_picture_is_the_same_every_time() -> None:
    values = by_segment(list(RAMP))
    one = draw_montage(anatomy(), make_map(values), LABELS)
    assert one == draw_montage(anatomy(), make_map(values), LABELS)


@pytest.mark.parametrize("slices", [1, 2])
def test_a_liver_of_few_slices_is_drawn(slices: int) -> None:
    array = np.zeros(GRID.shape, np.uint8)
    array[3:8, 3:8, 4 : 4 + slices] = 5
    png = draw_montage(anatomy(), make_map(5.0), LabelMap(array, GRID))
    assert Image.open(io.BytesIO(png)).size[0] > 500


def test_a_map_valid_nowhere_is_drawn_as_anatomy() -> None:
    nowhere = make_map(5.0, valid=np.zeros(GRID.shape, bool))
    assert draw_montage(anatomy(), nowhere, LABELS).startswith(b"\x89PNG")
