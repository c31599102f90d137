"""Open a study for reading, give it to readers, take it back."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from http import HTTPStatus

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from analysis.wording import Words, plain, words
from portal.accounts.models import User
from portal.audit.services import record
from portal.errors import PortalError
from portal.notifications.kinds import Kind
from portal.notifications.services import notify
from portal.reports.models import Reading, ReadingCase, Report
from portal.reports.readers import eligible, role_of
from portal.reports.signing import next_version
from portal.trials.reading_schemes import Assignment, SchemeRules
from portal.trials.selectors import scheme_of

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without those that look alike
CODE_LENGTH = 6
FIRST_POSITIONS = (1, 2)


class AssignmentRefused(PortalError):
    """A study that cannot be opened, given or taken back as it stands."""

    def __init__(self, message: Words, code: str) -> None:
        super().__init__(message, code=code, status=HTTPStatus.CONFLICT)


@transaction.atomic
def open_case(report: Report, *, by: User | None = None) -> ReadingCase | None:
    """Open the study of a report under its trial's scheme; without a scheme there is no case.

    A study is read once: analysed again, it keeps the version that its readers were given.
    """
    study = report.study
    scheme = scheme_of(study.trial)
    if scheme is None:
        return None
    case, is_new = ReadingCase.objects.get_or_create(
        study=study, defaults={"report": report, "scheme": scheme}
    )
    if is_new:
        new = {"study": study.pk, "report": report.pk, "scheme_version": scheme.version}
        record("reading-case-opened", case, actor=by, new=new, trial_id=study.trial_id)
        if rules_of(case).assignment is Assignment.AUTOMATIC:
            assign_by_load(case)
    return case


def rules_of(case: ReadingCase) -> SchemeRules:
    return SchemeRules.of(case.scheme.rules)


def next_position(case: ReadingCase) -> int | None:
    """Return who is missing: reader 1, reader 2, the adjudicator (3) or nobody."""
    if case.locked_at is not None:
        return None
    taken = {each.position for each in case.readings.all() if each.withdrawn_at is None}
    free = [p for p in FIRST_POSITIONS[: rules_of(case).readers] if p not in taken]
    if free:
        return free[0]
    is_wanted = bool(case.differences) and Reading.ADJUDICATION not in taken
    return Reading.ADJUDICATION if is_wanted else None


def assign_by_load(case: ReadingCase) -> list[Reading]:
    """Give every free place of a study to whoever has the fewest open readings."""
    made: list[Reading] = []
    while (position := next_position(case)) is not None:
        people = eligible(case, role_of(position))
        if not people:
            break
        made.append(assign(case, people[0]))
    return made


@transaction.atomic
def assign(
    case: ReadingCase, reader: User, *, by: User | None = None, due_on: date | None = None
) -> Reading:
    """Give the next free place of a study to a person, with a version of the report of their own.

    1. Lock the study, so that two managers do not fill one place twice.
    2. Refuse who has read it, may not read it, or sees the trial's sites.
    3. Make the reader's version and the reading, and tell the reader, who learns nothing of the
       study by that.
    """
    case = _locked(case)
    position = next_position(case)
    if position is None:
        raise AssignmentRefused(
            words("Nobody is missing to read this study."), "reading-nobody-missing"
        )
    if reader not in eligible(case, role_of(position)):
        raise AssignmentRefused(
            words(
                "%(person)s cannot be given this study: it takes a person with the role "
                "%(role)s who has not read it before and sees none of the trial's sites.",
                person=str(reader),
                role=plain(str(role_of(position).label)),
            ),
            "reading-not-eligible",
        )
    report = next_version(case.report, "Reading under the scheme", by=reader)
    report.save(force_insert=True)
    reading = Reading.objects.create(
        case=case,
        reader=reader,
        position=position,
        code=new_code(),
        assigned_by=by,
        due_on=due_on or timezone.localdate() + timedelta(days=rules_of(case).due_days),
        report=report,
    )
    _record(reading, "reading-assigned", by, {"due_on": reading.due_on, "reader": reader.email})
    kind = Kind.ADJUDICATION_NEEDED if reading.is_adjudication else Kind.READING_ASSIGNED
    path = reverse("reports:reading", args=[reading.pk])
    notify(kind, to=[reader], about=reading, path=path)
    return reading


@transaction.atomic
def withdraw(reading: Reading, reason: str, *, by: User) -> Reading:
    """Take an unsigned reading back; what was written stays on record, another person reads."""
    _locked(reading.case)
    reading = Reading.objects.select_for_update(of=("self",)).get(pk=reading.pk)
    reason = reason.strip()
    if not reason:
        raise AssignmentRefused(words("Say why the reading is taken back."), "reading-reason")
    if not reading.is_open:
        raise AssignmentRefused(
            words("A reading that is signed or taken back already stays as it is."),
            "reading-closed",
        )
    reading.withdrawn_at, reading.withdrawn_because = timezone.now(), reason[:1000]
    reading.save(update_fields=["withdrawn_at", "withdrawn_because"])
    _record(reading, "reading-withdrawn", by, {"reason": reading.withdrawn_because})
    return reading


def new_code() -> str:
    """Return a name for a reading that says nothing about subject, order or reader."""
    while True:
        letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        if not Reading.objects.filter(code=f"RD-{letters}").exists():
            return f"RD-{letters}"


def _locked(case: ReadingCase) -> ReadingCase:
    return (
        ReadingCase.objects.select_for_update(of=("self",))
        .select_related("study__trial", "report", "scheme")
        .get(pk=case.pk)
    )


def _record(reading: Reading, action: str, by: User | None, new: dict[str, object]) -> None:
    case = reading.case
    about = {"reading": reading.code, "study": case.study_id, "position": reading.position}
    record(action, reading, actor=by, new={**about, **new}, trial_id=case.study.trial_id)
