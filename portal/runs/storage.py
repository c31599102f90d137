"""Where runs keep their results: ``runs/<run>/<stage>/<token>/`` below the storage root.

Every claim of a stage writes into a folder of its own, named by its fencing token, so that a
worker that was thought dead cannot touch what its successor writes.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

FILES = "files"


def root() -> Path:
    parts = urlsplit(settings.STORAGE_URL)
    if parts.scheme != "file":
        raise ImproperlyConfigured("STORAGE_URL must start with file://.")
    return Path(unquote(parts.path))


def run_folder(run_id: UUID) -> Path:
    return root() / "runs" / str(run_id)


def claim_folder(run_id: UUID, stage: str, token: int) -> Path:
    return run_folder(run_id) / stage / str(token)


def comparison_folder(run_id: UUID, comparison_id: UUID) -> Path:
    """Return where a comparison of two visits lies: with the run of the later one."""
    return run_folder(run_id) / "compare" / str(comparison_id)


def models() -> Path:
    """Return the folder of imported models, which every worker reads."""
    return root() / "models"


def scratch() -> Path:
    """Return a folder for what is thrown away, on the disc of the storage so that links work."""
    folder = root() / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def relative(path: Path) -> str:
    return path.relative_to(root()).as_posix()


def absolute(path: str) -> Path:
    """Return the file an ``Artefact.path`` names; it never leaves the storage."""
    found = (root() / path).resolve()
    if not found.is_relative_to(root().resolve()):
        raise ValueError("a stored path leaves the storage")
    return found


def forget_stage(run_id: UUID, stage: str) -> None:
    """Remove the result of a stage that can be made again from the input."""
    shutil.rmtree(run_folder(run_id) / stage, ignore_errors=True)


def forget_other_claims(run_id: UUID, stage: str, token: int) -> None:
    """Remove what earlier, unfinished claims of a stage left behind."""
    for folder in (run_folder(run_id) / stage).glob("*"):
        if folder.name != str(token):
            shutil.rmtree(folder, ignore_errors=True)
