"""Typed readers of environment variables; a wrong value stops the program with a sentence."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    """Read ``NAME``, or the file that ``NAME_FILE`` names (Docker secrets)."""
    if file := os.environ.get(f"{name}_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error}") from error
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set the environment variable {name} (or {name}_FILE).")
    return value


def flag(name: str, *, default: bool) -> bool:
    value = text(name, str(default)).strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def integer(name: str, default: int) -> int:
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def secret_key(folder: Path, *, may_generate: bool) -> str:
    """Return SECRET_KEY; on one's own machine make one that stays the same between starts."""
    if not may_generate or "SECRET_KEY" in os.environ or "SECRET_KEY_FILE" in os.environ:
        return text("SECRET_KEY")
    path = folder / "secret_key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="utf-8")


# PostgreSQL compiles a statement that it takes for costly: hundreds of milliseconds for
# a list that it reads in ten.
NO_JIT = "-c jit=off"


def database(url: str) -> dict[str, Any]:
    """Read ``sqlite:////path/to/file`` or ``postgresql://user:password@host:5432/name``."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path).removeprefix("/"),
            "OPTIONS": {
                # A writer waits for its turn at BEGIN; it is never refused half way (SQLITE_BUSY).
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
                ),
            },
        }
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path).removeprefix("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "OPTIONS": {"pool": True, "options": NO_JIT, **dict(parse_qsl(parts.query))},
        }
    raise ImproperlyConfigured("DATABASE_URL must start with sqlite:// or postgresql://.")


def broker(url: str) -> tuple[str, dict[str, Any]]:
    """Return the broker's address and its transport options.

    ``filesystem:///path`` needs no server: messages are files in a folder.
    """
    if not url.startswith("filesystem://"):
        # A message that no worker confirmed comes back after this time; leases make that harmless.
        return url, {"visibility_timeout": 4 * 3600}
    folder = Path(url.removeprefix("filesystem://"))
    messages, control = folder / "messages", folder / "control"
    for each in (messages, control):
        each.mkdir(parents=True, exist_ok=True, mode=0o700)
    options = {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(control),
        "polling_interval": 0.2,
    }
    return "filesystem://", options
