"""Canon style: magnitude only (phase is rarely exported), 16 bits, a plain rescale on maps."""

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

_LARGEST_STORED = 20000.0
_MAP_UNIT = {Role.PDFF_MAP: "%", Role.R2STAR_MAP: "1/s"}


def _series(
    echo_count: int, slice_count: int, components: tuple[Component, ...]
) -> tuple[SeriesPlan, ...]:
    images = echo_by_echo(echo_count, slice_count, components)
    return (numbered(2000, "FE3D multi echo BH", images),)


def _map_series(slice_count: int) -> tuple[SeriesPlan, ...]:
    return (
        map_series(2001, "Fat Fraction Quantification", Role.PDFF_MAP, slice_count),
        map_series(2002, "R2star Map", Role.R2STAR_MAP, slice_count),
    )


def _encode(values: npt.NDArray[np.float32], image: Image, scaling: Scaling) -> StoredPixels:
    if image.role in _MAP_UNIT:
        stored = quantise(values, 0.1, 0.0, 16, True)
        return StoredPixels(stored, 16, 0.1, 0.0, _MAP_UNIT[image.role])
    return StoredPixels(quantise(values, scaling.overall / _LARGEST_STORED, 0.0, 16, True), 16)


def _image_type(image: Image) -> tuple[str, ...]:
    return "ORIGINAL" if image.role is Role.MULTI_ECHO else "DERIVED", "PRIMARY", "OTHER"


def _add_private(dataset: Dataset, image: Image, pixels: StoredPixels, protocol: Protocol) -> None:
    return


CANON = Vendor(
    key="canon",
    manufacturer="CANON_MEC",
    software="V7.0 (simulated)",
    model=lambda field_t: "Vantage Galan 3T" if field_t > 2 else "Vantage Orian",
    nominal_field_t=lambda field_t: round(field_t, 1),
    sequence_name="FE3D",
    series=_series,
    map_series=_map_series,
    components=(),
    encode=_encode,
    image_type=_image_type,
    add_private=_add_private,
)
