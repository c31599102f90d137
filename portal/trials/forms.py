from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import slugify

from portal.trials.models import Role, Site, Trial


class TrialForm(forms.Form):
    name = forms.CharField(max_length=200)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not slugify(name) or Trial.objects.filter(slug=slugify(name)).exists():
            raise forms.ValidationError("Choose a name that no other trial has.")
        return name


class SiteForm(forms.Form):
    name = forms.CharField(max_length=200)
    code = forms.CharField(max_length=40)

    def __init__(self, *args: Any, trial: Trial, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.trial = trial

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if self.trial.sites.filter(code=code).exists():
            raise forms.ValidationError("Another site of this trial has this code.")
        return code


class MemberForm(forms.Form):
    email = forms.EmailField(max_length=254, label="E-mail address")
    role = forms.ChoiceField(choices=Role.choices)
    site = forms.ModelChoiceField(
        queryset=Site.objects.none(), required=False, empty_label="All sites"
    )

    def __init__(self, *args: Any, trial: Trial, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["site"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = trial.sites.all()
