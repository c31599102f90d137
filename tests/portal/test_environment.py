from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import environment


def test_a_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    monkeypatch.setenv("THING_FILE", str(tmp_path / "secret"))
    assert environment.text("THING") == "from the file"
    monkeypatch.setenv("THING_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match="THING_FILE cannot be read"):
        environment.text("THING")


def test_what_is_required_and_missing_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match="Set the environment variable THING"):
        environment.text("THING")


@pytest.mark.parametrize(
    ("value", "meaning"),
    [("1", True), ("Yes", True), ("off", False), ("false", False), ("", False)],
)
def test_a_flag(monkeypatch: pytest.MonkeyPatch, value: str, meaning: bool) -> None:  # noqa: FBT001  # parametrized
    monkeypatch.setenv("THING", value)
    assert environment.flag("THING", default=True) is meaning


def test_a_flag_or_number_that_is_none_stops_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="THING must be true or false, not 'perhaps'"):
        environment.flag("THING", default=True)
    with pytest.raises(ImproperlyConfigured, match="THING must be a whole number"):
        environment.integer("THING", 1)


def test_words_are_split_and_trimmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", " a.example , b.example,")
    assert environment.words("THING") == ["a.example", "b.example"]


def test_a_generated_key_is_private_and_stays(tmp_path: Path) -> None:
    key = environment.secret_key(tmp_path, may_generate=True)
    assert len(key) >= 50
    assert environment.secret_key(tmp_path, may_generate=True) == key
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_production_makes_no_key_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        environment.secret_key(tmp_path, may_generate=False)
    assert not [*tmp_path.iterdir()]


def test_sqlite_waits_for_its_turn_to_write() -> None:
    database = environment.database("sqlite:////var/lib/lobule%20data/db.sqlite3")
    assert database["NAME"] == "/var/lib/lobule data/db.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]


def test_postgresql_compiles_no_statements_unless_the_address_says_otherwise() -> None:
    plain = environment.database("postgresql://me@db/lobule")
    assert plain["OPTIONS"] == {"pool": True, "options": "-c jit=off"}
    own = environment.database("postgresql://me@db/lobule?options=-c%20jit%3Don")
    assert own["OPTIONS"]["options"] == "-c jit=on"


def test_postgresql_with_a_password_of_any_kind() -> None:
    database = environment.database("postgresql://me:p%40ss%2Fword@db:5433/lobule?sslmode=require")
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["USER"], database["PASSWORD"]) == ("me", "p@ss/word")
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db", "5433", "lobule")
    assert database["OPTIONS"]["sslmode"] == "require"


def test_another_database_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="sqlite:// or postgresql://"):
        environment.database("mysql://db/lobule")


def test_a_broker_of_files_gets_its_folders(tmp_path: Path) -> None:
    url, options = environment.broker(f"filesystem://{tmp_path}/broker")
    assert url == "filesystem://"
    assert options["data_folder_in"] == options["data_folder_out"]
    folders = ("data_folder_in", "data_folder_out", "control_folder")
    assert all(os.path.isdir(options[name]) for name in folders)


def test_a_broker_on_a_server_is_taken_as_it_is() -> None:
    url, options = environment.broker("redis://redis:6379/0")
    assert url == "redis://redis:6379/0"
    assert options["visibility_timeout"] == 4 * 3600
