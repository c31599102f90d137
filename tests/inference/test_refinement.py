from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from analysis.volume import Geometry
from inference.refinement import agreed, depth_mm, refine_outline, without_leaks

SHAPE = (80, 70, 30)
SPACING = (3.0, 3.0, 5.0)
GEOMETRY = Geometry(SHAPE, np.diag([*SPACING, 1.0]))
LIVER, FAT, KIDNEY, AIR = (100.0, 80.0, 60.0), (100.0, 50.0, 90.0), (120.0, 110.0, 100.0), 0.0


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


def ellipsoid(centre_mm: tuple[float, ...], radii_mm: tuple[float, ...]) -> np.ndarray:
    axes = [np.arange(n) * s for n, s in zip(SHAPE, SPACING, strict=True)]
    grid = np.meshgrid(*axes, indexing="ij")
    parts = zip(grid, centre_mm, radii_mm, strict=True)
    return sum(((g - c) / r) ** 2 for g, c, r in parts) <= 1


TRUTH = ellipsoid((110, 105, 75), (70, 55, 50))
KIDNEY_MASK = ellipsoid((60, 150, 60), (30, 30, 40)) & ~TRUTH


def body(noise: float = 4.0, around: tuple[float, ...] = FAT) -> list[np.ndarray]:
    """Return three echoes of a liver in fat with a kidney and a vessel, and some coil shading."""
    rng = np.random.default_rng(11)
    shading = np.exp(np.linspace(-0.15, 0.15, SHAPE[0]))[:, None, None]
    vessel = ellipsoid((110, 105, 75), (6, 6, 45))
    echoes = []
    for liver, outside, kidney in zip(LIVER, around, KIDNEY, strict=True):
        echo = np.full(SHAPE, outside)
        echo[KIDNEY_MASK], echo[TRUTH], echo[vessel] = kidney, liver, 1.3 * liver
        echo = echo * shading + rng.normal(0, noise, SHAPE)
        echoes.append(np.maximum(echo, 0).astype(np.float32))
    return echoes


def coarse(mask: np.ndarray, shift: int = 2) -> np.ndarray:
    """Return what a coarse network says: the mask moved by some voxels, blurred by 6 mm."""
    moved = np.roll(mask, shift, axis=0).astype(np.float32)
    return ndimage.gaussian_filter(moved, [6 / size for size in SPACING])


@pytest.mark.parametrize("images", [1, 3])
def test_a_shifted_outline_moves_to_the_border_that_the_images_show(images: int) -> None:
    liver = coarse(TRUTH, shift=3)
    found = refine_outline(liver, liver > 0.5, body()[-images:], GEOMETRY)
    assert dice(liver > 0.5, TRUTH) < 0.93
    assert dice(found.mask, TRUTH) > 0.97
    assert found.separation > 0.95


def test_a_leak_into_the_kidney_is_taken_back_and_the_vessel_stays() -> None:
    liver = np.maximum(coarse(TRUTH, shift=0), 0.75 * coarse(KIDNEY_MASK, shift=0))
    before = liver > 0.5
    found = refine_outline(liver, before, body(), GEOMETRY).mask
    assert (before & KIDNEY_MASK).sum() > 0.4 * KIDNEY_MASK.sum()
    assert (found & KIDNEY_MASK).sum() < 0.05 * KIDNEY_MASK.sum()
    assert found[TRUTH].mean() > 0.97


def test_half_of_the_missed_liver_and_more_is_added_where_it_is_in_reach() -> None:
    cap = TRUTH & ellipsoid((180, 105, 75), (20, 60, 60))
    liver = coarse(TRUTH & ~cap, shift=0)
    found = refine_outline(liver, liver > 0.5, body(), GEOMETRY).mask
    assert (liver > 0.5)[cap].mean() < 0.2
    assert found[cap].mean() > 0.5


def test_images_that_show_no_liver_leave_the_network_alone() -> None:
    rng = np.random.default_rng(12)
    noise = [rng.normal(100, 10, SHAPE).astype(np.float32) for _ in range(3)]
    liver = coarse(TRUTH, shift=0)
    found = refine_outline(liver, liver > 0.5, noise, GEOMETRY)
    assert found.separation < 0.7
    assert dice(found.mask, liver > 0.5) > 0.98


def test_surroundings_that_look_like_liver_do_little_harm() -> None:
    liver = coarse(TRUTH, shift=0)
    found = refine_outline(liver, liver > 0.5, body(around=(98.0, 79.0, 59.0)), GEOMETRY)
    assert dice(found.mask, TRUTH) > dice(liver > 0.5, TRUTH) - 0.02


def test_hounsfield_units_and_values_that_are_no_numbers_are_borne() -> None:
    image = body()[2] * 2 - 150
    image[0, 0, 0] = np.nan
    liver = coarse(TRUTH, shift=3)
    found = refine_outline(liver, liver > 0.5, [image], GEOMETRY)
    assert dice(found.mask, TRUTH) > 0.95
    assert np.isfinite(found.probability).all()


def test_a_mask_that_fills_the_image_is_returned_as_it_is() -> None:
    liver = np.ones(SHAPE, np.float32)
    found = refine_outline(liver, liver > 0.5, body(), GEOMETRY)
    assert found.mask.all()
    assert found.separation == 0.5


def test_turning_the_array_turns_the_outline() -> None:
    liver, images = coarse(TRUTH, shift=2), body()
    plain = refine_outline(liver, liver > 0.5, images, GEOMETRY).mask
    turned = Geometry((30, 70, 80), np.diag([5.0, 3.0, 3.0, 1.0]))
    found = refine_outline(liver.T, liver.T > 0.5, [image.T for image in images], turned).mask
    assert dice(found.T, plain) > 0.99


def test_depth_is_in_millimetres_along_every_axis() -> None:
    mask = np.zeros((20, 20, 20), bool)
    mask[5:] = True
    depth = depth_mm(mask, (2.0, 3.0, 5.0))
    assert depth[5, 10, 10] == 2.0
    assert depth[4, 10, 10] == -2.0
    assert depth[12, 10, 10] == 16.0


def test_neighbours_agree_and_single_voxels_give_in() -> None:
    log_odds = np.full((20, 20, 20), -2.0, np.float32)
    log_odds[:10] = 2.0
    log_odds[5, 10, 10], log_odds[15, 10, 10] = -0.5, 0.5
    field = agreed(log_odds, (2.0, 2.0, 2.0))
    assert (field[:10] > 0).all()
    assert (field[10:] < 0).all()


def test_what_hangs_on_a_thin_neck_goes_and_a_thick_one_stays() -> None:
    body_of, far = np.zeros((60, 30, 30), bool), np.zeros((60, 30, 30), bool)
    body_of[5:25, 5:25, 5:25] = True
    far[40:55, 8:22, 8:22] = True
    thin, thick = np.zeros_like(far), np.zeros_like(far)
    thin[25:40, 14:16, 14:16] = True
    thick[25:40, 8:22, 8:22] = True
    spacing = (2.0, 2.0, 2.0)
    core = np.zeros_like(far)
    core[10:20, 10:20, 10:20] = True
    cut = without_leaks(body_of | thin | far, core, spacing)
    assert not (cut & far).any()
    assert cut[body_of].all()
    assert without_leaks(body_of | thick | far, core, spacing)[far].all()
