from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.notifications.kinds import Kind


class EmailChoiceForm(forms.Form):
    kinds = forms.MultipleChoiceField(
        choices=Kind.choices,
        required=False,
        label=_("E-mail me when"),
        widget=forms.CheckboxSelectMultiple,
    )

    def wanted(self) -> tuple[Kind, ...]:
        return tuple(Kind(value) for value in self.cleaned_data["kinds"])


class WebhookForm(forms.Form):
    url = forms.URLField(
        max_length=500,
        label=_("Address of your program"),
        assume_scheme="https",
        help_text=_("It must begin with https:// and be reachable from the internet."),
    )
