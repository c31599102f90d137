"""What time and room ask for: expired uploads are given up, content without a record is removed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from portal.notifications.kinds import Kind
from portal.notifications.services import notify
from portal.studies.clock import held_until
from portal.studies.models import StoredFile, Transfer, Upload
from portal.studies.services import UploadRefused, discard_upload
from portal.studies.storage import Storage, current_storage
from portal.studies.transfers import cancel

# Content younger than this may belong to a request that has not committed yet.
YOUNGEST_ORPHAN_S = 3600
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Tidied:
    uploads: int
    transfers: int
    files: int
    held_until: datetime | None = None  # after the clock has jumped


def tidy(*, youngest_orphan_s: float = YOUNGEST_ORPHAN_S) -> Tidied:
    """Give up what has expired; every upload that is given up stands in the audit trail.

    Nothing is touched for a day after the server's clock has jumped.
    """
    now = timezone.now()
    if until := held_until(now):
        return Tidied(0, 0, 0, until)
    expired = Upload.objects.filter(state=Upload.State.OPEN, expires_at__lte=now)
    given_up = sum(_give_up(upload) for upload in expired)
    over = [*Transfer.objects.filter(expires_at__lte=now)]
    for transfer in over:
        cancel(transfer)
    removed = _remove_orphans(current_storage(), now.timestamp() - youngest_orphan_s)
    return Tidied(given_up, len(over), removed)


def _give_up(upload: Upload) -> bool:
    try:
        discard_upload(upload)
    except UploadRefused:
        return False  # it was completed in this very moment
    page = reverse("reports:upload")
    notify(Kind.UPLOAD_ATTENTION, to=[upload.created_by], about=upload, path=page)
    return True


def _remove_orphans(storage: Storage, before: float) -> int:
    removed = 0
    names = [*storage.names(before)]
    for start in range(0, len(names), _BATCH):
        batch = names[start : start + _BATCH]
        known = {*StoredFile.objects.filter(sha256__in=batch).values_list("sha256", flat=True)}
        for name in batch:
            if name not in known:
                storage.remove(name)
                removed += 1
    storage.remove_parts(before)
    return removed
