"""What is changed about a trial and its sites after they were made: names, room for studies."""

from __future__ import annotations

from http import HTTPStatus

from django.db import transaction

from analysis.wording import words
from portal.accounts.models import User
from portal.audit.services import record
from portal.errors import PortalError
from portal.trials.models import Site, Trial


@transaction.atomic
def rename_trial(trial: Trial, name: str, *, by: User) -> Trial:
    """Give a trial another name; files keep the short name that it was made with."""
    trial = Trial.objects.select_for_update().get(pk=trial.pk)
    name = _words(name)
    if name == trial.name:
        return trial
    if Trial.objects.filter(name=name).exists():
        raise PortalError(
            words("Choose a name that no other trial has."),
            code="trial-exists",
            status=HTTPStatus.CONFLICT,
        )
    old, trial.name = trial.name, name
    trial.save(update_fields=["name"])
    record(
        "trial-renamed", trial, actor=by, old={"name": old}, new={"name": name}, trial_id=trial.pk
    )
    return trial


@transaction.atomic
def set_quota(trial: Trial, quota_bytes: int | None, *, by: User) -> Trial:
    """Say how much a trial's studies may take together; None is as much as there is."""
    trial = Trial.objects.select_for_update().get(pk=trial.pk)
    if quota_bytes == trial.quota_bytes:
        return trial
    old, trial.quota_bytes = trial.quota_bytes, quota_bytes
    trial.save(update_fields=["quota_bytes"])
    record(
        "quota-changed",
        trial,
        actor=by,
        old={"quota_bytes": old},
        new={"quota_bytes": quota_bytes},
        trial_id=trial.pk,
    )
    return trial


@transaction.atomic
def rename_site(site: Site, name: str, *, by: User) -> Site:
    """Give a site another name; its code stands in subject codes and stays."""
    site = Site.objects.select_for_update().get(pk=site.pk)
    name = _words(name)
    if name == site.name:
        return site
    old, site.name = site.name, name
    site.save(update_fields=["name"])
    record(
        "site-renamed",
        site,
        actor=by,
        old={"name": old},
        new={"name": name},
        trial_id=site.trial_id,
    )
    return site


def _words(name: str) -> str:
    name = name.strip()
    if not any(sign.isalnum() for sign in name):
        raise PortalError(words("Give a name with letters or digits."), code="name-empty")
    return name
