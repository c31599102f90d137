from __future__ import annotations

from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from portal.reports.models import Reading, ReadingCase, Report
from portal.reports.reading_services import decide
from portal.reports.reading_summary import reading_summary
from tests.portal.reports.conftest import Analysed
from tests.portal.reports.reading_world import World, build_world, read_and_sign


@pytest.fixture
def world(db: None, results: Analysed, tmp_path: Path) -> World:
    return build_world(results, tmp_path)


def test_a_locked_result_says_how_it_came_about(world: World) -> None:
    case = world.case()
    assert reading_summary(case.report) is None
    first = read_and_sign(world.give(case, "ron"))
    second = read_and_sign(world.give(case, "rita"))
    of_first = reading_summary(Report.objects.get(pk=first.report_id))
    of_second = reading_summary(Report.objects.get(pk=second.report_id))
    assert of_first is not None
    assert of_second is not None
    assert (of_first.is_final, of_second.is_final) == (True, False)
    assert [(line.reader, line.is_final) for line in of_first.lines] == [
        ("Ron", True),
        ("Rita", False),
    ]
    shown = render_to_string("reports/_reading_summary.html", {"summary": of_first})
    assert "Two readers agree" in shown
    assert "Final result" in shown
    assert render_to_string("reports/_reading_summary.html", {"summary": None}).strip() == ""


def test_the_summary_has_each_reader_s_words_and_the_adjudicator_s_decision(world: World) -> None:
    case = world.case(quality_differs=True)
    read_and_sign(world.give(case, "ron"), "Mild.\n<b>Even.</b>", "good")
    second = read_and_sign(world.give(case, "rita"), "Moderate.", "limited", "Breathing.")
    decision = world.give(ReadingCase.objects.get(pk=case.pk), "adam")
    decide(decision, second, by=world.person("adam"))
    final = read_and_sign(Reading.objects.get(pk=decision.pk), "As the second reader.")
    summary = reading_summary(Report.objects.get(pk=final.report_id))
    assert summary is not None
    assert [(line.impression, line.quality_note) for line in summary.lines[:2]] == [
        ("Mild.\n<b>Even.</b>", ""),
        ("Moderate.", "Breathing."),
    ]
    assert summary.lines[2].impression == "As the second reader."
    assert summary.lines[2].decision == f"One of the two readings is right: {second.code}"
    assert [line.decision for line in summary.lines[:2]] == ["", ""]
    shown = render_to_string("reports/_reading_summary.html", {"summary": summary})
    for words in ("As the second reader.", "Breathing.", summary.lines[2].decision):
        assert words in shown
    assert "<b>Even.</b>" not in shown


def test_the_run_says_why_its_report_is_kept_back_until_the_result_is_locked(world: World) -> None:
    case = world.case()
    mia = Client()
    mia.force_login(world.person("mia"))
    of_run = reverse("reports:of-run", args=[case.report.run_id])
    before = mia.get(of_run)
    assert before.status_code == 403
    assert "once the final result is locked" in before.content.decode()
    read_and_sign(world.give(case, "ron"))
    read_and_sign(world.give(case, "rita"))
    after = mia.get(of_run, follow=True)
    assert after.status_code == 200
    assert "Two readers agree" in after.content.decode()


def test_routine_work_has_no_summary(world: World) -> None:
    assert reading_summary(world.report()) is None
