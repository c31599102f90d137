"""What the pages about people show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from portal.accounts.forms import UserForm
from portal.accounts.models import ApiToken, Invitation, User
from portal.accounts.selectors import find_people, open_invitations
from portal.trials.models import Membership

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class PersonRow:
    person: User
    roles: tuple[str, ...]
    factors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PeoplePage:
    rows: tuple[PersonRow, ...]
    people: Page[User]
    search: str
    invitations: tuple[Invitation, ...]
    form: forms.Form


@dataclass(frozen=True, slots=True)
class PersonPage:
    person: User
    memberships: tuple[Membership, ...]
    factors: tuple[Authenticator, ...]
    sessions: tuple[UserSession, ...]
    tokens: tuple[ApiToken, ...]
    is_oneself: bool
    form: forms.Form


def people_page(form: forms.Form, search: str, number: str) -> PeoplePage:
    people = Paginator(find_people(search=search), PAGE_SIZE).get_page(number)
    ids = [person.pk for person in people]
    roles: dict[UUID, list[str]] = {}
    for held in Membership.objects.filter(user__in=ids).select_related("trial", "site"):
        roles.setdefault(held.user_id, []).append(_words_of(held))
    factors: dict[UUID, list[str]] = {}
    for factor in Authenticator.objects.filter(user__in=ids):
        factors.setdefault(factor.user_id, []).append(factor.get_type_display())
    rows = tuple(
        PersonRow(person, _sorted(roles.get(person.pk)), _sorted(factors.get(person.pk)))
        for person in people
    )
    return PeoplePage(rows, people, search, tuple(open_invitations()), form)


def _words_of(held: Membership) -> str:
    where = f"{held.trial}, {held.site.code}" if held.site else str(held.trial)
    return _("%(role)s in %(where)s") % {"role": held.get_role_display(), "where": where}


def _sorted(words: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(sorted({*(words or ())}))


def person_page(person: User, viewer: User, form: forms.Form | None = None) -> PersonPage:
    return PersonPage(
        person=person,
        memberships=tuple(memberships_of(person)),
        factors=tuple(factors_of(person)),
        sessions=tuple(UserSession.objects.purge_and_list(person)),
        tokens=tuple(person.api_tokens.order_by("-created_at")),
        is_oneself=person == viewer,
        form=form or UserForm(person=person),
    )


def memberships_of(person: User) -> QuerySet[Membership]:
    held = Membership.objects.filter(user=person).select_related("trial", "site", "user")
    return held.order_by("trial__name", "role", "pk")


def factors_of(person: User) -> QuerySet[Authenticator]:
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=person)
    return found.order_by("type", "pk")
