"""How verified files reach the manifest: which are here, which are missing, who may forget them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet, Sum

from analysis.wording import words
from portal.errors import PortalError
from portal.studies.manifest import EMPTY_SHA256
from portal.studies.models import StoredFile, Upload, UploadFile
from portal.studies.parts import create
from portal.studies.storage import Storage, current_storage

Uploads = QuerySet[Upload]
T = TypeVar("T")
_BATCH = 500
_LONGEST_PROBLEM = 300
_LONGEST_NAME_BYTES = 255


class UploadGone(PortalError):
    """Bytes arrived for an upload that takes none any more."""


def file_name(name: str) -> str:
    """Return the name as the disc takes it: a too long one is cut and kept apart by its hash."""
    encoded = name.encode("utf-8")
    if len(encoded) <= _LONGEST_NAME_BYTES:
        return name
    mark = hashlib.sha256(encoded).hexdigest()[:16]
    keep = encoded[: _LONGEST_NAME_BYTES - len(mark) - 1]
    return f"{keep.decode('utf-8', errors='ignore')}-{mark}"


def missing(upload: Upload) -> dict[str, int]:
    """Return size in bytes by SHA-256 of what has still to be sent; equal files count once."""
    rows = upload.files.filter(state=UploadFile.State.MISSING)
    return dict(rows.values_list("sha256", "size_bytes").distinct().order_by("sha256"))


def received_bytes(upload: Upload) -> int:
    total: int | None = upload.files.aggregate(total=Sum("received_bytes"))["total"]
    return total or 0


@transaction.atomic
def file_parts(upload: Upload, parts: Mapping[str, Path]) -> None:
    """Store verified parts (by SHA-256) and tick them off the manifest.

    1. The upload is held: it may have been given up or deleted while its bytes were on the way.
    2. The files go to the storage first: a row never names content that is not there.
    3. The rows follow, all or none.
    """
    open_uploads = Upload.objects.select_for_update().filter(state=Upload.State.OPEN)
    if not open_uploads.filter(pk=upload.pk).exists():
        for part in parts.values():
            part.unlink(missing_ok=True)
        raise UploadGone(
            words(
                "This upload was given up or deleted on the portal; nothing of it was kept. "
                "Ask the manager of the trial, then choose the folder again."
            ),
            code="upload-gone",
            status=HTTPStatus.GONE,
        )
    storage = current_storage()
    sizes = {sha256: part.stat().st_size for sha256, part in parts.items()}
    storage.keep(parts)
    StoredFile.objects.bulk_create(
        [StoredFile(sha256=sha256, size_bytes=size) for sha256, size in sizes.items()],
        ignore_conflicts=True,
    )
    _tick_off(upload, parts.keys())


def note_problems(upload: Upload, problems: Mapping[str, str]) -> None:
    """Write into the receipt why files (by SHA-256) that arrived were not kept."""
    for sha256, problem in problems.items():
        lines = upload.files.filter(sha256=sha256, state=UploadFile.State.MISSING)
        lines.update(problem=problem[:_LONGEST_PROBLEM])


def count_what_is_here(upload: Upload) -> None:
    """Tick off what this site sent before, and empty files."""
    storage = current_storage()
    wanted = missing(upload)
    if EMPTY_SHA256 in wanted:
        _ensure_empty_file(storage)
    for hashes in _batches(wanted):
        known = UploadFile.objects.filter(
            upload__site=upload.site_id, sha256__in=hashes, stored__isnull=False
        ).values_list("sha256", flat=True)
        here = {sha256 for sha256 in known if storage.has(sha256)} | {EMPTY_SHA256} & {*hashes}
        _tick_off(upload, here)


def forget(upload: Upload) -> None:
    """Drop the parts, and the records of content that nothing else refers to.

    The content itself goes in the next sweep of the storage, never in the middle of a request
    that may be storing the same content again.
    """
    incoming = current_storage().incoming
    for transfer in upload.transfers.all():
        (incoming / str(transfer.pk)).unlink(missing_ok=True)
    upload.transfers.all().delete()
    stored = {*upload.files.exclude(stored=None).values_list("stored_id", flat=True)}
    upload.files.update(stored=None, state=UploadFile.State.MISSING, received_bytes=0)
    for batch in _batches(stored):
        StoredFile.objects.filter(pk__in=batch, upload_files=None).delete()


def _tick_off(upload: Upload, hashes: Collection[str]) -> None:
    for batch in _batches(hashes):
        ids = dict(StoredFile.objects.filter(sha256__in=batch).values_list("sha256", "pk"))
        rows = [*upload.files.filter(sha256__in=ids, state=UploadFile.State.MISSING)]
        for row in rows:
            row.stored_id = ids[row.sha256]
            row.state = UploadFile.State.RECEIVED
            row.received_bytes, row.problem = row.size_bytes, ""
        UploadFile.objects.bulk_update(rows, ["stored", "state", "received_bytes", "problem"])


def _ensure_empty_file(storage: Storage) -> None:
    if not storage.has(EMPTY_SHA256):
        part = storage.incoming / f"{EMPTY_SHA256}.empty"
        part.unlink(missing_ok=True)
        create(part)
        storage.keep({EMPTY_SHA256: part})
    StoredFile.objects.get_or_create(sha256=EMPTY_SHA256, defaults={"size_bytes": 0})


def _batches(values: Collection[T]) -> Iterator[list[T]]:
    iterator = iter(values)
    while batch := [*islice(iterator, _BATCH)]:
        yield batch
