from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone

from portal.accounts.models import Invitation, User


def find_people(
    *,
    search: str = "",
    is_active: bool | None = None,
    is_administrator: bool | None = None,
) -> QuerySet[User]:
    """Return accounts whose name or address holds each of some words."""
    people = User.objects.order_by("email")
    for word in search.split():
        people = people.filter(Q(email__icontains=word) | Q(name__icontains=word))
    if is_active is not None:
        people = people.filter(is_active=is_active)
    if is_administrator is not None:
        people = people.filter(is_administrator=is_administrator)
    return people


def open_invitations() -> QuerySet[Invitation]:
    """Return the invitations whose link still works."""
    still_open = Invitation.objects.filter(
        accepted_by=None, revoked_at=None, expires_at__gt=timezone.now()
    )
    return still_open.select_related("invited_by").order_by("email", "pk")
