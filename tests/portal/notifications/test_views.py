from __future__ import annotations

from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.notifications.kinds import Kind
from portal.notifications.models import MutedKind, Webhook
from portal.notifications.services import add_webhook, notify
from tests.portal.conftest import Cast

HOOK = "http://127.0.0.1:9/hook"


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_rosa_chooses_what_she_is_written_about(cast: Cast) -> None:
    client = browser_of(cast.rosa)
    assert client.get("/notifications/").status_code == 200
    client.post("/notifications/", {"kinds": ["report-ready"]})
    assert MutedKind.objects.filter(user=cast.rosa).count() == len(Kind) - 1
    boxes = client.get("/notifications/").context["page"].choice_form["kinds"]
    assert [box.data["value"] for box in boxes if box.data["selected"]] == ["report-ready"]


def test_an_unknown_kind_changes_nothing(cast: Cast) -> None:
    browser_of(cast.rosa).post("/notifications/", {"kinds": ["everything"]})
    assert not MutedKind.objects.exists()


def test_the_secret_of_a_webhook_is_shown_once(cast: Cast) -> None:
    client = browser_of(cast.rosa)
    added = client.post("/notifications/webhooks/", {"url": HOOK})
    assert b"whsec_" in added.content
    assert b"whsec_" not in client.get("/notifications/").content
    webhook = Webhook.objects.get()
    client.post(reverse("webhook-remove", args=[webhook.pk]))
    assert not Webhook.objects.exists()


def test_an_address_inside_is_refused_in_words(cast: Cast) -> None:
    answer = browser_of(cast.rosa).post("/notifications/webhooks/", {"url": "http://10.0.0.1/x"})
    assert answer.status_code == 422
    assert "private network" in answer.content.decode()
    assert not Webhook.objects.exists()


def test_nobody_removes_another_s_webhook(cast: Cast) -> None:
    webhook, _ = add_webhook(cast.rosa, HOOK)
    answer = browser_of(cast.uma).post(reverse("webhook-remove", args=[webhook.pk]))
    assert answer.status_code == 404
    assert Webhook.objects.exists()


def test_one_sees_one_s_own_messages_only(cast: Cast) -> None:
    notify(Kind.REPORT_READY, to=[cast.rosa], about=cast.trial, path="/")
    assert len(browser_of(cast.rosa).get("/notifications/").context["page"].recent) == 1
    assert not browser_of(cast.uma).get("/notifications/").context["page"].recent
