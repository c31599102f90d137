from __future__ import annotations

import json
from pathlib import Path

import pytest

from portal.audit.models import AuditEvent
from portal.reports.models import Impression, Reading, Report, Signature
from portal.reports.reading_services import (
    ReadingRefused,
    is_veiled,
    save_own_values,
    save_reading,
    sign_reading,
)
from portal.reports.signing import is_intact
from tests.portal.reports.conftest import Analysed
from tests.portal.reports.reading_world import World, build_world, read_and_sign

ONE = {"readers": 1, "pdff_points": None, "r2star_percent": None, "quality_differs": False}


@pytest.fixture
def world(db: None, results: Analysed, tmp_path: Path) -> World:
    return build_world(results, tmp_path)


@pytest.fixture
def reading(world: World) -> Reading:
    return world.give(world.case(), "ron")


def test_each_reader_has_words_of_their_own(world: World) -> None:
    case = world.case()
    for name, text in (("ron", "Mild."), ("rita", "Severe.")):
        save_reading(world.give(case, name), text, "good", by=world.person(name))
    texts = {each.report.reading.reader.name: each.text for each in Impression.objects.all()}
    assert texts == {"Ron": "Mild.", "Rita": "Severe."}


@pytest.mark.parametrize(
    ("text", "quality", "note", "says"),
    [
        (" ", "good", "", "Write an impression"),
        ("Mild.", "", "", "verdict on the quality"),
        ("Mild.", "superb", "", "verdict on the quality"),
        ("Mild.", "limited", " ", "what limits"),
        ("x" * 20_001, "good", "", "too long"),
    ],
)
def test_a_reading_that_is_not_whole_is_not_saved(
    reading: Reading, text: str, quality: str, note: str, says: str
) -> None:
    with pytest.raises(ReadingRefused, match=says):
        save_reading(reading, text, quality, note, by=reading.reader)
    assert not Impression.objects.exists()


def test_what_is_not_saved_is_not_signed(reading: Reading) -> None:
    with pytest.raises(ReadingRefused, match="Save impression and verdict"):
        sign_reading(reading, by=reading.reader)


def test_a_signature_covers_verdict_and_scheme(reading: Reading) -> None:
    signed = read_and_sign(reading, "Mild.", "limited", "Motion.")
    signature = Signature.objects.get(report=signed.report)
    assert signature.meaning == Signature.Meaning.READ
    assert is_intact(signature)
    for change in ({"quality": "good"}, {"quality_note": "None."}, {"own_pdff_percent": 1.0}):
        Reading.objects.filter(pk=signed.pk).update(**change)
        assert not is_intact(Signature.objects.get(pk=signature.pk))
        Reading.objects.filter(pk=signed.pk).update(
            quality="limited", quality_note="Motion.", own_pdff_percent=None
        )
    assert is_intact(Signature.objects.get(pk=signature.pk))


def test_nothing_changes_once_it_is_signed(reading: Reading) -> None:
    signed = read_and_sign(reading)
    with pytest.raises(ReadingRefused, match="cannot change"):
        save_reading(signed, "Other words.", "good", by=signed.reader)
    with pytest.raises(ReadingRefused, match="cannot change"):
        sign_reading(signed, by=signed.reader)


def test_own_values_come_first_and_stay(world: World) -> None:
    reading = world.give(world.case(blinded_to=["analysis"]), "ron")
    ron = reading.reader
    assert is_veiled(reading)
    with pytest.raises(ReadingRefused, match="own values first"):
        save_reading(reading, "Mild.", "good", by=ron)
    with pytest.raises(ReadingRefused, match="own values first"):
        sign_reading(reading, by=ron)
    for pdff in (-0.1, 100.1, float("nan")):
        with pytest.raises(ReadingRefused, match="between 0 and 100"):
            save_own_values(reading, pdff, None, by=ron)
    opened = save_own_values(reading, 11.5, 42.0, by=ron)
    assert not is_veiled(opened)
    with pytest.raises(ReadingRefused, match="saved already"):
        save_own_values(opened, 12.0, None, by=ron)
    assert Reading.objects.get(pk=reading.pk).own_pdff_percent == 11.5


def test_an_adjudicator_has_nothing_to_unveil(world: World) -> None:
    case = world.case(blinded_to=["analysis"])
    for name, quality in (("ron", "good"), ("rita", "unusable")):
        reading = save_own_values(world.give(case, name), 12.0, None, by=world.person(name))
        read_and_sign(reading, quality=quality, note="Motion.")
    assert not is_veiled(world.give(case, "adam"))


def test_the_trail_says_that_something_was_read_and_not_what(world: World) -> None:
    reading = world.give(world.case(blinded_to=["analysis"]), "ron")
    save_own_values(reading, 47.11, 815.0, by=reading.reader)
    read_and_sign(reading, "Plugh-Xyzzy.", "limited", "Frobnicated.")
    events = AuditEvent.objects.filter(actor=reading.reader.email)
    assert {"reading-own-values", "reading-saved", "report-signed"} <= {e.action for e in events}
    trail = json.dumps([[event.old, event.new] for event in AuditEvent.objects.all()])
    for secret in ("Plugh", "Frobnicated", "47.11", "815"):
        assert secret not in trail
    assert all(event.new.get("content_sha256") for event in events.filter(action="reading-saved"))


def test_a_reader_alone_leaves_the_analysis_as_it_is(world: World) -> None:
    case = world.case(**ONE)
    machine = Report.objects.get(pk=case.report_id)
    read_and_sign(world.give(case, "ron"))
    again = Report.objects.get(pk=machine.pk)
    assert (again.version, again.sha256, again.signatures.count()) == (1, machine.sha256, 0)
