"""Tiny NIfTI studies whose every voxel is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt

ECHOES_S = (0.0012, 0.0022, 0.0032, 0.0042)
SHAPE = (4, 5, 3)
AFFINE = np.array([[-2, 0, 0, 10], [0, 2, 0, -20], [0, 0, 5, 30], [0, 0, 0, 1]], float)
SIDECAR: dict[str, Any] = {
    "Manufacturer": "Siemens",
    "MagneticFieldStrength": 3,
    "ImagingFrequency": 123.2,
    "RepetitionTime": 0.009,
    "FlipAngle": 4,
}


def echo_values(echo: int) -> npt.NDArray[np.float32]:
    """Return values that tell the echo and the voxel apart."""
    return np.arange(np.prod(SHAPE), dtype=np.float32).reshape(SHAPE) + 100 * echo


def phase_values() -> npt.NDArray[np.float32]:
    return np.linspace(-4096, 4094, int(np.prod(SHAPE)), dtype=np.float32).reshape(SHAPE)


def write_nifti(
    path: Path, values: npt.NDArray[Any], sidecar: dict[str, Any] | None = None
) -> Path:
    """Write an image and, if given, the side-car beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(values, AFFINE), path)
    if sidecar is not None:
        stem = path.name.removesuffix(".gz").removesuffix(".nii")
        (path.parent / f"{stem}.json").write_text(json.dumps(sidecar))
    return path


def write_bids(folder: Path) -> None:
    """Write magnitude and phase of four echoes under BIDS names."""
    for echo, time in enumerate(ECHOES_S):
        for part, values in (("mag", echo_values(echo)), ("phase", phase_values())):
            name = f"sub-1_echo-{echo + 1}_part-{part}_MEGRE.nii.gz"
            write_nifti(folder / "anat" / name, values, SIDECAR | {"EchoTime": time})
