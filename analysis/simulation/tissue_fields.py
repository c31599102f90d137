"""Fat, iron and relaxation of every voxel: the liver as asked for, the rest by its tissue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.simulation.anatomy import Anatomy
from analysis.simulation.liver_fields import liver_fat_and_iron
from analysis.simulation.relaxation import at_field
from analysis.simulation.spec import PhantomSpec
from analysis.simulation.texture import FloatField, smooth_noise
from analysis.simulation.tissues import BY_NAME, property_table

_FAT_TISSUE_PDFF_PERCENT = 50.0
_DENSITY_TEXTURE = 0.03
_RATE_TEXTURE = 0.06
_PDFF_TEXTURE = 0.25
_LARGEST_PDFF_TEXTURE_PERCENT = 4.0
_TEXTURE_MM = 2.0
# Fresh blood brings its full magnetisation along; drawn as more signal, so that vessels are seen.
_FLOWING, _INFLOW = ("hepatic_vessel", "large_vessel"), 1.15


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
    pdff = _body_pdff(anatomy, rng)
    rate = _textured(at_field("r2star_per_s", field_t), _RATE_TEXTURE, anatomy, rng)
    density = _textured(_density_table(), _DENSITY_TEXTURE, anatomy, rng)
    parenchyma = anatomy.liver & ~anatomy.vessels
    liver_pdff, liver_rate = liver_fat_and_iron(anatomy, spec)
    pdff[parenchyma] = liver_pdff[parenchyma]
    rate[parenchyma] = liver_rate[parenchyma]
    t1_ms = at_field("t1_ms", field_t)
    return TissueFields(
        np.clip(pdff, 0.0, 100.0),
        np.maximum(rate, 1.0),
        np.maximum(density, 0.0),
        _look_up(_water_t1_ms(t1_ms), anatomy),
        float(t1_ms[BY_NAME["subcutaneous_fat"].value]),
    )


def _look_up(table: npt.NDArray[np.float64], anatomy: Anatomy) -> FloatField:
    result: FloatField = table.astype(np.float32)[anatomy.tissues]
    return result


def _textured(
    table: npt.NDArray[np.float64], relative_sd: float, anatomy: Anatomy, rng: np.random.Generator
) -> FloatField:
    fine = smooth_noise(anatomy.geometry, _TEXTURE_MM, rng)
    return _look_up(table, anatomy) * (1 + np.float32(relative_sd) * fine)


def _body_pdff(anatomy: Anatomy, rng: np.random.Generator) -> FloatField:
    """Return PDFF by tissue; tissues that are nearly all water or all fat vary the least."""
    table = property_table("pdff_percent")
    spread = np.minimum(
        _PDFF_TEXTURE * np.minimum(table, 100 - table), _LARGEST_PDFF_TEXTURE_PERCENT
    )
    fine = smooth_noise(anatomy.geometry, _TEXTURE_MM, rng)
    return _look_up(table, anatomy) + _look_up(spread, anatomy) * fine


def _density_table() -> npt.NDArray[np.float64]:
    table = property_table("proton_density")
    table[[BY_NAME[name].value for name in _FLOWING]] *= _INFLOW
    return table


def _water_t1_ms(t1_ms: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return T1 of the water by tissue: the table's, but in fat that of muscle."""
    is_fat = property_table("pdff_percent") > _FAT_TISSUE_PDFF_PERCENT
    return np.where(is_fat, t1_ms[BY_NAME["muscle"].value], t1_ms)
