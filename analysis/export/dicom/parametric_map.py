"""Maps as DICOM Parametric Maps: floating-point pixels with quantity and unit as codes."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
from highdicom import VOILUTTransformation
from highdicom.pm import ParametricMap, RealWorldValueMapping
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import ExplicitVRLittleEndian

from analysis.export.dicom.identity import (
    MANUFACTURER,
    MODEL_NAME,
    SERIAL_NUMBER,
    declare_private_codes,
    identify,
    make_reproducible,
    software_versions,
    to_bytes,
)
from analysis.export.dicom.source_images import source_images
from analysis.export.exported_file import Exporter, ExportRequest
from analysis.quantities import LIC, PDFF, R2STAR, Quantity
from analysis.volume import QuantityMap

MEDIA_TYPE = "application/dicom"
# Declared in the object as Float Pixel Padding Value: viewers leave these pixels out.
PADDING = np.float32(-32768.0)
FILES: tuple[tuple[Quantity, str, int], ...] = (
    (PDFF, "pdff", 9011),
    (R2STAR, "r2star", 9012),
    (LIC, "lic", 9013),
)


def quantity_code(quantity: Quantity) -> Code:
    """Return the coded concept of a quantity."""
    return Code(*quantity.code)


def unit_code(quantity: Quantity) -> Code:
    """Return the coded unit of a quantity (UCUM)."""
    return Code(quantity.ucum, "UCUM", quantity.unit or "no units")


def build_parametric_map(
    request: ExportRequest, quantity: Quantity, file_name: str, series_number: int
) -> ParametricMap | None:
    """Return a map as a DICOM Parametric Map, or None without the map or DICOM images behind it.

    Parameters
    ----------
    request
        Maps and the images referred to.
    quantity
        Which map.
    file_name, series_number
        Of the object.

    References
    ----------
    PS3.3 A.75; quantities: PS3.16 CID 7180.
    """
    found, images = request.maps.get(quantity.key), source_images(request)
    if found is None or images is None:
        return None
    identity = identify(request, file_name, series_number)
    low, high = quantity.display
    result = ParametricMap(
        source_images=images,
        pixel_array=_frames(found),
        series_instance_uid=identity.series_instance_uid,
        series_number=identity.series_number,
        sop_instance_uid=identity.sop_instance_uid,
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MODEL_NAME,
        software_versions=software_versions(request),
        device_serial_number=SERIAL_NUMBER,
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[_mapping(found)],
        voi_lut_transformations=[
            VOILUTTransformation(window_center=(low + high) / 2, window_width=high - low)
        ],
        content_label=file_name.removesuffix(".dcm").upper(),
        content_description=quantity.name[:64],
        series_description=f"{quantity.key} (Lobule)",
        transfer_syntax_uid=ExplicitVRLittleEndian,
    )
    result.FloatPixelPaddingValue = float(PADDING)
    result.FloatPixelPaddingRangeLimit = float(PADDING)
    result.BodyPartExamined = "LIVER"
    declare_private_codes(result)
    make_reproducible(result, request)
    return result


def _frames(quantity_map: QuantityMap) -> npt.NDArray[np.float32]:
    """Return (slice, row, column), padding where the map is not valid."""
    usable = quantity_map.valid & np.isfinite(quantity_map.volume.array)
    values = np.where(usable, quantity_map.volume.array, PADDING).astype(np.float32)
    return np.ascontiguousarray(values.transpose(2, 1, 0))


def _mapping(quantity_map: QuantityMap) -> RealWorldValueMapping:
    quantity = quantity_map.quantity
    usable = quantity_map.valid & np.isfinite(quantity_map.volume.array)
    values = quantity_map.volume.array[usable]
    value_range = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    return RealWorldValueMapping(
        lut_label=quantity.key[:16],
        lut_explanation=quantity.name[:64],
        unit=unit_code(quantity),
        value_range=value_range,
        slope=1.0,
        intercept=0.0,
        quantity_definition=quantity_code(quantity),
    )


def _render(
    quantity: Quantity, file_name: str, series_number: int, request: ExportRequest
) -> bytes | None:
    result: Dataset | None = build_parametric_map(request, quantity, file_name, series_number)
    return None if result is None else to_bytes(result)


PARAMETRIC_MAP_EXPORTERS: tuple[Exporter, ...] = tuple(
    Exporter(
        f"{stem}.dcm",
        MEDIA_TYPE,
        f"{quantity.name} as DICOM Parametric Map",
        partial(_render, quantity, f"{stem}.dcm", series_number),
    )
    for quantity, stem, series_number in FILES
)
