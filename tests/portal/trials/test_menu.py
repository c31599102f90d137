from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from portal.accounts.models import User
from portal.accounts.services import create_user
from portal.trials.menu import Menu, menu_of
from portal.trials.models import Role
from portal.trials.services import add_member
from tests.portal.conftest import Cast

Browser = Callable[[User | AnonymousUser], Client]
OFFERED = {"/upload/": "Upload", "/readings/": "Readings", "/trials/audit/": "Audit trail"}


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("rosa", {"Readings"}),
        ("uma", {"Upload"}),
        ("tom", {"Upload", "Audit trail"}),
        ("mona", {"Audit trail"}),
        ("ada", {"Upload", "Audit trail"}),
        ("sam", {"Upload", "Readings", "Audit trail"}),
    ],
)
def test_the_menu_offers_what_the_roles_open(
    cast: Cast, browser_of: Browser, name: str, offered: set[str]
) -> None:
    page = browser_of(getattr(cast, name)).get("/trials/").content.decode()
    menu = page[page.index("<nav") : page.index("</nav>")]
    assert {word for address, word in OFFERED.items() if f'href="{address}"' in menu} == offered


def test_a_monitor_of_one_site_is_not_offered_the_trail(cast: Cast) -> None:
    add_member(cast.trial, cast.uwe, Role.MONITOR, site=cast.south)
    assert not menu_of(cast.uwe).may_audit


def test_someone_without_a_trial_is_told_so(db: None, browser_of: Browser) -> None:
    newcomer = create_user("new@example.org")
    page = browser_of(newcomer).get("/").content.decode()
    assert "You are not a member of a trial yet." in page
    assert not menu_of(newcomer).is_member


def test_nobody_is_offered_anything(db: None) -> None:
    assert menu_of(AnonymousUser()) == Menu(
        is_member=False, may_upload=False, may_read=False, may_audit=False
    )


@pytest.mark.parametrize("name", ["rosa", "uma", "uwe", "tom", "mona", "ada", "sam"])
def test_every_entry_of_the_menu_opens_for_who_is_offered_it(
    cast: Cast, browser_of: Browser, name: str
) -> None:
    person = browser_of(getattr(cast, name))
    page = person.get("/").content.decode()
    bar = page[page.index('<header class="top-bar"') : page.index("</header>")]
    entries = re.findall(r'href="([^"]+)"', bar)
    assert len(entries) >= 5
    assert {address: person.get(address).status_code for address in entries} == dict.fromkeys(
        entries, 200
    )
