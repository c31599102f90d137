"""What PostgreSQL records by itself. On SQLite there is no such record, and it says so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from portal.accounts.models import User
from portal.audit.models import ChainHead, TableChange
from portal.audit.services import table_lines, verify
from portal.audit.watch import UNWATCHED, watch_tables, watched_models
from portal.trials.models import Membership, Role, Trial
from tests.portal.conftest import Cast

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="only PostgreSQL records by itself"
)


def settle() -> None:
    """Let the triggers run that wait for the commit (tests roll back instead)."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def raw(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
    settle()


def changes(table: str) -> list[dict[str, Any]]:
    settle()
    found = [json.loads(line["content"]) for line in table_lines()]
    return [each for each in found if each["table"] == table]


def test_every_table_is_watched_or_named_with_a_reason() -> None:
    ours = {m._meta.label for m in apps.get_models(include_auto_created=True)}
    watched = {model._meta.label for model in watched_models()}
    assert {"accounts.User", "trials.Membership", "reports.Signature"} <= watched
    assert not watched & {*UNWATCHED}
    assert {*UNWATCHED} <= ours
    assert all(UNWATCHED.values())


def test_on_sqlite_nothing_is_attached(cast: Cast) -> None:
    watch_tables()
    if connection.vendor == "sqlite":
        Trial.objects.update(name="Renamed in bulk")
        assert not TableChange.objects.exists()


@on_postgresql
def test_a_bulk_change_is_on_record_row_by_row(cast: Cast) -> None:
    before = len(changes("trials_trial"))
    Trial.objects.update(closed_at=cast.ada.date_joined)
    found = changes("trials_trial")[before:]
    assert [each["operation"] for each in found] == ["update"] * Trial.objects.count()
    assert {each["old"]["closed_at"] for each in found} == {None}
    assert all(each["new"]["closed_at"] for each in found)
    assert verify() == []


@on_postgresql
def test_raw_sql_is_on_record_with_the_login_that_did_it(cast: Cast) -> None:
    raw("UPDATE accounts_user SET is_administrator = true WHERE email = %s", cast.uma.email)
    change = changes("accounts_user")[-1]
    assert (change["old"]["is_administrator"], change["new"]["is_administrator"]) == (False, True)
    assert change["login"] == connection.settings_dict["USER"]
    assert change["at"]


@on_postgresql
def test_a_row_that_was_removed_or_added_by_hand_is_on_record(cast: Cast) -> None:
    added = Membership.objects.bulk_create(
        [Membership(user=cast.uma, trial=cast.trial, role=Role.READER)]
    )
    raw("DELETE FROM trials_membership WHERE id = %s", added[0].pk)
    last = changes("trials_membership")[-2:]
    assert [each["operation"] for each in last] == ["insert", "delete"]
    assert last[1]["old"]["role"] == "reader"
    assert last[1]["new"] is None


@on_postgresql
def test_no_password_and_no_key_gets_into_the_record(cast: Cast) -> None:
    User.objects.filter(pk=cast.rosa.pk).update(password="argon2$secret-hash")
    change = changes("accounts_user")[-1]
    assert change["secrets_changed"] == ["password"]
    assert "secret-hash" not in json.dumps([*table_lines()])


@on_postgresql
def test_a_change_of_nothing_leaves_no_line(cast: Cast) -> None:
    count = len(changes("trials_trial"))
    raw("UPDATE trials_trial SET name = name")
    assert len(changes("trials_trial")) == count


@on_postgresql
def test_what_is_rolled_back_leaves_no_line(cast: Cast) -> None:
    count = len(changes("trials_trial"))
    with transaction.atomic():
        Trial.objects.update(name="Tried")
        transaction.set_rollback(True)
    assert len(changes("trials_trial")) == count


@on_postgresql
@pytest.mark.parametrize(
    "sql", ["UPDATE audit_tablechange SET content = '{}'", "DELETE FROM audit_tablechange"]
)
def test_the_record_itself_cannot_be_changed(cast: Cast, sql: str) -> None:
    settle()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        raw(sql)


@on_postgresql
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_tablechange SET content = replace(content, 'Fatty', 'Lean') WHERE sequence=1",
        "DELETE FROM audit_tablechange WHERE sequence = 2",
        "DELETE FROM audit_tablechange WHERE sequence > 3",
        "UPDATE audit_tablechange SET sequence = 99999 WHERE sequence = 2",
    ],
)
def test_an_intruder_who_takes_the_triggers_away_is_found(cast: Cast, sql: str) -> None:
    settle()
    assert TableChange.objects.count() > 4
    assert verify() == []
    raw("DROP TRIGGER audit_table_change_no_update ON audit_tablechange")
    raw(sql)
    assert verify()


@on_postgresql
def test_attaching_twice_attaches_once(cast: Cast) -> None:
    watch_tables()
    raw("UPDATE trials_trial SET name = 'Once' WHERE id = %s", cast.trial.pk)
    assert [each["new"]["name"] for each in changes("trials_trial")].count("Once") == 1


@on_postgresql
def test_both_chains_have_their_heads(cast: Cast) -> None:
    settle()
    assert [*ChainHead.objects.order_by("pk").values_list("pk", flat=True)] == [1, 2]
