"""Nothing that the pages of a report and a reading say stays English; see test_pages_in_words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.reports.models import Report
from portal.reports.reading_assignment import assign, open_case
from portal.reports.reading_services import save_reading
from portal.trials.schemes import set_scheme
from tests.portal.conftest import Cast
from tests.portal.page_words import texts_of_page
from tests.portal.test_pages_in_words import data, is_english

Browser = Callable[[User | AnonymousUser], Client]
pytestmark = pytest.mark.django_db
# Values of the methods and of the record: what was run, by what, from where.
OF_THE_RECORD = ("doi:", "SHA-256", "Guglielmo 2023", "Model couinaud", "6-echo GRE", "Radius (mm)")
# What the fixture writes where an analysis says how it was made.
OF_THE_FIXTURE = ("Six echoes.", "known by construction", "multi-echo")


def left_in_english(client: Client, url: str) -> list[str]:
    texts = []
    for code in (settings.LANGUAGE_CODE, "de"):
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = code
        answer = client.get(url)
        assert answer.status_code == 200
        texts.append({*texts_of_page(answer.content.decode())})
    written = data()
    return sorted(
        text
        for text in texts[0] & texts[1]
        if is_english(text, written)
        and not any(each in text for each in OF_THE_RECORD + OF_THE_FIXTURE)
    )


def test_a_report_says_nothing_in_english(report: Report, cast: Cast, browser_of: Browser) -> None:
    url = reverse("reports:detail", args=[report.pk])
    assert left_in_english(browser_of(cast.rosa), url) == []


def test_a_reading_says_nothing_in_english(report: Report, cast: Cast, browser_of: Browser) -> None:
    set_scheme(report.study.trial, {}, by=cast.tom)
    case = open_case(report)
    assert case is not None
    reading = case.readings.first() or assign(case, cast.rosa, by=cast.tom)
    url = reverse("reports:reading", args=[reading.pk])
    assert left_in_english(browser_of(cast.rosa), url) == []
    save_reading(reading, quality="good", quality_note="", text="Fine.", by=cast.rosa)
    assert left_in_english(browser_of(cast.rosa), url) == []
