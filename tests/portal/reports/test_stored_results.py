from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from analysis.errors import OutputFailed
from portal.accounts.models import User
from portal.reports.documents import study_images
from portal.reports.models import Impression, Report
from portal.reports.reading_services import save_reading
from portal.reports.selectors import files_of
from portal.runs import storage
from portal.runs.models import StageRun
from tests.portal.conftest import Cast
from tests.portal.reports.conftest import Analysed
from tests.portal.reports.reading_world import World, build_world


@pytest.fixture
def world(db: None, results: Analysed, tmp_path: Path) -> World:
    return build_world(results, tmp_path)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def lose(report: Report) -> Path:
    """Move the document of a report away; return its new place."""
    kept = storage.absolute(report.path)
    return kept.rename(kept.with_name("lost.json"))


@pytest.mark.parametrize(
    ("language", "says"), [("en", "restored from a backup"), ("de", "Sicherung")]
)
def test_a_reading_without_files_says_what_is_missing_and_keeps_its_words(
    world: World, language: str, says: str
) -> None:
    reading = world.give(world.case(), "ron")
    save_reading(reading, "Mild fat.", "good", by=world.person("ron"))
    lose(reading.report)
    client = signed_in(world.person("ron"))
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    answer = client.get(reverse("reports:reading", args=[reading.pk]))
    assert answer.status_code == 503
    assert says in answer.content.decode()
    assert Impression.objects.get(report=reading.report).text == "Mild fat."


def test_words_saved_while_the_files_are_missing_are_kept(world: World) -> None:
    reading = world.give(world.case(), "ron")
    lose(reading.report)
    words = {"text": "Typed for an hour.", "quality": "good"}
    client = signed_in(world.person("ron"))
    answer = client.post(reverse("reports:reading-save", args=[reading.pk]), words)
    assert answer.status_code == 302
    assert Impression.objects.get(report=reading.report).text == "Typed for an hour."


def test_a_reading_without_files_has_a_code_in_the_api(world: World) -> None:
    reading = world.give(world.case(), "ron")
    lose(reading.report)
    path = reverse("api-reading", args=[reading.pk])
    answer = signed_in(world.person("ron")).get(path)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (503, "stored-result-damaged")
    assert "Restore it from a backup" in body["message"]


def test_what_is_restored_is_shown_again(world: World) -> None:
    reading = world.give(world.case(), "ron")
    place = lose(reading.report)
    client = signed_in(world.person("ron"))
    assert client.get(reverse("reports:reading", args=[reading.pk])).status_code == 503
    place.rename(storage.absolute(reading.report.path))
    assert client.get(reverse("reports:reading", args=[reading.pk])).status_code == 200


def test_others_still_learn_nothing_of_a_reading_without_files(world: World) -> None:
    reading = world.give(world.case(), "ron")
    lose(reading.report)
    answer = signed_in(world.person("ulf")).get(reverse("reports:reading", args=[reading.pk]))
    assert answer.status_code == 404


def test_a_report_and_its_files_that_are_gone_answer_in_words(
    cast: Cast, browser_of: Callable[[User], Client], report: Report
) -> None:
    rosa = browser_of(cast.rosa)
    file = files_of(report)[0]
    storage.absolute(file.path).unlink()
    page = rosa.get(reverse("reports:file", args=[report.pk, file.name]))
    assert (page.status_code, b"restored from a backup" in page.content) == (503, True)
    told = rosa.get(reverse("api-report-file", args=[report.pk, file.name]))
    assert (told.status_code, told.json()["code"]) == (503, "stored-result-damaged")
    script = rosa.get(
        reverse("reports:file", args=[report.pk, file.name]),
        headers={"X-Requested-With": "fetch"},
    )
    assert script.json()["code"] == "stored-result-damaged"
    lose(report)
    assert rosa.get(reverse("reports:detail", args=[report.pk])).status_code == 503


def test_images_of_a_run_whose_record_is_gone_answer_like_lost_ones(report: Report) -> None:
    StageRun.objects.filter(run=report.run_id, stage="segment").delete()
    with pytest.raises(OutputFailed, match="missing or was changed"):
        study_images(report)
