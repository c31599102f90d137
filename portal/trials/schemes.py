"""Give a trial its reading scheme, and keep those who read blinded out of other roles."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from analysis.wording import words
from portal.accounts.models import User
from portal.audit.services import record
from portal.trials.models import Membership, ReadingScheme, Role, Trial
from portal.trials.reading_schemes import SchemeRefused, SchemeRules
from portal.trials.selectors import ASSIGNED_ONLY, scheme_of


@transaction.atomic
def set_scheme(trial: Trial, rules: dict[str, Any], *, reason: str = "", by: User) -> ReadingScheme:
    """Give a trial a scheme; each change is a version of its own and says why."""
    wanted = SchemeRules.of(rules)
    Trial.objects.select_for_update().get(pk=trial.pk)
    old = scheme_of(trial)
    reason = reason.strip()
    if old is not None and not reason:
        raise SchemeRefused(words("Say why the reading scheme changes."), code="scheme-reason")
    _refuse_members_of_both_kinds(trial)
    scheme = ReadingScheme.objects.create(
        trial=trial,
        version=old.version + 1 if old else 1,
        rules=wanted.as_table(),
        reason=reason,
        created_by=by,
    )
    record(
        "reading-scheme-changed",
        scheme,
        actor=by,
        old={"version": old.version, "rules": old.rules} if old else None,
        new={"version": scheme.version, "rules": scheme.rules, "reason": reason},
        trial_id=trial.pk,
    )
    return scheme


def refuse_unblinding(trial: Trial, user: User, role: Role) -> None:
    """Refuse a membership that would show a reader of the scheme what they are blinded to."""
    if scheme_of(trial) is None:
        return
    reads = role in ASSIGNED_ONLY
    others = Membership.objects.filter(user=user, trial=trial).exclude(role=role)
    conflicting = (
        others.exclude(role__in=ASSIGNED_ONLY) if reads else others.filter(role__in=ASSIGNED_ONLY)
    )
    if conflicting.exists() or (reads and user.is_administrator):
        raise SchemeRefused(
            words(
                "%(person)s cannot both read in this trial and see its sites; choose one of "
                "the two.",
                person=str(user),
            ),
            code="reader-not-blinded",
            status=HTTPStatus.CONFLICT,
        )


def refuse_seeing_all(user: User, **_: Any) -> None:
    """Refuse to make an administrator of someone who reads blinded: administrators see all."""
    schemes = ReadingScheme.objects.filter(trial=OuterRef("trial"))
    reads = Membership.objects.filter(Exists(schemes), user=user, role__in=ASSIGNED_ONLY)
    if held := reads.select_related("trial").first():
        raise SchemeRefused(
            words(
                "%(person)s reads blinded in %(trial)s and cannot see all of it; take that "
                "role away first.",
                person=str(user),
                trial=str(held.trial),
            ),
            code="reader-not-blinded",
            status=HTTPStatus.CONFLICT,
        )


def _refuse_members_of_both_kinds(trial: Trial) -> None:
    members = Membership.objects.filter(trial=trial).select_related("user")
    readers = {each.user for each in members if each.role in ASSIGNED_ONLY}
    others = {each.user for each in members if each.role not in ASSIGNED_ONLY}
    others |= {each for each in readers if each.is_administrator}
    if both := sorted(str(user) for user in readers & others):
        raise SchemeRefused(
            words(
                "%(people)s would see what readers must not see; take away their other roles, or "
                "their role as reader, first.",
                people=", ".join(both),
            ),
            code="reader-not-blinded",
            status=HTTPStatus.CONFLICT,
            details={"people": both},
        )
