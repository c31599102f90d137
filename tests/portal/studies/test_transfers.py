from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import ProtectedError
from django.http import Http404
from django.utils import timezone
from pytest_django import Settings

from portal.studies import filing, transfers
from portal.studies.models import StoredFile, Transfer, Upload
from portal.studies.parts import TransferRefused
from portal.studies.services import discard_upload
from portal.studies.storage import current_storage
from tests.portal.conftest import Cast
from tests.portal.studies.conftest import CONTENTS, bundle_of

FIRST, SECOND = CONTENTS.values()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def open_file(cast: Cast, upload: Upload, content: bytes = FIRST) -> Transfer:
    about = {"upload": str(upload.pk), "kind": "file", "sha256": sha256(content)}
    return transfers.open_transfer(cast.uma, len(content), about)


def open_bundle(cast: Cast, upload: Upload, length: int) -> Transfer:
    return transfers.open_transfer(cast.uma, length, {"upload": str(upload.pk), "kind": "bundle"})


def send(transfer: Transfer, content: bytes, offset: int = 0) -> int:
    return transfers.receive_chunk(
        transfer, io.BytesIO(content), offset=offset, length=len(content)
    )


def test_a_file_is_filed_with_its_last_byte(cast: Cast, upload: Upload) -> None:
    transfer = open_file(cast, upload)
    assert send(transfer, FIRST[:100]) == 100
    assert sha256(FIRST) in filing.missing(upload)
    assert send(transfer, FIRST[100:], offset=100) == len(FIRST)
    assert sha256(FIRST) not in filing.missing(upload)
    assert not transfers.part_of(transfer).exists()


def test_a_bundle_files_all_of_its_members(cast: Cast, upload: Upload) -> None:
    bundle = bundle_of(FIRST, SECOND)
    send(open_bundle(cast, upload, len(bundle)), bundle)
    assert not filing.missing(upload)


def test_a_bundle_keeps_the_good_and_names_the_bad(cast: Cast, upload: Upload) -> None:
    bundle = bundle_of(FIRST, b"never announced")
    transfer = open_bundle(cast, upload, len(bundle))
    with pytest.raises(TransferRefused, match="1 of 2 files") as refused:
        send(transfer, bundle)
    assert refused.value.details == {sha256(b"never announced"): "is not on the list of files"}
    assert [*filing.missing(upload)] == [sha256(SECOND)]
    assert not Transfer.objects.exists()


def test_a_file_that_changed_under_way_is_not_kept(cast: Cast, upload: Upload) -> None:
    transfer = open_file(cast, upload)
    with pytest.raises(TransferRefused, match="changed while it was being sent"):
        send(transfer, FIRST.swapcase())
    assert sha256(FIRST) in filing.missing(upload)
    assert not transfers.part_of(transfer).exists()


def test_a_transfer_that_was_whole_before_a_crash_is_filed_on_resuming(
    cast: Cast, upload: Upload
) -> None:
    transfer = open_file(cast, upload)
    transfers.part_of(transfer).write_bytes(FIRST)  # all bytes on disc, then the power went
    assert transfers.resume(transfer) == len(FIRST)
    assert sha256(FIRST) not in filing.missing(upload)
    assert transfers.resume(transfer) == len(FIRST)


def test_a_finished_transfer_takes_nothing_more(cast: Cast, upload: Upload) -> None:
    transfer = open_file(cast, upload)
    send(transfer, FIRST)
    assert send(transfer, b"", offset=len(FIRST)) == len(FIRST)
    with pytest.raises(TransferRefused, match="is complete"):
        send(transfer, FIRST)


def test_more_than_was_announced_is_refused(cast: Cast, upload: Upload) -> None:
    transfer = open_file(cast, upload)
    with pytest.raises(TransferRefused, match="More bytes"):
        send(transfer, FIRST + b"!")
    assert transfers.offset_of(transfer) == 0


def test_only_files_on_the_manifest_are_taken(cast: Cast, upload: Upload) -> None:
    with pytest.raises(TransferRefused, match="on the list"):
        open_file(cast, upload, b"something else")


@pytest.mark.parametrize(
    ("about", "code"),
    [
        ({}, "upload-not-named"),
        ({"upload": "not-a-number"}, "upload-not-named"),
        ({"kind": "surprise"}, "kind-unknown"),
    ],
)
def test_metadata_that_says_nothing_useful_is_refused(
    cast: Cast, upload: Upload, about: dict[str, str], code: str
) -> None:
    if "kind" in about:
        about = {**about, "upload": str(upload.pk)}
    with pytest.raises(TransferRefused) as refused:
        transfers.open_transfer(cast.uma, 5, about)
    assert refused.value.code == code


def test_a_bundle_has_a_largest_size(cast: Cast, upload: Upload) -> None:
    with pytest.raises(TransferRefused, match="256 MiB at most"):
        open_bundle(cast, upload, 256 * 1024**2 + 1)


def test_a_discarded_upload_takes_no_more(cast: Cast, upload: Upload) -> None:
    transfer = open_file(cast, upload)
    discard_upload(upload)
    assert not transfers.part_of(transfer).exists()
    with pytest.raises(TransferRefused, match="takes no more files"):
        open_file(cast, upload)


def test_an_expired_transfer_is_gone(cast: Cast, upload: Upload) -> None:
    transfer = open_file(cast, upload)
    Transfer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(TransferRefused, match="has expired"):
        transfers.transfer_for(cast.uma, transfer.pk)


@pytest.mark.parametrize("name", ["uwe", "rosa", "mona", "sam", "nobody"])
def test_nobody_but_the_sites_uploaders_finds_a_transfer(
    cast: Cast, upload: Upload, name: str
) -> None:
    transfer = open_file(cast, upload)
    with pytest.raises(Http404):
        transfers.transfer_for(cast.people[name], transfer.pk)
    with pytest.raises(Http404):
        transfers.open_transfer(cast.people[name], 1, {"upload": str(upload.pk), "kind": "bundle"})


def test_cancelling_leaves_nothing_behind(cast: Cast, upload: Upload) -> None:
    transfer = open_file(cast, upload)
    send(transfer, FIRST[:10])
    transfers.cancel(transfer)
    assert not transfers.part_of(transfer).exists()
    assert not Transfer.objects.exists()


def test_a_file_that_names_someone_is_not_kept(
    cast: Cast, open_upload_of: Callable[..., Upload], settings: Settings
) -> None:
    settings.DEIDENTIFICATION_REQUIRED = True
    letter = b"Dear Mrs Doe"
    upload = open_upload_of(IM1=letter)
    transfer = open_file(cast, upload, letter)
    with pytest.raises(TransferRefused, match="De-identify the study at your site") as refused:
        send(transfer, letter)
    assert refused.value.code == "identifying-data"
    bundle = bundle_of(letter)
    with pytest.raises(TransferRefused, match="1 of 1 files") as refused:
        send(open_bundle(cast, upload, len(bundle)), bundle)
    assert refused.value.details == {sha256(letter): "it is neither an image nor a ZIP"}
    assert [*filing.missing(upload)] == [sha256(letter)]
    assert upload.files.get().problem == "it is neither an image nor a ZIP"
    storage = current_storage()
    assert not storage.has(sha256(letter))
    assert not [*storage.incoming.iterdir()]


@pytest.mark.parametrize("kind", ["file", "bundle"])
def test_an_upload_deleted_under_way_takes_nothing_and_leaves_nothing(
    cast: Cast, upload: Upload, kind: str
) -> None:
    content = FIRST if kind == "file" else bundle_of(FIRST, SECOND)
    transfer = (
        open_file(cast, upload) if kind == "file" else open_bundle(cast, upload, len(content))
    )
    send(transfer, content[:200])
    Upload.objects.filter(pk=upload.pk).delete()
    with pytest.raises((TransferRefused, filing.UploadGone)):
        send(transfer, content[200:], offset=200)
    storage = current_storage()
    assert not storage.has(sha256(FIRST))
    assert not [*storage.incoming.iterdir()]
    assert not StoredFile.objects.exists()
    with pytest.raises(Http404):
        transfers.transfer_for(cast.uma, transfer.pk)


def test_an_upload_given_up_between_the_last_byte_and_the_filing_is_told(
    upload: Upload,
) -> None:
    part = current_storage().incoming / "part"
    part.write_bytes(FIRST)
    Upload.objects.update(state=Upload.State.DISCARDED)
    with pytest.raises(filing.UploadGone, match="given up or deleted") as gone:
        filing.file_parts(upload, {sha256(FIRST): part})
    assert gone.value.status == 410
    assert not part.exists()


def test_a_trial_with_a_running_upload_cannot_be_deleted_by_accident(
    cast: Cast, upload: Upload
) -> None:
    with pytest.raises(ProtectedError):
        cast.trial.delete()
    assert Upload.objects.filter(pk=upload.pk).exists()
