"""A simulated study as a folder: ``dicom/`` as the scanner exports it, the truth beside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from analysis.errors import OutputFailed
from analysis.simulation.dicom.writer import DicomOptions, write_dicom
from analysis.simulation.simulated_study import SimulatedStudy
from analysis.simulation.truth import TRUTH_FILES, write_truth

DICOM_FOLDER = "dicom"


def write_study_folder(
    study: SimulatedStudy,
    folder: Path,
    options: DicomOptions,
    progress: Callable[[int], None] | None = None,
) -> tuple[Path, ...]:
    """Write the images of a simulated study and its truth; an earlier simulation is replaced.

    Parameters
    ----------
    study
        The simulated study.
    folder
        Where ``dicom/``, ``truth.json`` and the truth images go; made when missing.
    options
        Vendor and what is exported.
    progress
        Called with a number of images whenever some were written.

    Returns
    -------
    All files written.

    Raises
    ------
    OutputFailed
        If ``folder/dicom`` holds something else than a simulation, or writing fails.
    """
    images = folder / DICOM_FOLDER
    _make_room(folder, images)
    return (
        *write_dicom(study, images, options=options, progress=progress),
        *write_truth(study, folder),
    )


def _make_room(folder: Path, images: Path) -> None:
    """Remove an earlier simulation, known by the truth beside it; refuse to touch anything else."""
    if not images.exists():
        return
    is_simulation = all((folder / name).is_file() for name in TRUTH_FILES)
    if not is_simulation and any(images.iterdir()):
        raise OutputFailed(
            f"{images} already holds files that are not a simulation; choose another folder.",
            code="folder-in-use",
        )
    shutil.rmtree(images)
