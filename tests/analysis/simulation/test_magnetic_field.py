from __future__ import annotations

import numpy as np
import pytest

from analysis.simulation.abdomen import sample_abdomen
from analysis.simulation.anatomy import Anatomy
from analysis.simulation.magnetic_field import (
    AIR_SUSCEPTIBILITY_PPM,
    TISSUE_SUSCEPTIBILITY_PPM,
    off_resonance_ppm,
)
from analysis.simulation.phantom import small_phantom
from analysis.simulation.tissues import BY_NAME
from analysis.volume import Geometry, LabelMap

GAS, MUSCLE = BY_NAME["bowel_gas"].value, BY_NAME["muscle"].value


def gas_ball(axes: tuple[int, int, int]) -> tuple[Anatomy, float]:
    """A ball of gas with a radius of 25 mm in muscle, on a 5 mm grid; ``axes`` orders R, A, S."""
    size = 41
    grid = np.indices((size,) * 3) - size // 2
    tissues = np.where((grid**2).sum(axis=0) <= 25, GAS, MUSCLE).astype(np.uint8)
    affine = np.eye(4)
    affine[:3, :3] = np.eye(3)[:, list(axes)] * 5.0
    geometry = Geometry(tissues.shape, affine)
    return Anatomy(tissues, LabelMap(np.zeros_like(tissues), geometry)), 25.0


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1)])
def test_a_ball_of_gas_makes_the_field_of_a_dipole(axes):
    """Outside a sphere: d_chi / 3 * (a / r)^3 * (3 cos^2 - 1), along the feet-head axis."""
    anatomy, radius_mm = gas_ball(axes)
    field = off_resonance_ppm(anatomy, 1000.0)
    up = list(axes).index(2)
    middle = np.array([20, 20, 20])
    along, beside = middle.copy(), middle.copy()
    along[up] += 9
    beside[(up + 1) % 3] += 9
    strength = (AIR_SUSCEPTIBILITY_PPM - TISSUE_SUSCEPTIBILITY_PPM) / 3 * (radius_mm / 45) ** 3
    difference = field[tuple(along)] - field[tuple(beside)]
    assert difference == pytest.approx(3 * strength, rel=0.2)


def test_no_inhomogeneity_gives_an_even_field():
    anatomy, _ = gas_ball((0, 1, 2))
    assert not off_resonance_ppm(anatomy, 0.0).any()


def test_the_field_of_a_body_stays_below_the_limit_and_is_worst_near_air():
    anatomy = sample_abdomen(small_phantom(2))
    field = off_resonance_ppm(anatomy, 2.0)
    assert field.shape == anatomy.geometry.shape
    assert np.abs(field).max() <= 2.0
    deep = np.abs(field[anatomy.tissues == BY_NAME["kidney"].value]).mean()
    near_lung = np.abs(field[anatomy.tissues == BY_NAME["heart"].value]).mean()
    assert near_lung > 2 * deep
    assert np.abs(field[anatomy.liver]).max() > 0.3
