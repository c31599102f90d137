"""Pseudonyms made with a secret key: the same person is the same tomorrow, to nobody else.

Without the key nothing can be traced back; with it, a second visit gets the same subject, the same
shift of dates and the same UIDs, on any computer and in any session.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from portal.errors import PortalError

KEY_BYTES = 32
_UID_BYTES = 16


class KeyUnusable(PortalError):
    """The secret key of the pseudonyms cannot be read."""


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Everything that is derived from the secret key.

    Parameters
    ----------
    key
        32 secret bytes of the site or the trial.
    subject_code
        Code that stands for the patient; made from the key and the Patient ID when empty.
    """

    key: bytes
    subject_code: str = ""

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES:
            raise KeyUnusable(f"The key must have {KEY_BYTES} bytes.", code="key-unusable")

    def _digest(self, purpose: str, value: str) -> bytes:
        message = f"{purpose}:{value}".encode()
        return hmac.new(self.key, message, hashlib.sha256).digest()

    def _letters(self, purpose: str, value: str) -> str:
        return base64.b32encode(self._digest(purpose, value))[:10].decode()

    def subject(self, patient_id: str) -> str:
        return self.subject_code or f"P{self._letters('subject', patient_id)}"

    def name(self, original: str) -> str:
        """Return what stands for the name of a NIfTI series."""
        return f"s{self._digest('name', original).hex()[:12]}"

    def uid(self, original: str) -> str:
        number = int.from_bytes(self._digest("uid", original)[:_UID_BYTES], "big")
        return f"2.25.{number}"

    def shift_days(self, patient_id: str, between: tuple[int, int]) -> int:
        """Return by how many days all dates of a patient move into the past."""
        low, high = between
        number = int.from_bytes(self._digest("days", patient_id)[:8], "big")
        return low + number % (high - low + 1)

    def shifted(self, day: date, patient_id: str, between: tuple[int, int]) -> date:
        return day - timedelta(days=self.shift_days(patient_id, between))


def key_from(path: Path) -> bytes:
    """Read the key, or make it once; only its owner can read the file."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    except OSError as error:
        raise KeyUnusable(
            f"The key {path} cannot be made: {error.strerror}.", code="key-unusable"
        ) from error
    else:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
    try:
        return bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise KeyUnusable(
            f"{path} holds no key; name another file, or restore the one that was used before.",
            code="key-unusable",
        ) from error
