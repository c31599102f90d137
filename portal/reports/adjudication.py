"""Whether two readers differ, and what the final result of a study is.

Final is always one signed reading: the only one; the first of two that agree; the adjudicator's,
who takes over one of the two or reads anew. So every number of a final result has one document,
one outline and one signature behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from portal.audit.services import record
from portal.reports.models import Reading, ReadingCase, Report
from portal.reports.reading_assignment import assign_by_load, rules_of
from portal.reports.reading_models import Quality
from portal.trials.reading_schemes import Assignment, SchemeRules

DIFFERENCE_LABELS = {
    "pdff": gettext_noop("PDFF"),
    "r2star": gettext_noop("R2*"),
    "grade": gettext_noop("Grade of steatosis"),
    "quality": gettext_noop("Verdict on quality"),
}
_SLACK = 1e-9  # 2 points apart by rounding of binary numbers is 2 points


@dataclass(frozen=True, slots=True)
class ReadValues:
    """What readers are compared by; None where it could not be measured."""

    pdff_percent: float | None
    r2star_per_s: float | None
    grade: str
    quality: str

    @classmethod
    def of(cls, reading: Reading) -> ReadValues:
        """Return the values of a reading; of an unusable study there are none."""
        report: Report = reading.report
        if reading.quality == Quality.UNUSABLE:
            return cls(None, None, "", reading.quality)
        return cls(report.pdff_percent, report.r2star_per_s, report.pdff_grade, reading.quality)


def differences(rules: SchemeRules, first: ReadValues, second: ReadValues) -> tuple[str, ...]:
    """Return what calls the adjudicator, by name and without the values.

    A value that only one of the two has is a difference; R2* is compared to the mean of both.
    """
    found = {
        "pdff": _apart(first.pdff_percent, second.pdff_percent, rules.pdff_points),
        "r2star": _apart(
            first.r2star_per_s, second.r2star_per_s, rules.r2star_percent, is_relative=True
        ),
        "grade": rules.grade_differs and first.grade != second.grade,
        "quality": rules.quality_differs and first.quality != second.quality,
    }
    return tuple(name for name, differs in found.items() if differs)


def _apart(
    first: float | None, second: float | None, limit: float | None, *, is_relative: bool = False
) -> bool:
    if limit is None or (first is None and second is None):
        return False
    if first is None or second is None:
        return True
    gap = abs(first - second)
    if not is_relative:
        return gap > limit + _SLACK
    mean = abs(first + second) / 2
    return 100 * gap > (limit + _SLACK) * mean


@transaction.atomic
def settle(case: ReadingCase) -> ReadingCase:
    """After a signature: lock the study, call the adjudicator, or wait for the other reader."""
    case = ReadingCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
    signed = {r.position: r for r in case.readings.exclude(signed_at=None).select_related("report")}
    rules = rules_of(case)
    if case.locked_at is not None or not {*range(1, rules.readers + 1)} <= signed.keys():
        return case
    if decision := signed.get(Reading.ADJUDICATION):
        return _lock(case, decision, ReadingCase.DecidedBy.ADJUDICATION)
    if rules.readers == 1:
        return _lock(case, signed[1], ReadingCase.DecidedBy.ONE_READER)
    case.differences = [*differences(rules, *(ReadValues.of(signed[n]) for n in (1, 2)))]
    case.save(update_fields=["differences"])
    if not case.differences:
        return _lock(case, signed[1], ReadingCase.DecidedBy.AGREEMENT)
    new = {"study": case.study_id, "differences": case.differences}
    record("adjudication-needed", case, actor=None, new=new, trial_id=case.study.trial_id)
    if rules.assignment is Assignment.AUTOMATIC:
        assign_by_load(case)
    return case


def _lock(case: ReadingCase, final: Reading, decided_by: ReadingCase.DecidedBy) -> ReadingCase:
    case.final, case.decided_by, case.locked_at = final, decided_by, timezone.now()
    case.save(update_fields=["final", "decided_by", "locked_at"])
    new = {"study": case.study_id, "reading": final.code, "decided_by": decided_by}
    record("result-locked", case, actor=None, new=new, trial_id=case.study.trial_id)
    return case
