"""Find where the stored values of an image begin, without reading them (runs in the child)."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import BinaryIO

from pydicom.dataset import FileDataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from analysis.ingest.elements import integer
from analysis.ingest.header import PixelLocation
from analysis.ingest.options import ReadLimits

PIXEL_DATA_LITTLE = b"\xe0\x7f\x10\x00"
PIXEL_DATA_BIG = b"\x7f\xe0\x00\x10"
UNDEFINED_LENGTH = 0xFFFFFFFF
NOT_AN_IMAGE = PixelLocation(problem="it holds no image")


def locate_pixels(
    dataset: FileDataset, stream: BinaryIO, frames: int, limits: ReadLimits
) -> PixelLocation:
    """Return where the first frame lies; ``stream`` stands at the Pixel Data element."""
    location = _described(dataset)
    if location.problem:
        return location
    pixels = location.rows * location.columns
    if pixels > limits.max_pixels_per_image or pixels * frames > limits.max_pixels_per_file:
        return replace(location, problem=f"it claims to hold {pixels * frames:,} pixels")
    if _is_compressed(dataset):
        return location
    start, length = _element_start(dataset, stream)
    if start < 0:
        return replace(location, problem="the file ends before its image data")
    expected = pixels * frames * location.samples * int(location.dtype[-1])
    present = min(length, stream.seek(0, 2) - start)
    if present < expected:
        return replace(location, problem=f"it holds {present:,} of {expected:,} bytes of the image")
    return replace(location, offset=start)


def _described(dataset: FileDataset) -> PixelLocation:
    rows, columns = integer(dataset, 0x00280010), integer(dataset, 0x00280011)
    if not rows or not columns or min(rows, columns) < 1:
        return NOT_AN_IMAGE
    bits = integer(dataset, 0x00280100) or 16
    if bits not in (8, 16, 32):
        return replace(NOT_AN_IMAGE, problem=f"its {bits}-bit pixels are not a grey-scale image")
    sign = "i" if integer(dataset, 0x00280103) == 1 else "u"
    order = "<" if dataset.original_encoding[1] is not False else ">"
    return PixelLocation(
        rows=rows,
        columns=columns,
        dtype=f"{order}{sign}{bits // 8}",
        bits_stored=min(integer(dataset, 0x00280101) or bits, bits),
        samples=integer(dataset, 0x00280002) or 1,
    )


def _is_compressed(dataset: FileDataset) -> bool:
    syntax = UID(str(dataset.file_meta.get("TransferSyntaxUID", "")))
    if not syntax.is_transfer_syntax or syntax.is_private:
        return False
    return syntax.is_compressed or syntax == DeflatedExplicitVRLittleEndian


def _element_start(dataset: FileDataset, stream: BinaryIO) -> tuple[int, int]:
    """Return the offset and length of the Pixel Data value, or (-1, 0) where there is none."""
    is_implicit, is_little = dataset.original_encoding
    start, head = stream.tell(), stream.read(12)
    if len(head) < 12 or head[:4] != (PIXEL_DATA_BIG if is_little is False else PIXEL_DATA_LITTLE):
        return -1, 0
    field, skip = (head[4:8], 8) if is_implicit else (head[8:12], 12)
    length = struct.unpack(">I" if is_little is False else "<I", field)[0]
    return (start + skip, length) if length != UNDEFINED_LENGTH else (-1, 0)
