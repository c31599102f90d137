from __future__ import annotations

import io

import highdicom as hd
import pytest
from pydicom import dcmread

from analysis.export.dicom.segmentation import SEGMENTATION_EXPORTER
from analysis.export.dicom.structured_report import STRUCTURED_REPORT_EXPORTER
from analysis.export.exported_file import ExportRequest
from tests.analysis.small_liver import (
    default_maps,
    make_map,
    make_maps,
    make_report,
    make_segmentation,
    make_selected,
)

Group = hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations
Values = dict[tuple[str, str, str], float]


def render(request: ExportRequest) -> bytes:
    content = STRUCTURED_REPORT_EXPORTER.render(request)
    assert content is not None
    return content


def groups_of(request: ExportRequest) -> list[Group]:
    report = hd.sr.Comprehensive3DSR.from_dataset(dcmread(io.BytesIO(render(request))))
    return list(report.content.get_volumetric_roi_measurement_groups())


def values_of(groups: list[Group]) -> Values:
    """Value by region, code of the quantity and code of the derivation."""
    values = {}
    for group in groups:
        for measurement in group.get_measurements():
            derivation = measurement.derivation.value if measurement.derivation else ""
            key = (group.tracking_identifier, measurement.name.value, derivation)
            values[key] = float(measurement.value)
    return values


@pytest.fixture(scope="module")
def groups(request_: ExportRequest) -> list[Group]:
    return groups_of(request_)


def test_the_values_are_those_of_the_report(request_: ExportRequest, groups: list[Group]) -> None:
    values = values_of(groups)
    report = request_.report
    mean, median, deviation = "373098007", "373099004", "386136009"
    for region in ("liver", *(f"segment_{n}" for n in range(1, 9))):
        for quantity, code in (("PDFF", "129100"), ("R2*", "126395"), ("LIC", "LIC")):
            for statistic, derivation in (
                ("mean", mean),
                ("median", median),
                ("standard_deviation", deviation),
            ):
                measurement = report.get(quantity, region, statistic)
                assert measurement is not None
                assert values[region, code, derivation] == pytest.approx(measurement.value)
        volume = report.get("volume", region, "total")
        assert volume is not None
        assert values[region, "118565006", ""] == pytest.approx(volume.value)


def test_iva_and_ivb_are_groups_that_name_their_site(request_: ExportRequest) -> None:
    report = hd.sr.Comprehensive3DSR.from_dataset(dcmread(io.BytesIO(render(request_))))
    found = report.content.get_image_measurement_groups()
    assert [(g.tracking_identifier, g.finding_sites[0].value.value) for g in found] == [
        ("segment_4a", "871688003"),
        ("segment_4b", "871689006"),
    ]
    values = values_of(found)
    for region in ("segment_4a", "segment_4b"):
        mean = request_.report.get("PDFF", region)
        assert mean is not None
        assert values[region, "129100", "373098007"] == pytest.approx(mean.value)


def test_the_whole_liver_has_its_percentiles(request_: ExportRequest, groups: list[Group]) -> None:
    percentile = request_.report.get("PDFF", "liver", "p95")
    assert percentile is not None
    assert values_of(groups)["liver", "129100", "371889001"] == percentile.value


def test_each_group_refers_to_its_segment_and_its_place(
    request_: ExportRequest, groups: list[Group]
) -> None:
    segmentation = dcmread(io.BytesIO(SEGMENTATION_EXPORTER.render(request_) or b""))
    assert [group.tracking_identifier for group in groups][-1] == "liver"
    for number, group in enumerate(groups, 1):
        (item,) = [
            item
            for item in group[0].ContentSequence
            if item.ConceptNameCodeSequence[0].CodeMeaning == "Referenced Segment"
        ]
        (reference,) = item.ReferencedSOPSequence
        assert reference.ReferencedSOPInstanceUID == segmentation.SOPInstanceUID
        assert reference.ReferencedSegmentNumber == number
        described = segmentation.SegmentSequence[number - 1]
        assert group.tracking_uid == described.TrackingUID


def test_units_are_codes(groups: list[Group]) -> None:
    units = {
        (measurement.name.value, measurement.derivation.value): measurement.unit.value
        for measurement in groups[-1].get_measurements()
        if measurement.derivation
    }
    assert units["129100", "373098007"] == "%"
    assert units["126395", "373098007"] == "/s"
    assert units["LIC", "373098007"] == "mg/g"
    assert units["129100", "126051"] == "1"  # skewness


def test_a_study_with_fat_alone_is_reported() -> None:
    maps = make_maps(make_map(7.0))
    request = ExportRequest(make_report(maps), make_selected(), make_segmentation(), maps)
    assert {key[1] for key in values_of(groups_of(request))} == {"129100", "118565006"}


def test_nothing_is_written_without_dicom_images() -> None:
    maps = default_maps()
    request = ExportRequest(
        make_report(maps), make_selected(source=None), make_segmentation(), maps
    )
    assert STRUCTURED_REPORT_EXPORTER.render(request) is None
