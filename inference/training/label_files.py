"""Label files of any orientation, read with their axes in RAS order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from analysis.volume import Geometry
from inference.training.tissue_map import TissueMap


def read_canonical(path: Path) -> Any:
    """Open a NIfTI file with its axes turned to the order right, anterior, superior."""
    return nibabel.as_closest_canonical(nibabel.load(path))  # type: ignore[no-untyped-call]


def read_labels(path: Path) -> TissueMap:
    """Read a NIfTI label file of any orientation with its axes turned to RAS order.

    Parameters
    ----------
    path
        ``.nii`` or ``.nii.gz`` with integer labels below 256 and axes along the patient's.

    Raises
    ------
    ValueError
        If the grid is tilted against the patient's axes: such a file would need resampling.
    """
    image = read_canonical(path)
    rotation = image.affine[:3, :3]
    if np.abs(rotation - np.diag(np.diag(rotation))).max() > 1e-3:
        raise ValueError(f"{path.name} is tilted against the patient's axes; resample it first")
    shape = (int(image.shape[0]), int(image.shape[1]), int(image.shape[2]))
    return TissueMap(np.asarray(image.dataobj, dtype=np.uint8), Geometry(shape, image.affine))
