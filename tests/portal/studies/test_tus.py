"""The tus door over HTTP: with tuspy as the peer, and by hand where a peer would behave."""

from __future__ import annotations

import base64
import hashlib
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.http import parse_http_date
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIClient
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from portal.accounts.services import create_token
from portal.studies import filing
from portal.studies.models import Transfer, Upload
from portal.studies.storage import current_storage
from tests.portal.conftest import Cast
from tests.portal.studies.conftest import CONTENTS, bundle_of

FIRST, SECOND = CONTENTS.values()
BASE = {"HTTP_TUS_RESUMABLE": "1.0.0"}
CHUNK = {**BASE, "content_type": "application/offset+octet-stream"}


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def about(upload: Upload, content: bytes) -> dict[str, str]:
    sha256 = hashlib.sha256(content).hexdigest()
    return {"upload": str(upload.pk), "kind": "file", "sha256": sha256}


def metadata(values: dict[str, str]) -> str:
    return ",".join(f"{key} {b64(value)}" for key, value in values.items())


@pytest.fixture
def uma(cast: Cast) -> APIClient:
    client = APIClient()
    client.force_login(cast.uma)
    return client


def create(client: APIClient, upload: Upload, content: bytes = FIRST, **extra: Any) -> Any:
    return client.post(
        "/api/v1/tus/",
        HTTP_UPLOAD_LENGTH=str(len(content)),
        HTTP_UPLOAD_METADATA=metadata(about(upload, content)),
        **{**BASE, **extra},
    )


def patch(client: APIClient, url: str, body: bytes, offset: int | str, **extra: Any) -> Any:
    return client.generic("PATCH", url, body, HTTP_UPLOAD_OFFSET=str(offset), **{**CHUNK, **extra})


# --- with the peer -----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_tuspy_sends_a_file_in_chunks_with_checksums(
    live_server: LiveServer, cast: Cast, upload: Upload
) -> None:
    _, key = create_token(cast.uma, "tuspy", scope="write")
    client = TusClient(f"{live_server.url}/api/v1/tus/", {"Authorization": f"Bearer {key}"})
    for content in CONTENTS.values():
        client.uploader(
            file_stream=io.BytesIO(content),
            chunk_size=100,
            metadata=about(upload, content),
            upload_checksum=True,
        ).upload()
    assert not filing.missing(upload)
    stored = current_storage()
    assert all(stored.has(hashlib.sha256(content).hexdigest()) for content in CONTENTS.values())


@pytest.mark.django_db(transaction=True)
def test_tuspy_resumes_after_a_restart_where_it_stopped(
    live_server: LiveServer, cast: Cast, upload: Upload
) -> None:
    _, key = create_token(cast.uma, "tuspy", scope="write")
    client = TusClient(f"{live_server.url}/api/v1/tus/", {"Authorization": f"Bearer {key}"})
    first = client.uploader(
        file_stream=io.BytesIO(FIRST), chunk_size=100, metadata=about(upload, FIRST)
    )
    first.upload_chunk()
    first.upload_chunk()
    again = client.uploader(file_stream=io.BytesIO(FIRST), chunk_size=100, url=first.url)
    assert again.offset == 200
    again.upload()
    assert hashlib.sha256(FIRST).hexdigest() not in filing.missing(upload)


@pytest.mark.django_db(transaction=True)
def test_tuspy_is_refused_without_a_token(live_server: LiveServer, upload: Upload) -> None:
    client = TusClient(f"{live_server.url}/api/v1/tus/")
    with pytest.raises(TusCommunicationError) as refused:
        client.uploader(file_stream=io.BytesIO(FIRST), metadata=about(upload, FIRST)).upload()
    assert refused.value.status_code == 401


# --- by hand -----------------------------------------------------------------------------------


def test_the_server_says_what_it_can(uma: APIClient) -> None:
    answer = uma.options("/api/v1/tus/")
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert answer["Tus-Extension"] == (
        "creation,creation-with-upload,checksum,expiration,termination"
    )
    assert answer["Tus-Checksum-Algorithm"] == "sha1,sha256"


def test_another_version_of_tus_is_refused(uma: APIClient, upload: Upload) -> None:
    answer = create(uma, upload, HTTP_TUS_RESUMABLE="0.2.2")
    assert answer.status_code == 412
    assert answer["Tus-Version"] == "1.0.0"
    assert answer.json()["code"] == "tus-version"


def test_a_transfer_is_created_fed_and_asked_about(uma: APIClient, upload: Upload) -> None:
    created = create(uma, upload)
    assert created.status_code == 201
    url = created["Location"]
    answer = patch(uma, url, FIRST[:100], 0)
    assert (answer.status_code, answer["Upload-Offset"]) == (204, "100")
    head = uma.head(url, **BASE)
    assert (head.status_code, head["Upload-Offset"]) == (200, "100")
    assert head["Upload-Length"] == str(len(FIRST))
    assert head["Cache-Control"] == "no-store"
    assert patch(uma, url, FIRST[100:], 100)["Upload-Offset"] == str(len(FIRST))
    assert uma.head(url, **BASE)["Upload-Offset"] == str(len(FIRST))


def test_the_first_bytes_may_come_with_the_creation(uma: APIClient, upload: Upload) -> None:
    answer = uma.generic(
        "POST",
        "/api/v1/tus/",
        FIRST,
        HTTP_UPLOAD_LENGTH=str(len(FIRST)),
        HTTP_UPLOAD_METADATA=metadata(about(upload, FIRST)),
        **CHUNK,
    )
    assert (answer.status_code, answer["Upload-Offset"]) == (201, str(len(FIRST)))
    assert hashlib.sha256(FIRST).hexdigest() not in filing.missing(upload)


def test_a_bundle_files_many(uma: APIClient, upload: Upload) -> None:
    bundle = bundle_of(FIRST, SECOND)
    answer = uma.generic(
        "POST",
        "/api/v1/tus/",
        bundle,
        HTTP_UPLOAD_LENGTH=str(len(bundle)),
        HTTP_UPLOAD_METADATA=metadata({"upload": str(upload.pk), "kind": "bundle"}),
        **CHUNK,
    )
    assert answer.status_code == 201
    assert not filing.missing(upload)


@pytest.mark.parametrize("offset", [1, 50, 10**6])
def test_a_forged_offset_is_a_conflict(uma: APIClient, upload: Upload, offset: int) -> None:
    url = create(uma, upload)["Location"]
    answer = patch(uma, url, FIRST[:10], offset)
    assert answer.status_code in {409, 413}
    assert uma.head(url, **BASE)["Upload-Offset"] == "0"


@pytest.mark.parametrize("offset", ["-1", "1e3", "", "²", "9" * 30])
def test_an_offset_that_is_no_number_is_refused(
    uma: APIClient, upload: Upload, offset: str
) -> None:
    answer = patch(uma, create(uma, upload)["Location"], b"x", offset)
    assert (answer.status_code, answer.json()["code"]) == (400, "header-invalid")


def test_a_wrong_checksum_discards_the_chunk(uma: APIClient, upload: Upload) -> None:
    url = create(uma, upload)["Location"]
    wrong = f"sha1 {b64(hashlib.sha1(b'other').digest())}"  # noqa: S324  # tus names SHA-1
    answer = patch(uma, url, FIRST[:10], 0, HTTP_UPLOAD_CHECKSUM=wrong)
    assert (answer.status_code, answer.json()["code"]) == (460, "checksum-mismatch")
    assert uma.head(url, **BASE)["Upload-Offset"] == "0"


@pytest.mark.parametrize("header", ["crc32 AAAA", "sha1 ***", "sha1"])
def test_a_checksum_that_cannot_be_checked_is_refused(
    uma: APIClient, upload: Upload, header: str
) -> None:
    url = create(uma, upload)["Location"]
    answer = patch(uma, url, FIRST[:10], 0, HTTP_UPLOAD_CHECKSUM=header)
    assert answer.status_code in {400, 460}
    assert uma.head(url, **BASE)["Upload-Offset"] == "0"


def test_another_content_type_is_refused(uma: APIClient, upload: Upload) -> None:
    url = create(uma, upload)["Location"]
    answer = patch(uma, url, FIRST, 0, content_type="application/octet-stream")
    assert answer.status_code == 415


@pytest.mark.parametrize("header", ["upload ***", "upload /w==", ""])
def test_metadata_that_cannot_be_read_is_refused(uma: APIClient, header: str) -> None:
    answer = uma.post("/api/v1/tus/", HTTP_UPLOAD_LENGTH="1", HTTP_UPLOAD_METADATA=header, **BASE)
    assert answer.status_code == 400


def test_a_transfer_expires(uma: APIClient, upload: Upload) -> None:
    created = create(uma, upload)
    expiry = datetime.fromtimestamp(parse_http_date(created["Upload-Expires"]), tz=UTC)
    assert timedelta(hours=23) < expiry - timezone.now() <= timedelta(days=1)
    Transfer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert uma.head(created["Location"], **BASE).status_code == 410


def test_a_terminated_transfer_is_not_found(uma: APIClient, upload: Upload) -> None:
    url = create(uma, upload)["Location"]
    assert uma.delete(url, **BASE).status_code == 204
    assert uma.head(url, **BASE).status_code == 404


def test_a_transfer_sent_twice_is_kept_once(uma: APIClient, upload: Upload) -> None:
    for _ in range(2):
        url = create(uma, upload)["Location"]
        assert patch(uma, url, FIRST, 0).status_code == 204
    assert upload.files.filter(state="received").count() == 1


@pytest.mark.parametrize("name", ["uwe", "rosa", "mona", "sam"])
def test_a_stranger_finds_nothing(cast: Cast, uma: APIClient, upload: Upload, name: str) -> None:
    url = create(uma, upload)["Location"]
    stranger = APIClient()
    stranger.force_login(cast.people[name])
    assert stranger.head(url, **BASE).status_code == 404
    assert patch(stranger, url, FIRST, 0).status_code == 404
    assert stranger.delete(url, **BASE).status_code == 404
    assert create(stranger, upload).status_code == 404
    assert uma.head(url, **BASE)["Upload-Offset"] == "0"


def test_a_browser_needs_its_csrf_token(cast: Cast, upload: Upload) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(cast.uma)
    assert create(client, upload).status_code == 403
