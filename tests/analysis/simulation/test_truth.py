from __future__ import annotations

import json

import nibabel as nib
import numpy as np
import pytest

from analysis.errors import OutputFailed
from analysis.simulation.truth import TRUTH_FILES, truth_regions, write_truth


@pytest.fixture
def folder(small_study, tmp_path):
    write_truth(small_study, tmp_path)
    return tmp_path


def test_numbers_are_the_statistics_of_the_images_beside_them(folder):
    document = json.loads((folder / "truth.json").read_text())
    segments = np.asarray(nib.load(folder / "truth_segments.nii.gz").dataobj)
    for quantity, name in (("PDFF", "truth_pdff"), ("R2*", "truth_r2star")):
        image = nib.load(folder / f"{name}.nii.gz").get_fdata()
        for key, region in document["regions"].items():
            if key == "liver_without_vessels":
                continue
            mask = segments > 0 if key == "liver" else segments == int(key[-1])
            values = image[mask]
            assert region[quantity]["mean"] == pytest.approx(values.mean(), rel=1e-6)
            assert region[quantity]["median"] == pytest.approx(np.median(values), rel=1e-6)
            assert region[quantity]["sd"] == pytest.approx(values.std(), rel=1e-6)


def test_volumes_are_counted_voxels(folder):
    document = json.loads((folder / "truth.json").read_text())
    image = nib.load(folder / "truth_segments.nii.gz")
    segments = np.asarray(image.dataobj)
    voxel_ml = abs(np.linalg.det(image.affine[:3, :3])) / 1000
    regions = document["regions"]
    for label in range(1, 9):
        expected = np.count_nonzero(segments == label) * voxel_ml
        assert regions[f"segment_{label}"]["volume_ml"] == pytest.approx(expected)
    parts = sum(regions[f"segment_{label}"]["volume_ml"] for label in range(1, 9))
    assert regions["liver"]["volume_ml"] == pytest.approx(parts)
    assert 500 < parts < 3500


def test_images_carry_the_affine_of_the_study(folder, small_study):
    for name in TRUTH_FILES[1:]:
        image = nib.load(folder / name)
        np.testing.assert_allclose(image.affine, small_study.echoes.geometry.affine, atol=1e-4)
        assert image.header.get_xyzt_units()[0] == "mm"
        assert nib.aff2axcodes(image.affine) == ("L", "P", "S")


def test_maps_are_not_a_number_in_air_and_everywhere_else_a_number(folder, small_study):
    image = nib.load(folder / "truth_pdff.nii.gz").get_fdata()
    np.testing.assert_array_equal(np.isfinite(image), small_study.truth.pdff.valid)


def test_the_document_names_seed_and_specification(folder, small_study):
    document = json.loads((folder / "truth.json").read_text())
    assert document["seed"] == small_study.spec.seed
    assert document["spec"]["protocol"]["field_strength_t"] == 3.0
    assert document["spec"]["liver"]["pdff_percent"] == 12.0
    assert "Not a patient" in document["note"]


def test_vessels_lower_the_mean_of_the_whole_liver(small_study):
    regions = truth_regions(small_study.truth)
    assert regions["liver"]["n_voxels"] > regions["liver_without_vessels"]["n_voxels"]
    assert regions["liver"]["PDFF"]["mean"] < regions["liver_without_vessels"]["PDFF"]["mean"]


def test_the_same_study_gives_the_same_truth_bytes(folder, small_study, tmp_path):
    again = write_truth(small_study, tmp_path / "again")
    assert [path.read_bytes() for path in again] == [
        (folder / name).read_bytes() for name in TRUTH_FILES
    ]


def test_a_folder_that_cannot_be_written_is_said_clearly(small_study, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputFailed, match="truth of the simulation could not be written"):
        write_truth(small_study, tmp_path / "file")
