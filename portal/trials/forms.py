from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.errors import PortalError
from portal.trials.models import Role, Site, Trial
from portal.trials.services import refuse_taken_code, slug_of

GB = 1024**3
MOST_GB = 1_000_000


class TrialForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        try:
            slug_of(name)
        except PortalError as refusal:
            raise forms.ValidationError(refusal.said) from refusal
        return name


class TrialChangeForm(forms.Form):
    """What administrators change about a trial."""

    name = forms.CharField(label=_("Name"), max_length=200)
    quota_gb = forms.FloatField(
        required=False,
        min_value=0,
        max_value=MOST_GB,
        label=_("Room for its studies (GB)"),
        help_text=_(
            "Empty: as much as there is. Uploads that do not fit are refused at their start."
        ),
    )

    def __init__(self, data: Any = None, *, trial: Trial) -> None:
        quota = trial.quota_bytes
        shown = None if quota is None else round(quota / GB, 3)
        super().__init__(data, initial={"name": trial.name, "quota_gb": shown})

    @property
    def quota_bytes(self) -> int | None:
        quota_gb = self.cleaned_data["quota_gb"]
        return None if quota_gb is None else round(quota_gb * GB)


class SiteNameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)


class SiteForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    code = forms.CharField(label=_("Code"), max_length=40)

    def __init__(self, *args: Any, trial: Trial, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trial = trial

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        try:
            refuse_taken_code(self.trial, code)
        except PortalError as refusal:
            raise forms.ValidationError(refusal.said) from refusal
        return code


class MemberForm(forms.Form):
    email = forms.EmailField(max_length=254, label=_("E-mail address"))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    site = forms.ModelChoiceField(
        label=_("Site"), queryset=Site.objects.none(), required=False, empty_label=_("All sites")
    )

    def __init__(self, *args: Any, trial: Trial, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["site"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = trial.sites.all()
