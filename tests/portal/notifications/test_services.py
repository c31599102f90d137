from __future__ import annotations

import pytest
from django.db import transaction

from portal.audit.models import AuditEvent
from portal.errors import PortalError
from portal.notifications import services
from portal.notifications.kinds import WORDS, Kind
from portal.notifications.models import Delivery, DeliveryState, MutedKind, Webhook
from portal.notifications.services import add_webhook, choose_emails, notify, remove_webhook
from tests.portal.conftest import Cast

PATH = "/reports/7/"


def test_each_person_is_told_once_about_each_thing(cast: Cast) -> None:
    people = [cast.rosa, cast.uma, cast.rosa]
    assert len(notify(Kind.REPORT_READY, to=people, about=cast.trial, path=PATH)) == 2
    assert notify(Kind.REPORT_READY, to=people, about=cast.trial, path=PATH) == ()
    assert len(notify(Kind.REPORT_SIGNED, to=people, about=cast.trial, path=PATH)) == 2
    assert Delivery.objects.count() == 4
    assert {*Delivery.objects.values_list("state", flat=True)} == {DeliveryState.WAITING}


def test_a_closed_account_is_not_told(cast: Cast) -> None:
    cast.rosa.is_active = False
    assert notify(Kind.REPORT_READY, to=[cast.rosa], about=cast.trial, path=PATH) == ()


def test_what_is_rolled_back_is_not_told(cast: Cast) -> None:
    with transaction.atomic():
        notify(Kind.REPORT_READY, to=[cast.rosa], about=cast.trial, path=PATH)
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("path", ["reports/7/", "https://example.org/", "//example.org/"])
def test_a_message_leads_to_a_page_of_this_portal_only(cast: Cast, path: str) -> None:
    with pytest.raises(ValueError, match="path of this portal"):
        notify(Kind.REPORT_READY, to=[cast.rosa], about=cast.trial, path=path)


def test_a_muted_kind_comes_by_webhook_only(cast: Cast) -> None:
    webhook, _ = add_webhook(cast.rosa, "http://127.0.0.1:9/hook")
    choose_emails(cast.rosa, [Kind.REPORT_SIGNED])
    (told,) = notify(Kind.REPORT_READY, to=[cast.rosa], about=cast.trial, path=PATH)
    assert told.webhook == webhook
    signed = notify(Kind.REPORT_SIGNED, to=[cast.rosa], about=cast.trial, path=PATH)
    assert {each.webhook for each in signed} == {webhook, None}


def test_a_stopped_webhook_is_left_alone(cast: Cast) -> None:
    add_webhook(cast.rosa, "http://127.0.0.1:9/hook")
    Webhook.objects.update(stopped_at=cast.rosa.date_joined)
    (told,) = notify(Kind.REPORT_READY, to=[cast.rosa], about=cast.trial, path=PATH)
    assert told.webhook is None


def test_choices_are_kept_and_on_record(cast: Cast) -> None:
    choose_emails(cast.rosa, [*Kind])
    assert not AuditEvent.objects.filter(action="notifications-chosen").exists()
    choose_emails(cast.rosa, [Kind.REPORT_READY])
    choose_emails(cast.rosa, [Kind.REPORT_READY, Kind.RESCAN_REQUESTED])
    muted = {*MutedKind.objects.filter(user=cast.rosa).values_list("kind", flat=True)}
    assert muted == {*Kind} - {Kind.REPORT_READY, Kind.RESCAN_REQUESTED}
    assert AuditEvent.objects.filter(action="notifications-chosen").count() == 2


def test_a_secret_is_shown_once_and_kept_encrypted(cast: Cast) -> None:
    webhook, secret = add_webhook(cast.rosa, "http://127.0.0.1:9/hook")
    webhook.refresh_from_db()
    assert secret.startswith("whsec_")
    assert secret.removeprefix("whsec_") not in webhook.encrypted_secret
    events = AuditEvent.objects.filter(action="webhook-added")
    assert secret not in str(events.values_list("new", flat=True))


def test_the_same_address_is_taken_once_and_some_addresses_only(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_WEBHOOKS", 2)
    add_webhook(cast.rosa, "http://127.0.0.1:9/one")
    with pytest.raises(PortalError, match="in the list already"):
        add_webhook(cast.rosa, "http://127.0.0.1:9/one")
    add_webhook(cast.rosa, "http://127.0.0.1:9/two")
    with pytest.raises(PortalError, match="remove one first"):
        add_webhook(cast.rosa, "http://127.0.0.1:9/three")


def test_a_webhook_that_is_removed_takes_its_messages_along(cast: Cast) -> None:
    webhook, _ = add_webhook(cast.rosa, "http://127.0.0.1:9/hook")
    notify(Kind.REPORT_READY, to=[cast.rosa], about=cast.trial, path=PATH)
    remove_webhook(webhook, by=cast.rosa)
    assert [each.webhook for each in Delivery.objects.all()] == [None]
    assert AuditEvent.objects.filter(action="webhook-removed").count() == 1


def test_every_kind_has_words_and_fits_its_column() -> None:
    assert {*WORDS} == {*Kind}
    assert all(len(kind.value) <= 24 for kind in Kind)
    assert all(words.subject and words.sentence.endswith(".") for words in WORDS.values())
