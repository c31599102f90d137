"""What sites do by mistake, through the addresses that their browsers and programs use."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIClient
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from portal.accounts.models import User
from portal.accounts.services import create_token
from portal.studies.models import Study, Transfer, Upload
from portal.studies.transfers import part_of
from portal.trials.models import Site, Trial
from portal.trials.services import close_trial
from tests.portal.conftest import Cast
from tests.portal.studies.conftest import CONTENTS, bundle_of
from tests.portal.studies.test_tus import BASE, CHUNK, about, create, metadata, patch

ApiOf = Callable[[User | AnonymousUser], APIClient]
FIRST, SECOND = CONTENTS.values()
UNICODE = [
    "Ω-٣-肝 𝒮 e\N{COMBINING ACUTE ACCENT} 👩‍⚕️",
    "\N{RIGHT-TO-LEFT OVERRIDE}txt.mcd",
    "null",
    "0",
    "' OR 1=1 --",
    "<b>S</b>",
]


def announce(
    client: APIClient, site: Site, subject: str, *contents: bytes, path: str = "IM", **more: Any
) -> Any:
    files = [
        {
            "path": f"{path}{number}",
            "size_bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        for number, content in enumerate(contents)
    ]
    body = {"site": str(site.pk), "subject": subject, "visit": "Baseline", "files": files, **more}
    return client.post("/api/v1/uploads/", body, format="json")


def send(client: APIClient, upload_id: str, *contents: bytes) -> Any:
    bundle = bundle_of(*contents)
    return client.generic(
        "POST",
        "/api/v1/tus/",
        bundle,
        HTTP_UPLOAD_LENGTH=str(len(bundle)),
        HTTP_UPLOAD_METADATA=metadata({"upload": upload_id, "kind": "bundle"}),
        **CHUNK,
    )


def complete(client: APIClient, upload_id: str) -> Any:
    return client.post(f"/api/v1/uploads/{upload_id}/complete/")


def test_the_same_study_twice_is_refused_and_taken_as_a_new_version(
    cast: Cast, api_of: ApiOf
) -> None:
    uma = api_of(cast.uma)
    first = announce(uma, cast.north, "S-1", FIRST, SECOND).json()["id"]
    send(uma, first, FIRST, SECOND)
    assert complete(uma, first).status_code < 300
    refused = announce(uma, cast.north, "S-1", FIRST, SECOND)
    assert (refused.status_code, refused.json()["code"]) == (409, "same-study")
    assert refused.json()["details"]["study"] == str(Study.objects.get().pk)
    again = announce(uma, cast.north, "S-1", FIRST, SECOND, new_version=True)
    assert (again.status_code, again.json()["missing"]) == (201, [])
    assert uma.delete(f"/api/v1/uploads/{again.json()['id']}/").status_code == 204
    assert complete(uma, again.json()["id"]).json()["code"] == "upload-discarded"
    assert Study.objects.count() == 1


def test_the_same_number_at_two_sites_is_two_people_who_never_mix(
    cast: Cast, api_of: ApiOf
) -> None:
    uma, uwe = api_of(cast.uma), api_of(cast.uwe)
    for client, site, content in ((uma, cast.north, FIRST), (uwe, cast.south, SECOND)):
        upload = announce(client, site, "S-1", content).json()["id"]
        send(client, upload, content)
        complete(client, upload)
    assert Study.objects.values("subject").distinct().count() == 2
    for client, site in ((uma, "N"), (uwe, "S")):
        seen = client.get("/api/v1/studies/", {"subject": "S-1"}).json()["results"]
        assert [study["site"] for study in seen] == [site]


@pytest.mark.parametrize("name", UNICODE)
def test_names_in_any_script_stay_what_they_are(cast: Cast, api_of: ApiOf, name: str) -> None:
    uma = api_of(cast.uma)
    answer = announce(uma, cast.north, name, FIRST, path=f"{name}/", visit=name)
    assert answer.status_code == 201, answer.json()
    body = answer.json()
    assert (body["subject"], body["visit"]) == (name, name)
    assert send(uma, body["id"], FIRST).status_code == 201
    (line,) = uma.get(f"/api/v1/uploads/{body['id']}/receipt/").json()["results"]
    assert (line["path"], line["state"]) == (f"{name}/0", "received")
    assert complete(uma, body["id"]).status_code < 300
    listed = uma.get("/api/v1/studies/", {"subject": name}).json()["results"]
    assert [study["subject"] for study in listed] == [name]


def test_a_file_that_changed_while_it_was_sent_is_named_and_asked_for_again(
    cast: Cast, api_of: ApiOf
) -> None:
    uma = api_of(cast.uma)
    upload = announce(uma, cast.north, "S-1", FIRST).json()["id"]
    url = create(uma, Upload.objects.get())["Location"]
    patch(uma, url, FIRST[:300], 0)
    changed = patch(uma, url, FIRST[300:].swapcase(), 300)
    assert (changed.status_code, changed.json()["code"]) == (422, "files-differ")
    assert complete(uma, upload).status_code == 409
    (line,) = uma.get(f"/api/v1/uploads/{upload}/receipt/").json()["results"]
    assert (line["state"], "changed" in line["problem"]) == ("missing", True)
    assert send(uma, upload, FIRST).status_code == 201
    assert complete(uma, upload).status_code < 300


def test_forged_offsets_leave_the_bytes_as_they_are(cast: Cast, api_of: ApiOf) -> None:
    uma = api_of(cast.uma)
    announce(uma, cast.north, "S-1", FIRST)
    url = create(uma, Upload.objects.get())["Location"]
    patch(uma, url, FIRST[:100], 0)
    for offset in (0, 50, 99, 101, 500):  # over what is there, and behind a hole
        forged = patch(uma, url, b"forged", offset)
        assert (forged.status_code, forged.json()["code"]) == (409, "offset-differs")
    assert part_of(Transfer.objects.get()).read_bytes() == FIRST[:100]
    assert patch(uma, url, FIRST[100:], 100).status_code == 204


def test_a_trial_closed_under_a_running_upload_lets_it_end(cast: Cast, api_of: ApiOf) -> None:
    """The patient was scanned while the trial was open: what was agreed is taken."""
    uma = api_of(cast.uma)
    upload = announce(uma, cast.north, "S-1", FIRST).json()["id"]
    close_trial(cast.trial, by=cast.tom)
    refused = announce(uma, cast.north, "S-2", SECOND)
    assert (refused.status_code, refused.json()["code"]) == (409, "trial-closed")
    assert send(uma, upload, FIRST).status_code == 201
    assert complete(uma, upload).status_code < 300


def test_a_trial_deleted_under_a_running_upload_is_told_and_leaves_nothing(
    cast: Cast, api_of: ApiOf
) -> None:
    uma = api_of(cast.uma)
    upload = announce(uma, cast.north, "S-1", FIRST).json()["id"]
    url = create(uma, Upload.objects.get())["Location"]
    patch(uma, url, FIRST[:100], 0)
    Upload.objects.all().delete()
    for table in ("visits", "subjects", "sites"):
        _delete(cast.trial, table)
    cast.trial.memberships.all().delete()
    cast.trial.delete()
    assert patch(uma, url, FIRST[100:], 100).status_code == 404
    assert send(uma, upload, FIRST).status_code == 404
    assert complete(uma, upload).status_code == 404
    assert announce(uma, cast.north, "S-1", FIRST).status_code == 404


def _delete(trial: Trial, table: str) -> None:
    for subject in trial.subjects.all():
        subject.visits.all().delete()
    if table != "visits":
        getattr(trial, table).all().delete()


# --- with a client that others wrote -----------------------------------------------------------


@pytest.fixture
def tuspy(live_server: LiveServer, cast: Cast) -> TusClient:
    _, key = create_token(cast.uma, "tuspy", scope="upload")
    return TusClient(f"{live_server.url}/api/v1/tus/", {"Authorization": f"Bearer {key}"})


@pytest.mark.django_db(transaction=True)
def test_tuspy_hears_that_its_transfer_has_expired(tuspy: TusClient, upload: Upload) -> None:
    sender = tuspy.uploader(file_stream=io.BytesIO(FIRST), metadata=about(upload, FIRST))
    sender.chunk_size = 100
    sender.upload_chunk()
    Transfer.objects.update(expires_at=timezone.now())
    with pytest.raises(TusCommunicationError) as gone:
        sender.upload_chunk()
    assert gone.value.status_code == 410
    again = tuspy.uploader(file_stream=io.BytesIO(FIRST), metadata=about(upload, FIRST))
    again.upload()
    assert upload.files.filter(state="received").count() == 1


@pytest.mark.django_db(transaction=True)
def test_tuspy_hears_that_its_transfer_was_terminated(
    tuspy: TusClient, upload: Upload, api_of: ApiOf, cast: Cast
) -> None:
    sender = tuspy.uploader(
        file_stream=io.BytesIO(FIRST), chunk_size=100, metadata=about(upload, FIRST)
    )
    sender.upload_chunk()
    path = "/" + str(sender.url).split("/", 3)[3]
    assert api_of(cast.uma).delete(path, **BASE).status_code == 204
    with pytest.raises(TusCommunicationError) as gone:
        sender.upload_chunk()
    assert gone.value.status_code == 404


@pytest.mark.django_db(transaction=True)
def test_tuspy_with_a_wrong_offset_is_told_and_goes_on(tuspy: TusClient, upload: Upload) -> None:
    sender = tuspy.uploader(
        file_stream=io.BytesIO(FIRST), chunk_size=100, metadata=about(upload, FIRST)
    )
    sender.upload_chunk()
    sender.offset = 300
    with pytest.raises(TusCommunicationError) as wrong:
        sender.upload_chunk()
    assert wrong.value.status_code == 409
    again = tuspy.uploader(file_stream=io.BytesIO(FIRST), chunk_size=100, url=sender.url)
    assert again.offset == 100
    again.upload()
    assert upload.files.filter(state="received").count() == 1


@pytest.mark.django_db(transaction=True)
def test_tuspy_sends_more_about_a_file_in_any_script(tuspy: TusClient, upload: Upload) -> None:
    more = {**about(upload, FIRST), "filename": UNICODE[0]}
    tuspy.uploader(file_stream=io.BytesIO(FIRST), metadata=more, metadata_encoding="utf-8").upload()
    assert upload.files.filter(state="received").count() == 1


@pytest.mark.django_db(transaction=True)
def test_tuspy_may_send_an_empty_file_that_nobody_asks_for(
    tuspy: TusClient, cast: Cast, api_of: ApiOf
) -> None:
    uma = api_of(cast.uma)
    answer = announce(uma, cast.north, "S-1", b"", FIRST).json()
    assert answer["missing"] == [hashlib.sha256(FIRST).hexdigest()]
    upload = Upload.objects.get()
    for content in (b"", FIRST):
        sender = tuspy.uploader(file_stream=io.BytesIO(content), metadata=about(upload, content))
        sender.upload()
        assert sender.offset == len(content)
    assert complete(uma, answer["id"]).status_code < 300
