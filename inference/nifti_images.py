"""Read images and write label maps as NIfTI, for the commands of researchers."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from analysis.errors import OutputFailed, UnusableInput
from analysis.quantities import MR_SIGNAL, Quantity
from analysis.volume import Geometry, LabelMap, Volume

_Nifti1Image: Any = nibabel.Nifti1Image  # nibabel carries no annotations
NIFTI_SUFFIXES = (".nii", ".nii.gz")


def is_nifti(path: Path) -> bool:
    """Tell whether a file name is that of a NIfTI image."""
    return path.name.lower().endswith(NIFTI_SUFFIXES)


def _open(path: Path) -> nibabel.Nifti1Image:
    try:
        image = nibabel.load(path)
    except (OSError, nibabel.filebasedimages.ImageFileError, ValueError) as error:
        raise UnusableInput(
            f"{path.name} cannot be read as NIfTI; check the file and write it again.",
            code="nifti-unreadable",
        ) from error
    if not isinstance(image, nibabel.Nifti1Image):
        raise UnusableInput(f"{path.name} is not a NIfTI image.", code="nifti-unreadable")
    shape = tuple(size for size in image.shape if size > 1)
    if len(image.shape) != 3 and len(shape) > 3:
        raise UnusableInput(
            f"{path.name} has {len(image.shape)} dimensions; give one 3-D image a file.",
            code="image-not-3d",
        )
    return image


def _values(image: nibabel.Nifti1Image, path: Path) -> np.ndarray:
    try:
        values = np.asarray(image.dataobj)
    except (OSError, ValueError, EOFError) as error:
        raise UnusableInput(
            f"{path.name} is damaged or incomplete; copy it again.", code="nifti-damaged"
        ) from error
    if values.dtype.kind not in "biuf":
        raise UnusableInput(f"{path.name} does not hold plain numbers.", code="nifti-unreadable")
    return values.reshape((*values.shape, 1, 1, 1)[:3])


def _geometry(image: nibabel.Nifti1Image, shape: tuple[int, ...], path: Path) -> Geometry:
    header = image.header
    if int(header["sform_code"]) == 0 and int(header["qform_code"]) == 0:
        raise UnusableInput(
            f"{path.name} does not say how it lies in the patient (no sform, no qform); "
            "convert it again from DICOM.",
            code="orientation-missing",
        )
    return Geometry((shape[0], shape[1], shape[2]), np.asarray(image.affine))


def read_image(path: Path, quantity: Quantity = MR_SIGNAL) -> Volume:
    """Read one 3-D image.

    Parameters
    ----------
    path
        ``.nii`` or ``.nii.gz``; RAS+ affine from its sform or qform.
    quantity
        What its values are.

    Raises
    ------
    UnusableInput
        If it is damaged, not 3-D, or does not say how it lies in the patient.
    """
    image = _open(path)
    values = _values(image, path)
    return Volume(values, _geometry(image, values.shape, path), quantity)


def read_labels(path: Path, liver_labels: tuple[int, ...] = ()) -> LabelMap:
    """Read a label map; with ``liver_labels`` those values become label 1 and all others 0.

    Raises
    ------
    UnusableInput
        If it is not a label map of Couinaud segments and no ``liver_labels`` are given.
    """
    image = _open(path)
    values: np.ndarray = np.round(_values(image, path).astype(np.float64))
    if liver_labels:
        values = np.isin(values, liver_labels).astype(np.float64)
    if values.min() < 0 or values.max() > 8:
        raise UnusableInput(
            f"{path.name} holds labels from {values.min():.0f} to {values.max():.0f}, not the "
            "segments 1 to 8; say which of them are liver.",
            code="labels-unknown",
        )
    return LabelMap(values.astype(np.uint8), _geometry(image, values.shape, path))


def write_labels(labels: LabelMap, path: Path) -> None:
    """Write a label map, 0 background and 1-8 segments I-VIII, whole or not at all.

    Raises
    ------
    OutputFailed
        If the file cannot be written.
    """
    image: Any = _Nifti1Image(np.asarray(labels.array), labels.geometry.affine)
    image.header.set_xyzt_units("mm")
    partial = path.with_name(f".{path.name}.part.nii.gz")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        nibabel.save(image, partial)
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise OutputFailed(
            f"{path.name} could not be written ({error.strerror}); free space or choose "
            "another folder.",
            code="output-failed",
            permanent=False,
        ) from error
