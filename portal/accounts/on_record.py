"""Put what people change about their own sign-in on record: second factors and addresses.

django-allauth makes these changes and sends a signal for each; ``apps`` connects them.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_added, email_changed, email_confirmed, email_removed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset

from portal.accounts.models import User
from portal.audit.services import record


def factor_added(user: User, authenticator: Authenticator, **_: Any) -> None:
    record("second-factor-added", user, actor=user, new={"type": authenticator.type})


def factor_removed(user: User, authenticator: Authenticator, **_: Any) -> None:
    record("second-factor-removed", user, actor=user, old={"type": authenticator.type})


def factor_renewed(user: User, authenticator: Authenticator, **_: Any) -> None:
    record("second-factor-renewed", user, actor=user, new={"type": authenticator.type})


def address_added(user: User, email_address: EmailAddress, **_: Any) -> None:
    record("address-added", user, actor=user, new={"email": email_address.email})


def address_removed(user: User, email_address: EmailAddress, **_: Any) -> None:
    record("address-removed", user, actor=user, old={"email": email_address.email})


def address_confirmed(email_address: EmailAddress, **_: Any) -> None:
    user = email_address.user
    record("address-confirmed", user, actor=user, new={"email": email_address.email})


def address_changed(
    user: User,
    from_email_address: EmailAddress | None,
    to_email_address: EmailAddress,
    **_: Any,
) -> None:
    old = {"email": from_email_address.email if from_email_address else None}
    record("address-changed", user, actor=user, old=old, new={"email": to_email_address.email})


LISTENERS = (
    (authenticator_added, factor_added),
    (authenticator_removed, factor_removed),
    (authenticator_reset, factor_renewed),
    (email_added, address_added),
    (email_removed, address_removed),
    (email_confirmed, address_confirmed),
    (email_changed, address_changed),
)


def listen() -> None:
    for signal, listener in LISTENERS:
        signal.connect(listener, dispatch_uid=f"accounts.{listener.__name__}")
