from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from analysis.wording import words
from portal.accounts.models import User
from portal.audit.services import record
from portal.errors import PortalError
from portal.studies import filing
from portal.studies.deidentification.file_names import refuse_naming_paths
from portal.studies.manifest import Manifest, ManifestLine
from portal.studies.models import Study, Upload, UploadFile
from portal.studies.quotas import refuse_beyond_quota
from portal.studies.storage import current_storage, refuse_without_space
from portal.trials.models import Site
from portal.trials.services import subject_at, visit_of

_BATCH = 1000
_NAMED_MISSING = 20


class UploadRefused(PortalError):
    """An upload cannot be opened or completed as it stands."""


@transaction.atomic
def open_upload(
    user: User,
    site: Site,
    subject_code: str,
    visit_name: str,
    files: Iterable[ManifestLine],
    *,
    is_new_version: bool = False,
    not_sent: Mapping[str, int] | None = None,
) -> Upload:
    """Agree on a manifest; the same manifest again resumes the open upload.

    Files that this site sent before are not asked for again. Content of other sites never
    counts, so that knowing a hash gives nobody a file.
    """
    manifest = Manifest.of(files)
    if settings.DEIDENTIFICATION_REQUIRED:
        refuse_naming_paths(line.relative_path for line in manifest.lines)
    if site.trial.closed_at is not None:
        raise UploadRefused(
            words("This trial is closed and takes no more studies."),
            code="trial-closed",
            status=HTTPStatus.CONFLICT,
        )
    subject = subject_at(site, subject_code, by=user)
    visit = visit_of(subject, visit_name, by=user)
    same = Upload.objects.filter(subject=subject, visit=visit, manifest_hash=manifest.hash)
    if resumed := same.filter(state=Upload.State.OPEN).first():
        return resumed
    if not is_new_version:
        _refuse_second_copy(Upload.objects.filter(subject=subject), manifest)
    refuse_beyond_quota(site.trial, manifest.size_bytes)
    refuse_without_space(current_storage(), manifest.size_bytes)
    upload = Upload.objects.create(
        created_by=user,
        trial=site.trial,
        site=site,
        subject=subject,
        visit=visit,
        manifest_hash=manifest.hash,
        not_sent=dict(not_sent or {}),
        file_count=len(manifest.lines),
        size_bytes=manifest.size_bytes,
        expires_at=timezone.now() + timedelta(days=settings.UPLOAD_EXPIRES_DAYS),
    )
    UploadFile.objects.bulk_create(
        [
            UploadFile(
                upload=upload,
                relative_path=line.relative_path,
                size_bytes=line.size_bytes,
                sha256=line.sha256,
            )
            for line in manifest.lines
        ],
        batch_size=_BATCH,
    )
    filing.count_what_is_here(upload)
    _record(upload, "upload-opened", user)
    return upload


def _refuse_second_copy(uploads: filing.Uploads, manifest: Manifest) -> None:
    twin = (
        uploads.filter(manifest_hash=manifest.hash, state=Upload.State.COMPLETE)
        .select_related("study")
        .first()
    )
    if twin is not None:
        raise UploadRefused(
            words(
                "These files were received before for this subject. Open that study, or send "
                "them again as a new version."
            ),
            code="same-study",
            status=HTTPStatus.CONFLICT,
            details={"study": str(twin.study.pk)},
        )


@transaction.atomic
def complete_upload(upload: Upload, *, by: User | None = None) -> Study:
    """Close an upload whose files are all here and verified; called twice, the same study."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.state == Upload.State.COMPLETE:
        return upload.study
    if upload.state == Upload.State.DISCARDED:
        raise UploadRefused(
            words("This upload was discarded; start a new one."),
            code="upload-discarded",
            status=HTTPStatus.CONFLICT,
        )
    missing = upload.files.exclude(state=UploadFile.State.RECEIVED).order_by("relative_path")
    if count := missing.count():
        names = [*missing.values_list("relative_path", flat=True)[:_NAMED_MISSING]]
        raise UploadRefused(
            words(
                "%(count)s of %(total)s files have not arrived; resume the upload.",
                count=count,
                total=upload.file_count,
            ),
            code="upload-incomplete",
            status=HTTPStatus.CONFLICT,
            details={"missing_count": count, "missing": names},
        )
    now = timezone.now()
    upload.state, upload.completed_at = Upload.State.COMPLETE, now
    upload.save(update_fields=["state", "completed_at"])
    study = Study.objects.create(
        upload=upload,
        trial_id=upload.trial_id,
        site_id=upload.site_id,
        subject_id=upload.subject_id,
        visit_id=upload.visit_id,
        received_at=now,
    )
    _record(upload, "upload-completed", by, study=study)
    return study


@transaction.atomic
def discard_upload(upload: Upload, *, by: User | None = None) -> Upload:
    """Give up an open upload; its parts are deleted, what other uploads share stays."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.state == Upload.State.COMPLETE:
        raise UploadRefused(
            words("This upload is complete and belongs to a study; it cannot be discarded."),
            code="upload-complete",
            status=HTTPStatus.CONFLICT,
        )
    if upload.state == Upload.State.OPEN:
        upload.state = Upload.State.DISCARDED
        upload.save(update_fields=["state"])
        filing.forget(upload)
        _record(upload, "upload-discarded", by)
    return upload


def materialise(study: Study, folder: Path) -> Path:
    """Lay the files of a study into a work folder under their own paths; originals stay as is."""
    storage = current_storage()
    rows = study.upload.files.values_list("relative_path", "sha256")
    for relative_path, sha256 in rows.iterator(chunk_size=_BATCH):
        destination = folder.joinpath(*map(filing.file_name, relative_path.split("/")))
        destination.parent.mkdir(parents=True, exist_ok=True)
        if not destination.exists():
            storage.place(sha256, destination)
    return folder


def _record(upload: Upload, action: str, actor: User | None, *, study: Study | None = None) -> None:
    record(
        action,
        upload,
        actor=actor,
        new={
            "state": upload.state,
            "manifest_hash": upload.manifest_hash,
            "file_count": upload.file_count,
            "size_bytes": upload.size_bytes,
            "not_sent": upload.not_sent,
            "study": study.pk if study else None,
        },
        trial_id=upload.trial_id,
    )
