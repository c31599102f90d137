"""What a result was made from and with: inputs by hash, versions, seconds, device, memory."""

from __future__ import annotations

import json
import platform
import resource
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from analysis.segmentation import ModelUse
from portal.runs.array_files import sha256_of_file
from portal.runs.stage import AnalyseOptions, StageRecord

SCHEMA_VERSION = "1.0"
PACKAGES: tuple[str, ...] = (
    "highdicom",
    "nibabel",
    "numba",
    "numpy",
    "onnxruntime-gpu",
    "openvino",
    "pydicom",
    "scipy",
)


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file by its content; ``path`` is relative to the input or output folder."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything needed to make the results again, and to tell whether they were changed."""

    schema_version: str
    created_at: str
    inputs: tuple[FileRecord, ...]
    outputs: tuple[FileRecord, ...]
    options: AnalyseOptions
    models: tuple[ModelUse, ...]
    stages: tuple[StageRecord, ...]
    packages: tuple[tuple[str, str], ...]
    machine: tuple[tuple[str, str], ...]
    peak_memory_mb: float
    peak_child_memory_mb: float

    def as_json(self) -> str:
        """Return the manifest as it is written."""
        tree = asdict(self) | {"packages": dict(self.packages), "machine": dict(self.machine)}
        return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


def file_records(root: Path) -> tuple[FileRecord, ...]:
    """Return every file at or below ``root``, sorted by path."""
    if root.is_file():
        return (FileRecord(root.name, root.stat().st_size, sha256_of_file(root)),)
    return tuple(
        FileRecord(path.relative_to(root).as_posix(), path.stat().st_size, sha256_of_file(path))
        for path in sorted(root.rglob("*"))
        if path.is_file()
    )


def package_versions() -> tuple[tuple[str, str], ...]:
    """Return name and version of Python and of the packages that decide numbers."""
    versions = [("python", platform.python_version())]
    for name in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            versions.append((name, metadata.version(name)))
    return tuple(versions)


def machine() -> tuple[tuple[str, str], ...]:
    """Return what kind of machine this is, without anything that names it."""
    return (("system", platform.system()), ("processor", platform.machine()))


def peak_memory_mb(who: int = resource.RUSAGE_SELF) -> float:
    """Return the most memory this process (or the largest of its children) has held, in MB."""
    peak = resource.getrusage(who).ru_maxrss
    bytes_per_unit = 1 if sys.platform == "darwin" else 1024
    return round(peak * bytes_per_unit / 1e6, 1)


def now() -> str:
    """Return the present time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
