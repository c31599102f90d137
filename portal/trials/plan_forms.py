"""Forms of those who plan a trial: protocol, visits, subject codes, reading scheme.

Each form has the rules as the program checks them in ``rules`` or ``rows`` once it is valid.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.errors import PortalError
from portal.trials.models import Protocol, ReadingScheme, Trial
from portal.trials.protocols import LIMITS, AcquisitionFacts, Limit, ProtocolRules
from portal.trials.reading_schemes import ASSIGNMENT_LABELS, BLINDING_LABELS, SchemeRules
from portal.trials.schedules import VisitSchedule
from portal.wording import say


def _label(limit: Limit) -> str:
    """Return the name of a limit with its unit, in the language of the page."""
    words = _("%(what)s, at most") if limit.is_upper else _("%(what)s, at least")
    unit = f" ({limit.unit.strip()})" if limit.unit else ""
    return words % {"what": say(limit.label)} + unit


def numbers_in(text: str, what: str) -> tuple[float, ...]:
    """Read numbers with commas or blanks between them."""
    try:
        return tuple(float(part) for part in text.replace(",", " ").split())
    except ValueError as error:
        raise forms.ValidationError(
            _("%(what)s must be numbers with blanks between them.") % {"what": what}
        ) from error


class ProtocolForm(forms.Form):
    """A limit left empty lets everything pass."""

    name = forms.CharField(max_length=200, required=False, label=_("Name of the protocol"))
    field_strengths_t = forms.CharField(
        required=False, label=_("Field strengths (T)"), help_text=_("Such as 1.5 3")
    )
    phase_required = forms.BooleanField(required=False, label=_("Phase images are needed"))

    def __init__(self, data: Any = None, *, protocol: Protocol | None = None) -> None:
        super().__init__(data, initial=_initial(protocol))
        for limit in LIMITS:
            kind = forms.IntegerField if limit.rule == "echoes_min" else forms.FloatField
            self.fields[limit.rule] = kind(required=False, min_value=0, label=_label(limit))

    def clean_field_strengths_t(self) -> list[float]:
        return [*numbers_in(self.cleaned_data["field_strengths_t"], str(_("Field strengths")))]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        rules = {k: v for k, v in values.items() if k != "name" and v not in (None, "", [], False)}
        try:
            ProtocolRules.of(rules)
        except PortalError as refusal:
            raise forms.ValidationError(refusal.said) from refusal
        return {**values, "rules": rules}


def _initial(protocol: Protocol | None) -> dict[str, Any]:
    if protocol is None:
        return {}
    fields_t = protocol.rules.get("field_strengths_t", [])
    shown = {"field_strengths_t": " ".join(f"{t:g}" for t in fields_t), "name": protocol.name}
    return {**protocol.rules, **shown}


class ExampleForm(forms.Form):
    """An acquisition to try a protocol on."""

    echo_times_ms = forms.CharField(
        label=_("Echo times (ms)"), initial="1.2 2.2 3.2 4.2 5.2 6.2", required=False
    )
    field_strength_t = forms.FloatField(required=False, initial=3, label=_("Field strength (T)"))
    flip_angle_deg = forms.FloatField(required=False, initial=4, label=_("Flip angle (°)"))
    repetition_time_ms = forms.FloatField(
        required=False, initial=9, label=_("Repetition time (ms)")
    )
    slice_thickness_mm = forms.FloatField(
        required=False, initial=6, label=_("Slice thickness (mm)")
    )
    pixel_spacing_mm = forms.FloatField(required=False, initial=1.8, label=_("Pixel spacing (mm)"))
    coverage_mm = forms.FloatField(
        required=False, initial=216, label=_("Coverage from head to feet (mm)")
    )
    has_phase = forms.BooleanField(required=False, initial=True, label=_("With phase images"))

    def clean_echo_times_ms(self) -> tuple[float, ...]:
        return numbers_in(self.cleaned_data["echo_times_ms"], str(_("Echo times")))

    def facts(self) -> AcquisitionFacts:
        return AcquisitionFacts(**self.cleaned_data)


class ScheduleForm(forms.Form):
    """One visit a line, so that a plan can be pasted from a protocol."""

    visits = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        required=False,
        label=_("Visits, one a line: name; day; days before; days after"),
        help_text=_("Such as “Week 12; 84; 3; 7”. Days count from the first visit."),
    )

    def __init__(self, data: Any = None, *, trial: Trial) -> None:
        schedule = VisitSchedule.of(trial.visit_schedule)
        lines = (f"{v.name}; {v.day}; {v.days_before}; {v.days_after}" for v in schedule.visits)
        super().__init__(data, initial={"visits": "\n".join(lines)})

    def clean_visits(self) -> list[dict[str, Any]]:
        lines = [line for line in self.cleaned_data["visits"].splitlines() if line.strip()]
        try:
            return VisitSchedule.of([_visit(line) for line in lines]).as_rows()
        except PortalError as refusal:
            raise forms.ValidationError(refusal.said) from refusal


def _visit(line: str) -> dict[str, Any]:
    name, *days = (part.strip() for part in line.split(";"))
    keys = ("day", "days_before", "days_after")
    if not 1 <= len(days) <= len(keys) or not all(day.isdecimal() for day in days):
        raise forms.ValidationError(
            _("“%(line)s” needs a name, then days as whole numbers.") % {"line": line.strip()}
        )
    return {"name": name, **{key: int(day) for key, day in zip(keys, days, strict=False)}}


class SubjectRulesForm(forms.Form):
    form = forms.CharField(
        max_length=64,
        required=False,
        label=_("Form of subject codes"),
        help_text=_("# is a digit, @ a letter, {site} the code of the site. Such as {site}-###"),
    )
    once_a_trial = forms.BooleanField(
        required=False, label=_("A code is used once in the whole trial, not once a site")
    )


class SchemeForm(forms.Form):
    readers = forms.TypedChoiceField(
        coerce=int,
        choices=((1, _("One")), (2, _("Two, and an adjudicator"))),
        label=_("Readers a study"),
    )
    assignment = forms.ChoiceField(
        choices=[(each.value, _(label)) for each, label in ASSIGNMENT_LABELS.items()],
        label=_("Studies are given out"),
    )
    due_days = forms.IntegerField(initial=14, label=_("Due after (days)"))
    blinded_to = forms.MultipleChoiceField(
        choices=[(each.value, _(label)) for each, label in BLINDING_LABELS.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        label=_("Readers do not see"),
    )
    pdff_points = forms.FloatField(
        required=False, label=_("Readers differ above this difference of PDFF (percentage points)")
    )
    r2star_percent = forms.FloatField(
        required=False, label=_("Readers differ above this difference of R2* (% of their mean)")
    )
    grade_differs = forms.BooleanField(required=False, label=_("Another grade is a difference"))
    quality_differs = forms.BooleanField(
        required=False, label=_("Another verdict on quality is a difference")
    )
    sites_see_results = forms.BooleanField(
        required=False, label=_("Sites see the final result of their studies once it is locked")
    )
    reason = forms.CharField(max_length=1000, required=False, label=_("Reason of the change"))

    def __init__(self, data: Any = None, *, scheme: ReadingScheme | None = None) -> None:
        super().__init__(data, initial=scheme.rules if scheme else None)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        rules = {name: value for name, value in values.items() if name != "reason"}
        if not self.errors:
            try:
                SchemeRules.of(rules)
            except PortalError as refusal:
                raise forms.ValidationError(refusal.said) from refusal
        return {**values, "rules": rules}
