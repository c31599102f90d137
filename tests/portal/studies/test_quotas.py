from __future__ import annotations

import pytest
from django.test import Client

from portal.studies.models import Upload
from portal.studies.quotas import QuotaReached, taken_bytes
from portal.studies.services import discard_upload, open_upload
from portal.trials.changes import set_quota
from tests.portal.conftest import Cast, line


def announce(cast: Cast, count: int, subject: str = "S-1") -> Upload:
    file = line(f"file-{count}", b"x" * count)
    return open_upload(cast.uma, cast.north, subject, "Baseline", [file])


def test_without_a_quota_there_is_no_limit(cast: Cast) -> None:
    announce(cast, 5000)
    assert taken_bytes(cast.trial) == 5000


def test_an_upload_that_fills_the_quota_is_taken_and_the_next_byte_refused(cast: Cast) -> None:
    set_quota(cast.trial, 3000, by=cast.ada)
    announce(cast, 1000)
    announce(cast, 2000, "S-2")
    with pytest.raises(QuotaReached) as refused:
        announce(cast, 1, "S-3")
    assert refused.value.details == {"quota_bytes": 3000, "left_bytes": 0}
    assert Upload.objects.count() == 2


def test_the_refusal_says_what_is_left_and_what_to_do(cast: Cast) -> None:
    set_quota(cast.trial, 3 * 1024, by=cast.ada)
    announce(cast, 1024)
    with pytest.raises(QuotaReached) as refused:
        announce(cast, 4096, "S-2")
    assert refused.value.message == (
        "This upload has 4.0 KB; 2.0 KB of the 3.0 KB for this trial are left. Nothing was "
        "received. Ask the administrator for more room, then try again."
    )


def test_an_open_upload_is_resumed_however_full_the_trial_is(cast: Cast) -> None:
    first = announce(cast, 1000)
    set_quota(cast.trial, 10, by=cast.ada)
    assert announce(cast, 1000) == first


def test_what_was_given_up_counts_no_more(cast: Cast) -> None:
    set_quota(cast.trial, 1000, by=cast.ada)
    discard_upload(announce(cast, 1000), by=cast.uma)
    assert announce(cast, 900, "S-2").size_bytes == 900


def test_another_trial_has_its_own_room(cast: Cast) -> None:
    set_quota(cast.trial, 0, by=cast.ada)
    file = line("file", b"x")
    assert open_upload(cast.sam, cast.elsewhere, "S-1", "Baseline", [file]).size_bytes == 1


def test_the_api_says_so_with_a_code(cast: Cast, client: Client) -> None:
    set_quota(cast.trial, 5, by=cast.ada)
    client.force_login(cast.uma)
    file = {"path": "IM1", "size_bytes": 10, "sha256": "0" * 64}
    body = {"site": str(cast.north.pk), "subject": "S-1", "visit": "Baseline", "files": [file]}
    answer = client.post("/api/v1/uploads/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "quota-reached")
