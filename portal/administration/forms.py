from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.retention.models import RetentionPolicy


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500, min_length=3)


class ModelPackageForm(forms.Form):
    package = forms.FileField(
        label=_("Model package"),
        help_text=_("A ZIP of model.onnx and card.json; see inference/README."),
    )


class PolicyForm(forms.Form):
    keep_days = forms.IntegerField(
        min_value=1,
        max_value=36500,
        required=False,
        label=_("Keep for how many days"),
        help_text=_("Empty: for ever. 15 years are 5479 days."),
    )
    counts_from = forms.ChoiceField(
        choices=RetentionPolicy.CountsFrom.choices, label=_("Counted from")
    )
    reason = forms.CharField(max_length=500, min_length=3, label=_("Because of"))


class DeletionForm(forms.Form):
    plan_sha256 = forms.RegexField(regex=r"\A[0-9a-f]{64}\Z", widget=forms.HiddenInput)
    reason = forms.CharField(max_length=500, min_length=3, label=_("Why it is deleted"))
    subject = forms.CharField(max_length=64, label=_("Type the subject's code"))
