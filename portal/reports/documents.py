"""The stored report and the images behind it, checked against their hashes and kept warm."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from analysis.errors import OutputFailed
from analysis.quantities import FAT_SIGNAL_FRACTION, FIT_RESIDUAL, LIC, PDFF, R2STAR
from analysis.report import LiverReport
from analysis.report_json import report_from_dict
from analysis.study import SourceSeries
from analysis.volume import LabelMap, QuantityMap, Volume, read_only
from analysis.wording import words
from portal.reports.images import StudyImages, turn
from portal.reports.models import Report
from portal.runs import storage
from portal.runs.codec import ARRAY_FOLDER, VALUE_FILE, decode
from portal.runs.models import StageRun, StageState

SHOWN_MAPS: tuple[str, ...] = (
    PDFF.key,
    FAT_SIGNAL_FRACTION.key,
    R2STAR.key,
    LIC.key,
    FIT_RESIDUAL.key,
)


def liver_report(report: Report) -> LiverReport:
    """Return the numbers of a report; raise ``OutputFailed`` when its file was changed."""
    path = storage.absolute(report.path)
    return _read(path, report.sha256, _state_of(path))


@lru_cache(maxsize=64)
def _read(path: Path, sha256: str, _state: tuple[int, int] | None) -> LiverReport:
    return report_from_dict(json.loads(_checked(path, sha256)))


def _state_of(path: Path) -> tuple[int, int] | None:
    """Return when a file was written and its size, None of a file that is gone.

    Part of what is kept in memory, so that every process notices at once that a file was lost.
    """
    if not path.is_file():
        return None
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def study_images(report: Report) -> StudyImages:
    """Return anatomy, labels and maps; arrays are mapped from disc, so many can be open."""
    images = _machine_images(report.run_id)
    if not report.labels_path:
        return images
    return replace(images, labels=_edited_labels(report.labels_path, report.labels_sha256))


@lru_cache(maxsize=4)
def _machine_images(run_id: UUID) -> StudyImages:
    labels: LabelMap = _stored(run_id, "segment", "labels", LabelMap)
    return turn(anatomical_image(run_id), labels, study_maps(run_id), SHOWN_MAPS)


@lru_cache(maxsize=4)
def _edited_labels(path: str, sha256: str) -> npt.NDArray[np.uint8]:
    content = _checked(storage.absolute(path), sha256)
    labels: npt.NDArray[np.uint8] = np.load(io.BytesIO(content), allow_pickle=False)
    return read_only(labels, np.uint8)


@lru_cache(maxsize=2)
def study_maps(run_id: UUID) -> tuple[QuantityMap, ...]:
    """Return the maps on the grid on which the study was analysed."""
    maps: tuple[QuantityMap, ...] = _stored(run_id, "map", "maps", tuple[QuantityMap, ...])
    return maps


def anatomical_image(run_id: UUID) -> Volume:
    anatomy: Volume = _stored(run_id, "select", "anatomical_image", Volume)
    return anatomy


def machine_labels(run_id: UUID) -> npt.NDArray[np.uint8]:
    """Return the labels that the model made, along right, anterior, superior."""
    return _machine_images(run_id).labels


@dataclass(frozen=True, slots=True)
class MapEntry:
    """A stored map: its quantity, and whether the fit gave standard errors."""

    key: str
    has_error: bool


def stored_maps(run_id: UUID) -> tuple[MapEntry, ...] | None:
    """Return which maps can be shown, without opening one; None when images are not stored."""
    parts = (("select", "anatomical_image"), ("segment", "labels"), ("map", "maps"))
    try:
        trees = [_tree(run_id, stage, part) for stage, part in parts]
    except OutputFailed:
        return None
    if not all(
        (folder / f"{name}.npy").is_file() for folder, tree in trees for name in _arrays(tree)
    ):
        return None
    found = {m["volume"]["quantity"]: m["standard_error"] is not None for m in trees[-1][1]}
    return tuple(MapEntry(key, found[key]) for key in SHOWN_MAPS if key in found)


def _arrays(tree: Any) -> Iterator[str]:
    """Yield the names of the arrays in a stored image or in a list of them."""
    for image in tree if isinstance(tree, list) else [tree]:
        volume = image.get("volume", image)
        yield volume["array"]
        yield from (image[part] for part in ("valid", "standard_error") if image.get(part))


def source_series(run_id: UUID) -> SourceSeries | None:
    """Return which DICOM images the study was measured on, None when they were not DICOM."""
    source: SourceSeries | None = _stored(run_id, "select", "source", SourceSeries | None)
    return source


def _stored(run_id: UUID, stage: str, part: str, hint: Any) -> Any:
    """Read one part of a stage's result.

    Not the whole: the echoes need not be read and checked to show a map, and images stay readable
    when a later version adds a field elsewhere in the result.
    """
    folder, tree = _tree(run_id, stage, part)
    return decode(tree, hint, folder)


def _tree(run_id: UUID, stage: str, part: str) -> tuple[Path, Any]:
    row = StageRun.objects.filter(run=run_id, stage=stage, state=StageState.SUCCEEDED).first()
    if row is None:
        raise _damaged()
    folder = storage.claim_folder(run_id, stage, row.fencing_token)
    content = _checked(folder / VALUE_FILE, row.output_sha256)
    return folder / ARRAY_FOLDER, json.loads(content)[part]


def _checked(path: Path, sha256: str) -> bytes:
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise _damaged()
    return content


def _damaged() -> OutputFailed:
    return OutputFailed(
        words(
            "A stored result is missing or was changed. Restore it from a backup, or start "
            "the analysis again; what was saved and signed is kept."
        ),
        code="stored-result-damaged",
    )
