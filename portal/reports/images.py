"""The images of a study turned to right, anterior, superior, as viewer and pictures show them.

Voxel indices of the API count along these axes. Nothing is interpolated: axes are swapped and
flipped only, so every value is the one that was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt

from analysis.quantities import Quantity
from analysis.volume import Geometry, LabelMap, QuantityMap, Volume


@dataclass(frozen=True, slots=True, eq=False)
class TurnedMap:
    """One map along the turned axes; ``standard_error`` is None when the fit gives none."""

    quantity: Quantity
    values: npt.NDArray[np.float32]
    valid: npt.NDArray[np.bool_]
    standard_error: npt.NDArray[np.float32] | None


@dataclass(frozen=True, slots=True, eq=False)
class StudyImages:
    """Anatomy, labels and maps of one study on one grid, (i, j, k) towards right, anterior, up.

    ``original`` is the grid on which the study was analysed.
    """

    geometry: Geometry
    original: Geometry
    anatomy: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]
    maps: tuple[TurnedMap, ...]

    def get(self, key: str) -> TurnedMap | None:
        return next((each for each in self.maps if each.quantity.key == key), None)


def turn(
    anatomy: Volume, labels: LabelMap, maps: tuple[QuantityMap, ...], keys: tuple[str, ...]
) -> StudyImages:
    """Turn the images of a study; only the maps in ``keys`` are taken along."""
    geometry = labels.geometry
    geometry.require_match(anatomy.geometry)

    def turned(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return turn_array(array, geometry)

    axes = nib.orientations.io_orientation(geometry.affine)  # type: ignore[no-untyped-call]  # nibabel is typed in part
    affine = geometry.affine @ nib.orientations.inv_ornt_aff(axes, geometry.shape)  # type: ignore[no-untyped-call]  # nibabel is typed in part
    arrays = turned(labels.array)
    shape = (arrays.shape[0], arrays.shape[1], arrays.shape[2])
    chosen = [m for m in maps if m.quantity.key in keys]
    return StudyImages(
        geometry=Geometry(shape, affine),
        original=geometry,
        anatomy=turned(anatomy.array),
        labels=arrays,
        maps=tuple(_turn_map(m, turned) for m in chosen),
    )


def turn_array(array: npt.NDArray[Any], geometry: Geometry) -> npt.NDArray[Any]:
    """Turn an array on the grid of the analysis to right, anterior, superior."""
    axes = nib.orientations.io_orientation(geometry.affine)  # type: ignore[no-untyped-call]  # nibabel is typed in part
    turned: npt.NDArray[Any] = nib.orientations.apply_orientation(array, axes)  # type: ignore[no-untyped-call]  # nibabel is typed in part
    return turned


def _turn_map(quantity_map: QuantityMap, turned: Any) -> TurnedMap:
    error = quantity_map.standard_error
    return TurnedMap(
        quantity=quantity_map.quantity,
        values=turned(quantity_map.volume.array),
        valid=turned(quantity_map.valid),
        standard_error=None if error is None else turned(error),
    )


def turn_back(labels: npt.NDArray[np.uint8], geometry: Geometry) -> LabelMap:
    """Bring labels from the turned axes to the grid on which the study was analysed."""
    orientations = nib.orientations
    axes = orientations.io_orientation(geometry.affine)  # type: ignore[no-untyped-call]  # nibabel is typed in part
    turned = np.array([[0, 1], [1, 1], [2, 1]])
    back = orientations.ornt_transform(turned, axes)  # type: ignore[no-untyped-call]  # nibabel is typed in part
    array = orientations.apply_orientation(labels, back)  # type: ignore[no-untyped-call]  # nibabel is typed in part
    return LabelMap(array, geometry)
