"""What a person may see of studies and uploads; fetching is the permission check."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from portal.accounts.models import User
from portal.studies.models import Study, Upload
from portal.trials.models import Role
from portal.trials.selectors import ANY_ROLE, sites_for

MAY_UPLOAD = (Role.UPLOADER, Role.MANAGER)


def studies_for(user: User | AnonymousUser, roles: Collection[Role] = ANY_ROLE) -> QuerySet[Study]:
    return Study.objects.filter(site__in=sites_for(user, roles)).select_related(
        "trial", "site", "subject", "visit"
    )


def study_for(
    user: User | AnonymousUser, study_id: UUID | str, roles: Collection[Role] = ANY_ROLE
) -> Study:
    return get_object_or_404(studies_for(user, roles), pk=study_id)


def uploads_for(user: User | AnonymousUser) -> QuerySet[Upload]:
    return Upload.objects.filter(site__in=sites_for(user, MAY_UPLOAD)).select_related(
        "trial", "site", "subject", "visit"
    )


def upload_for(user: User | AnonymousUser, upload_id: UUID | str) -> Upload:
    return get_object_or_404(uploads_for(user), pk=upload_id)
