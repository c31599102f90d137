from __future__ import annotations

import numpy as np
import pytest

from portal.reports.images import turn
from portal.reports.voxel import read_voxel
from tests.portal.reports.conftest import AFFINE, SHAPE, Analysed


@pytest.fixture(scope="module")
def images(results: Analysed):
    return turn(
        results.selected.anatomical_image,
        results.segmentation.labels,
        results.maps.maps,
        ("PDFF", "R2*"),
    )


def test_axes_run_to_right_front_and_head(images) -> None:
    assert np.all(np.diag(images.geometry.affine)[:3] > 0)


def test_every_voxel_keeps_its_place_in_the_patient(images, results: Analysed) -> None:
    original = (11, 20, 6)
    world = AFFINE @ [*original, 1]
    turned = tuple(int(n) for n in np.rint(np.linalg.inv(images.geometry.affine) @ world)[:3])
    assert turned == (SHAPE[0] - 1 - 11, SHAPE[1] - 1 - 20, 6)
    assert images.labels[turned] == results.segmentation.labels.array[original]
    assert images.get("PDFF").values[turned] == results.maps.get("PDFF").volume.array[original]


def test_only_the_maps_asked_for_are_taken(images) -> None:
    assert images.get("LIC") is None


def test_a_voxel_reads_in_the_words_of_the_report(images) -> None:
    reading = read_voxel(images, (25, 15, 8))
    assert reading.region.startswith("Segment ")
    assert [(v.key, v.text, v.error) for v in reading.values] == [
        ("PDFF", "13.0 %", "0.8 %"),
        ("R2*", "45.0 s⁻¹", "2.0 s⁻¹"),
    ]


def test_a_voxel_that_was_not_fitted_says_so(images) -> None:
    reading = read_voxel(images, (SHAPE[0] - 1 - 20, SHAPE[1] - 1 - 18, 7))
    assert {value.text for value in reading.values} == {"not measured"}


def test_a_voxel_outside_the_grid_is_none(images) -> None:
    assert read_voxel(images, (0, 0, SHAPE[2])) is None
    assert read_voxel(images, (-1, 0, 0)) is None
