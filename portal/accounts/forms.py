from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import ApiToken, User
from portal.accounts.services import LONGEST_TOKEN_DAYS, TOKEN_DAYS


class InvitationForm(forms.Form):
    """What someone who was invited tells about themselves."""

    name = forms.CharField(
        label=_("Name"),
        max_length=150,
        help_text=_("As it should stand under a report."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("12 characters or more; a sentence is easiest to remember."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("Password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        password = values.get("password")
        if password and password != values.get("again"):
            self.add_error("again", _("The two passwords are not the same."))
        if password:
            try:
                validate_password(password, User(email=self.email, name=values.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return values


class AdministratorInvitationForm(forms.Form):
    email = forms.EmailField(max_length=254, label=_("E-mail address"))
    is_administrator = forms.BooleanField(required=False, label=_("As an administrator"))


class UserForm(forms.Form):
    """A person's account; a post without the name they have is incomplete and changes nothing."""

    name = forms.CharField(
        label=_("Name"), max_length=150, help_text=_("As it should stand under a report.")
    )
    is_active = forms.BooleanField(required=False, label=_("May sign in"))
    is_administrator = forms.BooleanField(required=False, label=_("Administrator"))

    def __init__(self, data: Any = None, *, person: User) -> None:
        now = {name: getattr(person, name) for name in self.base_fields}
        super().__init__(data, initial=now)
        self.fields["name"].required = bool(person.name)


class KeyForm(forms.Form):
    """A new key for programs, with the limits of the API."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What it is for, such as “notebook”.")
    )
    scope = forms.ChoiceField(
        choices=ApiToken.Scope.choices, initial=ApiToken.Scope.READ, label=_("It may")
    )
    days = forms.IntegerField(
        min_value=1, max_value=LONGEST_TOKEN_DAYS, initial=TOKEN_DAYS, label=_("For how many days")
    )
