from __future__ import annotations

from django.db import migrations, models

# Two functions for PostgreSQL. The first is attached to a table by ``portal.audit.watch`` and runs
# when a transaction commits, whoever wrote: the portal, a bulk change, or a person with psql. It
# chains the change like the trail does. Waiting for the lock comes last, so nothing can deadlock.
RECORD = """
CREATE OR REPLACE FUNCTION audit_record_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    hidden text[] := ARRAY['password', 'digest', 'secret_hash', 'encrypted_secret'];
    was jsonb; now jsonb; head record; line text; new_hash text;
BEGIN
    IF TG_OP <> 'INSERT' THEN was := to_jsonb(OLD); END IF;
    IF TG_OP <> 'DELETE' THEN now := to_jsonb(NEW); END IF;
    IF TG_OP = 'UPDATE' AND was = now THEN RETURN NULL; END IF;
    INSERT INTO audit_chainhead (id, sequence, hash) VALUES (2, 0, repeat('0', 64))
        ON CONFLICT (id) DO NOTHING;
    SELECT sequence, hash INTO head FROM audit_chainhead WHERE id = 2 FOR UPDATE;
    line := jsonb_build_object(
        'sequence', head.sequence + 1, 'at', clock_timestamp(), 'table', TG_TABLE_NAME,
        'operation', lower(TG_OP), 'old', was - hidden, 'new', now - hidden,
        'secrets_changed', (SELECT coalesce(array_agg(name), '{}') FROM unnest(hidden) AS name
                            WHERE was -> name IS DISTINCT FROM now -> name),
        'login', session_user, 'program', current_setting('application_name'),
        'transaction', txid_current())::text;
    new_hash := encode(sha256(convert_to(head.hash || line, 'UTF8')), 'hex');
    INSERT INTO audit_tablechange (sequence, previous_hash, hash, content)
        VALUES (head.sequence + 1, head.hash, new_hash, line);
    UPDATE audit_chainhead SET sequence = head.sequence + 1, hash = new_hash WHERE id = 2;
    RETURN NULL;
END $$
"""
# Emptying a table leaves no rows to record. The test runner may; nobody else.
REFUSE_TRUNCATE = """
CREATE OR REPLACE FUNCTION audit_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_database() NOT LIKE 'test\\_%' THEN
        RAISE EXCEPTION '% cannot be emptied: its changes are on record', TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$
"""
OWN_TABLES = """
CREATE OR REPLACE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER audit_table_change_no_update BEFORE UPDATE OR DELETE ON audit_tablechange
    FOR EACH ROW EXECUTE FUNCTION audit_event_refuse();
CREATE TRIGGER audit_table_change_no_truncate BEFORE TRUNCATE ON audit_tablechange
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_truncate();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_truncate()
"""
UNDO = """
DROP TRIGGER audit_event_no_truncate ON audit_auditevent;
DROP TRIGGER audit_table_change_no_truncate ON audit_tablechange;
DROP TRIGGER audit_table_change_no_update ON audit_tablechange;
DROP FUNCTION audit_record_change() CASCADE;
DROP FUNCTION audit_refuse_truncate() CASCADE
"""


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in (RECORD, REFUSE_TRUNCATE, OWN_TABLES):
            schema_editor.execute(statement, params=None)


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(UNDO, params=None)


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]
    operations = [
        migrations.CreateModel(
            name="TableChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sequence", models.PositiveBigIntegerField(unique=True)),
                ("previous_hash", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64, unique=True)),
                ("content", models.TextField()),
            ],
            options={"ordering": ("sequence",)},
        ),
        migrations.RunPython(forwards, backwards),
    ]
