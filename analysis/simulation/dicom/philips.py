"""Philips style: one series with magnitude and phase, a rescale of its own for every echo.

PV is the stored value, DV = PV * RS + RI the displayed one and FP = DV / (RS * SS) the true one,
with RS and RI the rescale of the header and SS the private scale slope (2005,100E). RS differs
between echoes here, as it may on a scanner, so that only FP decays as the tissue does. Phase is in
thousandths of a radian after the rescale. Sources: dcm2niix issues 323, 463 and 493.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from analysis.simulation.dicom.series_order import echo_by_echo, map_series, numbered
from analysis.simulation.dicom.vendor import (
    Image,
    Scaling,
    SeriesPlan,
    StoredPixels,
    Vendor,
    quantise,
)
from analysis.simulation.spec import Protocol
from analysis.study import Component, Role

_LARGEST_STORED = 4095.0
_PHASE_SLOPE = 2 * 3142.0 / _LARGEST_STORED
_FAT_FRACTION_SLOPE, _FAT_FRACTION_INTERCEPT = 0.07326, -100.0
_T2STAR_SLOPE = 0.05
_LETTER = {
    Role.MULTI_ECHO: {Component.MAGNITUDE: "M", Component.PHASE: "P"},
    Role.OTHER: {Component.MAGNITUDE: "M"},
    Role.PDFF_MAP: {Component.MAGNITUDE: "FF"},
    Role.T2STAR_MAP: {Component.MAGNITUDE: "T2_STAR"},
}


def _letter(image: Image) -> str:
    return _LETTER[image.role][image.component]


def _series(
    echo_count: int, slice_count: int, components: tuple[Component, ...]
) -> tuple[SeriesPlan, ...]:
    images = echo_by_echo(echo_count, slice_count, components)
    return (numbered(301, "mDIXON 6 echoes BH", images),)


def _map_series(slice_count: int) -> tuple[SeriesPlan, ...]:
    return (
        map_series(401, "mDIXON-Quant_BH FF", Role.PDFF_MAP, slice_count),
        map_series(402, "mDIXON-Quant_BH T2*", Role.T2STAR_MAP, slice_count),
    )


def _rescaled(
    values: npt.NDArray[np.float32], slope: float, intercept: float, kind: str
) -> StoredPixels:
    return StoredPixels(
        quantise(values, slope, intercept, 12, False), 12, slope, intercept, kind, 1 / slope
    )


def _encode(values: npt.NDArray[np.float32], image: Image, scaling: Scaling) -> StoredPixels:
    if image.role is Role.PDFF_MAP:
        return _rescaled(values, _FAT_FRACTION_SLOPE, _FAT_FRACTION_INTERCEPT, "%")
    if image.role is Role.T2STAR_MAP:
        return _rescaled(values, _T2STAR_SLOPE, 0.0, "ms")
    if image.component is Component.PHASE:
        stored = quantise(values * 1000, _PHASE_SLOPE, -3142.0, 12, False)
        return StoredPixels(stored, 12, _PHASE_SLOPE, -3142.0, "mrad", 1000 / _PHASE_SLOPE)
    step = scaling.largest_magnitude[image.echo] / _LARGEST_STORED
    slope = 1.2 + 0.35 * image.echo
    # FP = DV / (RS * SS) = PV / SS, so that 1 / SS is the size of one stored step.
    stored = quantise(values, step, 0.0, 12, False)
    return StoredPixels(stored, 12, slope, 0.0, "normalized", 1 / step)


def _image_type(image: Image) -> tuple[str, ...]:
    letter = _letter(image)
    if image.role in (Role.PDFF_MAP, Role.T2STAR_MAP):
        return "DERIVED", "PRIMARY", letter, letter, "DERIVED"
    return "ORIGINAL", "PRIMARY", f"{letter}_FFE", letter, "FFE"


def add_scale_slope(dataset: Dataset, image: Image, pixels: StoredPixels) -> None:
    """Add the private scale intercept, scale slope and image type of Philips."""
    block = dataset.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
    block.add_new(0x0D, "FL", 0.0)
    block.add_new(0x0E, "FL", float(pixels.scale_slope or 1.0))
    block.add_new(0x11, "CS", _letter(image))


def _add_private(dataset: Dataset, image: Image, pixels: StoredPixels, protocol: Protocol) -> None:
    add_scale_slope(dataset, image, pixels)
    block = dataset.private_block(0x2001, "Philips Imaging DD 001", create=True)
    block.add_new(0x0A, "IS", str(image.slice_index + 1))
    block.add_new(0x14, "SL", len(protocol.echo_times_ms))
    block.add_new(0x25, "SH", f"{protocol.echo_times_ms[image.echo]:.1f}")


PHILIPS = Vendor(
    key="philips",
    manufacturer="Philips Medical Systems",
    software="5.7.1\\5.7.1.2 (simulated)",
    model=lambda field_t: "Ingenia Elition X" if field_t > 2 else "Ingenia Ambition X",
    nominal_field_t=lambda field_t: round(field_t, 1),
    sequence_name="",
    series=_series,
    map_series=_map_series,
    components=(Component.PHASE,),
    encode=_encode,
    image_type=_image_type,
    add_private=_add_private,
)
