"""What a person may see of trials; fetching is the permission check."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from portal.accounts.models import User
from portal.trials.models import (
    InvitedMembership,
    Membership,
    ReadingScheme,
    Role,
    Site,
    Subject,
    Trial,
    Visit,
)

ANY_ROLE: tuple[Role, ...] = tuple(Role)
ASSIGNED_ONLY = (Role.READER, Role.ADJUDICATOR)
OVERSEERS = (Role.MANAGER, Role.MONITOR)


def _opens_a_trial() -> Q:
    """Leave the memberships that open a trial as a whole.

    An adjudicator sees assigned studies only. So does a reader once the trial has a reading
    scheme: what readers are blinded to is never among what they may fetch.
    """
    has_scheme = Exists(ReadingScheme.objects.filter(trial=OuterRef("trial")))
    return ~Q(role=Role.ADJUDICATOR) & ~(Q(role=Role.READER) & Q(has_scheme))


def sites_for(user: User | AnonymousUser, roles: Collection[Role] = ANY_ROLE) -> QuerySet[Site]:
    """Return the sites at which the person holds one of the roles."""
    if not isinstance(user, User) or not user.is_active:
        return Site.objects.none()
    if user.is_administrator:
        return Site.objects.all()
    held = Membership.objects.filter(
        Q(site=OuterRef("pk")) | Q(site=None),
        _opens_a_trial(),
        user=user,
        trial=OuterRef("trial"),
        role__in=[*roles],
    )
    return Site.objects.filter(Exists(held))


def site_for(
    user: User | AnonymousUser, site_id: UUID | str, roles: Collection[Role] = ANY_ROLE
) -> Site:
    return get_object_or_404(sites_for(user, roles).select_related("trial"), pk=site_id)


def trials_for(user: User | AnonymousUser, roles: Collection[Role] = ANY_ROLE) -> QuerySet[Trial]:
    if not isinstance(user, User) or not user.is_active:
        return Trial.objects.none()
    if user.is_administrator:
        return Trial.objects.all()
    held = Membership.objects.filter(
        _opens_a_trial(), user=user, trial=OuterRef("pk"), role__in=[*roles]
    )
    return Trial.objects.filter(Exists(held))


def trial_for(
    user: User | AnonymousUser, trial_id: UUID | str, roles: Collection[Role] = ANY_ROLE
) -> Trial:
    return get_object_or_404(trials_for(user, roles), pk=trial_id)


def has_trial_role(user: User, trial: Trial, roles: Collection[Role]) -> bool:
    """Say whether someone holds a role in the whole trial, not only at one site."""
    held = Membership.objects.filter(user=user, trial=trial, site=None, role__in=[*roles])
    return user.is_administrator or held.exists()


def overseen_trial_for(user: User | AnonymousUser, trial_id: UUID | str) -> Trial:
    """Fetch a trial that the person manages or monitors as a whole; they see its people."""
    trial = trial_for(user, trial_id, OVERSEERS)
    if not isinstance(user, User) or not has_trial_role(user, trial, OVERSEERS):
        raise Http404
    return trial


def members_of(trial: Trial) -> QuerySet[Membership]:
    held = trial.memberships.select_related("user", "site", "trial")
    return held.order_by("user__email", "role", "pk")


def invited_to(trial: Trial) -> QuerySet[InvitedMembership]:
    """Return the roles that wait for an invitation to be accepted."""
    is_open = Q(invitation__accepted_by=None, invitation__revoked_at=None)
    goes_on = Q(invitation__replaced_by__accepted_by=None) & Q(
        invitation__replaced_by__isnull=False, invitation__replaced_by__revoked_at=None
    )
    waiting = trial.invited_memberships.filter(is_open | goes_on)
    waiting = waiting.select_related("invitation__replaced_by", "site")
    return waiting.order_by("invitation__email", "role", "pk")


def managed_trial_for(user: User | AnonymousUser, trial_id: UUID | str) -> Trial:
    """Fetch a trial that the person manages as a whole; a site's manager does not."""
    trial = trial_for(user, trial_id, (Role.MANAGER,))
    if not isinstance(user, User) or not has_trial_role(user, trial, (Role.MANAGER,)):
        raise Http404
    return trial


def subjects_for(
    user: User | AnonymousUser, roles: Collection[Role] = ANY_ROLE
) -> QuerySet[Subject]:
    return Subject.objects.filter(site__in=sites_for(user, roles))


def subject_for(user: User | AnonymousUser, subject_id: UUID | str) -> Subject:
    return get_object_or_404(subjects_for(user).select_related("trial", "site"), pk=subject_id)


def visits_for(user: User | AnonymousUser, roles: Collection[Role] = ANY_ROLE) -> QuerySet[Visit]:
    return Visit.objects.filter(subject__site__in=sites_for(user, roles)).select_related(
        "subject__site", "subject__trial"
    )


def scheme_of(trial: Trial) -> ReadingScheme | None:
    """Return the reading scheme that holds now."""
    return trial.reading_schemes.order_by("-version").first()
