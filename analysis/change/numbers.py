"""Compare the numbers of two visits: every quantity of the liver and of each segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.anatomy import LIVER, PARTS_OF_4, REGIONS, SEGMENTS
from analysis.calibration_error import calibration_of
from analysis.change.conditions import (
    STAGE,
    Conditions,
    condition_findings,
    conditions_of,
    is_cut,
)
from analysis.change.repeatability import COMPARED, repeatability_of
from analysis.change.verdict import Change, Verdict, judge, not_compared
from analysis.errors import UnusableInput
from analysis.findings import Finding, Severity
from analysis.measurement import Measurement, Statistic
from analysis.quantities import BY_KEY, LIC, PDFF, R2STAR, VOLUME
from analysis.report import DIVISION, LiverReport, most_severe_first
from analysis.segment_four import Rule
from analysis.wording import Words, listed, words

NO_REPEATABILITY = words("no repeatability is known")
OTHER_RULE = words("segment IV was divided by another rule at one of the visits")
_PARTS = {part.key for part in PARTS_OF_4}
RESPONSE_PERCENT = 30.0
RESPONSE_SOURCE = words(
    "meta-analysis of 7 trials, 346 people (Stine 2021); cut-off also in doi:10.1002/hep.31121"
)


@dataclass(frozen=True, slots=True)
class Response:
    """Whether liver fat fell by as much as goes with a histological response in trials.

    Parameters
    ----------
    is_responder
        Relative fall of the whole-liver PDFF of at least 30 %, and a real change.
    relative_percent
        Change in per cent of the baseline.
    words
        What that means, with the source.
    """

    is_responder: bool
    relative_percent: float
    words: Words

    @property
    def text(self) -> str:
        """In words, with the source."""
        return self.words.text


@dataclass(frozen=True, slots=True)
class NumberComparison:
    """What the numbers of two reports say.

    Parameters
    ----------
    changes
        Liver first, then segments, quantity by quantity; IVa and IVb, which segment IV holds
        again, only where both visits have them.
    conditions
        What was alike at both visits.
    response
        None without a PDFF at both visits.
    findings
        What limits trust in the differences.
    """

    changes: tuple[Change, ...]
    conditions: Conditions
    response: Response | None
    findings: tuple[Finding, ...]

    def get(self, quantity: str, region: str) -> Change | None:
        """Return the change asked for, or None."""
        wanted = (quantity, region)
        return next((c for c in self.changes if (c.quantity, c.region) == wanted), None)


def compare_reports(baseline: LiverReport, follow_up: LiverReport) -> NumberComparison:
    """Compare the means and volumes of two reports of one subject.

    Parameters
    ----------
    baseline, follow_up
        The earlier and the later report.

    Returns
    -------
    A row for every quantity and region that at least one visit has; for IVa and IVb that both have.

    Raises
    ------
    UnusableInput
        If both reports are of the same images.
    """
    uids = {r.description.study_instance_uid for r in (baseline, follow_up)}
    if len(uids) == 1 and "" not in uids:
        raise UnusableInput(
            words("Both reports are of the same study; choose an earlier visit to compare with."),
            code="same-study",
        )
    conditions = conditions_of(baseline, follow_up)
    changes = tuple(
        change
        for quantity in COMPARED
        for region in REGIONS
        if (change := _compare(quantity, region.key, baseline, follow_up, conditions))
    )
    findings = (
        *condition_findings(baseline, follow_up, conditions),
        *_missing(changes),
    )
    return NumberComparison(changes, conditions, _response(changes), most_severe_first(findings))


def _compare(
    quantity: str,
    region: str,
    baseline: LiverReport,
    follow_up: LiverReport,
    conditions: Conditions,
) -> Change | None:
    statistic = Statistic.TOTAL if quantity == VOLUME.key else Statistic.MEAN
    one, other = (report.get(quantity, region, statistic) for report in (baseline, follow_up))
    missing = (one is None, other is None)
    if all(missing) or (region in _PARTS and any(missing)):
        return None
    reason = _obstacle(quantity, one, other, conditions)
    if region in _PARTS and _rules(baseline) != _rules(follow_up):
        reason = OTHER_RULE
    if quantity == VOLUME.key and (is_cut(baseline) or is_cut(follow_up)):
        reason = words("part of the liver was not imaged")
    rule = repeatability_of(quantity, same_conditions=conditions.are_repeated)
    if rule is None:
        reason = NO_REPEATABILITY
    if reason or one is None or other is None or rule is None:
        return not_compared(quantity, region, one, other, reason or NO_REPEATABILITY)
    if quantity == LIC.key:
        return _compare_iron(one, other, baseline, follow_up, conditions)
    return judge(one, other, _error_of(one, other), rule)


def _rules(report: LiverReport) -> tuple[Rule, ...]:
    """Return the rule by which segment IV was divided, as the methods name it."""
    told = dict(report.methods).get(DIVISION, "")
    return tuple(rule for rule in Rule if rule.value in told)


def _obstacle(
    quantity: str, one: Measurement | None, other: Measurement | None, conditions: Conditions
) -> Words | None:
    if one is None:
        return words("not measured at the earlier visit")
    if other is None:
        return words("not measured at this visit")
    if quantity == R2STAR.key and not conditions.field:
        return words("R2* of different or unknown field strengths cannot be compared")
    if quantity == LIC.key and conditions.field and not conditions.calibration:
        return words("the visits use different iron calibrations")
    return None


def _error_of(one: Measurement, other: Measurement) -> float | None:
    errors = (one.standard_error, other.standard_error)
    if errors[0] is None or errors[1] is None:
        return None
    return float(np.hypot(errors[0], errors[1]))


def _compare_iron(
    one: Measurement,
    other: Measurement,
    baseline: LiverReport,
    follow_up: LiverReport,
    conditions: Conditions,
) -> Change:
    """Judge a difference of iron: the limit is that of R2*, carried through the calibration.

    With one calibration its error is common to both visits and cancels but for the slope's, which
    scales the difference; the noise is that of R2*. With two calibrations (two fields) their
    errors are independent and count in full.
    """
    rule = repeatability_of(LIC.key, same_conditions=conditions.are_repeated)
    if rule is None:
        return not_compared(LIC.key, one.region, one, other, NO_REPEATABILITY)
    if conditions.calibration:
        return judge(one, other, _iron_noise(one.region, baseline, follow_up), rule)
    return judge(one, other, None, rule, shared_error=_error_of(one, other) or 0.0)


def _iron_noise(region: str, baseline: LiverReport, follow_up: LiverReport) -> float | None:
    """Return the noise of a difference of iron: slope times that of R2*, in mg/g."""
    rates = [report.get(R2STAR.key, region) for report in (baseline, follow_up)]
    iron = follow_up.get(LIC.key, region)
    calibration = calibration_of(iron.method) if iron else None
    if rates[0] is None or rates[1] is None or calibration is None:
        return None
    error = _error_of(rates[0], rates[1])
    return None if error is None else calibration.slope * error


def _response(changes: tuple[Change, ...]) -> Response | None:
    fat = next((c for c in changes if (c.quantity, c.region) == (PDFF.key, LIVER.key)), None)
    relative = fat.relative_percent if fat else None
    if fat is None or relative is None:
        return None
    is_responder = relative <= -RESPONSE_PERCENT and fat.verdict is Verdict.FELL
    counts = words("This counts as") if is_responder else words("This does not count as")
    said = words(
        "Liver fat changed by %(change)s of the baseline. %(counts)s a response: the relative fall "
        "of %(limit)s % that goes with a histological response in trials, beyond the repeatability "
        "(%(source)s).",
        change=fat.relative_text,
        counts=counts,
        limit=f"{RESPONSE_PERCENT:.0f}",
        source=RESPONSE_SOURCE,
    )
    return Response(is_responder, relative, said)


def _missing(changes: tuple[Change, ...]) -> tuple[Finding, ...]:
    """Return a finding for each quantity of the liver that only one visit has, and for segments."""
    found = []
    for change in changes:
        if change.region == LIVER.key and (change.baseline is None or change.follow_up is None):
            found.append(_one_sided(change))
    names = {segment.key for segment in SEGMENTS}
    volumes = [c for c in changes if c.quantity == VOLUME.key and c.region in names]
    lost = [c.region for c in volumes if c.baseline is None or c.follow_up is None]
    if lost:
        found.append(
            Finding.of(
                "segments-of-one-visit",
                Severity.WARNING,
                words(
                    "Some segments were outlined at one visit only; their neighbours may hold them."
                ),
                evidence=listed(
                    words("segment %(name)s", name=key.removeprefix("segment_")) for key in lost
                ),
                action=words(
                    "Compare these segments on the registered maps, or correct the masks."
                ),
                stage=STAGE,
            )
        )
    return tuple(found)


def _one_sided(change: Change) -> Finding:
    quantity = BY_KEY[change.quantity].key
    earlier = words(
        "%(quantity)s was not measured at the earlier visit, so there is no change of it.",
        quantity=quantity,
    )
    now = words(
        "%(quantity)s was not measured at this visit, so there is no change of it.",
        quantity=quantity,
    )
    message = earlier if change.baseline is None else now
    return Finding.of("quantity-of-one-visit", Severity.INFO, message, stage=STAGE)
