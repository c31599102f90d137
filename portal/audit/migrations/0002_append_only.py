from __future__ import annotations

from django.db import migrations

SQLITE = """
CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_auditevent
BEGIN SELECT RAISE(ABORT, 'audit_auditevent is append-only'); END
"""
# A removed row is found by the chain on every database; PostgreSQL also refuses to remove it.
POSTGRESQL = """
CREATE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'audit_auditevent is append-only'; END $$;
CREATE TRIGGER audit_event_no_update BEFORE UPDATE OR DELETE ON audit_auditevent
FOR EACH ROW EXECUTE FUNCTION audit_event_refuse()
"""
UNDO = {
    "sqlite": "DROP TRIGGER audit_event_no_update",
    "postgresql": "DROP TRIGGER audit_event_no_update ON audit_auditevent; "
    "DROP FUNCTION audit_event_refuse()",
}


def forwards(apps, schema_editor):
    schema_editor.execute(
        {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]
    )


def backwards(apps, schema_editor):
    schema_editor.execute(UNDO[schema_editor.connection.vendor])


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]
