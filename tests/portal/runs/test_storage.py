from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from portal.runs import storage


def test_each_claim_has_a_folder_of_its_own(storage_folder: Path) -> None:
    run = uuid4()
    assert storage.claim_folder(run, "map", 1) == storage_folder / "runs" / str(run) / "map" / "1"
    assert storage.claim_folder(run, "map", 1) != storage.claim_folder(run, "map", 2)


def test_a_stored_path_comes_back(storage_folder: Path) -> None:
    path = storage_folder / "runs" / "file"
    assert storage.absolute(storage.relative(path)) == path


def test_a_stored_path_cannot_leave_the_storage() -> None:
    with pytest.raises(ValueError, match="leaves the storage"):
        storage.absolute("../secret_key")


def test_a_place_that_is_no_folder_is_refused(settings: Settings) -> None:
    settings.STORAGE_URL = "s3://bucket"
    with pytest.raises(ImproperlyConfigured, match="file://"):
        storage.root()
