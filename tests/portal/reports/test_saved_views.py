from __future__ import annotations

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from portal.accounts import saved_views
from portal.accounts.models import SavedView, User
from portal.accounts.saved_views import kept_part, save_view
from portal.reports.work_list import build_work_list
from tests.portal.conftest import Cast


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_filters_are_kept_under_a_name_and_found_again(cast: Cast) -> None:
    client = browser_of(cast.rosa)
    query = "search=S-1&state=failed&page=3&part=rows&strange=1"
    answer = client.post("/views/", {"name": "My failures", "query": query})
    assert answer["Location"] == "/?search=S-1&state=failed"
    (link,) = build_work_list(cast.rosa, QueryDict("state=failed&search=S-1")).views
    assert (link.name, link.href, link.is_shown) == (
        "My failures",
        "?search=S-1&state=failed",
        True,
    )
    assert "My failures" in client.get("/").content.decode()
    assert build_work_list(cast.uma, QueryDict("")).views == ()


def test_the_same_name_again_replaces_the_filters(cast: Cast) -> None:
    save_view(cast.rosa, "work-list", "Mine", "state=failed")
    save_view(cast.rosa, "work-list", "Mine", "state=succeeded")
    assert SavedView.objects.get().query == "state=succeeded"


def test_nobody_removes_another_s_view(cast: Cast) -> None:
    view = save_view(cast.rosa, "work-list", "Mine", "state=failed")
    path = reverse("reports:view-remove", args=[view.pk])
    assert browser_of(cast.uma).post(path).status_code == 404
    browser_of(cast.rosa).post(path)
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("name", ["", " ", "n" * 61])
def test_a_view_needs_a_name(cast: Cast, name: str) -> None:
    answer = browser_of(cast.rosa).post("/views/", {"name": name, "query": ""}, follow=True)
    assert "Give the view a name" in answer.content.decode()
    assert not SavedView.objects.exists()


def test_there_is_an_end_to_views(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 1)
    client = browser_of(cast.rosa)
    client.post("/views/", {"name": "One", "query": "state=failed"})
    answer = client.post("/views/", {"name": "Two", "query": ""}, follow=True)
    assert "remove one first" in answer.content.decode()
    client.post("/views/", {"name": "One", "query": "state=succeeded"})
    assert SavedView.objects.get().query == "state=succeeded"


def test_only_known_filters_are_kept() -> None:
    query = QueryDict("b=2&a=1&c=%20&d=<script>")
    assert kept_part(query, ("a", "b", "c")) == "a=1&b=2"
