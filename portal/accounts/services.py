from __future__ import annotations

import secrets
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from analysis.wording import words
from portal.accounts.authentication import PREFIX, digest_of
from portal.accounts.models import ApiToken, User
from portal.audit.services import record
from portal.errors import PortalError

TOKEN_DAYS = 90
LONGEST_TOKEN_DAYS = 365

# Sent with ``user`` before someone becomes an administrator. Parts above this one (trials) listen,
# so that this part need not know them; a listener that raises refuses it.
administrator_named = Signal()


@transaction.atomic
def create_user(
    email: str,
    *,
    password: str | None = None,
    name: str = "",
    is_administrator: bool = False,
    by: User | None = None,
) -> User:
    """Create an account whose address counts as verified (an administrator vouches for it)."""
    if password is not None:
        validate_password(password, User(email=email, name=name))
    user = User.objects.create_user(email, password, name=name, is_administrator=is_administrator)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    record(
        "user-created",
        user,
        actor=by,
        new={"email": user.email, "name": name, "is_administrator": is_administrator},
    )
    return user


@transaction.atomic
def create_token(
    user: User,
    name: str,
    *,
    scope: str = ApiToken.Scope.READ,
    days: int = TOKEN_DAYS,
) -> tuple[ApiToken, str]:
    """Return the token and its key; the key cannot be read again later."""
    key = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        digest=digest_of(key),
        scope=scope,
        expires_at=timezone.now() + timedelta(days=days),
    )
    record(
        "token-created",
        token,
        actor=user,
        new={"name": name, "scope": scope, "expires_at": token.expires_at},
    )
    return token, key


@transaction.atomic
def delete_token(token: ApiToken, *, by: User) -> None:
    record("token-deleted", token, actor=by, old={"name": token.name, "scope": token.scope})
    token.delete()


@transaction.atomic
def change_user(user: User, *, by: User, **changes: Any) -> User:
    """Change name, activity or administration of an account; the last administrator stays."""
    user = User.objects.select_for_update().get(pk=user.pk)
    old = {name: getattr(user, name) for name in changes}
    if changes.get("is_administrator") and not user.is_administrator:
        administrator_named.send(sender=User, user=user)
    for name, value in changes.items():
        setattr(user, name, value)
    user.save(update_fields=[*changes])
    if not User.objects.filter(is_administrator=True, is_active=True).exists():
        raise PortalError(
            words("This is the last administrator; name another one first."),
            code="last-administrator",
            status=HTTPStatus.CONFLICT,
        )
    if not user.is_active:
        end_sessions(user)
    record("user-changed", user, actor=by, old=old, new=changes)
    return user


@transaction.atomic
def choose_language(user: User, language: str) -> None:
    """Note the language of a person's pages for the e-mails to them."""
    old = user.language
    if old == language:
        return
    user.language = language
    user.save(update_fields=["language"])
    record("language-chosen", user, actor=user, old={"language": old}, new={"language": language})


def end_sessions(user: User) -> None:
    """Sign a person out everywhere and withdraw their keys."""
    for session in UserSession.objects.filter(user=user):
        session.end()
    user.api_tokens.all().delete()


@transaction.atomic
def sign_out_everywhere(user: User, *, by: User) -> None:
    """End every session; keys for programs stay, they are withdrawn one by one."""
    count = 0
    for session in UserSession.objects.filter(user=user):
        session.end()
        count += 1
    record("signed-out-everywhere", user, actor=by, old={"sessions": count})


@transaction.atomic
def end_session(session: UserSession, *, by: User) -> None:
    record("session-ended", session.user, actor=by, old={"from": str(session.ip)})
    session.end()


@transaction.atomic
def reset_second_factor(user: User, *, by: User) -> None:
    """Take a lost second factor away; whoever holds the old one is out at once.

    An administrator cannot do it for themselves: a stolen session would be enough otherwise.
    """
    if user.pk == by.pk:
        raise PortalError(
            words("Ask another administrator to reset your own second factor."),
            code="own-second-factor",
            status=HTTPStatus.CONFLICT,
        )
    factors = Authenticator.objects.filter(user=user)
    old = {"types": sorted(factors.values_list("type", flat=True))}
    factors.delete()
    for session in UserSession.objects.filter(user=user):
        session.end()
    record("second-factor-reset", user, actor=by, old=old)
