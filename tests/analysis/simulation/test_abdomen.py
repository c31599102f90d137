from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.simulation.abdomen import MODEL_FILE, AbdomenModel, load_abdomen, sample_abdomen
from analysis.simulation.anatomy import Anatomy
from analysis.simulation.phantom import small_phantom
from analysis.simulation.spec import Grid
from analysis.simulation.tissues import BY_NAME, BY_VALUE
from analysis.volume import Geometry

SEED = 6
FAT, MUSCLE = BY_NAME["subcutaneous_fat"].value, BY_NAME["muscle"].value


def two_boxes(shift_mm: float) -> AbdomenModel:
    """A block of muscle with segment 5 inside; its one mode moves everything to the right."""
    labels = np.zeros((30, 30, 30), np.uint8)
    labels[5:25, 5:25] = MUSCLE
    labels[10:20, 10:20, 8:22] = 5
    affine = np.diag([3.0, 3.0, 3.0, 1.0])
    affine[:3, 3] = -43.5
    modes = np.zeros((1, 3, 3, 3, 3), np.float32)
    modes[0, 0] = shift_mm
    control = np.diag([60.0, 60.0, 60.0, 1.0])
    control[:3, 3] = -60.0
    return AbdomenModel(labels, Geometry(labels.shape, affine), modes, Geometry((3, 3, 3), control))


def test_the_shipped_abdomen_is_small_and_has_all_segments():
    assert MODEL_FILE.stat().st_size < 2**20
    model = load_abdomen()
    values = set(np.unique(model.labels).tolist())
    assert values >= set(range(1, 9))
    assert values <= set(BY_VALUE)


def centre_mm(anatomy: Anatomy) -> np.ndarray:
    index = np.argwhere(anatomy.liver).mean(axis=0)
    return (anatomy.geometry.affine @ [*index, 1])[:3]


def test_without_variation_the_mean_abdomen_comes_back_where_it_was():
    spec = replace(small_phantom(), grid=Grid((60, 60, 60), (1.5, 1.5, 1.5)), shape_variation=0.0)
    anatomy = sample_abdomen(spec, two_boxes(9.0))
    assert centre_mm(anatomy) == pytest.approx([0, 0, 0], abs=0.2)
    assert anatomy.segments.volume_ml == pytest.approx(10 * 10 * 14 * 0.027, rel=0.05)
    body_ml = np.count_nonzero(anatomy.body) * anatomy.geometry.voxel_volume_ml
    assert body_ml == pytest.approx(20 * 20 * 30 * 0.027, rel=0.05)


def test_a_mode_moves_the_body_backwards_by_its_displacement():
    """The subject shows at x what the mean abdomen shows at x + u: u to the right moves it left."""
    spec = replace(
        small_phantom(SEED), grid=Grid((80, 60, 60), (1.5, 1.5, 1.5)), shape_variation=1.0
    )
    drawn = np.random.default_rng([SEED, 1]).standard_normal(1)[0]
    coefficient = float(np.clip(drawn, -2, 2))
    assert abs(coefficient) > 0.3
    anatomy = sample_abdomen(spec, two_boxes(9.0))
    assert centre_mm(anatomy) == pytest.approx([-9.0 * coefficient, 0, 0], abs=0.75)


def test_bodies_differ_between_seeds_but_stay_livers():
    volumes = [sample_abdomen(small_phantom(seed)).segments.volume_ml for seed in range(4)]
    assert len({round(volume) for volume in volumes}) == 4
    assert min(volumes) > 900
    assert max(volumes) < 2800


def test_the_whole_liver_lies_inside_the_block():
    for seed in range(2):
        liver = sample_abdomen(small_phantom(seed)).liver
        for axis in range(3):
            outer = np.take(liver, [0, -1], axis=axis)
            assert not outer.any()


def test_segments_lie_as_couinaud_drew_them():
    anatomy = sample_abdomen(small_phantom(1))
    affine = anatomy.geometry.affine
    middle = {
        label: affine[:3, :3] @ np.argwhere(anatomy.segments.array == label).mean(axis=0)
        + affine[:3, 3]
        for label in range(1, 9)
    }
    assert middle[8][2] > middle[5][2]
    assert middle[7][2] > middle[6][2]
    assert middle[2][2] > middle[3][2]
    assert middle[7][1] < middle[8][1]
    assert middle[2][0] < middle[4][0] < middle[8][0]


def test_air_surrounds_the_body():
    anatomy = sample_abdomen(small_phantom(0))
    assert anatomy.tissues[0, 0, 8] == BY_NAME["background"].value
    assert anatomy.tissues[-1, -1, 8] == BY_NAME["background"].value
    assert np.count_nonzero(anatomy.tissues == FAT) > 1000
