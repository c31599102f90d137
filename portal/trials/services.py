from __future__ import annotations

import secrets
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify

from analysis.wording import words
from portal.accounts.invitations import accept, invite
from portal.accounts.models import Invitation, User
from portal.audit.services import record
from portal.errors import PortalError
from portal.trials.models import (
    InvitedMembership,
    Membership,
    Protocol,
    Role,
    Site,
    Subject,
    Trial,
    Visit,
)
from portal.trials.protocols import ProtocolRules
from portal.trials.reading_schemes import SchemeRefused
from portal.trials.schemes import refuse_unblinding
from portal.trials.visits import refuse_new_subject

_LONGEST_SLUG = 80


def slug_of(name: str) -> str:
    """Return how a new trial is called in file names; one in another script gets a number."""
    if not any(sign.isalnum() for sign in name):
        raise PortalError(words("Give the trial a name with letters or digits."), code="trial-name")
    slug = slugify(name)[:_LONGEST_SLUG].strip("-") or f"trial-{secrets.token_hex(4)}"
    if Trial.objects.filter(Q(slug=slug) | Q(name=name)).exists():
        raise PortalError(
            words("Choose a name that no other trial has."),
            code="trial-exists",
            status=HTTPStatus.CONFLICT,
        )
    return slug


@transaction.atomic
def create_trial(name: str, *, slug: str = "", by: User | None = None) -> Trial:
    trial = Trial(name=name, slug=slug or slug_of(name))
    trial.full_clean()
    trial.save()
    record("trial-created", trial, actor=by, new={"name": name}, trial_id=trial.pk)
    return trial


@transaction.atomic
def close_trial(trial: Trial, *, by: User) -> Trial:
    """Let a trial take no more studies; the retention that counts from this day begins."""
    return _set_closed(trial, timezone.now(), by)


@transaction.atomic
def reopen_trial(trial: Trial, *, by: User) -> Trial:
    return _set_closed(trial, None, by)


def _set_closed(trial: Trial, closed_at: datetime | None, by: User) -> Trial:
    """Change what is not so yet: a trial that is closed again keeps the day it was closed."""
    trial = Trial.objects.select_for_update().get(pk=trial.pk)
    if (trial.closed_at is None) == (closed_at is None):
        return trial
    old, trial.closed_at = trial.closed_at, closed_at
    trial.save(update_fields=["closed_at"])
    record(
        "trial-closed" if closed_at else "trial-reopened",
        trial,
        actor=by,
        old={"closed_at": old},
        new={"closed_at": closed_at},
        trial_id=trial.pk,
    )
    return trial


def refuse_taken_code(trial: Trial, code: str) -> None:
    if trial.sites.filter(code=code).exists():
        raise PortalError(
            words("Another site of this trial has this code."),
            code="site-exists",
            status=HTTPStatus.CONFLICT,
        )


@transaction.atomic
def create_site(trial: Trial, name: str, *, code: str, by: User | None = None) -> Site:
    refuse_taken_code(trial, code)
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
    _check_site(trial, site)
    refuse_unblinding(trial, user, Role(role))
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
    if found := Subject.objects.filter(site=site, code=code).first():
        return found
    refuse_new_subject(site, code)
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


@transaction.atomic
def invite_member(
    email: str, trial: Trial, role: Role, *, by: User, site: Site | None = None
) -> Membership | Invitation:
    """Add someone to a trial by e-mail address: at once, or when the invitation is accepted."""
    known = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if known is not None:
        return add_member(trial, known, role, site=site, by=by)
    _check_site(trial, site)
    invitation = invite(email, by=by)
    InvitedMembership.objects.create(invitation=invitation, trial=trial, site=site, role=Role(role))
    return invitation


@transaction.atomic
def withdraw_promise(promised: InvitedMembership, *, by: User) -> None:
    """Take back a role before its invitation is accepted; the invitation itself stays good."""
    old = {
        "user": promised.invitation.email,
        "role": promised.role,
        "site": promised.site.code if promised.site else None,
    }
    record("promised-role-withdrawn", promised, actor=by, old=old, trial_id=promised.trial_id)
    promised.delete()


@transaction.atomic
def accept_invitation(secret: str, *, name: str, password: str) -> User:
    user = accept(secret, name=name, password=password)
    accepted = Q(invitation__accepted_by=user) | Q(invitation__replaced_by__accepted_by=user)
    for promised in InvitedMembership.objects.filter(accepted).order_by("pk"):
        _keep_promise(promised, user)
    return user


def _keep_promise(promised: InvitedMembership, user: User) -> None:
    """Give the role that an invitation promised, unless a reading scheme forbids it by now."""
    by, trial = promised.invitation.invited_by, promised.trial
    try:
        add_member(trial, user, Role(promised.role), site=promised.site, by=by)
    except SchemeRefused as refusal:
        old = {"user": user.email, "role": promised.role}
        new = {"because": refusal.message}
        record("promised-role-refused", promised, actor=by, old=old, new=new, trial_id=trial.pk)


def _check_site(trial: Trial, site: Site | None) -> None:
    if site is not None and site.trial_id != trial.pk:
        raise ValidationError("The site belongs to another trial.")


@transaction.atomic
def set_protocol(trial: Trial, name: str, rules: dict[str, Any], *, by: User) -> Protocol:
    """Give a trial its protocol; each change is a new version, and the old one is on record."""
    ProtocolRules.of(rules)
    protocol = Protocol.objects.select_for_update().filter(trial=trial).first()
    old = {"rules": protocol.rules, "version": protocol.version} if protocol else {}
    if protocol is None:
        protocol = Protocol(trial=trial, version=0)
    protocol.name, protocol.rules, protocol.version = name, rules, protocol.version + 1
    protocol.save()
    new = {"name": name, "rules": rules, "version": protocol.version}
    record("protocol-changed", protocol, actor=by, old=old, new=new, trial_id=trial.pk)
    return protocol
