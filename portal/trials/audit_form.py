"""What narrows the audit trail on its page."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.audit.models import AuditEvent
from portal.trials.audit_words import ACTS
from portal.trials.models import Trial

_DAY = forms.DateInput(attrs={"type": "date"})
_SEARCH = forms.TextInput(attrs={"type": "search", "size": "18"})


class AuditForm(forms.Form):
    """Every field may be empty; what is filled in wrongly is said, and then nothing is listed."""

    trial = forms.ModelChoiceField(
        queryset=Trial.objects.none(), required=False, empty_label=_("All"), label=_("Trial")
    )
    act = forms.CharField(required=False, max_length=80, label=_("What"), widget=_SEARCH)
    actor = forms.CharField(required=False, max_length=254, label=_("Who"), widget=_SEARCH)
    about = forms.CharField(required=False, max_length=64, label=_("Number"), widget=_SEARCH)
    since = forms.DateField(required=False, label=_("From day (UTC)"), widget=_DAY)
    until = forms.DateField(required=False, label=_("To day (UTC)"), widget=_DAY)

    def __init__(self, data: Any, *, trials: QuerySet[Trial]) -> None:
        super().__init__(data)
        field = self.fields["trial"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = trials

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        since, until = values.get("since"), values.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first."))
        return values

    def narrow(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        if not self.is_valid():
            return events.none()
        values = self.cleaned_data
        wanted = {
            "trial_id": str(values["trial"].pk) if values["trial"] else "",
            "actor__icontains": values["actor"].strip(),
            "object_id__startswith": values["about"].strip(),
        }
        events = events.filter(**{name: value for name, value in wanted.items() if value})
        if act := values["act"].strip().lower():
            events = events.filter(Q(action__icontains=_name(act)) | Q(action__in=_acts_like(act)))
        if values["since"]:
            events = events.filter(at__gte=_midnight(values["since"]))
        if values["until"]:
            events = events.filter(at__lt=_midnight(values["until"]) + timedelta(days=1))
        return events

    def kept(self) -> str:
        """Return the filters as a query, without the number of the page."""
        given = {name: self.data.get(name, "") for name in self.fields}
        return urlencode({name: value for name, value in given.items() if value})


def _name(words: str) -> str:
    """Return the name that the program uses for an act."""
    return words.lower().replace(" ", "-")


def _acts_like(text: str) -> list[str]:
    """Return the acts whose words in the language of the page hold a text."""
    return [_name(words) for words in ACTS if text in gettext(words).lower()]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
