"""Siemens style: magnitude and phase series, 12 bits, phase -4096..4094, instance numbers repeated.

Sources: a real Prisma export (echoes of one series share their instance numbers; phase has slope 2
and intercept -4096); doi-less public notes on Siemens phase scaling (MRtrix3 issue 3009).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from analysis.simulation.dicom.series_order import echo_by_echo, map_series
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

_LARGEST_STORED = 3600.0
_LETTER = {Component.MAGNITUDE: "M", Component.PHASE: "P"}
_MAP_TYPE = {Role.PDFF_MAP: "FAT_FRACTION", Role.R2STAR_MAP: "R2_STAR MAP"}
_MAP_SCALE = {Role.PDFF_MAP: 0.1, Role.R2STAR_MAP: 1.0}


def _series(
    echo_count: int, slice_count: int, components: tuple[Component, ...]
) -> tuple[SeriesPlan, ...]:
    images = [echo_by_echo(echo_count, slice_count, (component,)) for component in components]
    return tuple(
        SeriesPlan(
            index + 2,
            "vibe_me_tra_bh" + ("_PHA" if chosen[0].component is Component.PHASE else ""),
            chosen,
            tuple(image.slice_index + 1 for image in chosen),
        )
        for index, chosen in enumerate(images)
    )


def _map_series(slice_count: int) -> tuple[SeriesPlan, ...]:
    return (
        map_series(11, "vibe_q-dixon_tra_bh_FF", Role.PDFF_MAP, slice_count),
        map_series(12, "vibe_q-dixon_tra_bh_R2s_Eff", Role.R2STAR_MAP, slice_count),
    )


def _encode(values: npt.NDArray[np.float32], image: Image, scaling: Scaling) -> StoredPixels:
    if image.role in _MAP_SCALE:
        return StoredPixels(quantise(values, _MAP_SCALE[image.role], 0.0, 12, False), 12)
    if image.component is Component.PHASE:
        # The step above 4094 is -4096 again: half a turn further is the same angle.
        stored = np.rint((values / np.float32(np.pi) + 1) * 2048) % 4096
        return StoredPixels(stored.astype(np.uint16), 12, 2.0, -4096.0, "US")
    return StoredPixels(quantise(values, scaling.overall / _LARGEST_STORED, 0.0, 12, False), 12)


def _image_type(image: Image) -> tuple[str, ...]:
    if image.role in _MAP_TYPE:
        return "DERIVED", "PRIMARY", "M", "ND", _MAP_TYPE[image.role]
    return "ORIGINAL", "PRIMARY", _LETTER[image.component], "ND"


def _add_private(dataset: Dataset, image: Image, pixels: StoredPixels, protocol: Protocol) -> None:
    block = dataset.private_block(0x0051, "SIEMENS MR HEADER", create=True)
    block.add_new(0x08, "CS", "IMAGE NUM 4")
    block.add_new(0x09, "LO", "1.0")
    block.add_new(0x13, "SH", "+LPH")
    block.add_new(0x16, "LO", f"{_LETTER[image.component]}/ND")


SIEMENS = Vendor(
    key="siemens",
    manufacturer="SIEMENS",
    software="syngo MR E11 (simulated)",
    model=lambda field_t: "Prisma_fit" if field_t > 2 else "Aera",
    nominal_field_t=lambda field_t: 3.0 if 2.5 < field_t < 3.5 else field_t,
    sequence_name="*fl3d6",
    series=_series,
    map_series=_map_series,
    components=(Component.PHASE,),
    encode=_encode,
    image_type=_image_type,
    add_private=_add_private,
)
