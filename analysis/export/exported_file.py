"""What an export produces, and how it reaches the disc: all files whole, or none."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import OutputFailed
from analysis.measurement import MapSet
from analysis.report import LiverReport
from analysis.segmentation import Segmentation
from analysis.study import SelectedSeries
from analysis.volume import LabelMap, Volume
from analysis.wording import words


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One written file.

    Parameters
    ----------
    name
        File name.
    path
        Where it lies.
    media_type
        MIME type.
    sha256
        Of its bytes, in hexadecimal.
    size_bytes
        Its size.
    description
        What it holds, for readers.
    """

    name: str
    path: Path
    media_type: str
    sha256: str
    size_bytes: int
    description: str


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class ExportRequest:
    """What every exporter is given: one report and the images behind it, on one grid.

    Parameters
    ----------
    report, selected, segmentation, maps
        Results of the stages for one study.

    Raises
    ------
    GeometryMismatch
        If labels, maps and anatomical image are not on the same grid.
    """

    report: LiverReport
    selected: SelectedSeries
    segmentation: Segmentation
    maps: MapSet

    def __post_init__(self) -> None:
        self.labels.geometry.require_match(self.anatomy.geometry)
        for quantity_map in self.maps.maps:
            self.labels.geometry.require_match(quantity_map.geometry)

    @property
    def labels(self) -> LabelMap:
        """Couinaud segments."""
        return self.segmentation.labels

    @property
    def anatomy(self) -> Volume:
        """The image that was segmented."""
        return self.selected.anatomical_image


@dataclass(frozen=True, slots=True)
class Exporter:
    """One row of ``EXPORTERS``.

    Parameters
    ----------
    name
        File name.
    media_type
        MIME type.
    description
        What the file holds.
    render
        Returns the bytes of the file, or None when the study has nothing to put into it.
    """

    name: str
    media_type: str
    description: str
    render: Callable[[ExportRequest], bytes | None]


def write_files(files: Iterable[tuple[Exporter, bytes]], folder: Path) -> tuple[ExportedFile, ...]:
    """Write files so that a reader sees each of them whole, or the folder as it was before.

    All files are written under temporary names in a hidden folder inside ``folder`` and flushed to
    the disc; only then are they renamed, one by one.

    Parameters
    ----------
    files
        (row, bytes) pairs.
    folder
        Made if it is missing.

    Raises
    ------
    OutputFailed
        If the disc is full or the folder cannot be written; no temporary file is left.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".export-", dir=folder))
    except OSError as error:
        raise _output_failed(folder, error) from error
    try:
        staged = [(row, _write(staging / row.name, content)) for row, content in files]
        return tuple(_publish(row, path, digest, folder) for row, (path, digest) in staged)
    except OSError as error:
        raise _output_failed(folder, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write(path: Path, content: bytes) -> tuple[Path, str]:
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    return path, hashlib.sha256(content).hexdigest()


def _publish(row: Exporter, staged: Path, digest: str, folder: Path) -> ExportedFile:
    size_bytes = staged.stat().st_size
    path = staged.replace(folder / row.name)
    return ExportedFile(row.name, path, row.media_type, digest, size_bytes, row.description)


def _output_failed(folder: Path, error: OSError) -> OutputFailed:
    return OutputFailed(
        words(
            "The results could not be written to %(folder)s (%(problem)s); free some space "
            "or choose another folder, and run the analysis again.",
            folder=str(folder),
            problem=str(error.strerror or error),
        ),
        code="output-failed",
        permanent=False,
    )
