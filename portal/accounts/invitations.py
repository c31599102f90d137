"""Accounts come from invitations: a link in an e-mail, good once and for a week."""

from __future__ import annotations

import secrets
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from analysis.wording import words
from portal.accounts.authentication import digest_of
from portal.accounts.models import Invitation, User
from portal.accounts.services import create_user
from portal.audit.services import record
from portal.errors import PortalError

GOOD_FOR = timedelta(days=7)


class InvitationRefused(PortalError):
    """An invitation cannot be sent or accepted."""


@transaction.atomic
def invite(email: str, *, by: User, is_administrator: bool = False) -> Invitation:
    """Send a link to an address that has no account yet; it replaces an older one."""
    email = email.strip().lower()
    if User.objects.filter(email=email).exists():
        raise InvitationRefused(
            words(
                "%(address)s has an account already; add it to the trial instead.", address=email
            ),
            code="account-exists",
            status=HTTPStatus.CONFLICT,
        )
    now = timezone.now()
    still_open = Invitation.objects.filter(email=email, accepted_by=None, revoked_at=None)
    older = [*still_open.values_list("pk", flat=True)]
    still_open.update(revoked_at=now)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        email=email,
        secret_hash=digest_of(secret),
        invited_by=by,
        is_administrator=is_administrator,
        expires_at=now + GOOD_FOR,
    )
    replaced = Invitation.objects.filter(Q(pk__in=older) | Q(replaced_by__in=older))
    replaced.update(replaced_by=invitation)
    new = {"email": email, "is_administrator": is_administrator}
    record("invitation-sent", invitation, actor=by, new=new)
    transaction.on_commit(lambda: _send(invitation, secret))
    return invitation


@transaction.atomic
def withdraw(invitation: Invitation, *, by: User) -> None:
    """Make the link of an invitation stop working."""
    still_open = Invitation.objects.filter(pk=invitation.pk, accepted_by=None, revoked_at=None)
    if still_open.update(revoked_at=timezone.now()) != 1:
        raise InvitationRefused(
            words("This invitation was used or withdrawn already."),
            code="invitation-over",
            status=HTTPStatus.CONFLICT,
        )
    record("invitation-withdrawn", invitation, actor=by, old={"email": invitation.email})


def open_invitation(secret: str) -> Invitation:
    """Find the invitation behind a link, if the link is still good."""
    invitation = (
        Invitation.objects.select_related("invited_by")
        .filter(
            secret_hash=digest_of(secret),
            accepted_by=None,
            revoked_at=None,
            expires_at__gt=timezone.now(),
        )
        .first()
    )
    if invitation is None:
        raise InvitationRefused(
            words("This invitation was used, withdrawn or has expired; ask for a new one."),
            code="invitation-over",
            status=HTTPStatus.GONE,
        )
    return invitation


@transaction.atomic
def accept(secret: str, *, name: str, password: str) -> User:
    """Make the account of an invitation; of two attempts at once, one is refused."""
    invitation = open_invitation(secret)
    user = create_user(
        invitation.email,
        password=password,
        name=name,
        is_administrator=invitation.is_administrator,
        by=invitation.invited_by,
    )
    is_first = Invitation.objects.filter(pk=invitation.pk, accepted_by=None).update(
        accepted_by=user
    )
    if not is_first:
        raise InvitationRefused(
            words("This invitation was used."), code="invitation-over", status=HTTPStatus.GONE
        )
    record("invitation-accepted", invitation, actor=user)
    return user


def _send(invitation: Invitation, secret: str) -> None:
    link = f"{settings.SITE_URL}{reverse('invitation', args=[secret])}"
    body = render_to_string(
        "accounts/invitation_mail.txt", {"invitation": invitation, "link": link}
    )
    send_mail(_("Your invitation to Lobule"), body, settings.DEFAULT_FROM_EMAIL, [invitation.email])
