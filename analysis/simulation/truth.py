"""The truth of a simulated study as numbers and images: ``truth.json`` and NIfTI beside it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.anatomy import LIVER, SEGMENTS
from analysis.errors import OutputFailed
from analysis.nifti import encode_nifti
from analysis.simulation.simulated_study import SimulatedStudy, Truth
from analysis.volume import QuantityMap

TRUTH_VERSION = 1
TRUTH_FILES = (
    "truth.json",
    "truth_pdff.nii.gz",
    "truth_r2star.nii.gz",
    "truth_segments.nii.gz",
)
PARENCHYMA = "liver_without_vessels"


def truth_regions(truth: Truth) -> dict[str, dict[str, Any]]:
    """Return volume and statistics of PDFF (%) and R2* (1/s) in the liver and each segment.

    Parameters
    ----------
    truth
        What the tissue holds.

    Returns
    -------
    Region key to ``{"PDFF": {"mean", "median", "sd"}, "R2*": {...}, "volume_ml", "n_voxels"}``;
    a segment outside the acquired block is left out.
    """
    label = truth.segments.array
    masks = {LIVER.key: label > 0, PARENCHYMA: (label > 0) & ~truth.vessels}
    masks |= {segment.key: label == segment.label for segment in SEGMENTS}
    return {key: _region(truth, mask) for key, mask in masks.items() if mask.any()}


def _region(truth: Truth, mask: npt.NDArray[np.bool_]) -> dict[str, Any]:
    count = int(np.count_nonzero(mask))
    return {
        "PDFF": _statistics(truth.pdff, mask),
        "R2*": _statistics(truth.r2star, mask),
        "volume_ml": count * truth.segments.geometry.voxel_volume_ml,
        "n_voxels": count,
    }


def _statistics(quantity_map: QuantityMap, mask: npt.NDArray[np.bool_]) -> dict[str, float]:
    values = quantity_map.volume.array[mask].astype(np.float64)
    return {
        "mean": float(values.mean()),
        "median": float(np.median(values)),
        "sd": float(values.std()),
    }


def write_truth(study: SimulatedStudy, folder: Path) -> tuple[Path, ...]:
    """Write ``truth.json``, ``truth_pdff``, ``truth_r2star`` and ``truth_segments`` as NIfTI.

    The maps are not a number where there are no protons to measure (air).

    Parameters
    ----------
    study
        The simulated study.
    folder
        Where the files go; made when missing.

    Returns
    -------
    The four files.

    Raises
    ------
    OutputFailed
        If a file cannot be written.
    """
    truth = study.truth
    arrays: tuple[npt.NDArray[Any], ...] = (
        _measurable(truth.pdff),
        _measurable(truth.r2star),
        truth.segments.array,
    )
    document = {
        "version": TRUTH_VERSION,
        "note": "Simulated study; the values are known by construction. Not a patient.",
        "seed": study.spec.seed,
        "spec": asdict(study.spec),
        "regions": truth_regions(truth),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TRUTH_FILES[0]).write_text(json.dumps(document, indent=2) + "\n", "utf-8")
        for name, array in zip(TRUTH_FILES[1:], arrays, strict=True):
            (folder / name).write_bytes(encode_nifti(array, truth.segments.geometry, "simulated"))
    except OSError as error:
        raise OutputFailed(
            f"The truth of the simulation could not be written to {folder}: {error.strerror}. "
            "Free some space or choose another folder.",
            code="output-failed",
            permanent=False,
        ) from error
    return tuple(folder / name for name in TRUTH_FILES)


def _measurable(quantity_map: QuantityMap) -> npt.NDArray[np.float32]:
    return np.where(quantity_map.valid, quantity_map.volume.array, np.float32(np.nan))
