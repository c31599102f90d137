"""Whether two visits were acquired and analysed alike, and what to say where they were not."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.findings import Finding, Severity
from analysis.iron import FIELD_TOLERANCE_T
from analysis.measurement import Statistic
from analysis.quantities import LIC
from analysis.report import LiverReport
from analysis.wording import Words, words

STAGE = "compare"
_CUT = "liver-cut"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What was the same at both visits.

    Parameters
    ----------
    field
        Field strength within 0.04 T; False also when one of them is not known.
    scanner
        Manufacturer and model.
    method
        Name and version of the fit.
    outline
        Segmentation models and their versions, and nobody corrected only one of the masks.
    calibration
        Iron calibration, by name and field; True when neither visit has iron.
    """

    field: bool
    scanner: bool
    method: bool
    outline: bool
    calibration: bool

    @property
    def are_repeated(self) -> bool:
        """Whether repeatability holds; otherwise the wider reproducibility does."""
        return self.field and self.scanner and self.method


def conditions_of(baseline: LiverReport, follow_up: LiverReport) -> Conditions:
    """Return what two visits had in common."""
    one, other = baseline.acquisition, follow_up.acquisition
    return Conditions(
        field=_same_field(one.field_strength_t, other.field_strength_t),
        scanner=(one.manufacturer, one.model) == (other.manufacturer, other.model),
        method=baseline.fit_method == follow_up.fit_method,
        outline=_outlines(baseline) == _outlines(follow_up),
        calibration=_calibration(baseline) == _calibration(follow_up),
    )


def _same_field(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= FIELD_TOLERANCE_T


def _outlines(report: LiverReport) -> tuple[tuple[str, str, str], ...]:
    return tuple((model.name, model.version, model.sha256) for model in report.models)


def _calibration(report: LiverReport) -> str:
    """Return the calibration's name as the map's method gives it: what stands before " on "."""
    found = report.get(LIC.key, "liver", Statistic.MEAN)
    return found.method.split(" on ")[0] if found else ""


def condition_findings(
    baseline: LiverReport, follow_up: LiverReport, conditions: Conditions
) -> tuple[Finding, ...]:
    """Return what a reader must know before trusting a difference between two visits."""
    found = (
        _subject(baseline, follow_up),
        _order(baseline, follow_up),
        _field(baseline, follow_up, conditions),
        _scanner(baseline, follow_up, conditions),
        _method(baseline, follow_up, conditions),
        _outline(baseline, follow_up, conditions),
        _coverage(baseline, follow_up),
    )
    return tuple(finding for finding in found if finding is not None)


def _subject(baseline: LiverReport, follow_up: LiverReport) -> Finding | None:
    one, other = baseline.description.patient_id, follow_up.description.patient_id
    if not one or not other or one == other:
        return None
    return Finding.of(
        "subjects-differ",
        Severity.CRITICAL,
        words(
            "The images of the two visits carry different patient codes; they may be of two people."
        ),
        action=words("Check that both studies belong to this subject before comparing them."),
        stage=STAGE,
    )


def _order(baseline: LiverReport, follow_up: LiverReport) -> Finding | None:
    first, then = baseline.description.study_date, follow_up.description.study_date
    if not first or not then or first <= then:
        return None
    return Finding.of(
        "visits-out-of-order",
        Severity.WARNING,
        words("The earlier visit has the later date, so rises and falls read the wrong way round."),
        evidence=_both(first, then),
        action=words("Exchange the two visits, or correct the dates."),
        stage=STAGE,
    )


def _both(one: str | Words, other: str | Words) -> Words:
    return words("baseline %(baseline)s, follow-up %(follow_up)s", baseline=one, follow_up=other)


def _field(baseline: LiverReport, follow_up: LiverReport, conditions: Conditions) -> Finding | None:
    if conditions.field:
        return None
    fields = baseline.acquisition.field_strength_t, follow_up.acquisition.field_strength_t
    if None in fields:
        return Finding.of(
            "field-strength-unknown",
            Severity.WARNING,
            words("The field strength of a visit is not known, so R2* is not compared."),
            action=words("Give the field strength and analyse that study again."),
            stage=STAGE,
        )
    texts = [f"{field:.2f} T" for field in fields]
    return Finding.of(
        "field-strengths-differ",
        Severity.WARNING,
        words(
            "The visits were scanned at different field strengths. R2* depends on the field and is "
            "not compared; iron is compared as LIC, through a calibration of each field."
        ),
        evidence=_both(*texts),
        stage=STAGE,
    )


def _scanner(
    baseline: LiverReport, follow_up: LiverReport, conditions: Conditions
) -> Finding | None:
    if conditions.scanner:
        return None
    names = [
        " ".join(part for part in (scan.manufacturer, scan.model) if part) or words("unknown")
        for scan in (baseline.acquisition, follow_up.acquisition)
    ]
    return Finding.of(
        "scanners-differ",
        Severity.INFO,
        words(
            "The visits were scanned on different scanners: the wider limits of reproducibility "
            "hold."
        ),
        evidence=_both(*names),
        stage=STAGE,
    )


def _method(
    baseline: LiverReport, follow_up: LiverReport, conditions: Conditions
) -> Finding | None:
    # Another field strength brings another calibration by itself, and has a finding of its own.
    if conditions.method and (conditions.calibration or not conditions.field):
        return None
    return Finding.of(
        "methods-differ",
        Severity.WARNING,
        words(
            "The maps of the visits were computed by different methods, which differ by themselves."
        ),
        evidence=words(
            "baseline %(baseline)s; follow-up %(follow_up)s",
            baseline=f"{baseline.fit_method} {_calibration(baseline)}",
            follow_up=f"{follow_up.fit_method} {_calibration(follow_up)}",
        ),
        action=words("Analyse the older study again with the present version."),
        stage=STAGE,
    )


def _outline(
    baseline: LiverReport, follow_up: LiverReport, conditions: Conditions
) -> Finding | None:
    if conditions.outline:
        return None
    names = [
        ", ".join(f"{model.name} {model.version}" for model in report.models) or words("none")
        for report in (baseline, follow_up)
    ]
    return Finding.of(
        "models-differ",
        Severity.WARNING,
        words(
            "The livers were outlined by different models or versions: volumes and segments may "
            "differ for that reason alone."
        ),
        evidence=words(
            "baseline %(baseline)s; follow-up %(follow_up)s",
            baseline=names[0],
            follow_up=names[1],
        ),
        action=words("Analyse the older study again with the present version."),
        stage=STAGE,
    )


def _coverage(baseline: LiverReport, follow_up: LiverReport) -> Finding | None:
    cut = [is_cut(report) for report in (baseline, follow_up)]
    if not any(cut):
        return None
    earlier = words(
        "Part of the liver was not imaged at the earlier visit: volumes are not compared."
    )
    now = words("Part of the liver was not imaged at this visit: volumes are not compared.")
    both = words("Part of the liver was not imaged at both visits: volumes are not compared.")
    message = both if all(cut) else earlier if cut[0] else now
    return Finding.of("coverage-differs", Severity.WARNING, message, stage=STAGE)


def is_cut(report: LiverReport) -> bool:
    """Tell whether the images end inside the liver."""
    return any(finding.code == _CUT for finding in report.findings)
