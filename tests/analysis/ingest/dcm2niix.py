"""dcm2niix as an independent reader of DICOM, to compare positions and values with."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest

from analysis.study import Component, ImageStack
from analysis.volume import Geometry

SUFFIX = {Component.PHASE: "_ph", Component.REAL: "_real", Component.IMAGINARY: "_imaginary"}


@dataclass(frozen=True)
class Converted:
    """One volume that dcm2niix made."""

    name: str
    series_number: int
    echo_time_ms: float | None
    affine: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]


def convert(folder: Path, target: Path) -> list[Converted]:
    """Convert a folder; the test is skipped where dcm2niix is not installed."""
    program = shutil.which("dcm2niix")
    if program is None:
        pytest.skip("dcm2niix is not installed; it is the independent reader of this test")
    command = [program, "-b", "y", "-z", "n", "-f", "%s_%e_%z", "-o", str(target), str(folder)]
    subprocess.run(command, capture_output=True, check=True)
    return [one for path in sorted(target.glob("*.nii")) for one in _volumes(path)]


def _volumes(path: Path) -> list[Converted]:
    sidecar: dict[str, Any] = json.loads(path.with_suffix(".json").read_text())
    image = nib.load(path)
    values = np.atleast_3d(image.get_fdata())
    volumes = values[..., np.newaxis] if values.ndim == 3 else values
    echo = sidecar.get("EchoTime")
    # dcm2niix joins the echoes of enhanced files in one 4-D image without their echo times.
    times = [None if echo is None or volumes.shape[3] > 1 else 1000 * echo] * volumes.shape[3]
    return [
        Converted(path.stem, int(sidecar["SeriesNumber"]), time, image.affine, volumes[..., index])
        for index, time in enumerate(times)
    ]


def on_grid(converted: Converted, geometry: Geometry) -> npt.NDArray[np.float64] | None:
    """Return the converted values on our grid, None unless both have the same voxel centres."""
    step = np.linalg.inv(converted.affine) @ geometry.affine
    if np.abs(step - np.rint(step)).max() > 0.02:
        return None
    index = np.indices(geometry.shape).reshape(3, -1)
    there = np.rint(step[:3, :3] @ index + step[:3, 3:]).astype(int)
    if there.min() < 0 or (there.max(axis=1) >= converted.values.shape).any():
        return None
    return converted.values[tuple(there)].reshape(geometry.shape)


def agrees(stack: ImageStack, number: int, converted: list[Converted]) -> bool:
    """Tell whether dcm2niix made a volume with our values, up to the scale of phase."""
    for one in converted:
        is_other_echo = (
            one.echo_time_ms is not None
            and stack.echo_time_ms is not None
            and (abs(one.echo_time_ms - stack.echo_time_ms) > 0.01)
        )
        values = on_grid(one, stack.volume.geometry)
        if one.series_number != number or is_other_echo or values is None:
            continue
        ours = stack.volume.array.astype(np.float64)
        is_phase = stack.component is Component.PHASE
        scale = (values * ours).sum() / max((values**2).sum(), 1e-30) if is_phase else 1.0
        if np.abs(scale * values - ours).max() <= 2e-4 * max(np.abs(ours).max(), 1e-6):
            return True
    return False
