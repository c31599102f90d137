from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.vendor_maps import (
    PDFF_SCALES,
    R2STAR_SCALES,
    on_grid_of,
    prove_by_fit,
    prove_pdff_by_fat,
    prove_r2star_by_range,
    read_map,
)
from analysis.quantities import PDFF, R2STAR
from analysis.study import Role, VendorMap
from analysis.volume import Geometry, QuantityMap, Volume

SHAPE = (60, 50, 4)
GEOMETRY = Geometry(SHAPE, np.diag([5.0, 5.0, 6.0, 1.0]))


def torso() -> tuple[np.ndarray, np.ndarray]:
    """PDFF of lean tissue in a 2 cm coat of subcutaneous fat, and the body."""
    x, y, _ = np.meshgrid(
        *(np.arange(n) - (n - 1) / 2 for n in SHAPE[:2]), np.arange(SHAPE[2]), indexing="ij"
    )
    radius = np.hypot(x / 1.2, y) * 5.0
    body = radius < 110
    rng = np.random.default_rng(0)
    pdff = np.where(radius > 88, 93.0, 4.0) + rng.normal(0, 2, SHAPE)
    return np.where(body, pdff, 0).astype(np.float32), body


@pytest.mark.parametrize(("scale", "offset"), PDFF_SCALES)
def test_subcutaneous_fat_tells_every_known_scale(scale: float, offset: float) -> None:
    pdff, body = torso()
    proof = prove_pdff_by_fat((pdff - np.float32(offset)) / np.float32(scale), GEOMETRY, body)
    assert proof.is_proven
    assert (proof.scale, proof.offset) == (scale, offset)
    assert "subcutaneous fat reads 9" in proof.evidence.text


def test_a_scale_nobody_uses_is_refused() -> None:
    pdff, body = torso()
    proof = prove_pdff_by_fat(3.0 * pdff, GEOMETRY, body)
    assert not proof.is_proven
    assert "no known scale" in proof.evidence.text


def test_water_and_fat_exchanged_by_the_scanner_are_refused() -> None:
    pdff, body = torso()
    assert not prove_pdff_by_fat(np.where(body, 100 - pdff, 0), GEOMETRY, body).is_proven


def test_a_view_without_subcutaneous_fat_is_refused() -> None:
    pdff, body = torso()
    proof = prove_pdff_by_fat(pdff, GEOMETRY, np.zeros_like(body))
    assert "too little of the body" in proof.evidence.text


@pytest.mark.parametrize(
    ("median", "scale"), [(40.0, 1.0), (4.0, 10.0), (400.0, 0.1), (4000.0, 0.01)]
)
def test_r2star_is_brought_into_the_range_of_tissue(median: float, scale: float) -> None:
    body = np.ones(SHAPE, dtype=bool)
    proof = prove_r2star_by_range(np.full(SHAPE, median, np.float32), body)
    assert proof.scale == scale


def test_r2star_far_from_tissue_is_refused() -> None:
    body = np.ones(SHAPE, dtype=bool)
    assert not prove_r2star_by_range(np.full(SHAPE, 0.02, np.float32), body).is_proven


def own_map(values: np.ndarray, valid: np.ndarray) -> QuantityMap:
    return QuantityMap(Volume(values, GEOMETRY, PDFF), valid, None, "fit")


def test_our_own_fit_proves_a_scale_within_five_per_cent() -> None:
    pdff, body = torso()
    stored = 10 * (pdff + np.random.default_rng(1).normal(0, 1.5, SHAPE).astype(np.float32))
    proof = prove_by_fit(stored, own_map(pdff, body), PDFF_SCALES)
    assert proof.is_proven
    assert proof.scale == 0.1


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_a_slope_more_than_five_per_cent_off_is_refused(factor: float) -> None:
    pdff, body = torso()
    proof = prove_by_fit(factor * pdff, own_map(pdff, body), PDFF_SCALES)
    assert not proof.is_proven
    assert "not within 5 %" in proof.evidence.text


@pytest.mark.parametrize(("scale", "offset"), PDFF_SCALES)
def test_our_own_fit_tells_every_known_scale_of_fat(scale: float, offset: float) -> None:
    pdff, body = torso()
    stored = ((pdff - offset) / scale).astype(np.float32)
    proof = prove_by_fit(stored, own_map(pdff, body), PDFF_SCALES)
    assert (proof.is_proven, proof.scale, proof.offset) == (True, scale, offset)


@pytest.mark.parametrize(("scale", "offset"), R2STAR_SCALES)
def test_our_own_fit_tells_every_known_scale_of_r2star(scale: float, offset: float) -> None:
    rate = np.random.default_rng(4).uniform(20, 400, SHAPE).astype(np.float32)
    own = QuantityMap(Volume(rate, GEOMETRY, R2STAR), np.ones(SHAPE, bool), None, "fit")
    proof = prove_by_fit(rate / np.float32(scale), own, R2STAR_SCALES)
    assert (proof.is_proven, proof.scale, proof.offset) == (True, scale, offset)


def test_a_shifted_map_of_the_right_slope_is_refused() -> None:
    pdff, body = torso()
    proof = prove_by_fit(pdff + 8, own_map(pdff, body), PDFF_SCALES)
    assert not proof.is_proven
    assert "shifted by 8.0 %" in proof.evidence.text


def test_a_map_of_the_scanner_on_another_grid_is_held_against_our_fit() -> None:
    pdff, body = torso()
    affine = np.diag([2.5, 2.5, 6.0, 1.0])
    affine[:3, 3] = (-1.25, -1.25, 6.0)
    finer = Geometry((120, 100, 2), affine)
    stored = np.kron(pdff[:, :, 1:3], np.ones((2, 2, 1), np.float32))
    right = VendorMap(Volume(10 * stored, finer, PDFF), Role.PDFF_MAP, None, "1.2.3")
    wrong = VendorMap(Volume(1.2 * stored, finer, PDFF), Role.PDFF_MAP, None, "1.2.3")
    found, proof = read_map(right, None, own_map(pdff, body))
    assert found is not None
    assert proof.scale == 0.1
    assert "our own fit" in proof.evidence.text
    assert read_map(wrong, None, own_map(pdff, body))[0] is None


def test_our_fit_is_invalid_beyond_its_own_grid() -> None:
    pdff, body = torso()
    moved = Geometry(SHAPE, np.array([[5.0, 0, 0, 150], [0, 5, 0, 0], [0, 0, 6, 0], [0, 0, 0, 1]]))
    seen = on_grid_of(own_map(pdff, np.ones_like(body)), moved)
    assert seen.valid[:30].all()
    assert not seen.valid[30:].any()
    np.testing.assert_array_equal(seen.volume.array[:30], pdff[30:])


def test_a_map_that_does_not_overlap_our_fit_is_proven_by_fat() -> None:
    pdff, body = torso()
    far = GEOMETRY.affine.copy()
    far[2, 3] = 900.0
    vendor = VendorMap(Volume(10 * pdff, Geometry(SHAPE, far), PDFF), Role.PDFF_MAP, None, "1.2.3")
    found, proof = read_map(vendor, body, own_map(pdff, body))
    assert found is not None
    assert "subcutaneous fat" in proof.evidence.text


def test_a_map_is_read_in_per_cent_with_its_proof_named() -> None:
    pdff, body = torso()
    vendor = VendorMap(Volume(10 * pdff, GEOMETRY, PDFF), Role.PDFF_MAP, None, "1.2.3")
    found, _ = read_map(vendor, body, None)
    assert found is not None
    np.testing.assert_allclose(found.volume.array, pdff, rtol=1e-5)
    assert "scale 0.1" in found.method
    assert found.standard_error is None
    assert not found.valid[~body].any()


def test_t2star_becomes_r2star_and_zero_stays_invalid() -> None:
    t2star = np.full(SHAPE, 25.0, np.float32)
    t2star[:5] = 0.0
    vendor = VendorMap(Volume(t2star, GEOMETRY, R2STAR), Role.T2STAR_MAP, None, "1.2.3")
    found, _ = read_map(vendor, np.ones(SHAPE, dtype=bool), None)
    assert found is not None
    assert found.quantity is R2STAR
    np.testing.assert_allclose(found.volume.array[5:], 40.0)
