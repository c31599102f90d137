from __future__ import annotations

import numpy as np
import pytest

from analysis.findings import Severity
from analysis.volume import Geometry, LabelMap
from analysis.volumetry import FRACTION_OF_LIVER, measure_volumes, volume_findings, voxel_counts
from tests.analysis.small_liver import (
    GRID,
    LABELS,
    VOXEL_ML,
    VOXELS_A_SEGMENT,
    label_array,
)


def codes(labels: LabelMap) -> list[str]:
    return [finding.code for finding in volume_findings(labels)]


def test_volumes_are_counted_voxels() -> None:
    found = {(m.region, m.statistic): m for m in measure_volumes(LABELS, {})}
    assert found["liver", "total"].value == pytest.approx(8 * VOXELS_A_SEGMENT * VOXEL_ML)
    assert found["liver", "total"].text == "810 ml"
    assert found["segment_3", "total"].value == pytest.approx(VOXELS_A_SEGMENT * VOXEL_ML)
    assert found["segment_3", "total"].n_voxels == VOXELS_A_SEGMENT
    assert found["segment_3", FRACTION_OF_LIVER].text == "12.5 %"
    assert found["segment_3", "total"].standard_error is None


def test_the_volume_of_an_oblique_grid_is_that_of_its_voxels() -> None:
    angle = np.radians(30)
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([15.0, 15.0, 15.0])
    labels = LabelMap(label_array(), Geometry(GRID.shape, affine))
    assert measure_volumes(labels, {})[0].value == pytest.approx(810.0)


def test_a_segment_that_is_not_there_has_no_volume() -> None:
    array = label_array()
    array[array == 4] = 3
    labels = LabelMap(array, GRID)
    assert voxel_counts(labels)["segment_4"] == 0
    assert all(m.region != "segment_4" for m in measure_volumes(labels, {}))
    assert codes(labels) == ["segment-missing"]
    assert "IV" in volume_findings(labels)[0].message


def test_a_usual_liver_has_no_finding() -> None:
    assert volume_findings(LABELS) == ()


@pytest.mark.parametrize(("edge_mm", "text"), [(12.0, "415 ml"), (30.0, "6480 ml")])
def test_a_liver_of_unusual_volume_is_reported(edge_mm: float, text: str) -> None:
    labels = LabelMap(label_array(), Geometry(GRID.shape, np.diag([edge_mm] * 3 + [1.0])))
    finding = volume_findings(labels)[0]
    assert finding.code == "liver-volume-unusual"
    assert finding.severity is Severity.WARNING
    assert text in finding.message


def test_a_sliver_of_a_segment_is_reported_with_its_volume() -> None:
    array = label_array()
    array[array == 1] = 2
    array[2, 2, 2] = 1
    grid = Geometry(GRID.shape, np.diag([14.0, 14.0, 14.0, 1.0]))
    assert codes(LabelMap(array, grid)) == ["segment-small"]
    assert "I (caudate) (2.7 ml)" in volume_findings(LabelMap(array, grid))[0].message


@pytest.mark.parametrize(
    ("axis", "shift", "side"),
    [
        (0, -2, "left"),
        (0, 2, "right"),
        (1, -2, "posterior"),
        (1, 2, "anterior"),
        (2, -2, "inferior"),
        (2, 2, "superior"),
    ],
)
def test_a_liver_on_the_border_of_the_images_is_cut_on_that_side(
    axis: int, shift: int, side: str
) -> None:
    labels = LabelMap(np.roll(label_array(), shift, axis), GRID)
    (finding,) = volume_findings(labels)
    assert finding.code == "liver-cut"
    assert f"the {side} end" in finding.message


def test_the_side_is_named_in_the_body_not_in_the_array() -> None:
    upside_down = np.diag([15.0, 15.0, -15.0, 1.0])
    labels = LabelMap(np.roll(label_array(), 2, 2), Geometry(GRID.shape, upside_down))
    assert "the inferior end" in volume_findings(labels)[0].message


def test_a_cut_names_the_area_that_touches() -> None:
    labels = LabelMap(np.roll(label_array(), 2, 2), GRID)
    assert "superior 108.0 cm²" in volume_findings(labels)[0].evidence  # 48 voxels of 2.25 cm2


def test_a_few_voxels_on_the_border_are_no_cut() -> None:
    grid = Geometry((40, 40, 9), np.diag([6.0, 6.0, 15.0, 1.0]))
    array = np.zeros(grid.shape, np.uint8)
    array[10:30, 10:30, 1:8] = np.arange(1, 8)[None, None, :]
    array[10, 10, 1:8] = 8
    array[12, 12, 8] = 1  # 36 mm2 on the last slice
    assert "liver-cut" not in codes(LabelMap(array, grid))
