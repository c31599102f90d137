"""Filters that a person gave a name."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from django.db.models import QuerySet
from django.http import QueryDict

from analysis.wording import words
from portal.accounts.models import SavedView, User
from portal.errors import PortalError

MOST_VIEWS = 20


def kept_part(query: QueryDict, names: Iterable[str]) -> str:
    """Return the filters of a query, without its page and whatever else it holds."""
    kept = QueryDict(mutable=True)
    for name in names:
        if value := query.get(name, "").strip():
            kept[name] = value
    return kept.urlencode()


def views_of(user: User, page: str) -> QuerySet[SavedView]:
    return SavedView.objects.filter(user=user, page=page)


def save_view(user: User, page: str, name: str, query: str) -> SavedView:
    """Keep filters under a name; the same name again replaces them."""
    others = views_of(user, page).exclude(name=name)
    if others.count() >= MOST_VIEWS:
        raise PortalError(
            words("There are %(most)s saved views already; remove one first.", most=MOST_VIEWS),
            code="too-many-views",
            status=HTTPStatus.CONFLICT,
        )
    view, _ = SavedView.objects.update_or_create(
        user=user, page=page, name=name, defaults={"query": query}
    )
    return view
