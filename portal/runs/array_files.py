"""Arrays as ``.npy`` files named by their SHA-256: equal arrays are stored once, damage shows."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from analysis.errors import OutputFailed
from analysis.wording import words

Array = npt.NDArray[Any]
MAP_FROM_BYTES = 1 << 20  # smaller files are read at once: mapping them costs more than it saves
CHUNK_BYTES = 1 << 22


def damaged(name: str) -> OutputFailed:
    """Return the error for a stored result that is missing or does not match its checksum."""
    return OutputFailed(
        words(
            "A stored result of this run is missing or damaged (%(name)s); start the "
            "analysis again.",
            name=name,
        ),
        code="stored-result-damaged",
    )


def sha256_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _HashingFile:
    """A file that hashes what passes through it, so that an array is read once only."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes | memoryview) -> int:
        self.sha256.update(data)
        return self.file.write(data)


def write_array(folder: Path, array: Array) -> str:
    """Write ``array`` into ``folder`` and return its SHA-256, which is also its name."""
    if array.dtype.hasobject:
        raise TypeError("an array of Python objects cannot be stored")
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{os.getpid()}.partial"
    contiguous = np.asarray(array, order="C")
    with partial.open("wb") as file:
        hashing = _HashingFile(file)
        header = np.lib.format.header_data_from_array_1_0(contiguous)
        np.lib.format.write_array_header_2_0(hashing, header)
        flat = contiguous.reshape(-1).view(np.uint8).data
        for start in range(0, len(flat), CHUNK_BYTES):
            hashing.write(flat[start : start + CHUNK_BYTES])
    name = hashing.sha256.hexdigest()
    partial.replace(folder / f"{name}.npy")
    return name


def read_array(folder: Path, sha256: str) -> Array:
    """Return the array stored under ``sha256``, read-only, mapped from disc when it is large."""
    path = folder / f"{sha256}.npy"
    if not path.is_file() or sha256_of_file(path) != sha256:
        raise damaged(path.name)
    mode: Any = "r" if path.stat().st_size >= MAP_FROM_BYTES else None
    array: Array = np.load(path, mmap_mode=mode, allow_pickle=False)
    array.setflags(write=False)
    return array
