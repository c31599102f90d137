from __future__ import annotations

from django.db.models import Q, QuerySet

from portal.accounts.models import User


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
