"""What the pages of accounts show, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.utils import timezone

from portal.accounts.models import Invitation, User


@dataclass(frozen=True, slots=True)
class AdministrationPage:
    people: tuple[User, ...]
    invitations: tuple[Invitation, ...]
    form: forms.Form


def administration_page(form: forms.Form) -> AdministrationPage:
    still_open = Invitation.objects.filter(
        accepted_by=None, revoked_at=None, expires_at__gt=timezone.now()
    ).select_related("invited_by")
    return AdministrationPage(
        tuple(User.objects.order_by("email")), tuple(still_open.order_by("email")), form
    )
