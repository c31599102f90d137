"""Convert one NIfTI file and its JSON side-car to plain values (runs in the reading process).

References
----------
NIfTI-1 standard; BIDS 1.10 side-car fields (EchoTime and RepetitionTime in seconds).
"""

from __future__ import annotations

import gzip
import json
import math
from io import IOBase
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError

from analysis.errors import UnusableInput
from analysis.ingest.nifti_image import NiftiImage, Sidecar
from analysis.ingest.options import MIB, ReadLimits
from analysis.ingest.values import as_number, as_text
from analysis.wording import words

GZIP_MAGIC = b"\x1f\x8b"
NIFTI2_HEADER_SIZE = 540
MAX_SIDECAR_BYTES = 16 * MIB


def convert_nifti(path: Path, sidecar: Path | None, target: Path, limits: ReadLimits) -> NiftiImage:
    """Write the values of a NIfTI file to ``target`` (.npy, float32) and return its grid.

    Raises
    ------
    UnusableInput
        If the image is not three- or four-dimensional or is larger than the limits.
    """
    described = _read_sidecar(sidecar) if sidecar else Sidecar()
    with path.open("rb") as packed:
        is_packed = packed.read(2) == GZIP_MAGIC
        packed.seek(0)
        stream: IOBase = gzip.GzipFile(fileobj=packed) if is_packed else packed
        try:
            image = _open(stream)
            shape = _checked_shape(image.shape, path, limits)
            values = np.asarray(image.dataobj, dtype=np.float32).reshape(shape)
        except (HeaderDataError, ImageFileError) as error:
            raise ValueError("the NIfTI header is damaged") from error
    np.save(target, values, allow_pickle=False)
    affine = np.asarray(image.affine, dtype=np.float64)
    if not np.isfinite(affine).all() or not np.isfinite(values).all():
        raise UnusableInput(
            words(
                "The file %(file)s holds numbers that are not finite; convert it again.",
                file=path.name,
            ),
            code="nifti-not-finite",
        )
    header = image.header
    has_orientation = int(header["sform_code"]) > 0 or int(header["qform_code"]) > 0
    return NiftiImage(shape, tuple(affine.ravel().tolist()), has_orientation, described)


def _open(stream: IOBase) -> Any:
    size = int.from_bytes(stream.read(4), "little")
    stream.seek(0)
    is_second = NIFTI2_HEADER_SIZE in (size, int.from_bytes(size.to_bytes(4, "little"), "big"))
    return (nib.Nifti2Image if is_second else nib.Nifti1Image).from_stream(stream)


def _checked_shape(shape: tuple[int, ...], path: Path, limits: ReadLimits) -> tuple[int, ...]:
    kept = tuple(int(size) for size in shape)
    while len(kept) > 3 and kept[-1] == 1:
        kept = kept[:-1]
    if len(kept) == 2:
        kept = (*kept, 1)
    if len(kept) not in (3, 4) or min(kept) < 1 or math.prod(kept) > limits.max_pixels_per_file:
        raise UnusableInput(
            words(
                "The file %(file)s is not a 3-D image or a 4-D series of echoes (%(shape)s).",
                file=path.name,
                shape=str(shape),
            ),
            code="nifti-shape",
        )
    return kept


def _read_sidecar(path: Path) -> Sidecar:
    if path.stat().st_size > MAX_SIDECAR_BYTES:
        raise ValueError("the side-car is too large")
    content = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(content, dict):
        raise ValueError("the side-car is not a JSON object")
    return _sidecar(content)


def _sidecar(content: dict[str, Any]) -> Sidecar:
    def number(key: str) -> float | None:
        return as_number(content.get(key))

    def text(key: str) -> str:
        return as_text(content.get(key))

    series_number = number("SeriesNumber")
    return Sidecar(
        is_present=True,
        echo_times_s=_echo_times(content.get("EchoTime")),
        repetition_time_s=number("RepetitionTime"),
        flip_angle_deg=number("FlipAngle"),
        field_strength_t=number("MagneticFieldStrength"),
        imaging_frequency_mhz=number("ImagingFrequency"),
        slice_thickness_mm=number("SliceThickness"),
        manufacturer=text("Manufacturer"),
        model=text("ManufacturersModelName"),
        software=text("SoftwareVersions"),
        modality=text("Modality").upper(),
        series_description=text("SeriesDescription"),
        protocol=text("ProtocolName"),
        sequence=text("SequenceName"),
        scanning_sequence=text("ScanningSequence").upper(),
        image_type=tuple(text("ImageType").upper().split("\\")) if text("ImageType") else (),
        units=text("Units").lower(),
        series_number=None if series_number is None else round(series_number),
        series_instance_uid=text("SeriesInstanceUID"),
        study_instance_uid=text("StudyInstanceUID"),
        patient_id=text("PatientID"),
    )


def _echo_times(value: Any) -> tuple[float, ...]:
    items = value if isinstance(value, list) else [value]
    parsed = [as_number(item) for item in items]
    return tuple(item for item in parsed if item is not None) if None not in parsed else ()
