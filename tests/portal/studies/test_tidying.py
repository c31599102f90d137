from __future__ import annotations

import hashlib
import os
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from portal.audit.models import AuditEvent
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery
from portal.studies import filing, transfers
from portal.studies.models import StoredFile, Transfer, Upload
from portal.studies.services import complete_upload
from portal.studies.storage import FileStorage, current_storage
from portal.studies.tidying import Tidied, tidy
from tests.portal.conftest import Cast
from tests.portal.studies.conftest import CONTENTS

FIRST, SECOND = CONTENTS.values()


def deliver(upload: Upload, *contents: bytes) -> None:
    parts = {}
    for number, content in enumerate(contents):
        part = current_storage().incoming / str(number)
        part.write_bytes(content)
        parts[hashlib.sha256(content).hexdigest()] = part
    filing.file_parts(upload, parts)


def expire() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Upload.objects.update(expires_at=past)
    Transfer.objects.update(expires_at=past)


def test_nothing_that_is_still_wanted_is_touched(cast: Cast, upload: Upload) -> None:
    deliver(upload, FIRST)
    about = {"upload": str(upload.pk), "kind": "bundle"}
    transfer = transfers.open_transfer(cast.uma, 10, about)
    assert tidy(youngest_orphan_s=-1) == Tidied(0, 0, 0)
    assert transfers.part_of(transfer).exists()


def test_an_expired_upload_is_given_up_with_its_files(upload: Upload) -> None:
    deliver(upload, FIRST)
    expire()
    assert tidy(youngest_orphan_s=-1) == Tidied(1, 0, 1)
    upload.refresh_from_db()
    assert upload.state == Upload.State.DISCARDED
    assert not StoredFile.objects.exists()
    assert not current_storage().has(hashlib.sha256(FIRST).hexdigest())
    assert AuditEvent.objects.filter(action="upload-discarded").exists()


def test_whoever_began_an_expired_upload_hears_of_it(cast: Cast, upload: Upload) -> None:
    expire()
    tidy()
    tidy()
    told = Delivery.objects.get()
    assert (told.user, told.kind, told.path) == (cast.uma, Kind.UPLOAD_ATTENTION, "/upload/")


def test_a_complete_upload_never_expires(upload: Upload) -> None:
    deliver(upload, FIRST, SECOND)
    complete_upload(upload)
    expire()
    assert tidy(youngest_orphan_s=-1) == Tidied(0, 0, 0)
    assert current_storage().has(hashlib.sha256(FIRST).hexdigest())


def test_an_expired_transfer_loses_its_part_and_the_upload_stays(
    cast: Cast, upload: Upload
) -> None:
    about = {"upload": str(upload.pk), "kind": "bundle"}
    transfer = transfers.open_transfer(cast.uma, 10, about)
    Transfer.objects.update(expires_at=timezone.now())
    assert tidy() == Tidied(0, 1, 0)
    assert not transfers.part_of(transfer).exists()
    upload.refresh_from_db()
    assert upload.state == Upload.State.OPEN


@pytest.mark.usefixtures("db")
def test_young_content_without_a_record_is_left_to_its_request() -> None:
    storage = current_storage()
    part = storage.incoming / "part"
    part.write_bytes(FIRST)
    storage.keep({hashlib.sha256(FIRST).hexdigest(): part})
    assert tidy().files == 0
    assert tidy(youngest_orphan_s=-1).files == 1


@pytest.mark.usefixtures("db")
def test_parts_that_rest_for_days_are_removed() -> None:
    storage = current_storage()
    assert isinstance(storage, FileStorage)
    old, young = storage.incoming / "old", storage.incoming / "young"
    for path in (old, young):
        path.touch()
    os.utime(old, (0, 0))
    tidy()
    assert (old.exists(), young.exists()) == (False, True)


@pytest.mark.usefixtures("db")
def test_the_command_tells_what_it_did() -> None:
    said = StringIO()
    call_command("tidy_uploads", stdout=said)
    assert "0 uploads and 0 transfers had expired; 0 files" in said.getvalue()
