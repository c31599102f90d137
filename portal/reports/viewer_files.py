"""Volumes and pictures that the browser shows, made from the stored results when asked for.

Maps are written in the liver only (not-a-number elsewhere), so that they are small; the whole
maps are among the files of the report.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from PIL import Image

from analysis.export.colour_range import scale_of
from analysis.nifti import encode_nifti
from portal.reports.images import StudyImages, TurnedMap
from portal.runs import storage

ERROR_SUFFIX = "-error"
PICTURES = 5
DRAWING = "2"  # counted up when files of the same name would look different
_OPACITY = 0.75
_WHITE_POINT_PERCENTILE = 99.5


def cached(name: str, make: Callable[[], bytes]) -> Path:
    """Return a file of the storage that can be made again at any time, making it if needed."""
    path = storage.root() / "shown" / DRAWING / name
    if not path.is_file():
        content = make()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, partial = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(partial).replace(path)
    return path


def anatomy_file(images: StudyImages) -> bytes:
    """Return the anatomical image as 16-bit NIfTI, scaled to use the range."""
    top = float(images.anatomy.max()) or 1.0
    scaled = np.round(np.clip(images.anatomy / top, 0, 1) * 32767).astype(np.int16)
    return encode_nifti(scaled, images.geometry, "Anatomical image, arbitrary units")


def segments_file(images: StudyImages) -> bytes:
    return encode_nifti(images.labels, images.geometry, "Couinaud segments: 1-8 = I-VIII")


def map_file(images: StudyImages, turned: TurnedMap, *, of_error: bool = False) -> bytes:
    shown = turned.standard_error if of_error else turned.values
    if shown is None:
        raise ValueError(f"{turned.quantity.key} has no standard errors")
    inside = turned.valid & (images.labels > 0)
    values = np.where(inside, shown, np.float32(np.nan)).astype(np.float32)
    text = f"{turned.quantity.key} in {turned.quantity.ucum}, liver only"
    return encode_nifti(values, images.geometry, text)


def picture_slices(images: StudyImages, count: int = PICTURES) -> tuple[int, ...]:
    """Return slices that share the height of the liver evenly, the highest first."""
    levels = np.flatnonzero((images.labels > 0).any(axis=(0, 1)))
    if levels.size == 0:
        return ()
    places = np.linspace(levels[-1], levels[0], count + 2)[1:-1].round().astype(int)
    return tuple(int(place) for place in places)


def picture(images: StudyImages, turned: TurnedMap, k: int, shown: tuple[float, float]) -> bytes:
    """Return one axial slice as PNG, the patient's right on the left, the map over anatomy."""
    white = float(np.percentile(images.anatomy, _WHITE_POINT_PERCENTILE)) or 1.0
    grey = np.clip(images.anatomy[:, :, k] / white, 0, 1)[..., None].repeat(3, axis=-1)
    inside = turned.valid[:, :, k] & (images.labels[:, :, k] > 0)
    coloured = _colours(turned, turned.values[:, :, k], shown)
    mixed = np.where(inside[..., None], _OPACITY * coloured + (1 - _OPACITY) * grey, grey)
    plane = (255 * mixed).astype(np.uint8)[::-1, ::-1].transpose(1, 0, 2)
    width_mm, height_mm, _ = images.geometry.spacing_mm
    rows = round(plane.shape[0] * height_mm / width_mm)
    image = Image.fromarray(np.ascontiguousarray(plane)).resize((plane.shape[1], rows))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def _colours(
    turned: TurnedMap, values: npt.NDArray[np.float32], shown: tuple[float, float]
) -> npt.NDArray[np.float64]:
    low, high = shown
    scale = mpl.colormaps[scale_of(turned.quantity)]
    coloured: npt.NDArray[np.float64] = scale(np.clip((values - low) / (high - low), 0, 1))[..., :3]
    return coloured
