from __future__ import annotations

import pytest
from cryptography.fernet import InvalidToken
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from portal.encryption import decrypt, encrypt


@given(st.text(max_size=50))
def test_what_goes_in_comes_out(text: str) -> None:
    assert decrypt("test", encrypt("test", text)) == text


def test_a_purpose_opens_only_its_own() -> None:
    with pytest.raises(InvalidToken):
        decrypt("webhook", encrypt("second factor", "word"))


def test_a_replaced_key_still_opens(settings: Settings) -> None:
    old = encrypt("test", "word")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "new" * 20
    assert decrypt("test", old) == "word"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(InvalidToken):
        decrypt("test", old)
