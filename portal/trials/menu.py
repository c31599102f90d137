"""What the menu offers a person: nothing that their roles do not open.

It decides what is shown, never what is allowed; each page fetches for itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from portal.accounts.models import User
from portal.trials.models import Membership, Role
from portal.trials.selectors import ASSIGNED_ONLY, OVERSEERS

SENDERS = (Role.UPLOADER, Role.MANAGER)


@dataclass(frozen=True, slots=True)
class Menu:
    is_member: bool
    may_upload: bool
    may_read: bool
    may_audit: bool


def menu_of(user: User | AnonymousUser) -> Menu:
    if not isinstance(user, User):
        return Menu(is_member=False, may_upload=False, may_read=False, may_audit=False)
    held = Membership.objects.filter(user=user)
    found = {*held.annotate(is_whole=Q(site=None)).values_list("role", "is_whole")}
    roles = {Role(role) for role, _ in found}
    of_whole_trials = {Role(role) for role, is_whole in found if is_whole}
    sees_all = user.is_administrator
    return Menu(
        is_member=sees_all or bool(roles),
        may_upload=sees_all or not roles.isdisjoint(SENDERS),
        may_read=not roles.isdisjoint(ASSIGNED_ONLY),
        may_audit=sees_all or not of_whole_trials.isdisjoint(OVERSEERS),
    )


def menu(request: HttpRequest) -> dict[str, object]:
    """Give every page its menu; a page that shows none does not ask the database."""
    user = getattr(request, "user", AnonymousUser())  # an early refusal knows nobody yet
    return {"menu": SimpleLazyObject(lambda: menu_of(user))}
