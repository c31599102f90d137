"""What an address asks for and nobody knows is said on the page, or refused by the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from portal.accounts.models import User
from portal.filters import Choice, choose
from portal.trials.services import subject_at
from tests.portal.conftest import Cast

Browser = Callable[[User | AnonymousUser], Client]
ODD = "<b>odd</b>"
PAGES = {
    "work list, state": "/?state={odd}",
    "work list, trial": "/?trial={odd}",
    "work list, order": "/?order={odd}",
    "readings": "/readings/?state={odd}",
    "progress": "/trials/{trial}/readings/?state={odd}",
    "subjects": "/trials/{trial}/subjects/?site={odd}",
}
OPERATIONS = {
    "work list": "/api/v1/work-list/?state=odd",
    "readings": "/api/v1/readings/?state=odd",
    "subjects": "/api/v1/subjects/?trial=odd",
    "re-scans": "/api/v1/rescans/?state=odd",
    "sites": "/api/v1/sites/?role=odd",
}


def test_what_is_known_holds_and_nothing_is_said() -> None:
    assert choose("b", ["a", "b"], otherwise="a", what="state") == Choice("b")
    assert choose("", ["a", "b"], otherwise="a", what="state") == Choice("a")


def test_what_is_not_known_is_said_and_the_usual_holds() -> None:
    found = choose("c" * 500, ["a"], otherwise="a", what="state")
    assert found.value == "a"
    assert found.notice.startswith("There is no state “ccc")
    assert len(found.notice) < 120


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_which_filter_it_does_not_know(
    cast: Cast, browser_of: Browser, name: str
) -> None:
    address = PAGES[name].format(odd=ODD, trial=cast.trial.pk)
    answer = browser_of(cast.tom).get(address)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "it was left out of the filters" in page
    assert ODD not in page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_without_filters_says_nothing(cast: Cast, browser_of: Browser, name: str) -> None:
    address = PAGES[name].partition("?")[0].format(trial=cast.trial.pk)
    assert "left out of the filters" not in browser_of(cast.tom).get(address).content.decode()


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_api_refuses_it(cast: Cast, browser_of: Browser, name: str) -> None:
    answer = browser_of(cast.tom).get(OPERATIONS[name])
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_subjects_are_found_by_a_part_of_their_code(cast: Cast, browser_of: Browser) -> None:
    for code in ("N-101", "N-102", "N-201"):
        subject_at(cast.north, code)
    page = browser_of(cast.tom).get(f"/trials/{cast.trial.pk}/subjects/?search=n-10")
    assert [row.subject.code for row in page.context["page"].rows] == ["N-101", "N-102"]
    none = browser_of(cast.tom).get(f"/trials/{cast.trial.pk}/subjects/?search=zzz")
    assert "No subject matches." in none.content.decode()
