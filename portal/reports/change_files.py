"""Volumes and pictures of a comparison for the browser, made when asked for and kept."""

from __future__ import annotations

import io

import matplotlib as mpl
import nibabel as nib
import numpy as np
import numpy.typing as npt
from PIL import Image

from analysis.change.delta_maps import DeltaMap
from analysis.change.images import ImageComparison
from analysis.nifti import encode_nifti
from analysis.volume import Geometry, Volume
from portal.reports.change_images_page import reach_of, stem_of

DELTA_COLOURS = "coolwarm"
SHOWN_CHANGE = "shown-change"
SLICES = 4
_OPACITY = 0.8
Plane = npt.NDArray[np.float64]


def volume_file(images: ImageComparison, name: str) -> bytes | None:
    """Return one volume as NIfTI along right, anterior, superior; None for an unknown name."""
    geometry = images.labels.geometry
    if name == "anatomy":
        return _encode(_scaled(images.anatomy), geometry, "Anatomical image, arbitrary units")
    if name == "segments":
        return _encode(images.labels.array, geometry, "Couinaud segments: 1-8 = I-VIII")
    stem, _, part = name.partition("-")
    found = delta_of(images, stem)
    array = None if found is None else _array(found, part)
    if found is None or array is None:
        return None
    values = np.where(found.valid, array, np.float32(np.nan))
    return _encode(values, geometry, f"{part} of {found.quantity.key} in {found.quantity.ucum}")


def _array(delta: DeltaMap, part: str) -> npt.NDArray[np.float32] | None:
    # The viewer draws from zero upwards: no change lies in the middle of its scale.
    reach = np.float32(reach_of(delta.quantity))
    shown = np.clip(delta.difference + reach, np.float32(0), 2 * reach)
    arrays = {
        "change": delta.difference,
        SHOWN_CHANGE: shown,
        "baseline": delta.baseline,
        "follow-up": delta.follow_up,
    }
    return arrays.get(part)


def delta_of(images: ImageComparison, stem: str) -> DeltaMap | None:
    return next((m for m in images.maps if stem_of(m.quantity.key) == stem), None)


def _scaled(image: Volume) -> npt.NDArray[np.int16]:
    top = float(image.array.max()) or 1.0
    scaled: npt.NDArray[np.int16] = np.round(np.clip(image.array / top, 0, 1) * 32767).astype("i2")
    return scaled


def _encode(array: npt.NDArray[np.generic], geometry: Geometry, text: str) -> bytes:
    axes = nib.orientations.io_orientation(geometry.affine)  # type: ignore[no-untyped-call]  # nibabel is typed in part
    turned = nib.orientations.apply_orientation(array, axes)  # type: ignore[no-untyped-call]  # nibabel is typed in part
    affine = geometry.affine @ nib.orientations.inv_ornt_aff(axes, geometry.shape)  # type: ignore[no-untyped-call]  # nibabel is typed in part
    return encode_nifti(turned, Geometry(turned.shape, affine), text)


def change_picture(images: ImageComparison, delta: DeltaMap) -> bytes:
    """Return slices as PNG, a row each: earlier visit, this visit, change, real change only.

    The patient's right is on the left; both visits share one range of colours.
    """
    low, high = delta.quantity.display
    reach = reach_of(delta.quantity)
    levels = np.flatnonzero(delta.valid.any(axis=(0, 1)))
    if levels.size == 0:
        levels = np.arange(delta.geometry.shape[2])
    places = np.linspace(levels[0], levels[-1], SLICES + 2)[1:-1].round().astype(int)
    anatomies = (images.baseline_anatomy, images.anatomy, images.anatomy, images.anatomy)
    shown = (
        (delta.baseline, delta.valid, "viridis", low, high),
        (delta.follow_up, delta.valid, "viridis", low, high),
        (delta.difference, delta.valid, DELTA_COLOURS, -reach, reach),
        (delta.difference, delta.real != 0, DELTA_COLOURS, -reach, reach),
    )
    rows = [
        np.concatenate(
            [
                _plane(anatomy, int(k), values, where, scale, bottom, top)
                for anatomy, (values, where, scale, bottom, top) in zip(
                    anatomies, shown, strict=True
                )
            ],
            axis=1,
        )
        for k in places
    ]
    stream = io.BytesIO()
    Image.fromarray((255 * np.concatenate(rows)).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def _plane(
    anatomy: Volume,
    k: int,
    values: npt.NDArray[np.float32],
    where: npt.NDArray[np.bool_],
    scale: str,
    low: float,
    high: float,
) -> Plane:
    white = float(np.percentile(anatomy.array, 99.5)) or 1.0
    grey = np.clip(anatomy.array[:, :, k] / white, 0, 1)[..., None].repeat(3, axis=-1)
    share = np.clip((values[:, :, k] - low) / (high - low), 0, 1)
    coloured = mpl.colormaps[scale](share)[..., :3]
    mixed = np.where(where[:, :, k, None], _OPACITY * coloured + (1 - _OPACITY) * grey, grey)
    return _radiological(mixed, anatomy.geometry)


def _radiological(plane: Plane, geometry: Geometry) -> Plane:
    """Turn an axial plane: the patient's right to the left, the front up; and enlarge it."""
    axes = nib.orientations.io_orientation(geometry.affine)  # type: ignore[no-untyped-call]  # nibabel is typed in part
    swap = bool(axes[0, 0] > axes[1, 0])
    turned = plane.transpose(1, 0, 2) if swap else plane
    signs = (axes[1, 1], axes[0, 1]) if swap else (axes[0, 1], axes[1, 1])
    turned = turned[:: -int(signs[0]), :: -int(signs[1])].transpose(1, 0, 2)
    factor = max(1, round(200 / max(turned.shape[:2])))
    return turned.repeat(factor, axis=0).repeat(factor, axis=1)
