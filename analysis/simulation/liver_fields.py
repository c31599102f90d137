"""Fat and iron of the liver as asked for: segments, gradient, texture and focal changes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.simulation.anatomy import Anatomy
from analysis.simulation.relaxation import at_field
from analysis.simulation.spec import FocalChange, PhantomSpec
from analysis.simulation.texture import FloatField, centred_coordinates, smooth_noise

_TEXTURE_MM = 6.0


def liver_fat_and_iron(anatomy: Anatomy, spec: PhantomSpec) -> tuple[FloatField, FloatField]:
    """Return PDFF in % and R2* in 1/s as they would be if every voxel were liver.

    Parameters
    ----------
    anatomy
        Gives the segments.
    spec
        The liver asked for; its mean PDFF and R2* hold for the average of the segments' values,
        weighted by their volume, before focal changes.
    """
    liver = spec.liver
    rng = np.random.default_rng([spec.seed, 3])
    label = anatomy.segments.array
    shares = np.bincount(label.ravel(), minlength=9)[1:9].astype(np.float64)
    offsets = _balanced(rng.standard_normal(8) * liver.segment_pdff_sd_percent, shares)
    factors = _balanced(rng.standard_normal(8) * liver.segment_r2star_sd_fraction, shares)
    texture = smooth_noise(anatomy.geometry, _TEXTURE_MM, rng)
    slope = _right_left(anatomy) * (liver.right_left_pdff_percent / 2)
    pdff = liver.pdff_percent + offsets[label] + slope + liver.texture_pdff_percent * texture
    texture = smooth_noise(anatomy.geometry, _TEXTURE_MM, rng)
    base = liver.r2star_per_s or healthy_liver_r2star_per_s(spec.protocol.field_strength_t)
    rate = base * (1 + factors[label]) * (1 + liver.texture_r2star_fraction * texture)
    for change in liver.focal:
        weight = _focal_weight(anatomy, change)
        pdff += change.pdff_change_percent * weight
        rate *= 1 + (change.r2star_factor - 1) * weight
    return np.clip(pdff, 0, 100).astype(np.float32), np.maximum(rate, 1).astype(np.float32)


def healthy_liver_r2star_per_s(field_strength_t: float) -> float:
    """Return R2* of a liver without iron, 29 1/s at 1.5 T and 45 1/s at 3 T.

    References
    ----------
    Obrzut 2020 (1.5 T, n = 100); 3 T after the field relation of Storey 2007.
    """
    return float(at_field("r2star_per_s", field_strength_t)[1])


def _balanced(
    values: npt.NDArray[np.float64], shares: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """Return values for labels 0-8 whose mean over the liver's volume is zero."""
    total = shares.sum()
    mean = float(values @ shares) / total if total else 0.0
    return np.concatenate([[0.0], values - mean]).astype(np.float32)


def _right_left(anatomy: Anatomy) -> FloatField:
    """Return a field that is +1 at the right edge of the liver, -1 at the left, mean 0 inside."""
    right, _, _ = centred_coordinates(anatomy.geometry)
    inside = right[anatomy.liver]
    if inside.size == 0:
        return np.zeros(anatomy.geometry.shape, dtype=np.float32)
    half = max(float(inside.max() - inside.min()) / 2, 1e-6)
    result: FloatField = (right - np.float32(inside.mean())) / np.float32(half)
    return result


def _focal_weight(anatomy: Anatomy, change: FocalChange) -> FloatField:
    """Return 1 at the centre of a focal change, 0.5 at its radius, 0 far away."""
    inside = anatomy.segments.array == change.segment
    shape = anatomy.geometry.shape
    if not inside.any():
        return np.zeros(shape, dtype=np.float32)
    depth = ndimage.distance_transform_edt(inside, sampling=anatomy.geometry.spacing_mm)
    centre = np.unravel_index(int(depth.argmax()), shape)
    fields = centred_coordinates(anatomy.geometry)
    squared = sum((field - field[centre]) ** 2 for field in fields)
    distance = np.sqrt(squared)
    softness = max(change.radius_mm / 6, 1e-6)
    exponent = np.clip((distance - change.radius_mm) / softness, -50, 50)
    result: FloatField = (1 / (1 + np.exp(exponent))).astype(np.float32)
    return result
