"""What a trial asks of an acquisition, and what an acquisition is against it.

The verdict comes while the patient is still there, so every deviation says how much it is and what
to set on the scanner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import reduce
from typing import Any

from analysis.wording import Words, words
from portal.errors import PortalError
from portal.wording import say

_FEWEST_ECHOES = 3  # water, fat and one decay rate
_SAME_FIELD_T = 0.2  # 2.89 T is a 3 T scanner
_SLACK = 1e-3  # relative: 1.2000001 ms is 1.2 ms


class Standing(StrEnum):
    MET = "met"
    DEVIATION = "deviation"
    UNUSABLE = "unusable"


class ProtocolRefused(PortalError):
    """Rules of a protocol that make no sense."""


@dataclass(frozen=True, slots=True)
class AcquisitionFacts:
    """What the headers of the multi-echo series say; None where they do not."""

    echo_times_ms: tuple[float, ...]
    field_strength_t: float | None = None
    flip_angle_deg: float | None = None
    repetition_time_ms: float | None = None
    slice_thickness_mm: float | None = None
    pixel_spacing_mm: float | None = None
    coverage_mm: float | None = None
    has_phase: bool = False

    @property
    def first_echo_ms(self) -> float | None:
        return min(self.echo_times_ms, default=None)

    @property
    def echo_spacing_ms(self) -> float | None:
        """Largest distance between neighbouring echoes."""
        times = sorted(self.echo_times_ms)
        steps = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]
        return max(steps, default=None)


@dataclass(frozen=True, slots=True)
class ProtocolRules:
    """The machine-checkable part of a protocol; None = anything goes."""

    field_strengths_t: tuple[float, ...] = ()
    echoes_min: int | None = None
    first_echo_ms_max: float | None = None
    echo_spacing_ms_max: float | None = None
    flip_angle_deg_max: float | None = None
    repetition_time_ms_min: float | None = None
    slice_thickness_mm_max: float | None = None
    pixel_spacing_mm_max: float | None = None
    coverage_mm_min: float | None = None
    phase_required: bool = False

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> ProtocolRules:
        """Read the JSON of a protocol; unknown names and negative numbers are refused."""
        unknown = sorted(set(table) - {field.name for field in fields(cls)})
        if unknown:
            raise ProtocolRefused(
                words("No such rule: %(names)s.", names=", ".join(unknown)), code="rule-unknown"
            )
        values = dict(table)
        fields_t = values.pop("field_strengths_t", ())
        phase_required = values.pop("phase_required", False)
        if not isinstance(fields_t, (list, tuple)):
            raise ProtocolRefused(
                words("Field strengths are a list of numbers."), code="rule-invalid"
            )
        numbers = [value for value in (*values.values(), *fields_t) if value is not None]
        are_numbers = all(type(value) in {int, float} and value > 0 for value in numbers)
        if not are_numbers or type(phase_required) is not bool:
            raise ProtocolRefused(words("Limits must be positive numbers."), code="rule-invalid")
        return cls(field_strengths_t=tuple(fields_t), phase_required=phase_required, **values)


@dataclass(frozen=True, slots=True)
class Deviation:
    """One point that is not as the protocol asks; ``message`` and ``action`` are for the reader."""

    code: str
    seen: Words
    to_do: Words

    @property
    def message(self) -> str:
        return say(self.seen)

    @property
    def action(self) -> str:
        return say(self.to_do)


@dataclass(frozen=True, slots=True)
class Verdict:
    standing: Standing
    deviations: tuple[Deviation, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """One comparison: ``rule`` of the protocol against a fact of the acquisition."""

    rule: str
    fact: Callable[[AcquisitionFacts], float | None]
    label: Words
    unit: str
    action: Words

    @property
    def is_upper(self) -> bool:
        return self.rule.endswith("_max")


LIMITS = (
    Limit(
        "echoes_min",
        lambda facts: float(len(facts.echo_times_ms)),
        words("The number of echoes"),
        "",
        words("Set more echoes and scan again."),
    ),
    Limit(
        "first_echo_ms_max",
        lambda facts: facts.first_echo_ms,
        words("The first echo time"),
        " ms",
        words("Shorten the first echo time (higher bandwidth, asymmetric echo) and scan again."),
    ),
    Limit(
        "echo_spacing_ms_max",
        lambda facts: facts.echo_spacing_ms,
        words("The echo spacing"),
        " ms",
        words(
            "Shorten the echo spacing (higher bandwidth, or interleaved echo trains) and scan "
            "again."
        ),
    ),
    Limit(
        "flip_angle_deg_max",
        lambda facts: facts.flip_angle_deg,
        words("The flip angle"),
        "°",
        words("Lower the flip angle, so that fat is not overestimated by T1, and scan again."),
    ),
    Limit(
        "repetition_time_ms_min",
        lambda facts: facts.repetition_time_ms,
        words("The repetition time"),
        " ms",
        words("Lengthen the repetition time, or lower the flip angle, and scan again."),
    ),
    Limit(
        "slice_thickness_mm_max",
        lambda facts: facts.slice_thickness_mm,
        words("The slice thickness"),
        " mm",
        words("Set thinner slices and scan again."),
    ),
    Limit(
        "pixel_spacing_mm_max",
        lambda facts: facts.pixel_spacing_mm,
        words("The pixel spacing"),
        " mm",
        words("Set a larger matrix or a smaller field of view and scan again."),
    ),
    Limit(
        "coverage_mm_min",
        lambda facts: facts.coverage_mm,
        words("The coverage from head to feet"),
        " mm",
        words("Add slices until the whole liver is covered and scan again."),
    ),
)


def judge(facts: AcquisitionFacts, rules: ProtocolRules) -> Verdict:
    """Return whether the protocol was met; what cannot be analysed at all is unusable."""
    distinct = len({round(time, 3) for time in facts.echo_times_ms if time > 0})
    if distinct < _FEWEST_ECHOES:
        reason = Deviation(
            "too-few-echoes",
            words(
                "%(n)s different echo times were found; fat and iron need %(needed)s.",
                n=distinct,
                needed=_FEWEST_ECHOES,
            ),
            words("Send the multi-echo gradient-echo series, or scan it."),
        )
        return Verdict(Standing.UNUSABLE, (reason,))
    found = [_judge_field(facts, rules), _judge_phase(facts, rules)]
    found += [_judge_limit(limit, facts, rules) for limit in LIMITS]
    deviations = tuple(deviation for deviation in found if deviation is not None)
    return Verdict(Standing.DEVIATION if deviations else Standing.MET, deviations)


def _judge_field(facts: AcquisitionFacts, rules: ProtocolRules) -> Deviation | None:
    wanted, given = rules.field_strengths_t, facts.field_strength_t
    if not wanted or (given is not None and min(abs(given - t) for t in wanted) <= _SAME_FIELD_T):
        return None
    texts: list[str | Words] = [f"{t:g} T" for t in wanted]
    allowed = reduce(lambda one, other: words("%(one)s or %(other)s", one=one, other=other), texts)
    seen = words(
        "The field strength is not known; the protocol asks for %(allowed)s.", allowed=allowed
    )
    if given is not None:
        seen = words(
            "The field strength is %(given)s T; the protocol asks for %(allowed)s.",
            given=f"{given:g}",
            allowed=allowed,
        )
    to_do = words(
        "Scan on a scanner of the protocol, and export with the field strength in the header."
    )
    return Deviation("field-strength", seen, to_do)


def _judge_phase(facts: AcquisitionFacts, rules: ProtocolRules) -> Deviation | None:
    if facts.has_phase or not rules.phase_required:
        return None
    return Deviation(
        "phase",
        words("There are no phase images."),
        words(
            "Export the phase images too; if they were not stored, switch them on and scan again."
        ),
    )


def _judge_limit(limit: Limit, facts: AcquisitionFacts, rules: ProtocolRules) -> Deviation | None:
    bound: float | None = getattr(rules, limit.rule)
    if bound is None:
        return None
    code = limit.rule.rsplit("_", 1)[0].replace("_", "-")
    given = limit.fact(facts)
    if given is None:
        return Deviation(
            code,
            words("%(label)s is not in the header.", label=limit.label),
            words("Export the images with their full headers."),
        )
    excess = given / bound - 1 if limit.is_upper else 1 - given / bound
    if excess <= _SLACK:
        return None
    values: dict[str, str | Words] = {
        "label": limit.label,
        "given": f"{given:g}{limit.unit}",
        "excess": f"{excess:.0%}",
        "bound": f"{bound:g}{limit.unit}",
    }
    above = words(
        "%(label)s is %(given)s, %(excess)s above the protocol (at most %(bound)s).", **values
    )
    below = words(
        "%(label)s is %(given)s, %(excess)s below the protocol (at least %(bound)s).", **values
    )
    return Deviation(code, above if limit.is_upper else below, limit.action)
