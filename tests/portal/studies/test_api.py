from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.studies import filing
from portal.studies.models import Study, Upload
from portal.studies.services import complete_upload
from portal.studies.storage import current_storage
from tests.portal.conftest import Cast
from tests.portal.studies.conftest import CONTENTS

ApiOf = Callable[[User], APIClient]


def manifest(cast: Cast, contents: dict[str, bytes] = CONTENTS, **changes: Any) -> dict[str, Any]:
    files = [
        {
            "path": path,
            "size_bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        for path, content in contents.items()
    ]
    body = {"site": str(cast.north.pk), "subject": "S-001", "visit": "Baseline", "files": files}
    return body | changes


def deliver(upload: Upload) -> Study:
    parts = {}
    for number, content in enumerate(CONTENTS.values()):
        part = current_storage().incoming / str(number)
        part.write_bytes(content)
        parts[hashlib.sha256(content).hexdigest()] = part
    filing.file_parts(upload, parts)
    return complete_upload(upload)


def test_announcing_files_answers_what_is_missing(cast: Cast, api_of: ApiOf) -> None:
    answer = api_of(cast.uma).post("/api/v1/uploads/", manifest(cast), format="json")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["state"], body["file_count"], body["received_bytes"]) == ("open", 2, 0)
    assert set(body["missing"]) == {hashlib.sha256(each).hexdigest() for each in CONTENTS.values()}
    assert body["study"] is None
    again = api_of(cast.uma).post("/api/v1/uploads/", manifest(cast), format="json")
    assert again.json()["id"] == body["id"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"files": []}, "empty-manifest"),
        ({"files": [{"path": "../x", "size_bytes": 1, "sha256": "a" * 64}]}, "unsafe-path"),
        ({"files": [{"path": "x", "size_bytes": -1, "sha256": "a" * 64}]}, "invalid"),
        ({"files": [{"path": "x"}]}, "invalid"),
        ({"files": "everything"}, "invalid"),
        ({"subject": ""}, "invalid"),
        ({"subject": "S\x00"}, "invalid"),
        ({"site": "north"}, "invalid"),
        ({"site": "00000000-0000-4000-8000-000000000000"}, "not-found"),
    ],
)
def test_a_wrong_manifest_is_explained(
    cast: Cast, api_of: ApiOf, changes: dict[str, Any], code: str
) -> None:
    answer = api_of(cast.uma).post("/api/v1/uploads/", manifest(cast, **changes), format="json")
    assert answer.json()["code"] == code
    assert answer.json()["message"]
    assert not Upload.objects.exists()


def test_no_json_is_explained(cast: Cast, api_of: ApiOf) -> None:
    answer = api_of(cast.uma).generic("POST", "/api/v1/uploads/", "{", "application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "parse-error")


@pytest.mark.parametrize("name", ["rosa", "mona", "uwe", "sam"])
def test_only_the_sites_uploaders_announce_files(cast: Cast, api_of: ApiOf, name: str) -> None:
    client = api_of(getattr(cast, name))
    assert client.post("/api/v1/uploads/", manifest(cast), format="json").status_code == 404


def test_an_upload_is_seen_and_given_up_by_its_site(
    cast: Cast, api_of: ApiOf, upload: Upload
) -> None:
    path = f"/api/v1/uploads/{upload.pk}/"
    for name in ("rosa", "mona", "uwe", "sam"):
        client = api_of(getattr(cast, name))
        assert client.get(path).status_code == 404
        assert client.delete(path).status_code == 404
        assert client.get(f"{path}receipt/").status_code == 404
    assert api_of(cast.uma).get("/api/v1/uploads/").json()["count"] == 1
    assert api_of(cast.uma).delete(path).status_code == 204
    assert api_of(cast.uma).get(path).json()["state"] == "discarded"


def test_the_receipt_names_every_file(cast: Cast, api_of: ApiOf, upload: Upload) -> None:
    rows = api_of(cast.uma).get(f"/api/v1/uploads/{upload.pk}/receipt/").json()["results"]
    assert [(row["path"], row["state"]) for row in rows] == [
        ("series/IM1", "missing"),
        ("series/IM2", "missing"),
    ]
    deliver(upload)
    rows = api_of(cast.uma).get(f"/api/v1/uploads/{upload.pk}/receipt/").json()["results"]
    assert {row["state"] for row in rows} == {"received"}


@pytest.mark.parametrize(
    ("name", "count"),
    [("uma", 1), ("rosa", 1), ("mona", 1), ("tom", 1), ("ada", 1), ("uwe", 0), ("sam", 0)],
)
def test_who_sees_a_study(cast: Cast, api_of: ApiOf, upload: Upload, name: str, count: int) -> None:
    study = deliver(upload)
    client = api_of(getattr(cast, name))
    assert client.get("/api/v1/studies/").json()["count"] == count
    status = client.get(f"/api/v1/studies/{study.pk}/").status_code
    assert status == (200 if count else 404)


def test_studies_are_filtered_by_subject_and_visit(
    cast: Cast, api_of: ApiOf, upload: Upload
) -> None:
    deliver(upload)
    rosa = api_of(cast.rosa)
    for query, count in (("subject=S-001", 1), ("subject=S-002", 0), ("visit=Baseline", 1)):
        assert rosa.get(f"/api/v1/studies/?{query}").json()["count"] == count


def test_a_list_of_studies_takes_few_queries(
    cast: Cast, api_of: ApiOf, upload: Upload, django_assert_max_num_queries: Any
) -> None:
    deliver(upload)
    rosa = api_of(cast.rosa)
    with django_assert_max_num_queries(8):
        rosa.get("/api/v1/studies/")
