"""Secrets that must be read again are kept encrypted, so that a copy of the database is no key."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def encrypt(purpose: str, text: str) -> str:
    return _keys_of(purpose).encrypt(text.encode()).decode()


def decrypt(purpose: str, encrypted: str) -> str:
    return _keys_of(purpose).decrypt(encrypted.encode()).decode()


def _keys_of(purpose: str) -> MultiFernet:
    """Derive one key a purpose from the secret key, and from the ones it replaced."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(f"{purpose}:{key}".encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
