from __future__ import annotations

import numpy as np
import pytest
import torch

from analysis.simulation.tissues import BY_NAME
from inference.preprocessing import normalise as normalise_at_run_time
from inference.recipes import Normalisation
from inference.training.contrasts import KINDS, Contrast
from inference.training.corruption import blur, ghost, magnitude_noise, normalise, paint, render

SHAPE = (32, 28, 24)


def flat(value: float) -> Contrast:
    table = np.full(256, value)
    return Contrast(table, table)


def test_painting_gives_each_tissue_its_brightness(tiny_anatomy, random) -> None:
    table = np.arange(256.0)
    tissues = torch.from_numpy(tiny_anatomy.tissues.copy())
    image = paint(tissues, Contrast(table, table), random)
    muscle = BY_NAME["muscle"].value
    assert float(image[tissues == muscle].mean()) == pytest.approx(muscle, rel=0.02)
    assert not image[tissues == 0].any()


def test_blurring_keeps_the_mean_and_widens_an_edge() -> None:
    image = torch.zeros(SHAPE)
    image[16:] = 1
    wide = blur(image, (12.0, 0.0, 0.0))
    assert float(wide.mean()) == pytest.approx(float(image.mean()), abs=1e-3)
    assert 0.2 < float(wide[15, 5, 5]) < 0.5
    assert torch.allclose(wide[:, 3], wide[:, 20])


def test_noise_leaves_a_positive_floor_in_air(random) -> None:
    image = torch.zeros(SHAPE)
    image[8:24] = 1
    noisy = magnitude_noise(image, random)
    assert float(noisy.amin()) >= 0
    assert float(noisy[:4].mean()) > 0


def test_a_ghost_is_fainter_than_the_body(random) -> None:
    image = torch.zeros(SHAPE)
    image[12:20, 10:18] = 1
    added = ghost(image, random) - image
    assert 0 < float(added.amax()) <= 0.25


def test_normalisation_is_the_one_that_the_runtime_applies(random) -> None:
    image = 300 * random.normal_voxels(SHAPE)
    everywhere = torch.ones(SHAPE, dtype=torch.bool)
    expected = normalise_at_run_time(image.numpy(), Normalisation(1.0, 99.0, True))
    assert np.allclose(normalise(image, everywhere).numpy(), expected, atol=2e-3)


def test_outside_the_field_of_view_is_zero(random) -> None:
    seen = torch.zeros(SHAPE, dtype=torch.bool)
    seen[:, :, 8:16] = True
    result = normalise(random.normal_voxels(SHAPE).abs() + 1, seen)
    assert not result[~seen].any()
    assert float(result.amax()) == 1


def test_a_constant_image_stays_finite(tiny_anatomy, random) -> None:
    tissues = torch.from_numpy(tiny_anatomy.tissues.copy())
    image = render(tissues, torch.ones(SHAPE, dtype=torch.bool), flat(0.0), random)
    assert torch.isfinite(image).all()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_images_of_every_contrast_lie_between_0_and_1(kind, tiny_anatomy, random) -> None:
    tissues = torch.from_numpy(tiny_anatomy.tissues.copy())
    seen = torch.ones(SHAPE, dtype=torch.bool)
    for _ in range(4):
        image = render(tissues, seen, kind.draw(random.scalars), random)
        assert torch.isfinite(image).all()
        assert 0 <= float(image.amin()) <= float(image.amax()) <= 1
