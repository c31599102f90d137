"""Real livers: Couinaud label maps of every patient, cropped and brought to one spacing.

``python -m inference.training.livers --data ../shared/data --out .local/livers.npz``
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.volume import Geometry
from inference.training.cache import VESSEL_OFFSET
from inference.training.label_files import read_labels
from inference.training.tissue_map import (
    TissueMap,
    axis_aligned,
    crop_to_content,
    resample_labels,
)

LIVER_SPACING_MM = 2.0


def read_liver(segments: Path, vessels: Path | None, spacing_mm: float) -> TissueMap:
    """Read one patient's liver and put it on an isotropic RAS grid around the organ.

    Parameters
    ----------
    segments
        NIfTI with 1-8 = Couinaud segments I-VIII, on the CT's own grid.
    vessels
        NIfTI on the same grid with hepatic vessels > 0, or None.
    spacing_mm
        Spacing of the result.

    Returns
    -------
    TissueMap with values 1-8, and 41-48 where a vessel runs through segments I-VIII.
    """
    full = read_labels(segments)
    labels = full.labels.copy()
    if vessels is not None:
        inside = (read_labels(vessels).labels > 0) & (labels > 0)
        labels[inside] += VESSEL_OFFSET
    cropped = crop_to_content(TissueMap(labels, full.geometry), margin_mm=2 * spacing_mm)
    extent = np.multiply(cropped.labels.shape, cropped.geometry.spacing_mm)
    sizes = np.ceil(extent / spacing_mm).astype(int)
    target = axis_aligned(
        (int(sizes[0]), int(sizes[1]), int(sizes[2])), cropped.origin_mm, spacing_mm
    )
    return resample_labels(cropped, target)


def read_all(data: Path, spacing_mm: float) -> Iterator[tuple[str, TissueMap]]:
    """Yield every patient of ``data``/couinaud in the order of their identifiers."""
    for segments in sorted((data / "couinaud" / "segments").glob("*.nii.gz")):
        vessels = data / "couinaud" / "vessels" / segments.name
        patient = segments.name.removesuffix(".nii.gz")
        yield patient, read_liver(segments, vessels if vessels.exists() else None, spacing_mm)


def save_livers(path: Path, livers: Iterator[tuple[str, TissueMap]]) -> int:
    """Write livers into one compressed file and return how many there were."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for patient, liver in livers:
        arrays[patient] = liver.labels
        arrays[f"{patient}/affine"] = liver.geometry.affine
        print(patient, liver.geometry, flush=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, allow_pickle=False, **arrays)
    return len(arrays) // 2


def load_livers(path: Path) -> dict[str, TissueMap]:
    """Read back what ``save_livers`` wrote."""
    with np.load(path) as stored:
        names = [name for name in stored.files if not name.endswith("/affine")]
        return {name: _liver(stored[name], stored[f"{name}/affine"]) for name in names}


def _liver(labels: npt.NDArray[np.uint8], affine: npt.NDArray[np.float64]) -> TissueMap:
    return TissueMap(labels, Geometry(labels.shape, affine))


def main() -> None:
    """Build the file of livers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--spacing-mm", type=float, default=LIVER_SPACING_MM)
    options = parser.parse_args()
    print(save_livers(options.out, read_all(options.data, options.spacing_mm)), "livers")


if __name__ == "__main__":
    main()
