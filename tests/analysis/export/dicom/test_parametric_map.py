from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

from analysis.export.dicom.parametric_map import PADDING, PARAMETRIC_MAP_EXPORTERS
from analysis.export.exported_file import ExportRequest
from analysis.measurement import MapSet
from tests.analysis.small_liver import (
    GRID,
    by_segment,
    default_maps,
    make_map,
    make_maps,
    make_report,
    make_segmentation,
    make_selected,
)


def read(name: str, maps: MapSet) -> Any:
    request = ExportRequest(make_report(maps), make_selected(), make_segmentation(), maps)
    exporter = next(row for row in PARAMETRIC_MAP_EXPORTERS if row.name == name)
    content = exporter.render(request)
    return None if content is None else dcmread(io.BytesIO(content))


@pytest.mark.parametrize(
    ("name", "quantity", "unit"),
    [
        ("pdff.dcm", ("129100", "DCM"), "%"),
        ("r2star.dcm", ("126395", "DCM"), "/s"),
        ("lic.dcm", ("LIC", "99MRVB"), "mg/g"),
    ],
)
def test_quantity_and_unit_are_codes(name: str, quantity: tuple[str, str], unit: str) -> None:
    written = read(name, default_maps())
    (mapping,) = written.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence
    assert mapping.MeasurementUnitsCodeSequence[0].CodeValue == unit
    concept = mapping.QuantityDefinitionSequence[0].ConceptCodeSequence[0]
    assert (concept.CodeValue, concept.CodingSchemeDesignator) == quantity
    assert (mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept) == (1.0, 0.0)


def test_values_come_back_at_their_place_in_the_body() -> None:
    planted = by_segment([1, 2, 3, 4, 5, 6, 7, 8])
    written = read("pdff.dcm", make_maps(make_map(planted)))
    frames = written.pixel_array
    for n, groups in enumerate(written.PerFrameFunctionalGroupsSequence):
        position = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, float)
        index = np.linalg.inv(GRID.affine) @ [-position[0], -position[1], position[2], 1]
        assert np.allclose(index[:2], 0)
        assert np.array_equal(frames[n], planted[:, :, round(index[2])].T)


def test_voxels_that_are_not_valid_are_declared_padding() -> None:
    valid = np.ones(GRID.shape, bool)
    valid[4, 5, 6] = False
    written = read("pdff.dcm", make_maps(make_map(12.5, valid=valid)))
    assert written.FloatPixelPaddingValue == PADDING
    assert np.count_nonzero(written.pixel_array == PADDING) == 1
    assert set(written.pixel_array.ravel()) == {np.float32(12.5), PADDING}


def test_private_codes_are_declared() -> None:
    (scheme,) = read("lic.dcm", default_maps()).CodingSchemeIdentificationSequence
    assert scheme.CodingSchemeDesignator == "99MRVB"


def test_a_map_that_was_not_computed_is_not_written() -> None:
    assert read("r2star.dcm", make_maps(make_map(5.0))) is None


def test_a_map_valid_nowhere_is_all_padding() -> None:
    nowhere = make_maps(make_map(5.0, valid=np.zeros(GRID.shape, bool)))
    assert set(read("pdff.dcm", nowhere).pixel_array.ravel()) == {PADDING}
