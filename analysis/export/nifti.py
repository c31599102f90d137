"""Maps, labels and anatomy as NIfTI: RAS+ affine in mm, not-a-number where a map is not valid."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from analysis.export.exported_file import Exporter, ExportRequest
from analysis.nifti import encode_nifti
from analysis.quantities import FAT_SIGNAL_FRACTION, LIC, PDFF, R2STAR, T2STAR, Quantity
from analysis.volume import QuantityMap

MEDIA_TYPE = "application/gzip"
FILE_STEMS: tuple[tuple[Quantity, str], ...] = (
    (PDFF, "pdff"),
    (R2STAR, "r2star"),
    (LIC, "lic"),
    (T2STAR, "t2star"),
    (FAT_SIGNAL_FRACTION, "fat_signal_fraction"),
)


def map_values(quantity_map: QuantityMap) -> npt.NDArray[np.float32]:
    """Return the values as float32 with not-a-number where they are not valid."""
    return np.where(quantity_map.valid, quantity_map.volume.array, np.float32(np.nan))


def _describe(quantity: Quantity, what: str) -> str:
    return f"{quantity.key} {what} in {quantity.ucum}"


def _render_map(key: str, request: ExportRequest) -> bytes | None:
    found = request.maps.get(key)
    if found is None:
        return None
    text = _describe(found.quantity, "map")
    return encode_nifti(map_values(found), found.geometry, text)


def _render_error(key: str, request: ExportRequest) -> bytes | None:
    found = request.maps.get(key)
    if found is None or found.standard_error is None:
        return None
    values = np.where(found.valid, found.standard_error, np.float32(np.nan))
    return encode_nifti(values, found.geometry, _describe(found.quantity, "standard error"))


def _render_segments(request: ExportRequest) -> bytes:
    text = "Couinaud segments: 1-8 = I-VIII"
    return encode_nifti(request.labels.array, request.labels.geometry, text)


def _render_anatomy(request: ExportRequest) -> bytes:
    image = request.anatomy
    stored = image.array.astype(np.int16)
    # Scanners store whole numbers: as such they take a third of the space, without loss.
    array = stored if np.array_equal(stored, image.array) else image.array
    return encode_nifti(array, image.geometry, _describe(image.quantity, "image"))


def _render_uncertainty(request: ExportRequest) -> bytes | None:
    uncertainty = request.segmentation.uncertainty
    if uncertainty is None:
        return None
    return encode_nifti(uncertainty, request.labels.geometry, "P(liver or not is wrong), 0-1")


def _map_rows(quantity: Quantity, stem: str) -> tuple[Exporter, Exporter]:
    render: Callable[[ExportRequest], bytes | None] = partial(_render_map, quantity.key)
    render_error: Callable[[ExportRequest], bytes | None] = partial(_render_error, quantity.key)
    unit = f"in {quantity.unit}; not a number where it could not be measured"
    return (
        Exporter(f"{stem}.nii.gz", MEDIA_TYPE, f"{quantity.name} {unit}", render),
        Exporter(
            f"{stem}_standard_error.nii.gz",
            MEDIA_TYPE,
            f"Standard error of {quantity.name} {unit}",
            render_error,
        ),
    )


NIFTI_EXPORTERS: tuple[Exporter, ...] = (
    *(row for quantity, stem in FILE_STEMS for row in _map_rows(quantity, stem)),
    Exporter("segments.nii.gz", MEDIA_TYPE, "Couinaud segments, 1-8 = I-VIII", _render_segments),
    Exporter(
        "segmentation_uncertainty.nii.gz",
        MEDIA_TYPE,
        "Probability that liver-or-not is wrong, 0 to 1",
        _render_uncertainty,
    ),
    Exporter("anatomy.nii.gz", MEDIA_TYPE, "Image that was segmented", _render_anatomy),
)
