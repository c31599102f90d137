"""What a person may see of readings; fetching is the permission check.

A reader sees the readings assigned to them, nothing else of the trial. Managers, monitors and
administrators see how far the readings are; what was read they see once the study's final result
is locked, and so do sites where the scheme says so.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.shortcuts import get_object_or_404

from portal.accounts.models import User
from portal.reports.models import Reading, ReadingCase
from portal.reports.reading_assignment import rules_of
from portal.trials.models import Membership, ReadingScheme, Role, Trial
from portal.trials.reading_schemes import Blinding
from portal.trials.selectors import OVERSEERS, sites_for

Viewer = User | AnonymousUser


def readings_for(user: Viewer) -> QuerySet[Reading]:
    """Return what is assigned to a person, as long as they still hold the role for it."""
    if not isinstance(user, User) or not user.is_active:
        return Reading.objects.none()
    held = Membership.objects.filter(
        Q(site=None) | Q(site=OuterRef("case__study__site")),
        user=user,
        trial=OuterRef("case__study__trial"),
    )
    may_read = Q(position__lt=Reading.ADJUDICATION) & Exists(held.filter(role=Role.READER))
    may_decide = Q(position=Reading.ADJUDICATION) & Exists(held.filter(role=Role.ADJUDICATOR))
    mine = Reading.objects.filter(may_read | may_decide, reader=user, withdrawn_at=None)
    return mine.select_related(
        "case__study__trial",
        "case__study__site",
        "case__study__subject",
        "case__study__visit",
        "case__scheme",
        "report__run",
    )


def reading_for(user: Viewer, reading_id: UUID | str) -> Reading:
    return get_object_or_404(readings_for(user), pk=reading_id)


def cases_of(trial: Trial) -> QuerySet[ReadingCase]:
    return ReadingCase.objects.filter(study__trial=trial).select_related(
        "study__site", "study__subject", "study__visit", "scheme", "final__report"
    )


def released() -> Q:
    """Leave the reports that may be seen outside the readings.

    In a trial with a reading scheme these are the versions of studies whose result is locked.
    """
    has_scheme = Exists(ReadingScheme.objects.filter(trial=OuterRef("study__trial")))
    is_locked = Exists(ReadingCase.objects.filter(study=OuterRef("study"), locked_at__isnull=False))
    return ~Q(has_scheme) | Q(is_locked)


def seen_by(user: Viewer) -> Q:
    """Leave the released reports of a scheme's trial that this person's role opens."""
    if isinstance(user, User) and user.is_administrator:
        return Q()
    has_scheme = Exists(ReadingScheme.objects.filter(trial=OuterRef("study__trial")))
    sites = sites_for(user, OVERSEERS)
    for_sites = Exists(
        ReadingCase.objects.filter(study=OuterRef("study"), scheme__rules__sites_see_results=True)
    )
    return ~Q(has_scheme) | Q(study__site__in=sites) | Q(for_sites)


def standing() -> Q:
    """Leave the version that stands for its study: the newest, or the final one of a scheme.

    For lists that show one report a study; a locked study shows its final reading's.
    """
    other = ReadingCase.objects.filter(study=OuterRef("study")).exclude(
        final__report=OuterRef("pk")
    )
    return released() & ~Q(Exists(other))


def may_see_others(reading: Reading) -> bool:
    """Tell whether a reader may see what the other one found: never before both have signed."""
    others = reading.case.readings.filter(withdrawn_at=None).exclude(pk=reading.pk)
    others = others.exclude(position=Reading.ADJUDICATION)
    has_other = others.exclude(signed_at=None).exists()
    if not rules_of(reading.case).hides(Blinding.OTHER_READERS):
        return has_other
    return has_other and reading.signed_at is not None
