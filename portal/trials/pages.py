"""What the pages of trials show, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.db.models import Count

from portal.accounts.models import User
from portal.trials.forms import TrialChangeForm
from portal.trials.models import InvitedMembership, Membership, Role, Site, Trial
from portal.trials.selectors import has_trial_role, invited_to, members_of, trials_for


@dataclass(frozen=True, slots=True)
class TrialRow:
    trial: Trial
    site_count: int
    subject_count: int


@dataclass(frozen=True, slots=True)
class TrialListPage:
    rows: tuple[TrialRow, ...]
    form: forms.Form | None  # for administrators


@dataclass(frozen=True, slots=True)
class TrialPage:
    trial: Trial
    sites: tuple[Site, ...]
    members: tuple[Membership, ...]
    invited: tuple[InvitedMembership, ...]
    may_manage: bool
    may_oversee: bool
    may_close: bool
    change_form: forms.Form | None  # for administrators
    site_form: forms.Form | None
    member_form: forms.Form | None


def trial_list_page(user: User, form: forms.Form | None) -> TrialListPage:
    counted = trials_for(user).annotate(
        site_count=Count("sites", distinct=True), subject_count=Count("subjects", distinct=True)
    )
    rows = tuple(TrialRow(trial, trial.site_count, trial.subject_count) for trial in counted)
    return TrialListPage(rows, form if user.is_administrator else None)


def trial_page(
    user: User, trial: Trial, site_form: forms.Form, member_form: forms.Form
) -> TrialPage:
    """Show sites to every member, people to those who manage or monitor."""
    may_manage = has_trial_role(user, trial, (Role.MANAGER,))
    may_see_people = may_manage or has_trial_role(user, trial, (Role.MONITOR,))
    return TrialPage(
        trial=trial,
        sites=tuple(trial.sites.all()),
        members=tuple(members_of(trial)) if may_see_people else (),
        invited=tuple(invited_to(trial)) if may_manage else (),
        may_manage=may_manage,
        may_oversee=may_see_people,
        may_close=user.is_administrator,
        change_form=TrialChangeForm(trial=trial) if user.is_administrator else None,
        site_form=site_form if may_manage else None,
        member_form=member_form if may_manage else None,
    )
