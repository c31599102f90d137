"""NIfTI files and their side-cars without anything but numbers and known words.

A copy is not compressed: two compressors rarely write the same bytes, and the browser must get the
same checksum tomorrow.
"""

from __future__ import annotations

import gzip
import json
import math
import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from portal.studies.deidentification.cleaning import CannotBeCleaned
from portal.studies.deidentification.pseudonyms import Pseudonyms
from portal.studies.deidentification.rules import Rules
from portal.studies.deidentification.wording import known_version, known_words

ENDING = re.compile(r"\.nii(\.gz)?$", re.IGNORECASE)
SIDECAR_ENDING = re.compile(r"\.json$", re.IGNORECASE)
LARGEST_BYTES = 1024**3
_LARGEST_SIDECAR = 1024**2
_ECHO = re.compile(r"_(?:echo-([0-9]+)|e([0-9]+)(?=[a-z]?(?:_|$))|te([0-9]+))", re.IGNORECASE)
_PART = re.compile(r"_(?:part-)?(magnitude|mag|phase|ph|real|imaginary|imag)(?=_|$)", re.IGNORECASE)
_GZIP = b"\x1f\x8b"
_EXTENSION_FLAG_BYTES = 4
_MOST_DIMENSIONS = 7
_LONGEST_HEAD = 544
_PIECE = 1024**2


@dataclass(frozen=True, slots=True)
class Layout:
    """One version of the header: ``kept`` bytes ([first, last + 1]); the rest is text or unused."""

    header_bytes: int
    kept: tuple[tuple[int, int], ...]
    dimensions: tuple[int, str]
    bits: int
    data_offset: tuple[int, str]


LAYOUTS = (
    Layout(348, ((0, 4), (39, 140), (252, 328), (344, 348)), (40, "8h"), 72, (108, "f")),
    Layout(540, ((0, 240), (344, 508), (524, 525)), (16, "8q"), 14, (168, "q")),
)


def clean_name(name: str, ending: str, rules: Rules, pseudonyms: Pseudonyms) -> str:
    """Return a name that says echo, part and known words, and which files belong together."""
    stem = SIDECAR_ENDING.sub("", ENDING.sub("", name))
    echo, part = _ECHO.search(stem), _PART.search(stem)
    series = _PART.sub("", _ECHO.sub("", stem, count=1), count=1)
    words = known_words(series.rsplit("/", 1)[-1], rules)
    tidy = re.sub(r"[^A-Za-z0-9]+", "-", words).strip("-")
    parts = [tidy] if tidy else []
    parts.append(pseudonyms.name(series))
    if echo:
        parts.append(f"echo-{int(next(group for group in echo.groups() if group))}")
    if part:
        parts.append(f"part-{part[1].lower()}")
    return "_".join(parts) + ending


def clean_nifti(content: bytes) -> bytes:
    """Return the image without free text, extensions and compression."""
    content = _inflated(content)
    layout, order = _layout_of(content)
    at, kind = layout.data_offset
    start = struct.unpack_from(order + kind, content, at)[0]
    size = _voxel_bytes(content, layout, order)
    if not (start >= layout.header_bytes and size > 0 and start + size <= len(content)):
        raise _damaged()
    head = bytearray(layout.header_bytes + _EXTENSION_FLAG_BYTES)
    for first, last in layout.kept:
        head[first:last] = content[first:last]
    struct.pack_into(order + kind, head, at, len(head))
    return bytes(head) + content[int(start) : int(start) + int(size)]


def _voxel_bytes(content: bytes, layout: Layout, order: str) -> float:
    at, kind = layout.dimensions
    count, *sizes = struct.unpack_from(order + kind, content, at)
    if not 1 <= count <= _MOST_DIMENSIONS:
        raise _damaged()
    bits: int = struct.unpack_from(order + "h", content, layout.bits)[0]
    voxels: int = math.prod(sizes[:count])
    return voxels * bits / 8


def _layout_of(content: bytes) -> tuple[Layout, str]:
    for layout in LAYOUTS:
        for order in ("<", ">"):
            if len(content) >= layout.header_bytes and content[:4] == struct.pack(
                order + "i", layout.header_bytes
            ):
                return layout, order
    raise CannotBeCleaned("It is neither a DICOM nor a NIfTI image.", code="not-an-image")


def _inflated(content: bytes) -> bytes:
    if not content.startswith(_GZIP):
        return content
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        inflated = unpacking.decompress(content, LARGEST_BYTES)
    except (zlib.error, gzip.BadGzipFile) as error:
        raise _damaged() from error
    if not unpacking.eof:
        raise _damaged()
    return inflated


def _damaged() -> CannotBeCleaned:
    return CannotBeCleaned("It is damaged and cannot be read.", code="damaged")


def free_text_in(file: BinaryIO) -> bool:
    """Say whether an image (compressed or not) holds anything but numbers; reads it piece by piece.

    Raises
    ------
    CannotBeCleaned
        If it is no NIfTI image or damaged.
    """
    is_packed = file.read(2) == _GZIP
    file.seek(0)
    source = gzip.GzipFile(fileobj=file) if is_packed else file
    try:
        head = source.read(_LONGEST_HEAD)
        layout, order = _layout_of(head)
        size = len(head) + sum(len(piece) for piece in iter(lambda: source.read(_PIECE), b""))
        at, kind = layout.data_offset
        data_offset: float = struct.unpack_from(order + kind, head, at)[0]
        ends_at = data_offset + _voxel_bytes(head, layout, order)
    except (OSError, EOFError, struct.error, zlib.error) as error:
        raise _damaged() from error
    plain = bytearray(layout.header_bytes + _EXTENSION_FLAG_BYTES)
    for first, last in layout.kept:
        plain[first:last] = head[first:last]
    return bytes(plain) != head[: len(plain)] or data_offset != len(plain) or size != ends_at


def sidecar_names_someone(content: bytes, rules: Rules) -> bool:
    """Say whether a side-car holds other fields than those of the table, or free text in them."""
    return any(
        key not in rules.sidecar or not _is_clean(value, rules.sidecar[key], rules)
        for key, value in _fields(content).items()
    )


def _is_clean(value: Any, kind: str, rules: Rules) -> bool:
    if isinstance(value, list):
        return all(_is_clean(each, kind, rules) for each in value)
    if kind == "uid":
        return isinstance(value, str) and re.fullmatch(r"[0-9.]{1,64}", value) is not None
    return bool(value == _clean_simple(value, kind, rules))


def clean_sidecar(content: bytes, rules: Rules, pseudonyms: Pseudonyms) -> tuple[bytes, int]:
    """Return a side-car with the fields of the table, and how many others were left out."""
    given = _fields(content)
    kept = {key: value for key, value in _kept(given, rules, pseudonyms) if value is not None}
    return json.dumps(kept, separators=(",", ":")).encode(), len(given) - len(kept)


def _fields(content: bytes) -> dict[str, Any]:
    try:
        given = json.loads(content[: _LARGEST_SIDECAR + 1].decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _no_sidecar() from error
    if not isinstance(given, dict):
        raise _no_sidecar()
    return given


def _no_sidecar() -> CannotBeCleaned:
    return CannotBeCleaned("It is neither an image nor a side-car.", code="not-an-image")


def _kept(given: Mapping[str, Any], rules: Rules, pseudonyms: Pseudonyms) -> list[tuple[str, Any]]:
    return [
        (key, _clean_value(value, rules.sidecar[key], rules, pseudonyms))
        for key, value in given.items()
        if key in rules.sidecar
    ]


def _clean_value(value: Any, kind: str, rules: Rules, pseudonyms: Pseudonyms) -> Any:
    if isinstance(value, list):
        cleaned = [_clean_value(each, kind, rules, pseudonyms) for each in value]
        return None if None in cleaned else cleaned
    if kind == "uid":
        return pseudonyms.uid(value) if isinstance(value, str) else None
    return _clean_simple(value, kind, rules)


def _clean_simple(value: Any, kind: str, rules: Rules) -> Any:
    if kind == "number":
        is_number = type(value) in {int, float} and math.isfinite(value)
        return value if is_number else None
    if not isinstance(value, str):
        return None
    return (known_version if kind == "version" else known_words)(value, rules)
