from __future__ import annotations

import numpy as np
import pytest

from analysis.simulation.dicom.localizer import localizer_planes, localizer_series


def test_each_plane_shows_the_voxel_where_all_three_meet(oblique_study):
    echoes = oblique_study.echoes
    middle = [size // 2 for size in echoes.geometry.shape]
    place = echoes.geometry.affine @ [*middle, 1]
    planes = localizer_planes(echoes)
    assert len(planes) == len(localizer_series().images) == 3
    for plane in planes:
        index = np.linalg.inv(plane.geometry.affine) @ place
        assert index[:3] == pytest.approx(np.round(index[:3]), abs=1e-6)
        i, j, k = (round(value) for value in index[:3])
        assert plane.array[i, j, k] == echoes.magnitude[0][tuple(middle)]


def test_rows_of_the_coronal_plane_run_from_head_to_feet(small_study):
    _, coronal, sagittal = localizer_planes(small_study.echoes)
    for plane in (coronal, sagittal):
        assert plane.geometry.affine[2, 1] < 0
