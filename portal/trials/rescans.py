"""Requests to scan again: raised, answered by the site, withdrawn."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from analysis.wording import Words, words
from portal.accounts.models import User
from portal.audit.services import record
from portal.errors import PortalError
from portal.notifications.kinds import Kind
from portal.notifications.services import notify
from portal.trials.models import Membership, RescanRequest, Role, Visit
from portal.trials.selectors import ANY_ROLE, has_trial_role, visits_for

MAY_ANSWER = (Role.UPLOADER, Role.MANAGER)
MAY_ASK = (Role.UPLOADER, Role.MANAGER)
LONGEST = 2000


class RescanRefused(PortalError):
    """A request that cannot be raised, answered or withdrawn as it stands."""


def rescans_for(
    user: User | AnonymousUser, roles: tuple[Role, ...] = ANY_ROLE
) -> QuerySet[RescanRequest]:
    """Return the requests to the sites at which the person holds one of the roles."""
    return RescanRequest.objects.filter(visit__in=visits_for(user, roles)).select_related(
        "visit__subject__site", "visit__subject__trial", "raised_by", "closed_by"
    )


def rescan_for(
    user: User | AnonymousUser, request_id: UUID | str, roles: tuple[Role, ...] = ANY_ROLE
) -> RescanRequest:
    return get_object_or_404(rescans_for(user, roles), pk=request_id)


def managed_rescan_for(user: User | AnonymousUser, request_id: UUID | str) -> RescanRequest:
    """Fetch a request that the person may withdraw: managers of the whole trial do."""
    found = rescan_for(user, request_id)
    trial = found.visit.subject.trial
    if not isinstance(user, User) or not has_trial_role(user, trial, (Role.MANAGER,)):
        raise Http404
    return found


def open_rescans_for(user: User | AnonymousUser) -> QuerySet[RescanRequest]:
    """Return what a site still has to answer; shown on its upload page and work list."""
    return rescans_for(user, MAY_ANSWER).filter(state=RescanRequest.State.OPEN)


def people_of(request: RescanRequest) -> list[User]:
    """Return who is told: the uploaders of the site."""
    site = request.visit.subject.site
    held = Membership.objects.filter(Q(site=site) | Q(site=None), trial=site.trial_id)
    uploaders = held.filter(role=Role.UPLOADER).select_related("user")
    return [*{membership.user_id: membership.user for membership in uploaders}.values()]


@transaction.atomic
def ask_for_rescan(
    visit: Visit, source: RescanRequest.Source, reason: str, action: str, *, by: User
) -> RescanRequest:
    """Ask a site to scan again and tell its uploaders; while one is open, a second adds nothing."""
    reason, action = (
        _checked(reason, words("Say what is wrong with the images.")),
        _checked(action, words("Say what the site is to do.")),
    )
    still_open = RescanRequest.objects.select_for_update().filter(
        visit=visit, source=source, state=RescanRequest.State.OPEN
    )
    if found := still_open.first():
        return found
    request = RescanRequest.objects.create(
        visit=visit, source=source, reason=reason, action=action, raised_by=by
    )
    new = {"visit": visit.pk, "source": source, "reason": reason, "action": action}
    record("rescan-requested", request, actor=by, new=new, trial_id=visit.subject.trial_id)
    path = reverse("rescan", args=[request.pk])
    notify(Kind.RESCAN_REQUESTED, to=people_of(request), about=request, path=path)
    return request


def answer_rescan(request: RescanRequest, answer: str, *, by: User) -> RescanRequest:
    """Say what the site did or why it cannot scan again."""
    answer = _checked(answer, words("Say what was done, or why it cannot be done."))
    return _close(request, RescanRequest.State.ANSWERED, answer, by)


def withdraw_rescan(request: RescanRequest, reason: str, *, by: User) -> RescanRequest:
    answer = _checked(reason, words("Say why the request is withdrawn."))
    return _close(request, RescanRequest.State.WITHDRAWN, answer, by)


@transaction.atomic
def _close(
    request: RescanRequest, state: RescanRequest.State, answer: str, by: User
) -> RescanRequest:
    request = RescanRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if request.state != RescanRequest.State.OPEN:
        raise RescanRefused(
            words("This request is closed already."),
            code="rescan-closed",
            status=HTTPStatus.CONFLICT,
        )
    request.state, request.answer = state, answer
    request.closed_by, request.closed_at = by, timezone.now()
    request.save(update_fields=["state", "answer", "closed_by", "closed_at"])
    record(
        f"rescan-{state}",
        request,
        actor=by,
        old={"state": RescanRequest.State.OPEN},
        new={"state": state, "answer": answer},
        trial_id=request.visit.subject.trial_id,
    )
    return request


def _checked(text: str, complaint: Words) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text or len(text) > LONGEST:
        raise RescanRefused(complaint, code="rescan-words")
    return text
