from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from portal.accounts.models import User
from portal.audit.services import record
from portal.trials.models import Membership, Role, Site, Subject, Trial, Visit


@transaction.atomic
def create_trial(name: str, *, slug: str = "", by: User | None = None) -> Trial:
    trial = Trial(name=name, slug=slug or slugify(name))
    trial.full_clean()
    trial.save()
    record("trial-created", trial, actor=by, new={"name": name}, trial_id=trial.pk)
    return trial


@transaction.atomic
def create_site(trial: Trial, name: str, *, code: str, by: User | None = None) -> Site:
    site = Site(trial=trial, name=name, code=code)
    site.full_clean()
    site.save()
    record("site-created", site, actor=by, new={"name": name, "code": code}, trial_id=trial.pk)
    return site


@transaction.atomic
def add_member(
    trial: Trial,
    user: User,
    role: Role,
    *,
    site: Site | None = None,
    by: User | None = None,
) -> Membership:
    if site is not None and site.trial_id != trial.pk:
        raise ValidationError("The site belongs to another trial.")
    membership, is_new = Membership.objects.get_or_create(
        trial=trial, user=user, site=site, role=Role(role)
    )
    if is_new:
        new = {"user": user.email, "role": role, "site": site.code if site else None}
        record("member-added", membership, actor=by, new=new, trial_id=trial.pk)
    return membership


@transaction.atomic
def remove_member(membership: Membership, *, by: User) -> None:
    old = {"user": membership.user.email, "role": membership.role, "site": membership.site_id}
    record("member-removed", membership, actor=by, old=old, trial_id=membership.trial_id)
    membership.delete()


@transaction.atomic
def subject_at(site: Site, code: str, *, by: User | None = None) -> Subject:
    subject, is_new = Subject.objects.get_or_create(site=site, code=code, trial=site.trial)
    if is_new:
        new = {"code": code, "site": site.code}
        record("subject-created", subject, actor=by, new=new, trial_id=site.trial_id)
    return subject


@transaction.atomic
def visit_of(subject: Subject, name: str, *, by: User | None = None) -> Visit:
    visit, is_new = Visit.objects.get_or_create(subject=subject, name=name)
    if is_new:
        record("visit-created", visit, actor=by, new={"name": name}, trial_id=subject.trial_id)
    return visit
