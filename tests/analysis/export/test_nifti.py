from __future__ import annotations

import gzip
import io
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from analysis.export.exported_file import ExportRequest
from analysis.export.nifti import NIFTI_EXPORTERS
from analysis.measurement import MapSet
from tests.analysis.small_liver import (
    AFFINE,
    GRID,
    LABELS,
    by_segment,
    default_maps,
    make_map,
    make_maps,
    make_report,
    make_segmentation,
    make_selected,
)


def load(content: bytes | None) -> Any:
    assert content is not None
    return nib.Nifti1Image.from_stream(io.BytesIO(gzip.decompress(content)))


def render(name: str, maps: MapSet | None = None) -> bytes | None:
    maps = default_maps() if maps is None else maps
    request = ExportRequest(make_report(maps), make_selected(), make_segmentation(), maps)
    return next(row for row in NIFTI_EXPORTERS if row.name == name).render(request)


def test_a_map_holds_its_values_and_nothing_where_it_is_not_valid() -> None:
    valid = np.ones(GRID.shape, bool)
    valid[4, 4, 4] = False
    planted = by_segment([1, 2, 3, 4, 5, 6, 7, 8])
    image = load(render("pdff.nii.gz", make_maps(make_map(planted, valid=valid))))
    values = np.asarray(image.dataobj)
    assert values.dtype == np.float32
    assert np.isnan(values[4, 4, 4])
    assert np.array_equal(values[valid], planted[valid])


def test_the_standard_error_is_beside_the_map() -> None:
    values = np.asarray(load(render("pdff_standard_error.nii.gz")).dataobj)
    assert set(values.ravel()) == {np.float32(0.5)}


def test_labels_are_whole_numbers() -> None:
    image = load(render("segments.nii.gz"))
    assert image.get_data_dtype() == np.uint8
    assert np.array_equal(np.asarray(image.dataobj), LABELS.array)


def test_anatomy_of_whole_numbers_is_stored_as_such_without_loss() -> None:
    image = load(render("anatomy.nii.gz"))
    assert image.get_data_dtype() == np.int16
    assert np.array_equal(np.asarray(image.dataobj), make_selected().anatomical_image.array)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pdff.nii.gz", b"PDFF map in %"),
        ("r2star.nii.gz", b"R2* map in /s"),
        ("lic.nii.gz", b"LIC map in mg/g"),
        ("lic_standard_error.nii.gz", b"LIC standard error in mg/g"),
    ],
)
def test_the_unit_is_in_the_description(name: str, text: bytes) -> None:
    assert load(render(name)).header["descrip"].tobytes().rstrip(b"\0") == text


def test_the_affine_is_ras_in_millimetres() -> None:
    image = load(render("pdff.nii.gz"))
    assert np.allclose(image.affine, AFFINE)
    assert np.allclose(image.get_qform(), AFFINE)
    assert image.header.get_xyzt_units()[0] == "mm"
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (1, 1)


def test_a_marked_voxel_stays_at_its_place_in_the_body() -> None:
    planted = np.zeros(GRID.shape)
    planted[5, 3, 6] = 42.0
    image = load(render("pdff.nii.gz", make_maps(make_map(planted))))
    index = np.argwhere(np.asarray(image.dataobj) == 42.0)[0]
    assert np.allclose(image.affine @ [*index, 1], [-80 + 75, -60 + 45, 20 + 90, 1])


def test_the_archive_holds_no_time() -> None:
    content = render("segments.nii.gz")
    assert content is not None
    assert content[4:8] == b"\0\0\0\0"


def test_uncertainty_of_the_segmentation_is_written_when_the_model_gives_it() -> None:
    assert render("segmentation_uncertainty.nii.gz") is None
