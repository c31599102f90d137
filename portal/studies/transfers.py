"""Transfers in progress: opened for an upload, fed with chunks, filed when complete."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from io import FileIO
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.shortcuts import get_object_or_404
from django.utils import timezone

from portal.accounts.models import User
from portal.studies import bundles, filing, parts
from portal.studies.bundles import Unpacked
from portal.studies.deidentification.inspection import problem_of
from portal.studies.deidentification.rules import load_rules
from portal.studies.models import Transfer, Upload
from portal.studies.parts import Body, Checksum, TransferRefused
from portal.studies.selectors import upload_for, uploads_for
from portal.studies.storage import current_storage, refuse_without_space, sha256_of

EXPIRES_AFTER = timedelta(days=1)


def part_of(transfer: Transfer) -> Path:
    return current_storage().incoming / str(transfer.pk)


def transfer_for(user: User | AnonymousUser, transfer_id: UUID | str) -> Transfer:
    """Fetch a transfer of an upload that the person may send to, unless its time is over."""
    transfer = get_object_or_404(
        Transfer.objects.filter(upload__in=uploads_for(user)).select_related("upload"),
        pk=transfer_id,
    )
    if transfer.expires_at <= timezone.now():
        raise TransferRefused(
            "This transfer has expired; ask which files are missing and send those.",
            code="transfer-expired",
            status=HTTPStatus.GONE,
        )
    return transfer


def offset_of(transfer: Transfer) -> int:
    return transfer.length_bytes if transfer.is_finished else parts.size_of(part_of(transfer))


def open_transfer(
    user: User | AnonymousUser, length_bytes: int, about: Mapping[str, str]
) -> Transfer:
    """Open a transfer for the upload that its metadata names."""
    upload = upload_for(user, _id_in(about))
    if upload.state != Upload.State.OPEN:
        raise TransferRefused(
            "This upload takes no more files.", code="upload-closed", status=HTTPStatus.CONFLICT
        )
    kind = about.get("kind", Transfer.Kind.FILE)
    sha256 = about.get("sha256", "")
    if kind == Transfer.Kind.BUNDLE:
        _check_bundle(length_bytes)
    elif kind == Transfer.Kind.FILE:
        _check_file(upload, sha256, length_bytes)
    else:
        raise TransferRefused("kind must be file or bundle.", code="kind-unknown")
    storage = current_storage()
    refuse_without_space(storage, length_bytes)
    transfer = Transfer(
        upload=upload,
        kind=kind,
        sha256=sha256 if kind == Transfer.Kind.FILE else "",
        length_bytes=length_bytes,
        expires_at=min(timezone.now() + EXPIRES_AFTER, upload.expires_at),
    )
    parts.create(part_of(transfer))
    transfer.save(force_insert=True)
    return transfer


def receive_chunk(
    transfer: Transfer,
    body: Body,
    *,
    offset: int,
    length: int,
    checksum: Checksum | None = None,
) -> int:
    """Append a chunk, file the content when it is the last one, and return the new offset."""
    if transfer.is_finished:
        if offset == transfer.length_bytes and length == 0:
            return offset
        raise TransferRefused(
            "This transfer is complete.", code="offset-differs", status=HTTPStatus.CONFLICT
        )
    with parts.locked(part_of(transfer)) as file:
        if length > transfer.length_bytes - offset:
            raise TransferRefused(
                "More bytes than were announced.",
                code="too-many-bytes",
                status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            )
        size = parts.append(file, body, offset=offset, length=length, checksum=checksum)
        if size == transfer.length_bytes:
            _finish(transfer, file)
    return size


def resume(transfer: Transfer) -> int:
    """Return where to go on; a transfer whose last chunk came just before a crash is filed now."""
    if not transfer.is_finished and offset_of(transfer) == transfer.length_bytes:
        receive_chunk(transfer, _Nothing(), offset=transfer.length_bytes, length=0)
    return offset_of(transfer)


def cancel(transfer: Transfer) -> None:
    part_of(transfer).unlink(missing_ok=True)
    transfer.delete()


class _Nothing:
    def read(self, _size: int, /) -> bytes:
        return b""


def _id_in(about: Mapping[str, str]) -> UUID:
    try:
        return UUID(about.get("upload", ""))
    except ValueError as error:
        raise TransferRefused(
            "The transfer does not say which upload it belongs to.", code="upload-not-named"
        ) from error


def _check_file(upload: Upload, sha256: str, length_bytes: int) -> None:
    if not upload.files.filter(sha256=sha256, size_bytes=length_bytes).exists():
        raise TransferRefused(
            "No file of this size and checksum is on the list that was agreed for this upload.",
            code="not-on-manifest",
        )


def _check_bundle(length_bytes: int) -> None:
    if length_bytes > bundles.MAX_BUNDLE_BYTES:
        raise TransferRefused(
            f"A bundle may have {bundles.MAX_BUNDLE_BYTES // 1024**2} MiB at most.",
            code="bundle-too-large",
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )


def _finish(transfer: Transfer, file: FileIO) -> None:
    """File what arrived; the transfer ends either way, and what was wrong is named."""
    file.seek(0)
    try:
        if transfer.kind == Transfer.Kind.BUNDLE:
            _file_bundle(transfer, file)
        else:
            _file_whole(transfer, file)
    except (TransferRefused, filing.UploadGone) as refused:
        filing.note_problems(transfer.upload, refused.details)
        cancel(transfer)
        raise
    transfer.is_finished = True
    transfer.save(update_fields=["is_finished"])
    part_of(transfer).unlink(missing_ok=True)


def _file_whole(transfer: Transfer, file: FileIO) -> None:
    if sha256_of(file) != transfer.sha256:
        raise TransferRefused(
            "The file changed while it was being sent; it was not kept. Send it again.",
            code="files-differ",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            details={transfer.sha256: "changed while it was being sent"},
        )
    if problem := _naming_problem(part_of(transfer)):
        raise TransferRefused(
            f"The file was not kept, because {problem}. De-identify the study at your site and "
            "send it again.",
            code="identifying-data",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            details={transfer.sha256: problem},
        )
    filing.file_parts(transfer.upload, {transfer.sha256: part_of(transfer)})


def _file_bundle(transfer: Transfer, file: FileIO) -> None:
    upload = transfer.upload
    expected = dict(upload.files.values_list("sha256", "size_bytes").distinct())
    unpacked = bundles.unpack(file, expected, current_storage().incoming)
    members = [_unless_it_names_someone(member) for member in unpacked]
    filing.file_parts(
        upload, {member.name: member.part for member in members if member.part is not None}
    )
    if problems := bundles.problems_of(members):
        raise TransferRefused(
            f"{len(problems)} of {len(members)} files in the bundle were not kept; the details say "
            "why. The others are here.",
            code="files-differ",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            details=problems,
        )


def _unless_it_names_someone(member: Unpacked) -> Unpacked:
    if member.part is None or not (problem := _naming_problem(member.part)):
        return member
    member.part.unlink()
    return Unpacked(member.name, problem=problem)


def _naming_problem(part: Path) -> str:
    """Look for names before a file is stored, where the deployment demands it."""
    if not settings.DEIDENTIFICATION_REQUIRED:
        return ""
    with part.open("rb") as file:
        return problem_of(file, load_rules())
