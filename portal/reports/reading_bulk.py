"""Give many studies to readers at once: to chosen people, or to those with least to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from analysis.wording import words
from portal.accounts.models import User
from portal.reports.models import Reading, ReadingCase, Report
from portal.reports.readers import eligible, role_of
from portal.reports.reading_assignment import (
    AssignmentRefused,
    assign,
    next_position,
    open_case,
)
from portal.reports.reading_progress import readable_studies
from portal.trials.models import Trial

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What was given out, and the studies where nobody could be given, with the reason."""

    made: tuple[Reading, ...]
    refused: tuple[tuple[UUID, str], ...]


@transaction.atomic
def assign_many(
    trial: Trial,
    study_ids: Sequence[UUID],
    people: Sequence[User] = (),
    *,
    by: User,
    due_on: date | None = None,
) -> BulkOutcome:
    """Fill the free places of studies: with ``people`` in their order, else by load.

    A study for which a person cannot be used is reported, and the others are still given out.
    """
    if len(study_ids) > MOST_AT_ONCE:
        raise AssignmentRefused(
            words("Give out at most %(most)s studies at a time.", most=MOST_AT_ONCE),
            "reading-too-many",
        )
    studies = readable_studies(trial).filter(pk__in=study_ids)
    made: list[Reading] = []
    refused: list[tuple[UUID, str]] = []
    for study in studies:
        report = Report.objects.filter(study=study, version=1).order_by("-created_at").first()
        case = open_case(report, by=by) if report else None
        if case is None:
            refused.append((study.pk, _("The trial has no reading scheme.")))
            continue
        given, complaint = _fill(case, people, by, due_on)
        made += given
        if complaint:
            refused.append((study.pk, complaint))
    return BulkOutcome(tuple(made), tuple(refused))


def _fill(
    case: ReadingCase, people: Sequence[User], by: User, due_on: date | None
) -> tuple[list[Reading], str]:
    made: list[Reading] = []
    while (position := next_position(case)) is not None:
        able = eligible(case, role_of(position))
        chosen = [person for person in people if person in able] if people else able
        if not chosen:
            return made, _("Nobody can be given the place with the role %(role)s.") % {
                "role": role_of(position).label
            }
        made.append(assign(case, chosen[0], by=by, due_on=due_on))
    return made, "" if made else _("Nobody is missing to read this study.")
