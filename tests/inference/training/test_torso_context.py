from __future__ import annotations

import nibabel
import numpy as np
import pytest

from analysis.simulation.tissues import BY_NAME
from inference.training.torso_context import LIVER, torso_tissues
from tests.inference.training.conftest import ellipsoid

SHAPE = (60, 50, 16)


@pytest.fixture
def folder(tmp_path):
    """A cylinder of fat, then a muscle wall, fat inside it, a liver, a colon with gas, a table."""

    def cylinder(radius, centre=(30, 25)):
        return ellipsoid(SHAPE, (*centre, 8), (radius, radius * 0.85, 1e6))

    hu = np.full(SHAPE, -1000.0, np.float32)
    codes = np.zeros(SHAPE, np.uint8)
    hu[cylinder(26)] = -100
    hu[cylinder(21)] = 50
    hu[cylinder(17)] = -100
    liver, colon = ellipsoid(SHAPE, (36, 25, 8), (7, 7, 6)), cylinder(5, (22, 25))
    hu[liver], codes[liver] = 60, 5
    hu[colon], codes[colon] = 20, 20
    hu[cylinder(2, (22, 25))] = -900
    bone = cylinder(3, (30, 14))
    hu[bone], codes[bone] = 500, 28
    hu[10:50, 0] = 100
    for name, array in (("ct", hu), ("labels", codes)):
        nibabel.save(
            nibabel.Nifti1Image(array, np.diag([3.0, 3, 3, 1])), tmp_path / f"{name}.nii.gz"
        )
    return tmp_path


def at(tissues, i, j, k=8) -> str:
    value = int(tissues.labels[i, j, k])
    return next(name for name, tissue in BY_NAME.items() if tissue.value == value)


def test_every_voxel_of_the_body_gets_its_tissue(folder) -> None:
    tissues = torso_tissues(folder)
    assert tissues.labels[36, 25, 8] == LIVER
    assert at(tissues, 30, 6) == "subcutaneous_fat"
    assert at(tissues, 11, 25) == "muscle"
    assert at(tissues, 30, 36) == "visceral_fat"
    assert at(tissues, 30, 14) == "cortical_bone"
    assert at(tissues, 22, 25) == "bowel_gas"
    assert at(tissues, 25, 25) == "bowel_content"
    assert at(tissues, 5, 25) == "skin"


def test_air_and_the_table_are_background(folder) -> None:
    tissues = torso_tissues(folder)
    assert at(tissues, 0, 49) == "background"
    assert at(tissues, 30, 0) == "background"


def test_the_ends_of_the_scan_are_no_skin(folder) -> None:
    tissues = torso_tissues(folder)
    assert at(tissues, 30, 36, 0) == "visceral_fat"
    assert at(tissues, 30, 36, -1) == "visceral_fat"
