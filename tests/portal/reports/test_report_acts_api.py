"""What readers do with a report, by a program: words, amendments, regions, outlines, files."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from uuid import uuid4

import numpy as np
import pytest
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.reports.documents import study_images
from portal.reports.models import Impression, Report
from portal.reports.signing import sign, write_impression
from tests.portal.conftest import Cast
from tests.portal.reports.conftest import TRUE_R2STAR


def program(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def url(report: Report, part: str) -> str:
    return f"/api/v1/reports/{report.pk}/{part}"


def without_segment(report: Report, label: int) -> str:
    """Return the changes that remove a segment, as a program sends them."""
    indices = np.flatnonzero(np.array(study_images(report).labels).ravel(order="F") == label)
    parts = indices.astype("<u4").tobytes(), np.zeros(indices.size, np.uint8).tobytes()
    return base64.b64encode(gzip.compress(b"".join(parts))).decode()


def test_an_impression_is_a_draft_until_a_reader_writes_it(cast: Cast, report: Report) -> None:
    path, rosa = url(report, "impression/"), program(cast.rosa)
    draft = rosa.get(path)
    assert (draft.json()["is_draft"], draft.json()["written_by"]) == (True, None)
    assert "PDFF" in draft.json()["text"]
    put = rosa.put(path, {"text": "Mild."}, format="json", HTTP_IF_MATCH=draft["ETag"])
    assert (put.json()["text"], put.json()["written_by"]) == ("Mild.", "rosa@example.org")
    late = rosa.put(path, {"text": "Severe."}, format="json", HTTP_IF_MATCH=draft["ETag"])
    assert (late.status_code, late.json()["code"]) == (412, "stale")
    assert Impression.objects.get().text == "Mild."
    event = AuditEvent.objects.get(action="impression-written")
    assert event.new == {"text": "Mild."}


@pytest.mark.parametrize("name", ["uma", "tom", "mona", "ada"])
def test_who_does_not_read_writes_nothing(cast: Cast, report: Report, name: str) -> None:
    client = program(getattr(cast, name))
    for method, part in (
        ("put", "impression/"),
        ("post", "amendments/"),
        ("post", "rois/"),
        ("post", "outline/"),
        ("post", "outline/preview/"),
    ):
        answer = getattr(client, method)(url(report, part), {}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (403, "permission-denied")


def test_a_signed_report_is_amended_and_its_record_can_be_hashed_again(
    cast: Cast, report: Report
) -> None:
    rosa = program(cast.rosa)
    early = rosa.post(url(report, "amendments/"), {"reason": "Typo."}, format="json")
    assert (early.status_code, early.json()["code"]) == (409, "not-signed")
    write_impression(report, "Mild.", by=cast.rosa)
    sign(report, "read", by=cast.rosa)
    (signature,) = rosa.get(url(report, "signatures/")).json()
    assert (signature["printed_name"], signature["is_intact"]) == ("Rosa", True)
    covered = rosa.get(url(report, "record/")).json()["record"]
    text = json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    record_sha256 = hashlib.sha256(text.encode()).hexdigest()
    assert record_sha256 == signature["record_sha256"]
    assert program(cast.uma).get(f"/api/v1/signed-records/{record_sha256}/").json() == [signature]
    assert rosa.get(f"/api/v1/signed-records/{'0' * 64}/").status_code == 404
    closed = rosa.put(url(report, "impression/"), {"text": "x"}, format="json")
    assert (closed.status_code, closed.json()["code"]) == (409, "report-signed")
    made = rosa.post(url(report, "amendments/"), {"reason": "Typo."}, format="json")
    assert (made.status_code, made.json()["version"]) == (201, 2)
    assert rosa.get(url(Report.objects.get(version=2), "signatures/")).json() == []


def test_regions_are_measured_listed_and_removed(cast: Cast, report: Report) -> None:
    rosa, path = program(cast.rosa), url(report, "rois/")
    circle = {"kind": "circle", "centre": [20, 18, 8], "radius_mm": 12.0}
    made = rosa.post(path, circle, format="json")
    assert made.status_code == 201
    (region,) = made.json()["rois"]
    assert region["values"]["R2*"]["mean"] == pytest.approx(TRUE_R2STAR)
    assert region["n_voxels"] > 1
    drawn = rosa.post(path, {"kind": "freehand", "voxels": [5, 6]}, format="json").json()
    assert drawn["rois"][0]["n_voxels"] == 2
    assert program(cast.mona).get(path).json()["count"] == 2
    one = f"{path}{region['id']}/"
    assert program(cast.tom).delete(one).status_code == 403
    assert rosa.delete(one).status_code == 204
    assert rosa.delete(one).status_code == 404
    assert AuditEvent.objects.get(action="region-removed").old["number"] == region["number"]


def test_the_nine_discs_are_placed_anew_and_never_twice(cast: Cast, report: Report) -> None:
    rosa, path = program(cast.rosa), url(report, "rois/")
    made = [rosa.post(path, {"kind": "nine"}, format="json").json() for _ in range(2)]
    counts = [len(each["rois"]) for each in made]
    assert counts[0] == counts[1] == rosa.get(path).json()["count"] > 0


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"kind": "square"}, "invalid"),
        ({"kind": "circle"}, "roi-damaged"),
        ({"kind": "circle", "centre": [900, 0, 0], "radius_mm": 5}, "roi-outside"),
        ({"kind": "circle", "centre": [1, 1, 1], "radius_mm": 0}, "invalid"),
        ({"kind": "freehand"}, "roi-damaged"),
        ({"kind": "freehand", "voxels": [10**30]}, "roi-damaged"),
        ({"kind": "freehand", "voxels": [10**9]}, "roi-outside"),
    ],
)
def test_a_region_that_cannot_be_is_refused(
    cast: Cast, report: Report, wanted: dict[str, object], code: str
) -> None:
    answer = program(cast.rosa).post(url(report, "rois/"), wanted, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not report.rois.exists()


def test_an_outline_is_tried_then_kept_as_a_version(cast: Cast, report: Report) -> None:
    rosa, changes = program(cast.rosa), without_segment(report, 6)
    tried = rosa.post(url(report, "outline/preview/"), {"changes": changes}, format="json").json()
    assert 0 < tried["dice"] < 1
    assert not any(each["region"] == "segment_6" for each in tried["measurements"])
    assert Report.objects.count() == 1
    wanted = {"changes": changes, "reason": "Segment VI is kidney."}
    sent = [
        rosa.post(url(report, "outline/"), wanted, format="json", HTTP_IDEMPOTENCY_KEY="once")
        for _ in range(2)
    ]
    assert [each.status_code for each in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    made = Report.objects.get(version=2)
    assert (sent[0].json()["id"], made.reason) == (str(made.pk), "Segment VI is kidney.")
    assert made.dice_with_machine == pytest.approx(tried["dice"])
    event = AuditEvent.objects.get(action="mask-corrected")
    assert (event.old["version"], event.new["version"]) == (1, 2)
    corrected = rosa.get(url(made, "files/")).json()
    machine = rosa.get(url(report, "files/")).json()
    assert {f["sha256"] for f in corrected}.isdisjoint({f["sha256"] for f in machine})


@pytest.mark.parametrize("changes", ["not base64!", base64.b64encode(b"no gzip").decode(), "é"])
def test_an_outline_that_arrives_damaged_is_refused(
    cast: Cast, report: Report, changes: str
) -> None:
    answer = program(cast.rosa).post(
        url(report, "outline/preview/"), {"changes": changes}, format="json"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "mask-damaged")


def test_files_are_listed_and_arrive_as_they_were_written(cast: Cast, report: Report) -> None:
    rosa = program(cast.rosa)
    listed = {each["name"]: each for each in rosa.get(url(report, "files/")).json()}
    document = listed["report.json"]
    answer = rosa.get(url(report, "files/report.json"), HTTP_ACCEPT="application/json")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a file
    assert hashlib.sha256(content).hexdigest() == document["sha256"]
    assert answer["Content-Type"] == document["media_type"]
    again = rosa.get(url(report, "files/report.json"), HTTP_IF_NONE_MATCH=answer["ETag"])
    assert again.status_code == 304
    part = rosa.get(url(report, "files/report.json"), HTTP_RANGE="bytes=0-9")
    assert (part.status_code, b"".join(part.streaming_content)) == (206, content[:10])  # type: ignore[attr-defined]  # a file
    missing = rosa.get(url(report, "files/nothing.txt"))
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    assert program(cast.uwe).get(url(report, "files/report.json")).status_code == 404


def test_the_printed_report_is_given_to_who_asks_for_a_pdf(cast: Cast, report: Report) -> None:
    answer = program(cast.rosa).get(url(report, "report.pdf"), HTTP_ACCEPT="application/pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert b"".join(answer.streaming_content).startswith(b"%PDF-")  # type: ignore[attr-defined]  # a file
    refused = program(cast.sam).get(url(report, "report.pdf"), HTTP_ACCEPT="application/pdf")
    assert (refused.status_code, refused.json()["code"]) == (404, "not-found")


def test_a_report_that_is_not_there_is_not_found(cast: Cast) -> None:
    for part in ("files/", "record/", "impression/", "rois/"):
        assert program(cast.rosa).get(f"/api/v1/reports/{uuid4()}/{part}").status_code == 404
