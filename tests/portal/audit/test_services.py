from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from portal.audit.chain import GENESIS, hash_of
from portal.audit.models import AppendOnly, AuditEvent, ChainHead
from portal.audit.services import line_of, lines, record, verify
from portal.trials.models import Trial
from tests.portal.conftest import Cast


@pytest.fixture
def trail(cast: Cast) -> list[AuditEvent]:
    for number in range(4):
        record("measured", cast.trial, actor=cast.rosa, new={"value": number})
    return [*AuditEvent.objects.order_by("sequence")]


def raw(sql: str, *values: Any) -> None:
    """Change the table as an intruder would, who takes the triggers away first."""
    table = " ON audit_auditevent" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER IF EXISTS audit_event_no_update{table}")
        cursor.execute(sql, values or None)


def test_every_act_of_the_fixture_is_on_record(trail: list[AuditEvent]) -> None:
    assert trail[0].action == "trial-created"
    assert trail[0].previous_hash == GENESIS
    assert [event.sequence for event in trail] == [*range(1, len(trail) + 1)]
    assert not verify()


def test_a_line_says_who_what_and_when(cast: Cast) -> None:
    before = datetime.now(UTC)
    when = uuid.uuid4()
    event = record(
        "renamed",
        cast.trial,
        actor=cast.ada,
        old={"name": "Fatty liver"},
        new={"name": "NAFLD", "at": before, "id": when},
        trial_id=cast.trial.pk,
    )
    event.refresh_from_db()
    assert (event.actor, event.actor_id) == (cast.ada.email, str(cast.ada.pk))
    assert (event.object_type, event.object_id) == ("trials.Trial", str(cast.trial.pk))
    assert event.old == {"name": "Fatty liver"}
    assert event.new["id"] == str(when)
    assert before <= event.at <= datetime.now(UTC)
    assert event.hash == hash_of(line_of(event))


def test_a_program_has_no_name(cast: Cast) -> None:
    event = record("swept", cast.trial, actor=None)
    assert (event.actor, event.actor_id) == ("", "")


def test_what_is_rolled_back_leaves_no_line(cast: Cast) -> None:
    count = AuditEvent.objects.count()
    with transaction.atomic():
        record("tried", cast.trial, actor=None)
        transaction.set_rollback(True)
    assert AuditEvent.objects.count() == count
    assert not verify()


@pytest.mark.parametrize(
    "column",
    ["actor", "actor_id", "action", "object_type", "object_id", "trial_id", "ip", "hash"],
)
def test_any_changed_text_is_found(trail: list[AuditEvent], column: str) -> None:
    raw(f"UPDATE audit_auditevent SET {column} = 'x' WHERE sequence = 3")  # noqa: S608  # fixed names
    assert any(each.sequence in {3, 4} for each in verify())


def test_a_changed_value_or_time_is_found(trail: list[AuditEvent]) -> None:
    raw(
        "UPDATE audit_auditevent SET new = '{\"value\": 7}' WHERE sequence = %s", trail[-1].sequence
    )
    assert [each.sequence for each in verify()] == [trail[-1].sequence]
    raw("UPDATE audit_auditevent SET at = '2020-01-01 00:00:00' WHERE sequence = 2")
    assert 2 in {each.sequence for each in verify()}


@pytest.mark.parametrize("position", [0, 3, -1])
def test_a_removed_row_is_found(trail: list[AuditEvent], position: int) -> None:
    raw("DELETE FROM audit_auditevent WHERE sequence = %s", trail[position].sequence)
    assert verify()


def test_a_removed_tail_is_found(trail: list[AuditEvent]) -> None:
    raw("DELETE FROM audit_auditevent WHERE sequence > 5")
    assert verify()[-1].problem == "the last lines are missing or were added by hand"


def test_swapped_rows_are_found(trail: list[AuditEvent]) -> None:
    raw("UPDATE audit_auditevent SET sequence = 9999 WHERE sequence = 2")
    raw("UPDATE audit_auditevent SET sequence = 2 WHERE sequence = 3")
    raw("UPDATE audit_auditevent SET sequence = 3 WHERE sequence = 9999")
    assert {each.sequence for each in verify()} >= {2, 3}


def test_the_database_itself_refuses_a_change(trail: list[AuditEvent]) -> None:
    with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:  # noqa: B017, PT011  # the class differs by database
        cursor.execute("UPDATE audit_auditevent SET action = 'x' WHERE sequence = 1")


def test_the_code_refuses_a_change(trail: list[AuditEvent]) -> None:
    event = trail[0]
    event.action = "nothing happened"
    for change in (
        event.save,
        event.delete,
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.update(action="x"),
        lambda: AuditEvent.objects.bulk_update([event], ["action"]),
    ):
        with pytest.raises(AppendOnly, match="cannot be changed"):
            change()


def test_the_trail_is_read_in_order(trail: list[AuditEvent]) -> None:
    assert [line["sequence"] for line in lines()] == [event.sequence for event in trail]


def test_the_trail_outlives_what_it_is_about(cast: Cast) -> None:
    trial = Trial.objects.create(name="Short", slug="short")
    record("opened", trial, actor=cast.ada)
    trial.delete()
    assert not verify()


def test_an_empty_trail_holds_together(db: None) -> None:
    assert not verify()
    assert not ChainHead.objects.exists()
