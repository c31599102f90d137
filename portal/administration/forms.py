from __future__ import annotations

from django import forms

from portal.retention.models import RetentionPolicy


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=500, min_length=3)


class ModelPackageForm(forms.Form):
    package = forms.FileField(
        label="Model package", help_text="A ZIP of model.onnx and card.json; see inference/README."
    )


class PolicyForm(forms.Form):
    keep_days = forms.IntegerField(
        min_value=1,
        max_value=36500,
        required=False,
        label="Keep for how many days",
        help_text="Empty: for ever. 15 years are 5479 days.",
    )
    counts_from = forms.ChoiceField(
        choices=RetentionPolicy.CountsFrom.choices, label="Counted from"
    )
    reason = forms.CharField(max_length=500, min_length=3, label="Because of")


class DeletionForm(forms.Form):
    plan_sha256 = forms.RegexField(regex=r"\A[0-9a-f]{64}\Z", widget=forms.HiddenInput)
    reason = forms.CharField(max_length=500, min_length=3, label="Why it is deleted")
    subject = forms.CharField(max_length=64, label="Type the subject's code")
