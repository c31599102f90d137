from __future__ import annotations

import numpy as np
import pytest

from analysis.anatomy import REGIONS
from analysis.errors import EmptySegmentation, GeometryMismatch
from analysis.grading import GUGLIELMO_PDFF
from analysis.iron import find_calibration, iron_map
from analysis.map_statistics import SEGMENT_RANGE
from analysis.measurement import MapSet
from analysis.quantification import quantify
from analysis.quantities import FAT_SIGNAL_FRACTION, R2STAR, T2STAR, WATER
from analysis.report import DIVISION, build_report
from analysis.report_json import report_to_dict
from analysis.segment_four import Division, Rule
from analysis.volume import Geometry, LabelMap
from tests.analysis.small_liver import (
    GRID,
    LABELS,
    VOXEL_ML,
    by_segment,
    default_maps,
    label_array,
    make_map,
    make_maps,
    make_report,
    make_segmentation,
    make_selected,
)


def test_fat_iron_and_volume_are_measured_in_the_liver_and_every_segment() -> None:
    found = quantify(default_maps(), LABELS)
    for region in (structure.key for structure in REGIONS):
        for quantity in ("PDFF", "R2*", "LIC", "LIC_molar"):
            assert found.get(quantity, region) is not None
        assert found.get("volume", region, "total") is not None
    assert {h.quantity for h in found.histograms} == {"PDFF", "R2*", "LIC"}
    assert len(found.histograms) == 3 * len(REGIONS)
    assert found.findings == ()


def test_the_parts_of_segment_four_are_measured_and_together_are_the_segment() -> None:
    height = np.broadcast_to(np.arange(GRID.shape[2], dtype=np.float32), GRID.shape)
    found = quantify(make_maps(make_map(height)), LABELS)
    parts = [found.get("PDFF", f"segment_4{part}") for part in "ab"]
    # Segments II and III meet over slices 2 to 6: their mean is slice 4, and above it lie 5 and 6.
    assert [(m.value, m.n_voxels) for m in parts if m is not None] == [(5.5, 12), (3.0, 18)]
    volumes = [found.get("volume", f"segment_4{part}", "total") for part in "ab"]
    assert sum(v.value for v in volumes if v is not None) == pytest.approx(30 * VOXEL_ML)
    assert found.division == Division(Rule.LEFT_PORTAL_PLANE, 80.0)


def test_without_segment_four_there_are_no_parts_and_the_methods_say_why() -> None:
    array = np.where(label_array() == 4, 3, label_array()).astype(np.uint8)
    maps = default_maps()
    found = quantify(maps, LabelMap(array, GRID))
    assert not {m.region for m in found.measurements} & {"segment_4a", "segment_4b"}
    report = build_report(make_selected(), make_segmentation(), maps, found)
    assert dict(report.methods)[DIVISION] == "not measured: segment IV was not found"


def test_the_largest_difference_of_segments_leaves_parts_of_a_segment_out() -> None:
    values = by_segment([5] * 8)
    values[5, 2:8, 5:7] = 9.0  # IVa only: the mean of IV is 6.6
    spread = quantify(make_maps(make_map(values)), LABELS).get("PDFF", "liver", SEGMENT_RANGE)
    assert spread is not None
    assert spread.value == pytest.approx(1.6)


def test_numbers_are_those_that_were_planted() -> None:
    found = quantify(default_maps(), LABELS)
    means = [m for m in found.measurements if (m.region, m.statistic) == ("liver", "mean")]
    assert {m.quantity: m.text for m in means} == {
        "PDFF": "4.5 %",
        "R2*": "50.0 s⁻¹",
        "LIC": "0.64 mg/g",  # -0.03 + 0.01349 x 50 at 3 T
        "LIC_molar": "11.5 µmol/g",
    }


def test_the_error_of_iron_holds_its_calibration() -> None:
    r2star = make_map(50.0, R2STAR, error=0.0)
    iron = quantify(make_maps(iron_map(r2star, find_calibration(3.0))), LABELS).get("LIC", "liver")
    assert iron is not None
    # Intercept (-0.51, 0.45), slope (0.01282, 0.01417), at 50 1/s.
    shared = np.hypot(0.96 / 3.92, 50 * 0.00135 / 3.92)
    assert iron.standard_error == pytest.approx(shared, rel=1e-4)


def test_everything_about_the_distribution_reaches_the_written_report() -> None:
    water = make_map(np.where(LABELS.array == 0, 0, 100.0), WATER)
    fitted = default_maps()
    report = make_report(make_maps(*fitted.maps, water))
    written = {
        (m["quantity"], m["region"], m["statistic"]) for m in report_to_dict(report)["measurements"]
    }
    for quantity in ("PDFF", "R2*", "LIC"):
        everywhere = ("mean", "mean_eroded", "mean_without_vessels", "entropy",
                      "standard_deviation_noise_corrected", "standard_deviation")  # fmt: skip
        assert written >= {(quantity, "segment_5", name) for name in everywhere}
        of_liver = (*everywhere, "standard_deviation_10mm", "right_minus_left",
                    "segment_mean_range", "nine_roi_mean")  # fmt: skip
        assert written >= {(quantity, "liver", name) for name in of_liver}
    assert written >= {("PDFF", "liver", f"volume_fraction_S{n}") for n in range(4)}
    assert ("LIC", "liver", "volume_fraction_normal") in written
    assert ("TLFI", "liver", "total") in written


def test_every_measurement_is_made_once() -> None:
    measurements = quantify(default_maps(), LABELS).measurements
    keys = {(m.quantity, m.region, m.statistic) for m in measurements}
    assert len(keys) == len(measurements)


def test_total_liver_fat_is_fat_fraction_times_volume() -> None:
    found = quantify(make_maps(make_map(10.0, error=None)), LABELS).get("TLFI", "liver", "total")
    assert found is not None
    assert found.value == pytest.approx(81.0)
    assert found.text == "81 ml"
    assert found.standard_error is None


def test_fat_and_iron_are_graded_by_named_tables() -> None:
    grades = quantify(default_maps(), LABELS).grades
    assert [(g.quantity, g.grade) for g in grades] == [("PDFF", "S0"), ("LIC", "normal")]
    other = quantify(default_maps(), LABELS, tables={"PDFF": GUGLIELMO_PDFF}).grades
    assert [(g.quantity, g.table) for g in other] == [("PDFF", GUGLIELMO_PDFF.source)]


def test_a_two_point_fat_fraction_is_measured_but_not_graded() -> None:
    found = quantify(make_maps(make_map(20.0, FAT_SIGNAL_FRACTION)), LABELS)
    assert found.get("FSF", "liver") is not None
    assert found.grades == ()
    assert found.get("TLFI", "liver", "total") is None


def test_a_t2star_map_is_measured_where_there_is_no_r2star() -> None:
    found = quantify(make_maps(make_map(20.0, T2STAR, error=None)), LABELS)
    measurement = found.get("T2*", "liver")
    assert measurement is not None
    assert measurement.text == "20.0 ms"


def test_without_maps_volumes_are_reported_and_the_reader_is_told() -> None:
    found = quantify(make_maps(), LABELS)
    assert {m.quantity for m in found.measurements} == {"volume"}
    assert [f.code for f in found.findings] == ["no-maps"]


def test_no_liver_is_an_error_that_says_what_to_check() -> None:
    labels = LabelMap(np.zeros(GRID.shape, np.uint8), GRID)
    with pytest.raises(EmptySegmentation, match="No liver was found"):
        quantify(default_maps(), labels)


def test_maps_on_another_grid_are_refused() -> None:
    other = Geometry(GRID.shape, np.diag([14.0, 15.0, 15.0, 1.0]))
    with pytest.raises(GeometryMismatch, match="different grids"):
        quantify(make_maps(make_map(5.0, geometry=other)), LABELS)


def test_poor_coverage_implausible_values_and_odd_masks_are_all_reported() -> None:
    array = label_array()
    array[array == 8] = 0
    valid = np.ones(GRID.shape, bool)
    valid[LABELS.array == 2] = False
    maps = make_maps(make_map(500.0, valid=valid), make_map(50.0, R2STAR))
    codes = [f.code for f in quantify(maps, LabelMap(array, GRID)).findings]
    assert codes == ["segment-missing", "few-valid-voxels", "implausible-values"]


def test_an_edited_mask_of_one_voxel_is_measured_and_doubted() -> None:
    array = np.zeros(GRID.shape, np.uint8)
    array[4, 4, 4] = 3
    found = quantify(default_maps(), LabelMap(array, GRID))
    measurement = found.get("PDFF", "liver")
    assert measurement is not None
    assert measurement.value == 3.0
    assert {"liver-volume-unusual", "segment-missing", "few-valid-voxels"} <= {
        f.code for f in found.findings
    }


def test_maps_and_labels_may_be_in_any_order_of_axes() -> None:
    turned = GRID.affine[:, [2, 0, 1, 3]]
    grid = Geometry((9, 12, 10), turned)
    labels = LabelMap(LABELS.array.transpose(2, 0, 1), grid)
    values = by_segment([1, 2, 3, 4, 5, 6, 7, 8]).transpose(2, 0, 1)
    maps: MapSet = make_maps(make_map(values, geometry=grid))
    found, reference = quantify(maps, labels), quantify(default_maps(), LABELS)
    for n in range(1, 9):
        a, b = found.get("PDFF", f"segment_{n}"), reference.get("PDFF", f"segment_{n}")
        assert a is not None
        assert b is not None
        assert a.value == b.value


def test_maps_that_are_not_measured_are_left_alone() -> None:
    found = quantify(make_maps(make_map(5.0), make_map(100.0, WATER)), LABELS)
    assert {m.quantity for m in found.measurements} == {"volume", "PDFF", "TLFI"}
