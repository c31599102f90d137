"""Fat, iron and relaxation of every voxel: the liver as asked for, the rest by its tissue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.simulation.anatomy import Anatomy
from analysis.simulation.spec import FocalChange, PhantomSpec
from analysis.simulation.texture import FloatField, centred_coordinates, smooth_noise
from analysis.simulation.tissues import BY_NAME, property_table

_FAT_TISSUE_PDFF_PERCENT = 50.0
_DENSITY_TEXTURE = 0.03
_RATE_TEXTURE = 0.06
_PDFF_TEXTURE = 0.25
_LARGEST_PDFF_TEXTURE_PERCENT = 4.0
_TEXTURE_MM = 2.0
# Fresh blood brings its full magnetisation along; drawn as more signal, so that vessels are seen.
_FLOWING, _INFLOW = ("hepatic_vessel", "large_vessel"), 1.15
_LIVER_TEXTURE_MM = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class TissueFields:
    """Properties of each voxel, all (i, j, k) float32.

    Parameters
    ----------
    pdff_percent
        Proton density fat fraction.
    r2star_per_s
        Effective transverse relaxation rate.
    proton_density
        Water and fat protons together; 1 is water.
    t1_water_ms, t1_fat_ms
        Longitudinal relaxation times of the water and the fat in the voxel.
    """

    pdff_percent: FloatField
    r2star_per_s: FloatField
    proton_density: FloatField
    t1_water_ms: FloatField
    t1_fat_ms: float


def at_field(name: str, field_strength_t: float) -> npt.NDArray[np.float64]:
    """Return a field-dependent property by tissue value, linear between 1.5 T and 3 T.

    Parameters
    ----------
    name
        ``"t1_ms"`` or ``"r2star_per_s"``.
    field_strength_t
        Tesla.

    Returns
    -------
    (256,) float64, NaN where no tissue has the value.
    """
    low, high = property_table(f"{name}_at_1p5t"), property_table(f"{name}_at_3t")
    result: npt.NDArray[np.float64] = low + (high - low) * (field_strength_t - 1.5) / 1.5
    return result


def tissue_fields(anatomy: Anatomy, spec: PhantomSpec) -> TissueFields:
    """Return fat, iron, protons and T1 of every voxel.

    Parameters
    ----------
    anatomy
        The tissues.
    spec
        Liver, protocol and seed.
    """
    field_t = spec.protocol.field_strength_t
    rng = np.random.default_rng([spec.seed, 2])
    fine = smooth_noise(anatomy.geometry, _TEXTURE_MM, rng)
    pdff_table = property_table("pdff_percent")
    spread = np.minimum(
        _PDFF_TEXTURE * np.minimum(pdff_table, 100 - pdff_table), _LARGEST_PDFF_TEXTURE_PERCENT
    )
    pdff = _look_up(pdff_table, anatomy) + _look_up(spread, anatomy) * fine
    fine = smooth_noise(anatomy.geometry, _TEXTURE_MM, rng)
    rate = _look_up(at_field("r2star_per_s", field_t), anatomy) * (1 + _RATE_TEXTURE * fine)
    fine = smooth_noise(anatomy.geometry, _TEXTURE_MM, rng)
    density_table = property_table("proton_density")
    density_table[[BY_NAME[name].value for name in _FLOWING]] *= _INFLOW
    density = _look_up(density_table, anatomy) * (1 + _DENSITY_TEXTURE * fine)
    t1_ms = at_field("t1_ms", field_t)
    fat_t1_ms = float(t1_ms[BY_NAME["subcutaneous_fat"].value])
    water_t1_ms = np.where(
        pdff_table > _FAT_TISSUE_PDFF_PERCENT, t1_ms[BY_NAME["muscle"].value], t1_ms
    )
    parenchyma = anatomy.liver & ~anatomy.vessels
    liver_pdff, liver_rate = liver_fat_and_iron(anatomy, spec)
    pdff[parenchyma] = liver_pdff[parenchyma]
    rate[parenchyma] = liver_rate[parenchyma]
    return TissueFields(
        np.clip(pdff, 0.0, 100.0),
        np.maximum(rate, 1.0),
        np.maximum(density, 0.0),
        _look_up(water_t1_ms, anatomy),
        fat_t1_ms,
    )


def _look_up(table: npt.NDArray[np.float64], anatomy: Anatomy) -> FloatField:
    result: FloatField = table.astype(np.float32)[anatomy.tissues]
    return result


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
    texture = smooth_noise(anatomy.geometry, _LIVER_TEXTURE_MM, rng)
    slope = _right_left(anatomy) * (liver.right_left_pdff_percent / 2)
    pdff = liver.pdff_percent + offsets[label] + slope + liver.texture_pdff_percent * texture
    texture = smooth_noise(anatomy.geometry, _LIVER_TEXTURE_MM, rng)
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
