"""Which tables PostgreSQL itself watches: all of the portal's but those named here, with a reason.

The triggers are attached after each ``migrate``, so that a new table is watched from its first row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connections, models

TRIGGER = "audit_change"
UNWATCHED: dict[str, str] = {
    "audit.AuditEvent": "the trail itself; its rows cannot be changed",
    "audit.TableChange": "the record itself; its rows cannot be changed",
    "audit.ChainHead": "moves with every line; compared with the last one",
    "accounts.IdempotencyKey": "answers kept for a day",
    "accounts.SavedView": "a person's own filters",
    "notifications.Delivery": "messages on their way; nothing is decided by them",
    "runs.OutboxMessage": "wake-up calls; what is due stands in the stages",
    "runs.StageRun": "changes every two seconds while a stage runs; its end is on record",
    "studies.ClockMark": "one row, written every hour; a jump is on record",
    "studies.StoredFile": "named by its content, which is checked whenever it is read",
    "studies.Transfer": "parts on their way; the manifest decides",
    "studies.UploadFile": "ticked off by the thousand; the manifest's hash is on record",
}
_ATTACH = """
CREATE CONSTRAINT TRIGGER audit_change AFTER INSERT OR UPDATE OR DELETE ON {table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_record_change();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_truncate()
"""


def watched_models() -> Iterator[type[models.Model]]:
    """Yield every model of the portal whose table is watched, tables of relations included."""
    for model in apps.get_models(include_auto_created=True):
        if model.__module__.startswith("portal.") and model._meta.label not in UNWATCHED:
            yield model


def watch_tables(*, using: str = "default", **_: Any) -> None:
    """Attach the triggers to every watched table that has none yet (``post_migrate``)."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regproc('audit_record_change') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return  # migrated back to before the triggers
        cursor.execute(
            "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE tgname = %s",
            [TRIGGER],
        )
        watched = {name for (name,) in cursor.fetchall()}
        present = {*connection.introspection.table_names(cursor)}
        for model in watched_models():
            table = model._meta.db_table
            if table in present - watched:
                cursor.execute(_ATTACH.format(table=connection.ops.quote_name(table)))
