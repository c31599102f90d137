from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import UnusableInput
from analysis.ingest.grid import build_geometry, distinct_distances, gaps, grid_key, slice_normal
from tests.analysis.ingest.headers import at, image_header


def test_world_position_of_a_voxel_is_that_of_the_standard_turned_to_ras() -> None:
    geometry = build_geometry([at(0.0), at(4.0), at(8.0)])

    voxel = geometry.affine @ np.array([2, 1, 2, 1])

    # LPS: origin (-12, 7, 0) + 2 columns of 3 mm + 1 row of 2 mm + 2 slices of 4 mm.
    assert voxel[:3] == pytest.approx([-(-12 + 6), -(7 + 2), 8])


def test_oblique_slices_step_along_their_own_positions() -> None:
    tilt = np.deg2rad(20)
    column = (0.0, float(np.cos(tilt)), float(np.sin(tilt)))
    orientation = (1.0, 0.0, 0.0, *column)
    normal = np.cross(orientation[:3], column)
    headers = [
        image_header(position_lps_mm=tuple(5.0 * k * normal), orientation_lps=orientation)
        for k in range(4)
    ]

    geometry = build_geometry(headers)

    assert geometry.spacing_mm == pytest.approx((3.0, 2.0, 5.0))
    assert geometry.affine[:3, 2] == pytest.approx(5 * normal * [-1, -1, 1])


def test_a_single_slice_takes_its_thickness_as_step() -> None:
    geometry = build_geometry([image_header(slice_thickness_mm=6.0)])

    assert geometry.spacing_mm[2] == pytest.approx(6.0)


def test_a_gap_is_refused_with_the_slice_after_which_it_lies() -> None:
    with pytest.raises(UnusableInput, match="after slice 2") as caught:
        build_geometry([at(0.0), at(4.0), at(12.0), at(16.0)])

    assert caught.value.code == "missing-slices"


def test_rounding_in_the_positions_is_no_gap() -> None:
    assert gaps([0.0, 4.001, 7.998, 12.0]) == []


def test_directions_that_are_not_perpendicular_are_refused() -> None:
    with pytest.raises(UnusableInput, match="orientation"):
        slice_normal(image_header(orientation_lps=(1.0, 0.0, 0.0, 0.9, 0.1, 0.0)))


def test_distances_within_a_twentieth_of_a_millimetre_are_one_place() -> None:
    assert distinct_distances([4.0, 0.0, 4.03, 8.0]) == [0.0, 4.0, 8.0]


def test_images_of_another_plane_have_another_key() -> None:
    sagittal = image_header(orientation_lps=(0.0, 1.0, 0.0, 0.0, 0.0, -1.0))

    assert grid_key(image_header()) != grid_key(sagittal)
