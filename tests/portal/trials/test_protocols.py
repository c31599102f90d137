from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.trials.protocols import (
    LIMITS,
    AcquisitionFacts,
    ProtocolRefused,
    ProtocolRules,
    Standing,
    judge,
)
from portal.trials.services import set_protocol
from tests.portal.conftest import Cast

GOOD = AcquisitionFacts(
    echo_times_ms=(1.2, 2.2, 3.2, 4.2, 5.2, 6.2),
    field_strength_t=2.89,
    flip_angle_deg=3.0,
    repetition_time_ms=9.0,
    slice_thickness_mm=4.0,
    pixel_spacing_mm=1.6,
    coverage_mm=240.0,
    has_phase=True,
)
TABLE = {
    "field_strengths_t": [1.5, 3.0],
    "echoes_min": 6,
    "first_echo_ms_max": 1.2,
    "echo_spacing_ms_max": 1.0,
    "flip_angle_deg_max": 5,
    "repetition_time_ms_min": 8,
    "slice_thickness_mm_max": 6,
    "pixel_spacing_mm_max": 2.5,
    "coverage_mm_min": 200,
    "phase_required": True,
}
RULES = ProtocolRules.of(TABLE)


def test_an_acquisition_within_all_limits_meets_the_protocol() -> None:
    assert judge(GOOD, RULES).standing is Standing.MET


def test_without_rules_anything_with_three_echoes_is_met() -> None:
    assert judge(AcquisitionFacts((1.0, 2.0, 3.0)), ProtocolRules()).standing is Standing.MET


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"field_strength_t": 1.0}, "field-strength", "is 1 T; the protocol asks for 1.5 T or 3 T"),
        ({"field_strength_t": None}, "field-strength", "is not known"),
        ({"echo_times_ms": (1.2, 2.2, 3.2)}, "echoes", "is 3, 50% below"),
        ({"echo_times_ms": (1.8, 2.8, 3.8, 4.8, 5.8, 6.8)}, "first-echo-ms", "1.8 ms, 50% above"),
        ({"echo_times_ms": (1.2, 2.2, 3.2, 4.2, 5.2, 7.2)}, "echo-spacing-ms", "is 2 ms, 100%"),
        ({"flip_angle_deg": 10.0}, "flip-angle-deg", "is 10°, 100% above the protocol (at most 5°"),
        ({"repetition_time_ms": 4.0}, "repetition-time-ms", "(at least 8 ms)"),
        ({"slice_thickness_mm": 9.0}, "slice-thickness-mm", "9 mm"),
        ({"pixel_spacing_mm": 5.0}, "pixel-spacing-mm", "5 mm"),
        ({"coverage_mm": 100.0}, "coverage-mm", "50% below"),
        ({"flip_angle_deg": None}, "flip-angle-deg", "is not in the header"),
        ({"has_phase": False}, "phase", "no phase images"),
    ],
)
def test_a_deviation_says_which_by_how_much_and_what_to_do(
    change: dict[str, Any], code: str, says: str
) -> None:
    verdict = judge(replace(GOOD, **change), RULES)
    assert verdict.standing is Standing.DEVIATION
    (deviation,) = verdict.deviations
    assert deviation.code == code
    assert says in deviation.message
    assert deviation.action.endswith(".")


@pytest.mark.parametrize("times", [(), (2.3, 4.6), (2.3, 2.3, 2.3, 2.3), (0.0, 0.0, 0.0)])
def test_what_cannot_be_fitted_is_unusable(times: tuple[float, ...]) -> None:
    verdict = judge(replace(GOOD, echo_times_ms=times), RULES)
    assert verdict.standing is Standing.UNUSABLE
    assert verdict.deviations[0].code == "too-few-echoes"


def test_a_deviation_speaks_the_language_of_the_page() -> None:
    (deviation,) = judge(replace(GOOD, flip_angle_deg=10.0), RULES).deviations
    with translation.override("de"):
        assert deviation.message == "Flipwinkel: 10°, 100% über dem Protokoll (höchstens 5°)."
        assert deviation.action.startswith("Den Flipwinkel verkleinern")
    assert deviation.message == "The flip angle is 10°, 100% above the protocol (at most 5°)."


def test_rounding_in_a_header_is_no_deviation() -> None:
    times = tuple(time + 1e-6 for time in GOOD.echo_times_ms)
    assert judge(replace(GOOD, echo_times_ms=times), RULES).standing is Standing.MET


def test_every_limit_belongs_to_a_rule() -> None:
    assert {limit.rule for limit in LIMITS} == set(TABLE) - {"field_strengths_t", "phase_required"}


@pytest.mark.parametrize(
    "table",
    [
        {"colour": 3},
        {"echoes_min": -1},
        {"echoes_min": "six"},
        {"echoes_min": True},
        {"field_strengths_t": ["3"]},
        {"phase_required": 1},
    ],
)
def test_rules_that_make_no_sense_are_refused(table: dict[str, Any]) -> None:
    with pytest.raises(ProtocolRefused):
        ProtocolRules.of(table)


def test_a_new_version_leaves_the_old_rules_on_record(cast: Cast) -> None:
    set_protocol(cast.trial, "Liver", TABLE, by=cast.tom)
    protocol = set_protocol(cast.trial, "Liver", {"echoes_min": 5}, by=cast.tom)
    assert protocol.version == 2
    event = AuditEvent.objects.filter(action="protocol-changed").last()
    assert event
    assert event.old["rules"] == TABLE


FACTS = {"echo_times_ms": [1.2, 2.2, 3.2], "flip_angle_deg": 10}


def test_a_site_is_told_its_verdict(cast: Cast, api_of: Callable[[User], APIClient]) -> None:
    path = f"/api/v1/sites/{cast.north.pk}/protocol-check/"
    uma, tom = api_of(cast.uma), api_of(cast.tom)
    assert uma.post(path, FACTS, format="json").json() == {
        "standing": "met",
        "deviations": [],
        "protocol_version": None,
    }
    rules = {"name": "Liver", "rules": {"flip_angle_deg_max": 5}}
    protocol = f"/api/v1/trials/{cast.trial.pk}/protocol/"
    assert tom.put(protocol, rules, format="json").json()["version"] == 1
    told = uma.post(path, FACTS, format="json").json()
    assert (told["standing"], told["protocol_version"]) == ("deviation", 1)
    assert told["deviations"][0]["code"] == "flip-angle-deg"
    assert uma.get(protocol).json()["rules"] == {"flip_angle_deg_max": 5}


def test_rules_and_facts_that_make_no_sense_are_explained(
    cast: Cast, api_of: Callable[[User], APIClient]
) -> None:
    protocol = f"/api/v1/trials/{cast.trial.pk}/protocol/"
    answer = api_of(cast.tom).put(protocol, {"rules": {"colour": 1}}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "rule-unknown")
    answer = api_of(cast.tom).put(protocol, {"rules": [1]}, format="json")
    assert answer.status_code == 400
    path = f"/api/v1/sites/{cast.north.pk}/protocol-check/"
    answer = api_of(cast.uma).post(path, {"echo_times_ms": "many"}, format="json")
    assert answer.json()["code"] == "invalid"
