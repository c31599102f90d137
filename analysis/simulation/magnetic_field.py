"""How the main field deviates in a body: the susceptibility of air next to tissue, after a shim.

Delta B / B0 in k-space is chi(k) * (1/3 - (k.b)^2 / |k|^2), b the direction of the field.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from analysis.simulation.anatomy import Anatomy
from analysis.simulation.texture import FloatField
from analysis.simulation.tissues import BY_NAME
from analysis.volume import Geometry

TISSUE_SUSCEPTIBILITY_PPM = -9.05
AIR_SUSCEPTIBILITY_PPM = 0.36
_LUNG_SUSCEPTIBILITY_PPM = -2.5
_COARSE_MM = 5.0
_SHIM_ORDER = 2


def off_resonance_ppm(anatomy: Anatomy, largest_ppm: float) -> FloatField:
    """Return the deviation of the main field, limited softly to a largest value.

    Parameters
    ----------
    anatomy
        The tissues; lung, bowel gas and the surroundings are air.
    largest_ppm
        Value that the deviation approaches near air; 0 gives an even field.

    Returns
    -------
    (i, j, k) float32, in parts per million of the main field.

    References
    ----------
    Marques and Bowtell 2005, doi:10.1002/cmr.b.20034 (dipole kernel); water -9.05 and air
    0.36 ppm: Schenck 1996, doi:10.1118/1.597854.
    """
    geometry = anatomy.geometry
    if largest_ppm == 0:
        return np.zeros(geometry.shape, dtype=np.float32)
    step = tuple(max(1, round(_COARSE_MM / spacing)) for spacing in geometry.spacing_mm)
    every = tuple(slice(None, None, size) for size in step)
    coarse = _coarse_geometry(geometry, anatomy.tissues[every].shape, step)
    field = _dipole_field(_susceptibility(anatomy.tissues[every]), coarse)
    field = ndimage.gaussian_filter(field, 0.7)
    field = field - _shim(field, anatomy.body[every], coarse)
    limited = largest_ppm * np.tanh(field / largest_ppm)
    return _to_grid(limited.astype(np.float32), geometry.shape, step)


def _susceptibility(tissues: npt.NDArray[np.uint8]) -> FloatField:
    table = np.full(256, TISSUE_SUSCEPTIBILITY_PPM, dtype=np.float32)
    for name in ("background", "bowel_gas"):
        table[BY_NAME[name].value] = AIR_SUSCEPTIBILITY_PPM
    table[BY_NAME["lung"].value] = _LUNG_SUSCEPTIBILITY_PPM
    result: FloatField = table[tissues]
    return result


def _coarse_geometry(geometry: Geometry, shape: tuple[int, ...], step: tuple[int, ...]) -> Geometry:
    affine = np.array(geometry.affine)
    affine[:3, :3] *= np.array(step)
    return Geometry((shape[0], shape[1], shape[2]), affine)


def _dipole_field(susceptibility: FloatField, geometry: Geometry) -> FloatField:
    pad = [(size // 2, size - size // 2) for size in susceptibility.shape]
    padded = np.pad(susceptibility, pad, mode="edge")
    axes = [
        fft.fftfreq(size, spacing)
        for size, spacing in zip(padded.shape, geometry.spacing_mm, strict=True)
    ]
    k = np.meshgrid(*axes[:2], fft.rfftfreq(padded.shape[2], geometry.spacing_mm[2]), indexing="ij")
    unit = geometry.affine[:3, :3] / np.asarray(geometry.spacing_mm)
    along = unit[2, 0] * k[0] + unit[2, 1] * k[1] + unit[2, 2] * k[2]
    squared = np.square(k[0]) + np.square(k[1]) + np.square(k[2])
    squared[0, 0, 0] = 1.0
    kernel = 1 / 3 - along**2 / squared
    kernel[0, 0, 0] = 0.0
    field = fft.irfftn(fft.rfftn(padded) * kernel, s=padded.shape)
    inner = tuple(slice(before, -after) for before, after in pad)
    return np.ascontiguousarray(field[inner], dtype=np.float32)


def _shim(field: FloatField, body: npt.NDArray[np.bool_], geometry: Geometry) -> FloatField:
    """Return the second-order polynomial that fits the field inside the body best."""
    axes = [np.linspace(-1, 1, size, dtype=np.float32) for size in geometry.shape]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    terms = [
        x**a * y**b * z**c
        for a in range(_SHIM_ORDER + 1)
        for b in range(_SHIM_ORDER + 1)
        for c in range(_SHIM_ORDER + 1)
        if a + b + c <= _SHIM_ORDER
    ]
    design = np.stack([term[body] for term in terms], axis=1)
    weights, *_ = np.linalg.lstsq(design, field[body], rcond=None)
    total = np.zeros_like(field)
    for weight, term in zip(weights, terms, strict=True):
        total += weight * term
    return total


def _to_grid(coarse: FloatField, shape: tuple[int, int, int], step: tuple[int, ...]) -> FloatField:
    """Return the coarse field on the full grid, linear along one axis after the other."""
    result = coarse
    for axis, (size, stride) in enumerate(zip(shape, step, strict=True)):
        place = np.minimum(np.arange(size) / stride, result.shape[axis] - 1)
        low = np.floor(place).astype(int)
        high = np.minimum(low + 1, result.shape[axis] - 1)
        part = (place - low).astype(np.float32).reshape([-1 if axis == a else 1 for a in range(3)])
        result = (1 - part) * result.take(low, axis) + part * result.take(high, axis)
    return np.ascontiguousarray(result, dtype=np.float32)
