from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from rest_framework.test import APIClient

from portal.audit.models import AuditEvent
from portal.studies.deidentification.rules import rule_table
from portal.studies.models import SiteKey
from portal.studies.site_keys import give_key
from tests.portal.conftest import Cast


def test_a_site_keeps_its_key(cast: Cast) -> None:
    first = give_key(cast.north, to=cast.uma)
    assert len(first) == 32
    assert give_key(cast.north, to=cast.tom) == first
    assert give_key(cast.south, to=cast.uwe) != first


def test_who_got_a_key_is_on_record_and_the_key_is_not(cast: Cast) -> None:
    key = give_key(cast.north, to=cast.uma)
    give_key(cast.north, to=cast.tom)
    events = AuditEvent.objects.filter(action__startswith="pseudonym-key")
    assert [(event.action, event.actor) for event in events.order_by("sequence")] == [
        ("pseudonym-key-made", "uma@example.org"),
        ("pseudonym-key-given", "tom@example.org"),
    ]
    assert key.hex() not in str([*events.values()])
    assert key.hex() not in str(SiteKey.objects.get(site=cast.north))


def test_the_browser_gets_the_key_and_the_one_table(
    cast: Cast, api_of: Callable[..., APIClient]
) -> None:
    url = reverse("api-deidentification", args=[cast.north.pk])
    answer = api_of(cast.uma).post(url)
    assert answer.status_code == 200
    assert answer.json() == {"key": give_key(cast.north, to=cast.uma).hex(), "rules": rule_table()}
    assert answer.headers["Cache-Control"] == "no-store"


def test_only_those_who_upload_for_the_site_get_it(
    cast: Cast, api_of: Callable[..., APIClient]
) -> None:
    url = reverse("api-deidentification", args=[cast.north.pk])
    for person in (cast.rosa, cast.mona, cast.uwe, cast.sam):
        assert api_of(person).post(url).status_code == 404
    assert api_of(cast.people["nobody"]).post(url).status_code in {401, 403}
    assert not SiteKey.objects.exists()
