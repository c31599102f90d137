"""Saved views of the work list: kept, opened by a link, removed."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from portal.accounts.models import SavedView, User
from portal.accounts.requests import signed_in
from portal.accounts.saved_views import kept_part, save_view, views_of
from portal.errors import PortalError
from portal.reports.work_list_context import ViewLink

PAGE = "work-list"
FILTERS = ("search", "state", "trial", "order")


class ViewForm(forms.Form):
    name = forms.CharField(max_length=60)
    query = forms.CharField(max_length=500, required=False)


def view_links(user: User, query: QueryDict) -> tuple[ViewLink, ...]:
    now = kept_part(query, FILTERS)
    return tuple(
        ViewLink(str(view.pk), view.name, f"?{view.query}", view.query == now)
        for view in views_of(user, PAGE)
    )


def keep_view(user: User, name: str, query: str) -> SavedView:
    """Keep the filters of a query under a name; what is no filter is left out."""
    return save_view(user, PAGE, name, kept_part(QueryDict(query), FILTERS))


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    form = ViewForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give the view a name of 1 to 60 characters.")
        return redirect("reports:work-list")
    values = form.cleaned_data
    try:
        keep_view(signed_in(request), values["name"], values["query"])
    except PortalError as refused:
        messages.error(request, refused.said)
    query = kept_part(QueryDict(values["query"]), FILTERS)
    return redirect(f"{reverse('reports:work-list')}?{query}")


@require_POST
def remove(request: HttpRequest, view_id: UUID) -> HttpResponse:
    get_object_or_404(views_of(signed_in(request), PAGE), pk=view_id).delete()
    return redirect("reports:work-list")
