from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from portal.trials.models import Protocol, ReadingScheme
from tests.portal.conftest import Cast

EXAMPLE = {
    "echo_times_ms": "1.2 2.2 3.2 4.2 5.2 6.2",
    "field_strength_t": "3",
    "flip_angle_deg": "20",
    "has_phase": "on",
}


@pytest.fixture
def tom(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.tom)
    return client


def test_a_protocol_is_tried_before_it_is_saved(cast: Cast, tom: Client) -> None:
    address = f"/trials/{cast.trial.pk}/protocol/"
    rules = {"field_strengths_t": "1.5 3", "flip_angle_deg_max": "5", "echoes_min": "6"}
    tried = tom.post(address, {**rules, **EXAMPLE, "check": "1"})
    page = tried.content.decode()
    assert "Deviation" in page
    assert "The flip angle is 20°, 300% above the protocol" in page
    assert not Protocol.objects.exists()
    saved = tom.post(address, {**rules, **EXAMPLE, "name": "Liver", "save": "1"})
    assert saved.status_code == 302
    protocol = Protocol.objects.get()
    assert protocol.rules == {
        "field_strengths_t": [1.5, 3.0],
        "flip_angle_deg_max": 5.0,
        "echoes_min": 6,
    }
    shown = tom.get(address).content.decode()
    assert 'value="1.5 3"' in shown
    assert "version 1" in shown


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ({"field_strengths_t": "three"}, "must be numbers"),
        ({"field_strengths_t": "-3"}, "positive numbers"),
        ({"flip_angle_deg_max": "-1"}, "greater than or equal to 0"),
        ({"echoes_min": "2.5"}, "whole number"),
    ],
)
def test_a_protocol_that_makes_no_sense_is_explained(
    cast: Cast, tom: Client, rules: dict[str, str], says: str
) -> None:
    answer = tom.post(f"/trials/{cast.trial.pk}/protocol/", {**rules, "save": "1"})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Protocol.objects.exists()


def test_a_schedule_is_pasted_line_by_line(cast: Cast, tom: Client) -> None:
    address = f"/trials/{cast.trial.pk}/visits/"
    text = "Baseline; 0\n\n Week 12 ; 84; 3; 7 \n"
    assert tom.post(address, {"visits": text}).status_code == 302
    cast.trial.refresh_from_db()
    assert [row["name"] for row in cast.trial.visit_schedule] == ["Baseline", "Week 12"]
    assert cast.trial.visit_schedule[1]["days_after"] == 7
    assert "Week 12; 84; 3; 7" in tom.get(address).content.decode()
    upload = Client()
    upload.force_login(cast.uma)
    assert "Week 12" in upload.get("/upload/").content.decode()


@pytest.mark.parametrize(
    "text", ["Baseline", "Baseline; zero", "A; 0\nA; 1", "B; 3\nA; 0", "A; -1"]
)
def test_a_schedule_that_makes_no_sense_is_explained(cast: Cast, tom: Client, text: str) -> None:
    answer = tom.post(f"/trials/{cast.trial.pk}/visits/", {"visits": text})
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()


def test_the_form_of_subject_codes_is_set_or_explained(cast: Cast, tom: Client) -> None:
    address = f"/trials/{cast.trial.pk}/visits/codes/"
    tom.post(address, {"form": "{site}-###"})
    cast.trial.refresh_from_db()
    assert cast.trial.subject_form == "{site}-###"
    said = tom.post(address, {"form": "ONE"}, follow=True).content.decode()
    assert "needs a #" in said


def scheme_form(**changes: Any) -> dict[str, Any]:
    return {"readers": "2", "assignment": "manual", "due_days": "7", **changes}


def test_a_scheme_is_set_with_its_reason(cast: Cast, tom: Client) -> None:
    address = f"/trials/{cast.trial.pk}/reading-scheme/"
    assert "routine reading" in tom.get(address).content.decode()
    values = scheme_form(pdff_points="2.5", blinded_to=["site", "subject"])
    assert tom.post(address, values).status_code == 302
    assert ReadingScheme.objects.get().rules["blinded_to"] == ["site", "subject"]
    refused = tom.post(address, scheme_form(pdff_points="3"))
    assert refused.status_code == 422
    assert "Say why" in refused.content.decode()
    assert tom.post(address, scheme_form(pdff_points="3", reason="Amendment")).status_code == 302
    assert "Amendment" in tom.get(address).content.decode()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (scheme_form(), "at least one rule"),
        (scheme_form(readers="1", pdff_points="2"), "one reader has none"),
        (scheme_form(readers="7"), "Select a valid choice"),
        (scheme_form(pdff_points="2", due_days="0"), "due after"),
        (scheme_form(pdff_points="2", blinded_to=["weather"]), "Select a valid choice"),
    ],
)
def test_a_scheme_that_makes_no_sense_is_explained(
    cast: Cast, tom: Client, values: dict[str, Any], says: str
) -> None:
    answer = tom.post(f"/trials/{cast.trial.pk}/reading-scheme/", values)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not ReadingScheme.objects.exists()
