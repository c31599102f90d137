from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import translation

from portal.accounts.models import User
from portal.audit.chain import breaks_of_export, closed_lines, is_closed
from portal.audit.services import last_hash
from portal.audit.watch import watched_models
from portal.trials.audit_page import AuditPage, Change, audit_page, events_for, in_words
from portal.trials.audit_words import ACTS, KINDS
from portal.trials.models import Role
from portal.trials.services import add_member, subject_at
from tests.conftest import REPOSITORY
from tests.portal.conftest import Cast


@pytest.mark.parametrize("name", ["mona", "tom"])
def test_managers_and_monitors_see_what_was_done_in_their_trials(cast: Cast, name: str) -> None:
    subject_at(cast.north, "S-001", by=cast.uma)
    events = events_for(getattr(cast, name))
    assert events[0].action == "subject-created"
    assert {event.trial_id for event in events} == {str(cast.trial.pk)}


@pytest.mark.parametrize("name", ["rosa", "uma"])
def test_others_see_nothing(cast: Cast, name: str) -> None:
    assert not events_for(getattr(cast, name)).exists()


def test_a_role_at_one_site_does_not_open_the_trail_of_the_trial(cast: Cast) -> None:
    add_member(cast.trial, cast.uwe, Role.MONITOR, site=cast.south)
    assert not events_for(cast.uwe).exists()


def test_an_administrator_sees_all_of_it(cast: Cast) -> None:
    trials = {event.trial_id for event in events_for(cast.ada)}
    assert trials >= {"", str(cast.trial.pk), str(cast.elsewhere.trial_id)}


def page_for(user: User, query: str = "") -> AuditPage:
    return audit_page(user, QueryDict(query))


def test_a_page_that_does_not_exist_is_the_nearest(cast: Cast) -> None:
    assert page_for(cast.ada, "page=999").events.number == 1
    assert page_for(cast.ada, "page=x").events.number == 1


def test_the_page_shows_the_trail_in_words(cast: Cast, client: Client) -> None:
    client.force_login(cast.mona)
    page = client.get("/trials/audit/").content.decode()
    assert "Trial created" in page
    assert "trials.Trial" not in page
    assert "Fatty liver" in page


def test_a_line_says_who_from_where_and_what_changed(cast: Cast, client: Client) -> None:
    client.force_login(cast.tom)
    client.post(f"/trials/{cast.trial.pk}/visits/codes/", {"form": "{site}-###"})
    row = page_for(cast.mona).rows[0]
    assert (row.act, row.actor, row.address) == (
        "Subject rules changed",
        "tom@example.org",
        "127.0.0.1",
    )
    assert Change("Form", "", "{site}-###") in row.changes


@pytest.mark.parametrize(
    ("query", "acts"),
    [
        ("act=subject created", {"Subject created"}),
        ("act=SUBJECT", {"Subject created"}),
        ("actor=uma", {"Subject created"}),
        ("actor=nobody at all", set()),
        ("since=2999-01-01", set()),
        ("until=2000-01-01", set()),
        ("since=2000-01-01&until=2999-01-01&actor=uma", {"Subject created"}),
    ],
)
def test_the_trail_is_narrowed(cast: Cast, query: str, acts: set[str]) -> None:
    subject_at(cast.north, "S-001", by=cast.uma)
    assert {row.act for row in page_for(cast.mona, query).rows} == acts


def test_the_trail_of_one_trial_and_of_one_thing(cast: Cast) -> None:
    subject = subject_at(cast.north, "S-001", by=cast.uma)
    assert [row.about for row in page_for(cast.ada, f"about={subject.pk}").rows] == ["subject"]
    other = page_for(cast.ada, f"trial={cast.elsewhere.trial_id}")
    assert {row.trial for row in other.rows} == {"Another trial"}


@pytest.mark.parametrize(
    "query",
    ["trial=x", "since=yesterday", "since=2026-02-02&until=2026-02-01"],
)
def test_a_filter_that_makes_no_sense_is_said_and_lists_nothing(cast: Cast, query: str) -> None:
    page = page_for(cast.ada, query)
    assert page.form.errors
    assert page.rows == ()


def test_another_trial_cannot_be_asked_for(cast: Cast) -> None:
    page = page_for(cast.mona, f"trial={cast.elsewhere.trial_id}")
    assert "trial" in page.form.errors
    assert page.rows == ()


def exported(cast: Cast, name: str, folder: Path) -> Path:
    client = Client()
    client.force_login(getattr(cast, name))
    answer = client.get("/trials/audit/trail.jsonl")
    file = folder / "trail.jsonl"
    file.write_bytes(b"".join(answer.streaming_content))
    return file


def lines_in(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_an_administrators_export_is_whole_and_holds_together(cast: Cast, tmp_path: Path) -> None:
    file = exported(cast, "ada", tmp_path)
    assert breaks_of_export(file, [last_hash()]) == []
    assert closed_lines(file) == 0
    assert lines_in(file)[-1]["action"] == "audit-exported"


def test_a_monitors_export_closes_other_trials_and_holds_together(
    cast: Cast, tmp_path: Path
) -> None:
    file = exported(cast, "mona", tmp_path)
    lines = lines_in(file)
    assert breaks_of_export(file, [last_hash()]) == []
    assert {line["trial_id"] for line in lines if not is_closed(line)} == {str(cast.trial.pk)}
    assert closed_lines(file) > 0
    assert "Another trial" not in file.read_text("utf-8")


@pytest.mark.parametrize("harm", ["change", "remove", "swap", "close", "cut"])
def test_harm_to_a_monitors_export_is_found_or_counted(
    cast: Cast, tmp_path: Path, harm: str
) -> None:
    subject_at(cast.north, "S-001", by=cast.uma)
    file = exported(cast, "mona", tmp_path)
    lines, closed = lines_in(file), closed_lines(file)
    at = next(n for n, line in enumerate(lines) if line.get("action") == "subject-created")
    if harm == "change":
        lines[at]["new"] = {"code": "S-002"}
    elif harm == "remove":
        del lines[at]
    elif harm == "swap":
        lines[at], lines[at - 1] = lines[at - 1], lines[at]
    elif harm == "close":
        lines[at] = {name: lines[at][name] for name in ("sequence", "previous_hash", "hash")}
    else:
        del lines[-1]
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    is_found = breaks_of_export(file, [last_hash()]) != []
    assert is_found or closed_lines(file) > closed
    assert is_found == (harm != "close")


@pytest.mark.parametrize("name", ["rosa", "uma"])
def test_who_oversees_nothing_gets_no_export(cast: Cast, name: str, client: Client) -> None:
    client.force_login(getattr(cast, name))
    assert client.get("/trials/audit/trail.jsonl").status_code == 403


def test_acts_are_found_by_their_words_in_the_language_of_the_page(cast: Cast) -> None:
    subject_at(cast.north, "S-001", by=cast.uma)
    with translation.override("de"):
        row = page_for(cast.mona, urlencode({"act": "person angelegt"})).rows[0]
    assert (row.act, row.about) == ("Person angelegt", "Person")


def acts_in_the_code() -> set[str]:
    """Every act that the portal writes down as it is; those put together are not seen."""
    return {
        argument.value
        for file in (REPOSITORY / "portal").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"record", "_record"}
        for argument in node.args
        if isinstance(argument, ast.Constant)
    }


def test_every_act_and_every_kind_of_record_has_words() -> None:
    acts = acts_in_the_code()
    assert {"trial-created", "upload-opened"} <= acts
    assert {in_words(act) for act in acts} <= {*ACTS}
    kinds = {str(model._meta.verbose_name) for model in watched_models()}
    assert {kind for kind in kinds if "-" not in kind} <= {*KINDS}
