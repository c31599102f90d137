"""GE style: one series with all components of a slice together, told apart by (0043,102F).

Phase is stored in thousandths of a radian, signed 16 bits; there is no rescale. Sources: public
notes of dcm2niix on GE (component tag 0 magnitude, 1 phase, 2 real, 3 imaginary).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from analysis.simulation.dicom.series_order import map_series, numbered, slice_by_slice
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

COMPONENT_NUMBER = {
    Component.MAGNITUDE: 0,
    Component.PHASE: 1,
    Component.REAL: 2,
    Component.IMAGINARY: 3,
}
_LARGEST_STORED = 12000.0
_MAP_TYPE = {Role.PDFF_MAP: "FAT_FRACTION", Role.R2STAR_MAP: "R2_STAR"}


def _series(
    echo_count: int, slice_count: int, components: tuple[Component, ...]
) -> tuple[SeriesPlan, ...]:
    images = slice_by_slice(echo_count, slice_count, components)
    return (numbered(2, "Ax 3D multi-echo FSPGR", images),)


def _map_series(slice_count: int) -> tuple[SeriesPlan, ...]:
    return (
        map_series(200, "FatFrac: Ax IDEAL IQ BH", Role.PDFF_MAP, slice_count),
        map_series(201, "R2*: Ax IDEAL IQ BH", Role.R2STAR_MAP, slice_count),
    )


def _encode(values: npt.NDArray[np.float32], image: Image, scaling: Scaling) -> StoredPixels:
    if image.role in _MAP_TYPE:
        return StoredPixels(quantise(values, 1.0, 0.0, 16, True), 16)
    slope = scaling.overall / _LARGEST_STORED
    if image.component is Component.PHASE:
        slope = 0.001
    return StoredPixels(quantise(values, slope, 0.0, 16, True), 16)


def _image_type(image: Image) -> tuple[str, ...]:
    if image.role in _MAP_TYPE:
        return "DERIVED", "PRIMARY", "OTHER", _MAP_TYPE[image.role]
    return "ORIGINAL", "PRIMARY", "OTHER"


def _add_private(dataset: Dataset, image: Image, pixels: StoredPixels, protocol: Protocol) -> None:
    acquisition = dataset.private_block(0x0019, "GEMS_ACQU_01", create=True)
    acquisition.add_new(0x9C, "LO", "ideal3d" if image.role in _MAP_TYPE else "me3d")
    parameters = dataset.private_block(0x0043, "GEMS_PARM_01", create=True)
    parameters.add_new(0x2F, "SS", COMPONENT_NUMBER[image.component])


GE = Vendor(
    key="ge",
    manufacturer="GE MEDICAL SYSTEMS",
    software="30\\LX\\MR Software release:MR30.1 (simulated)",
    model=lambda field_t: "SIGNA Premier" if field_t > 2 else "SIGNA Artist",
    nominal_field_t=lambda field_t: round(field_t, 1),
    sequence_name="ME3D",
    series=_series,
    map_series=_map_series,
    components=(Component.PHASE, Component.REAL, Component.IMAGINARY),
    encode=_encode,
    image_type=_image_type,
    add_private=_add_private,
)
