"""No answer to a blinded reader holds what the scheme hides: every address, every method.

The walk takes its addresses from the URL configuration, so a new route is in it by itself. In every
place every key is tried that fits its name; in a place whose name is unknown here, all of them.
Two checks keep it able to fail: the same walk as the manager finds the words, and readers who may
see each other find each other's numbers.
"""

from __future__ import annotations

import base64
import gzip
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from analysis.volume_norm import EXPECTED, RATIO_TO_EXPECTED
from portal.accounts.models import User
from portal.notifications.models import Delivery
from portal.reports.models import Reading, ReadingCase, Report
from portal.reports.reading_assignment import rules_of
from portal.reports.reading_services import save_own_values, save_reading
from portal.trials.models import RescanRequest
from portal.trials.reading_schemes import Blinding
from portal.trials.rescans import ask_for_rescan
from tests.portal.reports.conftest import Analysed
from tests.portal.reports.reading_world import (
    BODY,
    EXPECTED_ML,
    PATIENT_ID,
    SCANNER,
    SITE_CODE,
    SITE_NAME,
    STUDY_DATE,
    SUBJECT,
    VISIT,
    World,
    build_world,
    case_of,
    plant,
    read_and_sign,
)

OTHER_WORDS = "Opaleszenz-im-Lappen"
OTHER_NOTE = "Bewegungsartefakt-Quux"
OTHER_PDFF, OTHER_R2STAR = 31.415926, 271.8281828
OF_BODY = {*map(str, BODY), str(EXPECTED_ML)}
NORM = {f"{EXPECTED_ML:.0f} ml", str(EXPECTED_ML)}  # as a page and as a file say it
NAMES = {SITE_NAME, SITE_CODE, VISIT, STUDY_DATE, SUBJECT, PATIENT_ID, *SCANNER, *OF_BODY, *NORM}
NUMBERS = {"31.4159", "31.4 ", "271.828", "272 "}
ABSENT = (  # places of what the stage does not hold
    "comparison_id",
    "hold_id",
    "invitation_id",
    "roi_id",
    "token_id",
    "transfer_id",
    "view_id",
    "webhook_id",
)
CHANGES = ("head", "options", "post", "put", "patch", "delete")


Route = tuple[str, tuple[tuple[str, str], ...]]  # its name, and name and kind of each place


@dataclass(frozen=True, slots=True)
class Stage:
    """A study that Rita has read (and not signed, or signed), and Ron is to read."""

    world: World
    mine: Reading
    other: Reading

    @property
    def secrets(self) -> set[str]:
        """Return the hidden words, and what only the other reader's version has."""
        report = Report.objects.get(pk=self.other.report_id)
        words = {OTHER_WORDS, OTHER_NOTE, "Rita", report.sha256, str(report.pk), self.other.code}
        return NAMES | NUMBERS | words

    def keys(self) -> dict[str, list[Any]]:
        """Return the keys by the name of the place they fit, then by the kind of a place."""
        study, run = self.mine.case.study, self.mine.case.report.run
        rescans = [*RescanRequest.objects.values_list("pk", flat=True)]
        by_name: dict[str, list[Any]] = {
            "report_id": [self.other.report_id, self.mine.report_id, self.mine.case.report_id],
            "reading_id": [self.mine.pk, self.other.pk],
            "trial_id": [study.trial_id],
            "site_id": [study.site_id],
            "study_id": [study.pk],
            "subject_id": [study.subject_id],
            "upload_id": [study.upload_id],
            "run_id": [run.pk],
            "request_id": rescans,
            "user_id": [self.other.reader_id],
        }
        by_name |= {name: [self.other.pk] for name in ABSENT}
        return by_name | {
            "baseline_id": by_name["report_id"],
            "uuid": sorted({key for keys in by_name.values() for key in keys}),
            "int": [1],
            "str": ["PDFF", "segments", "report.json"],
            "slug": ["pdff"],
        }


@pytest.fixture
def world(db: None, results: Analysed, tmp_path: Path) -> World:
    return build_world(results, tmp_path)


def make_stage(world: World, *, is_signed: bool = False, **rules: Any) -> Stage:
    case = world.case(**rules)
    mine = world.give(case, "ron")
    other = plant(world.give(case, "rita"), world, OTHER_PDFF, OTHER_R2STAR)
    by = world.person("rita")
    if Blinding.ANALYSIS in rules_of(case).blinded_to:
        save_own_values(other, 30.0, None, by=by)
    if is_signed:
        read_and_sign(other, OTHER_WORDS, "limited", OTHER_NOTE)
    else:
        save_reading(other, OTHER_WORDS, "limited", OTHER_NOTE, by=by)
    ask_for_rescan(case.study.visit, RescanRequest.Source.PROTOCOL, SITE_NAME, VISIT, by=by)
    return Stage(world, mine, Reading.objects.get(pk=other.pk))


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[Route]:
    """Yield our own routes with names and kinds of their places; allauth's show one's own self."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
        elif entry.name and not entry.lookup_str.startswith("allauth."):
            places = entry.pattern.converters.items()
            yield f"{prefix}{entry.name}", tuple((name, kind_of(each)) for name, each in places)


def kind_of(converter: Any) -> str:
    name = type(converter).__name__.removesuffix("Converter").lower()
    return "str" if name in {"string", "path"} else name


def addresses(keys: dict[str, list[Any]]) -> Iterator[str]:
    for name, places in routes(get_resolver()):
        fitting = (keys.get(place, keys[kind]) for place, kind in places)
        for values in itertools.product(*fitting):
            yield reverse(name, args=values)
    for name in ("api-studies", "api-reports", "api-subjects", "api-visits"):
        yield f"{reverse(name)}?subject={SUBJECT.lower()}&role=reader"


def text_of(answer: HttpResponseBase) -> str:
    """Return status line, headers and body as text, packed bodies unpacked."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined, arg-type, unused-ignore]
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    head = "\n".join(f"{name}: {value}" for name, value in answer.items())
    return f"{answer.status_code}\n{head}\n{body.decode('utf-8', 'replace')}"


def walk(person: User, stage: Stage, *, is_whole: bool) -> Iterator[tuple[str, str]]:
    """Ask for every address with every key; with ``is_whole`` send every other method, too."""
    client = Client(raise_request_exception=False)
    client.force_login(person)
    asked = [*addresses(stage.keys())]
    for method in ("get", *CHANGES) if is_whole else ("get",):
        for address in asked:
            with transaction.atomic():  # what one request changes the next must not miss
                answer = client.generic(method.upper(), address, content_type="application/json")
                yield f"{method} {address}", text_of(answer)
                transaction.set_rollback(True)


def leaks(person: User, stage: Stage, secrets: set[str], *, is_whole: bool = False) -> list[str]:
    found = []
    for what, text in walk(person, stage, is_whole=is_whole):
        shown, asked = text.casefold(), what.casefold()  # an answer may repeat its own address
        told = [s for s in secrets if s.casefold() in shown and s.casefold() not in asked]
        found += [f"{what}: {secret}" for secret in told]
    return found


def test_no_answer_tells_a_blinded_reader_anything(world: World) -> None:
    stage = make_stage(world)
    assert leaks(world.person("ron"), stage, stage.secrets, is_whole=True) == []


def test_the_walk_reaches_every_route_and_no_place_is_empty(world: World) -> None:
    keys = make_stage(world, is_signed=True).keys()
    own = [*routes(get_resolver())]
    assert len(own) > 140
    assert all(keys.get(place, keys[kind]) for _, places in own for place, kind in places)
    assert len([*addresses(keys)]) > 250


def test_the_walk_would_find_a_leak(world: World) -> None:
    """As the manager it does: names everywhere, the numbers of a reading nowhere before locking."""
    stage = make_stage(world)
    told = leaks(world.person("mia"), stage, stage.secrets)
    words = {line.rpartition(": ")[2] for line in told}
    assert {SITE_NAME, SITE_CODE, VISIT, STUDY_DATE, SUBJECT, "Rita"} <= words
    assert not words & (NUMBERS | {OTHER_WORDS, OTHER_NOTE})


def test_nobody_sees_what_was_read_before_the_result_is_locked(world: World) -> None:
    stage = make_stage(world, is_signed=True)
    secrets = {*NUMBERS, OTHER_WORDS, OTHER_NOTE}
    for name in ("mia", "max", "ulf"):
        assert leaks(world.person(name), stage, secrets) == [], name


def test_the_size_of_the_body_is_told_to_managers_once_locked_and_never_to_readers(
    world: World,
) -> None:
    stage = make_stage(world, is_signed=True, pdff_points=None, r2star_percent=None)
    read_and_sign(stage.mine, "Read.", "limited", "Breathing.")
    assert ReadingCase.objects.get(pk=stage.mine.case_id).locked_at is not None
    told = {name: leaks(world.person(name), stage, OF_BODY) for name in ("mia", "ron", "rita")}
    assert {line.rpartition(": ")[2] for line in told["mia"]} == OF_BODY
    assert told["ron"] == told["rita"] == []


@pytest.mark.parametrize("blinded_to", [[], ["site", "other-readers"], ["time"], ["subject"]])
def test_the_expected_volume_is_told_where_neither_visit_nor_subject_is_hidden(
    world: World, blinded_to: list[str]
) -> None:
    mine = make_stage(world, blinded_to=blinded_to).mine
    client = Client()
    client.force_login(world.person("ron"))
    page = client.get(reverse("reports:reading", args=[mine.pk])).content.decode()
    document = client.get(reverse("api-reading", args=[mine.pk])).json()
    drawn = {"changes": base64.b64encode(gzip.compress(b"")).decode()}
    tried = client.post(
        reverse("api-reading-outline-preview", args=[mine.pk]), drawn, "application/json"
    ).json()
    preview = client.post(
        reverse("reports:reading-mask-preview", args=[mine.pk]),
        gzip.compress(b""),
        content_type="application/octet-stream",
    ).content.decode()
    is_told = not {"time", "subject"} & {*blinded_to}
    for text in (page, preview):
        assert ("expected for body size</summary>" in text) is is_told
        assert ("it could tell which studies are of one person" in text) is not is_told
    for measurements in (document["measurements"], tried["measurements"]):
        statistics = {each["statistic"] for each in measurements}
        assert (EXPECTED in statistics) is (RATIO_TO_EXPECTED in statistics) is is_told


def test_readers_who_may_see_each_other_do(world: World) -> None:
    stage = make_stage(world, is_signed=True, blinded_to=[])
    told = leaks(world.person("ron"), stage, {OTHER_WORDS, SITE_NAME, VISIT})
    assert {line.rpartition(": ")[2] for line in told} == {OTHER_WORDS, SITE_NAME, VISIT}


def test_the_other_reader_is_seen_when_both_have_signed(world: World) -> None:
    stage = make_stage(world, is_signed=True)
    client = Client()
    client.force_login(world.person("ron"))
    address = reverse("reports:reading", args=[stage.mine.pk])
    assert OTHER_WORDS not in client.get(address).content.decode()
    read_and_sign(stage.mine)
    shown = client.get(address).content.decode()
    assert OTHER_WORDS in shown
    assert not [name for name in NAMES | {"Rita"} if name in shown]


def test_the_adjudicator_sees_both_readings_and_neither_reader(world: World) -> None:
    stage = make_stage(world, is_signed=True)
    read_and_sign(stage.mine, "Unremarkable-Plugh")
    decision = world.give(ReadingCase.objects.get(pk=stage.mine.case_id), "adam")
    adam = world.person("adam")
    told = leaks(
        adam, stage, NAMES | {"Rita", "ron@blinded.example", stage.other.code, stage.mine.code}
    )
    assert told == []
    client = Client()
    client.force_login(adam)
    page = client.get(reverse("reports:reading", args=[decision.pk])).content.decode()
    assert OTHER_WORDS in page
    assert "Unremarkable-Plugh" in page
    assert not re.search(r"\bRon\b", page)


def test_the_analysis_is_hidden_until_own_values_are_saved(world: World) -> None:
    """The outline, the numbers and their words: the planted mean is in no answer before."""
    stage = make_stage(world, blinded_to=["analysis"])
    planted = plant(stage.mine, world, 23.456789, 77.7654321)
    ron, secrets = world.person("ron"), {"23.4567", "23.5 ", "77.7654", "77.8 ", "Segment I"}
    mine = Stage(world, planted, stage.other)
    assert leaks(ron, mine, secrets) == []
    client = Client()
    client.force_login(ron)
    address = reverse("api-reading", args=[planted.pk])
    values = json.dumps({"pdff_percent": 22.0})
    own = client.post(f"{address}own-values/", values, content_type="application/json")
    assert "23.4567" in own.content.decode()
    assert "23.4567" in client.get(address).content.decode()


def test_a_subject_code_that_names_the_site_is_hidden_with_the_site(world: World) -> None:
    world.scheme(blinded_to=["site"])
    report = world.report(f"{SITE_CODE}-0042")
    reading = world.give(case_of(report), "ron")
    client = Client()
    client.force_login(world.person("ron"))
    for address in (
        reverse("reports:readings"),
        reverse("reports:reading", args=[reading.pk]),
        reverse("api-readings"),
    ):
        assert SITE_CODE not in client.get(address).content.decode()


def test_messages_to_readers_name_nothing(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        stage = make_stage(world)
    told = [f"{each.path} {each.object_id} {each.kind}" for each in Delivery.objects.all()]
    assert any(str(stage.mine.pk) in each for each in told)
    everything = "\n".join([*told, *(message.message().as_string() for message in mail.outbox)])
    to_ron = [each for each in NAMES if each in everything]
    assert to_ron == []


def test_the_order_of_the_list_is_not_the_order_of_the_scans(world: World) -> None:
    """Due on one day, readings stand by their random codes."""
    world.scheme()
    readings = [world.give(case_of(world.report(f"KX-{n}")), "ron") for n in range(6)]
    day = datetime(2031, 8, 1).date()
    Reading.objects.update(due_on=day)
    client = Client()
    client.force_login(world.person("ron"))
    listed = [row["code"] for row in client.get(reverse("api-readings")).json()["results"]]
    assert listed == sorted(reading.code for reading in readings)
