from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from django.test import Client

from portal.audit.models import AuditEvent
from portal.reports.models import Report
from portal.reports.reading_results import (
    READING_COLUMNS,
    RESULT_COLUMNS,
    readings_csv,
    results_csv,
)
from portal.reports.selectors import listed_reports_for, reports_for
from portal.trials.visits import set_schedule
from tests.portal.reports.conftest import Analysed
from tests.portal.reports.reading_world import (
    STUDY_DATE,
    VISIT,
    World,
    build_world,
    case_of,
    plant,
    read_and_sign,
)

ONE = {"readers": 1, "pdff_points": None, "r2star_percent": None, "quality_differs": False}


@pytest.fixture
def world(db: None, results: Analysed, tmp_path: Path) -> World:
    return build_world(results, tmp_path)


def rows(text: str) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(text))]


def test_a_result_is_in_the_file_once_it_is_locked_and_not_before(world: World) -> None:
    case = world.case()
    first = plant(world.give(case, "ron"), world, 12.3456789, 45.0)
    read_and_sign(first)
    assert rows(results_csv(world.trial)) == []
    assert rows(readings_csv(world.trial)) == []
    read_and_sign(plant(world.give(case, "rita"), world, 13.0, 45.0))
    (row,) = rows(results_csv(world.trial))
    assert tuple(row) == RESULT_COLUMNS
    assert (row["pdff_percent"], row["decided_by"]) == ("12.3456789", "agreement")
    assert (row["visit"], row["visit_date"], row["quality"]) == (VISIT, STUDY_DATE, "good")
    assert row["report_sha256"] == Report.objects.get(pk=first.report_id).sha256
    both = rows(readings_csv(world.trial))
    assert tuple(both[0]) == READING_COLUMNS
    assert [(each["position"], each["pdff_percent"], each["is_final"]) for each in both] == [
        ("1", "12.3456789", "True"),
        ("2", "13.0", "False"),
    ]


def test_an_unusable_study_has_a_row_and_no_number(world: World) -> None:
    read_and_sign(world.give(world.case(**ONE), "ron"), quality="unusable", note="Motion.")
    (row,) = rows(results_csv(world.trial))
    assert (row["quality"], row["pdff_percent"], row["lic_mg_per_g"]) == ("unusable", "", "")


def test_a_visit_out_of_its_window_says_so(world: World) -> None:
    set_schedule(
        world.trial,
        [{"name": "Start", "day": 0}, {"name": VISIT, "day": 10}],
        by=world.person("mia"),
    )
    read_and_sign(world.give(world.case(**ONE), "ron"))
    (row,) = rows(results_csv(world.trial))
    assert (row["timing"], row["study_day"]) == ("not-known", "")


def test_words_that_a_spreadsheet_would_run_are_words(world: World) -> None:
    world.scheme(**ONE)
    read_and_sign(world.give(case_of(world.report("=1+2")), "ron"))
    (row,) = rows(results_csv(world.trial))
    assert row["subject"] == "'=1+2"


def test_reports_are_seen_when_the_study_is_locked(world: World) -> None:
    case = world.case(**ONE)
    reading = world.give(case, "ron")
    people = ("ron", "rita", "mia", "max", "ulf")
    assert not any(reports_for(world.person(name)).exists() for name in people)
    signed = read_and_sign(reading)
    seen = {name for name in people if reports_for(world.person(name)).exists()}
    assert seen == {"mia", "max"}
    assert listed_reports_for(world.person("mia")).get() == signed.report


def test_sites_see_results_where_the_scheme_says_so(world: World) -> None:
    case = world.case(**ONE, sites_see_results=True)
    reading = world.give(case, "ron")
    assert not reports_for(world.person("ulf")).exists()
    read_and_sign(reading)
    assert reports_for(world.person("ulf")).exists()
    assert not reports_for(world.person("rita")).exists()


def test_the_work_list_has_no_number_before_and_the_final_one_after(world: World) -> None:
    reading = plant(world.give(world.case(**ONE), "ron"), world, 33.3, 45.0)
    client = Client()
    client.force_login(world.person("mia"))
    assert "33.3" not in client.get("/?order=pdff").content.decode()
    read_and_sign(reading)
    assert "33.3" in client.get("/?order=pdff").content.decode()


def test_taking_the_file_is_on_record(world: World) -> None:
    world.scheme()
    client = Client()
    client.force_login(world.person("max"))
    for name in ("results", "readings"):
        answer = client.get(f"/trials/{world.trial.pk}/readings/{name}.csv")
        assert answer["Content-Type"].startswith("text/csv")
        assert AuditEvent.objects.get(action=f"{name}-exported").actor == "max@blinded.example"
