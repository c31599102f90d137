"""Identifying values planted everywhere in a study, sent by every door: none is on the server."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core import mail
from django.db import connection
from pydicom import dcmread, dcmwrite
from pytest_django import Settings
from rest_framework.test import APIClient

from portal.studies.manifest import ManifestLine
from portal.studies.models import Upload, UploadFile
from portal.studies.services import open_upload
from tests.portal.conftest import Cast, line
from tests.portal.studies.conftest import bundle_of
from tests.portal.studies.deidentification.browser import BrowserCleaner
from tests.portal.studies.deidentification.planting import MARK, plant

TUS = {"HTTP_TUS_RESUMABLE": "1.0.0"}

pytestmark = [
    pytest.mark.filterwarnings("ignore:Invalid value for VR:UserWarning"),  # planted on purpose
    pytest.mark.django_db,
]


@pytest.fixture
def planted_folder(study_folder: Path, tmp_path: Path) -> Path:
    """Return images with more than 200 planted values each, under planted names, and a ZIP."""
    folder = tmp_path / f"{MARK} JANE"
    folder.mkdir()
    files = sorted(path for path in study_folder.rglob("*") if path.is_file())[::20]
    for number, path in enumerate(files):
        dataset = dcmread(path)
        assert plant(dataset) > 200
        dcmwrite(folder / f"{MARK}-{number}", dataset, enforce_file_format=True)
    with zipfile.ZipFile(folder / f"{MARK}.zip", "w") as archive:
        archive.comment = MARK.encode()
        dataset.SOPInstanceUID += ".1"
        content = io.BytesIO()
        dcmwrite(content, dataset, enforce_file_format=True)
        archive.writestr(f"{MARK}/1", content.getvalue())
    (folder / f"{MARK}.txt").write_text(f"Dear Mrs {MARK}")
    return folder


def rows() -> Iterator[str]:
    """Yield every row of every table."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            yield from (str(row) for row in cursor.fetchall())


def places_with_mark(storage: Path, logs: str) -> list[str]:
    """Return where on the server the planted mark is."""
    found = [f"database: {row[:80]}" for row in rows() if MARK in row]
    for path in storage.rglob("*"):
        if MARK in path.name or (path.is_file() and MARK.encode() in path.read_bytes()):
            found.append(f"file: {path}")
    found += ["logs"] if MARK in logs else []
    return found + ["mail" for message in mail.outbox if MARK in str(message.message())]


def send_bundle(client: APIClient, upload: Upload, *contents: bytes) -> int:
    """Send files as the browser does; return the status of the last answer."""
    bundle = bundle_of(*contents)
    about = {"upload": str(upload.pk), "kind": "bundle"}
    pairs = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in about.items())
    made = client.post(
        "/api/v1/tus/",
        **TUS,
        HTTP_UPLOAD_LENGTH=str(len(bundle)),
        HTTP_UPLOAD_METADATA=pairs,
    )
    sent = client.patch(
        made.headers["Location"],
        bundle,
        content_type="application/offset+octet-stream",
        **TUS,
        HTTP_UPLOAD_OFFSET="0",
    )
    return int(sent.status_code)


def test_none_of_them_is_anywhere_after_the_browsers_cleaning(
    cast: Cast,
    api_of: Callable[..., APIClient],
    browser_cleaner: BrowserCleaner,
    planted_folder: Path,
    storage_folder: Path,
    tmp_path: Path,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.DEIDENTIFICATION_REQUIRED = True
    receipt = browser_cleaner.clean(planted_folder, tmp_path / "sent")
    sent = {
        each["written"]: tmp_path / "sent" / each["written"] for each in receipt if each["written"]
    }
    client = api_of(cast.uma)
    body = {
        "site": str(cast.north.pk),
        "subject": "S-001",
        "visit": "Baseline",
        "not_sent": {"not-an-image": 1},
        "files": [
            {"path": name, "size_bytes": path.stat().st_size, "sha256": _sha256(path)}
            for name, path in sent.items()
        ],
    }
    answer = client.post("/api/v1/uploads/", body, format="json")
    assert answer.status_code == 201, answer.json()
    upload = Upload.objects.get()
    assert send_bundle(client, upload, *(path.read_bytes() for path in sent.values())) == 204
    assert not upload.files.exclude(state=UploadFile.State.RECEIVED)
    assert upload.not_sent == {"not-an-image": 1}
    assert upload.files.count() == len(receipt) - 1
    assert places_with_mark(storage_folder, caplog.text) == []


def test_none_of_them_is_kept_when_a_program_sends_the_study_as_it_is(
    cast: Cast,
    api_of: Callable[..., APIClient],
    planted_folder: Path,
    storage_folder: Path,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.DEIDENTIFICATION_REQUIRED = True
    client = api_of(cast.uma)
    contents = [path.read_bytes() for path in sorted(planted_folder.iterdir())]
    body = {
        "site": str(cast.north.pk),
        "subject": "S-001",
        "visit": "Baseline",
        "files": [
            {"path": path.name, "size_bytes": len(content), "sha256": _sha256(path)}
            for path, content in zip(sorted(planted_folder.iterdir()), contents, strict=True)
        ],
    }
    refused = client.post("/api/v1/uploads/", body, format="json")
    assert (refused.status_code, refused.json()["code"]) == (422, "naming-paths")
    assert MARK not in refused.content.decode()
    harmless = [line(f"IM{number}", content) for number, content in enumerate(contents)]
    upload = open_upload(cast.uma, cast.north, "S-001", "Baseline", harmless)
    assert send_bundle(client, upload, *contents) == 422
    assert not upload.files.filter(state=UploadFile.State.RECEIVED)
    assert not upload.files.filter(problem="")
    assert places_with_mark(storage_folder, caplog.text) == []


def test_a_reason_to_refuse_cannot_carry_a_name(
    cast: Cast, api_of: Callable[..., APIClient]
) -> None:
    one: ManifestLine = line("IM1", b"1")
    body = {
        "site": str(cast.north.pk),
        "subject": "S-001",
        "visit": "Baseline",
        "not_sent": {f"{MARK} Jane": 1},
        "files": [{"path": one.relative_path, "size_bytes": 1, "sha256": one.sha256}],
    }
    answer = api_of(cast.uma).post("/api/v1/uploads/", body, format="json")
    assert answer.status_code == 400
    assert MARK not in answer.content.decode()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
