"""Read a visit back from the folder that an analysis wrote (``manage.py analyse``)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt

from analysis.change.visit import MAPPED, Visit
from analysis.errors import UnusableInput
from analysis.export.nifti import FILE_STEMS
from analysis.quantities import MR_SIGNAL, Quantity
from analysis.report import LiverReport
from analysis.report_json import report_from_dict
from analysis.volume import Geometry, LabelMap, QuantityMap, Volume
from analysis.wording import words

_load: Any = nib.load  # nibabel carries no annotations
Array = npt.NDArray[np.float32]


def read_visit(folder: Path) -> Visit:
    """Return the visit whose results lie in a folder.

    Parameters
    ----------
    folder
        With ``report.json``, ``segments.nii.gz``, ``anatomy.nii.gz`` and the maps.

    Raises
    ------
    UnusableInput
        If it is not such a folder, or a file is damaged.
    """
    try:
        report = report_from_dict(json.loads((folder / "report.json").read_text("utf-8")))
        labels, geometry = _read(folder / "segments.nii.gz")
        anatomy, _ = _read(folder / "anatomy.nii.gz")
    except (OSError, ValueError, nib.filebasedimages.ImageFileError) as error:
        raise UnusableInput(
            words(
                "%(folder)s does not hold the results of an analysis; give the folder that "
                "'manage.py analyse' wrote.",
                folder=str(folder),
            ),
            code="not-a-result-folder",
        ) from error
    maps = [
        found
        for quantity, stem in FILE_STEMS
        if quantity.key in MAPPED and (found := _map(folder, stem, quantity, report))
    ]
    segments = LabelMap(labels.astype(np.uint8), geometry)
    return Visit(report, segments, Volume(anatomy, geometry, MR_SIGNAL), tuple(maps))


def _read(path: Path) -> tuple[Array, Geometry]:
    image = _load(path)
    array = np.asarray(image.dataobj, dtype=np.float32)
    return array, Geometry(array.shape, image.affine)


def _map(folder: Path, stem: str, quantity: Quantity, report: LiverReport) -> QuantityMap | None:
    if not (folder / f"{stem}.nii.gz").is_file():
        return None
    values, geometry = _read(folder / f"{stem}.nii.gz")
    valid = np.isfinite(values)
    path = folder / f"{stem}_standard_error.nii.gz"
    error = np.nan_to_num(_read(path)[0]) if path.is_file() else None
    mean = report.get(quantity.key, "liver")
    return QuantityMap(
        Volume(np.where(valid, values, np.float32(0)), geometry, quantity),
        valid,
        error,
        mean.method if mean else report.fit_method,
    )
