"""Where allauth asks the portal: who may sign up, what goes on record, how secrets are kept."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.conf import settings
from django.http import HttpRequest

from portal.accounts.idle import SEEN_AT
from portal.accounts.models import User
from portal.accounts.services import end_session
from portal.audit.services import record
from portal.encryption import decrypt, encrypt

_PURPOSE = "second factor"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False  # accounts come from invitations

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        request.session[SEEN_AT] = time.time()
        record("signed-in", user, actor=user)

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            record("signed-out", user, actor=user)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        # What was typed is not kept: people type passwords into the wrong field.
        email = str(credentials.get("email", "")).strip().lower()
        if user := User.objects.filter(email=email).first():
            record("sign-in-failed", user, actor=None)

    def set_password(self, user: User, password: str) -> None:
        super().set_password(user, password)
        record("password-changed", user, actor=user)


class HospitalAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False  # hospital sign-in connects to an account that was invited

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        """Let the hospital vouch for its own domains; allauth asks for verified addresses."""
        return email.rpartition("@")[2].lower() in settings.OIDC_EMAIL_DOMAINS


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    """Keep the secrets of second factors encrypted, so that a copy of the database is no key."""

    def encrypt(self, text: str) -> str:
        return encrypt(_PURPOSE, text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(_PURPOSE, encrypted_text)


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]  # allauth is untyped
    def end_sessions(self, sessions: Any) -> None:
        """Sign a person out elsewhere, at their own wish."""
        for session in sessions:
            end_session(session, by=session.user)
