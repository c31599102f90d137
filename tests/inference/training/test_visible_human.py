from __future__ import annotations

import numpy as np
import pytest
import trimesh

from analysis.simulation.tissues import BY_NAME
from inference.training.torso_context import LIVER
from inference.training.visible_human import visible_human_tissues


def ball(folder, name: str, centre_m, radii_m) -> None:
    """Write an ellipsoid mesh; axes of the file: left, superior, anterior, in metres."""
    mesh = trimesh.creation.icosphere(subdivisions=3)
    mesh.apply_transform(np.diag([*radii_m, 1.0]))
    mesh.apply_translation(centre_m)
    mesh.export(folder / f"VH_M_{name}.glb")


@pytest.fixture(scope="module")
def tissues(tmp_path_factory):
    folder = tmp_path_factory.mktemp("meshes")
    ball(folder, "Skin", (0, 0.1, 0), (0.18, 0.6, 0.13))
    ball(folder, "Liver", (-0.05, 0.2, 0.01), (0.08, 0.07, 0.06))
    ball(folder, "Spleen", (0.09, 0.2, -0.03), (0.03, 0.05, 0.03))
    ball(folder, "Heart", (0.02, 0.32, 0.02), (0.04, 0.04, 0.04))
    ball(folder, "Pancreas", (0.0, 0.12, 0.01), (0.05, 0.01, 0.01))
    ball(folder, "Kidney_L", (0.06, 0.1, -0.03), (0.02, 0.05, 0.02))
    ball(folder, "Kidney_R", (-0.06, 0.08, -0.03), (0.02, 0.05, 0.02))
    ball(folder, "Gallbladder", (-0.05, 0.13, 0.05), (0.012, 0.02, 0.012))
    ball(folder, "Small_Intestine", (0, 0.03, 0.03), (0.05, 0.04, 0.03))
    ball(folder, "Intestine_Large", (0.02, -0.03, 0.03), (0.05, 0.02, 0.03))
    return visible_human_tissues(folder)


def centre_mm(tissues, value: int) -> np.ndarray:
    return tissues.origin_mm + 3.0 * np.argwhere(tissues.labels == value).mean(axis=0)


def test_the_liver_is_on_the_right_and_of_its_own_size(tissues) -> None:
    assert np.abs(centre_mm(tissues, LIVER) - (50, 10, 200)).max() < 4
    volume = np.count_nonzero(tissues.labels == LIVER) * 0.027
    assert volume == pytest.approx(4 / 3 * np.pi * 8 * 7 * 6, rel=0.12)


def test_the_spleen_is_on_the_left(tissues) -> None:
    assert centre_mm(tissues, BY_NAME["spleen"].value)[0] < -70


def test_lungs_lie_above_and_the_spine_behind(tissues) -> None:
    liver = centre_mm(tissues, LIVER)
    assert centre_mm(tissues, BY_NAME["lung"].value)[2] > liver[2] + 30
    assert centre_mm(tissues, BY_NAME["spinal_cord"].value)[1] < liver[1] - 50


@pytest.mark.parametrize(
    "name",
    [
        "skin",
        "subcutaneous_fat",
        "muscle",
        "cortical_bone",
        "large_vessel",
        "bowel_content",
        "heart",
    ],
)
def test_what_has_no_mesh_or_is_hollow_is_there(tissues, name) -> None:
    assert (tissues.labels == BY_NAME[name].value).sum() > 50
