from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.reports.documents import machine_labels
from portal.reports.models import Impression, Reading, ReadingCase
from portal.reports.reading_services import correct_outline, decide
from portal.trials.models import RescanRequest
from tests.portal.reports.conftest import Analysed
from tests.portal.reports.reading_world import (
    PASSWORD,
    PLAIN_FINDING,
    SUBJECT,
    World,
    build_world,
    plant,
    read_and_sign,
)


@pytest.fixture
def world(db: None, results: Analysed, tmp_path: Path) -> World:
    return build_world(results, tmp_path)


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def address(reading: Reading, name: str = "reading") -> str:
    return reverse(f"reports:{name}", args=[reading.pk])


def test_a_reader_saves_and_signs_with_the_password(world: World) -> None:
    reading = world.give(world.case(), "ron")
    ron = world.person("ron")
    ron.set_password(PASSWORD)
    ron.save()
    client = browser(ron)
    assert reading.code in client.get("/readings/").content.decode()
    words = {"text": "Mild.", "quality": "good"}
    said = client.post(address(reading, "reading-save"), words, follow=True).content.decode()
    assert "not signed yet" in said
    sign = address(reading, "reading-sign")
    refused = client.post(sign, {"password": "a wrong password"}, follow=True).content.decode()
    assert "password is not right" in refused
    assert Reading.objects.get(pk=reading.pk).signed_at is None
    said = client.post(sign, {"password": PASSWORD}, follow=True).content.decode()
    assert f"{reading.code} is signed." in said
    assert Reading.objects.get(pk=reading.pk).signed_at is not None
    assert reading.code not in client.get("/readings/").content.decode()
    assert "Signed" in client.get("/readings/?state=signed").content.decode()
    assert "Signed electronically by" in client.get(address(reading)).content.decode()


def test_the_page_says_what_is_missing(world: World) -> None:
    reading = world.give(world.case(), "ron")
    client = browser(world.person("ron"))
    said = client.post(
        address(reading, "reading-save"), {"text": "Mild.", "quality": "limited"}, follow=True
    )
    assert "what limits the quality" in said.content.decode()
    said = client.post(address(reading, "reading-own-values"), {"pdff_percent": "x"}, follow=True)
    assert "as a number" in said.content.decode()
    said = client.post(address(reading, "reading-decide"), {"pick": "C"}, follow=True)
    assert "Pick one of the two" in said.content.decode()


def test_a_finding_is_told_unless_it_tells_the_site(world: World) -> None:
    reading = world.give(world.case(), "ron")
    page = browser(world.person("ron")).get(address(reading)).content.decode()
    assert PLAIN_FINDING.message in page
    assert "1 finding on quality would tell" in page
    assert SUBJECT not in page


def test_nobody_else_opens_a_reading(world: World) -> None:
    reading = world.give(world.case(), "ron")
    for name in ("rita", "adam", "mia", "max", "ulf"):
        assert browser(world.person(name)).get(address(reading)).status_code == 404


def test_a_reader_without_the_role_opens_nothing(world: World) -> None:
    reading = world.give(world.case(), "ron")
    world.person("ron").memberships.all().delete()
    assert browser(world.person("ron")).get(address(reading)).status_code == 404


def test_a_corrected_outline_is_the_readers_own(world: World) -> None:
    case = world.case()
    first, second = world.give(case, "ron"), world.give(case, "rita")
    Impression.objects.create(report=first.report, text="Mild.", written_by=first.reader)
    labels = np.array(machine_labels(case.report.run_id))
    labels[:, :, :7] = 0
    changed = correct_outline(first, labels, "Ribs-at-the-dome.", by=first.reader)
    assert changed.report.labels_path != ""
    assert changed.report.impression.text == "Mild."
    assert Reading.objects.get(pk=second.pk).report.labels_path == ""
    assert changed.report.liver_volume_ml != second.report.liver_volume_ml
    event = AuditEvent.objects.get(action="mask-corrected")
    assert "Ribs-at-the-dome" not in str(event.new)
    assert "dice_with_machine" not in event.new
    picture = address(first, "reading").rstrip("/") + "/images/segments.nii.gz"
    own = b"".join(browser(first.reader).get(picture).streaming_content)
    other = b"".join(
        browser(second.reader).get(picture.replace(str(first.pk), str(second.pk))).streaming_content
    )
    assert gzip.decompress(own) != gzip.decompress(other)


def test_the_adjudicator_looks_at_both_and_picks(world: World) -> None:
    case = world.case()
    for name, pdff in (("ron", 12.0), ("rita", 19.0)):
        read_and_sign(plant(world.give(case, name), world, pdff, 45.0), f"Words of {name}.")
    decision = world.give(ReadingCase.objects.get(pk=case.pk), "adam")
    client = browser(world.person("adam"))
    for letter in ("A", "B"):
        page = client.get(f"{address(decision)}?of={letter}").content.decode()
        assert f"<h2>Reading {letter}</h2>" in page
    assert client.get(f"{address(decision)}?of=C").status_code == 404
    assert browser(world.person("ron")).get(f"{address(decision)}?of=A").status_code == 404
    client.post(address(decision, "reading-decide"), {"pick": "B"})
    chosen = Reading.objects.get(pk=decision.pk)
    assert chosen.decision == "picked"
    assert "The reading you picked" in client.get(address(decision)).content.decode()
    assert decide(chosen, None, by=chosen.reader).decision == "own"


def test_a_reader_asks_for_a_scan_without_saying_who(world: World) -> None:
    reading = world.give(world.case(), "ron")
    words = {"reason": "Motion at the dome.", "action": "Hold the breath."}
    client = browser(world.person("ron"))
    client.post(address(reading, "reading-rescan"), words)
    request = RescanRequest.objects.get()
    assert request.visit == reading.case.study.visit
    assert "has not answered yet" in client.get(address(reading)).content.decode()
    page = browser(world.person("ulf")).get(f"/trials/rescans/{request.pk}/").content.decode()
    assert "Motion at the dome." in page
    assert "Ron" not in page
