"""How much the studies of a trial may take together."""

from __future__ import annotations

from http import HTTPStatus

from django.db.models import Sum
from django.template.defaultfilters import filesizeformat

from analysis.wording import words
from portal.errors import PortalError
from portal.studies.models import Upload
from portal.trials.models import Trial

_COUNTED = (Upload.State.OPEN, Upload.State.COMPLETE)


class QuotaReached(PortalError):
    """An upload is larger than what is left for its trial."""


def taken_bytes(trial: Trial) -> int:
    """Return what the trial's studies take: received, and announced by open uploads."""
    counted = Upload.objects.filter(trial=trial, state__in=_COUNTED)
    return int(counted.aggregate(total=Sum("size_bytes"))["total"] or 0)


def refuse_beyond_quota(trial: Trial, size_bytes: int) -> None:
    """Refuse an upload at its start; two that start at once are counted one after the other."""
    quota = Trial.objects.select_for_update().values_list("quota_bytes", flat=True).get(pk=trial.pk)
    if quota is None:
        return
    left = max(quota - taken_bytes(trial), 0)
    if size_bytes > left:
        raise QuotaReached(
            words(
                "This upload has %(size)s; %(left)s of the %(quota)s for this trial are left. "
                "Nothing was received. Ask the administrator for more room, then try again.",
                size=_size(size_bytes),
                left=_size(left),
                quota=_size(quota),
            ),
            code="quota-reached",
            status=HTTPStatus.CONFLICT,
            details={"quota_bytes": quota, "left_bytes": left},
        )


def _size(count: int) -> str:
    return str(filesizeformat(count)).replace("\xa0", " ")
