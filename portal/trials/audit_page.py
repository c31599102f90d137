"""The audit trail as managers and monitors see it: their own trials; administrators all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit import services as audit
from portal.audit.models import AuditEvent
from portal.audit.selectors import all_events, events_of_trials
from portal.trials.audit_form import AuditForm
from portal.trials.models import Membership, Role, Trial
from portal.wording import said

PAGE_SIZE = 100
_ROLES = (Role.MONITOR, Role.MANAGER)


@dataclass(frozen=True, slots=True)
class Change:
    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A line of the trail in words."""

    sequence: int
    at: datetime
    actor: str
    address: str
    act: str
    about: str
    object_id: str
    trial: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Context of ``trials/audit.html`` (as ``page``)."""

    rows: tuple[AuditRow, ...]
    events: Page[AuditEvent]
    form: AuditForm
    query: str  # the filters, for the links to other pages
    may_export: bool
    last_hash: str


def audited_trials(user: User) -> QuerySet[Trial]:
    """Return the trials whose trail a person may read: those they oversee as a whole."""
    if user.is_administrator:
        return Trial.objects.order_by("name")
    held = Membership.objects.filter(user=user, role__in=_ROLES, site=None)
    return Trial.objects.filter(pk__in=held.values("trial")).order_by("name")


def events_for(user: User) -> QuerySet[AuditEvent]:
    if user.is_administrator:
        return all_events()
    return events_of_trials(_keys(user))


def audit_page(user: User, query: QueryDict) -> AuditPage:
    trials = audited_trials(user)
    form = AuditForm(query, trials=trials)
    events = form.narrow(events_for(user))
    page = Paginator(events, PAGE_SIZE).get_page(query.get("page", "1"))
    names = {str(trial.pk): trial.name for trial in trials}
    may_export = bool(names) or user.is_administrator
    return AuditPage(
        rows=tuple(_row(event, names) for event in page.object_list),
        events=page,
        form=form,
        query=form.kept(),
        may_export=may_export,
        last_hash=audit.last_hash() if may_export else "",
    )


def export_lines(user: User) -> Iterator[str]:
    """Yield the chain as a file: whole for an administrator, other trials closed for others."""
    if user.is_administrator:
        return audit.written(chain(audit.lines(), audit.table_lines()))
    return audit.written(audit.lines_of_trials(_keys(user)))


def _keys(user: User) -> list[UUID]:
    return [*audited_trials(user).values_list("pk", flat=True)]


def _row(event: AuditEvent, trials: dict[str, str]) -> AuditRow:
    names = [*dict.fromkeys([*event.old, *event.new])]
    return AuditRow(
        sequence=event.sequence,
        at=event.at,
        actor=event.actor or _("the portal"),
        address=event.ip,
        act=said(in_words(event.action)),
        about=_about(event.object_type),
        object_id=event.object_id,
        trial=trials.get(event.trial_id, ""),
        changes=tuple(
            Change(said(in_words(name)), _text(event.old, name), _text(event.new, name))
            for name in names
        ),
    )


def in_words(name: str) -> str:
    """Turn the name of an act or a value into words: ``run-started`` is "Run started"."""
    words = name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _about(label: str) -> str:
    try:
        return said(str(apps.get_model(label)._meta.verbose_name))
    except (LookupError, ValueError):  # a kind of record that this version has no more
        return label


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
