"""Decode compressed pixel data into a plain file (runs in the reading process)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.pixels.utils import iter_pixels

from analysis.ingest.options import ReadLimits


def decode_to_file(path: Path, target: Path, limits: ReadLimits) -> dict[str, str | int]:
    """Decode all frames of a file to ``target`` and return the numpy type of its values.

    Raises
    ------
    ValueError, RuntimeError
        If the pixel data is damaged, or larger than its header and the limits say.
    """
    dataset = dcmread(path, force=True)
    pixels = int(dataset.Rows) * int(dataset.Columns) * int(dataset.get("NumberOfFrames") or 1)
    if pixels > limits.max_pixels_per_file:
        raise ValueError("too many pixels")
    dtype, frames = "", 0
    with target.open("wb") as sink:
        try:
            for frame in iter_pixels(dataset, raw=True):
                dtype = np.dtype(frame.dtype).str
                sink.write(np.ascontiguousarray(frame).data)
                frames += 1
        except RuntimeError as error:
            raise ValueError("the compressed image cannot be decoded") from error
    return {"dtype": dtype, "frames": frames}
