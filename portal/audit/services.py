from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from portal.audit.chain import CLOSED, GENESIS, Break, breaks, hash_of, hash_of_change
from portal.audit.middleware import client_address
from portal.audit.models import AuditEvent, ChainHead, TableChange

_BATCH = 2000
TRAIL, TABLE_CHANGES = 1, 2  # rows of ChainHead


class Actor(Protocol):
    email: str

    @property
    def pk(self) -> Any: ...


def _plain(values: dict[str, Any] | None) -> dict[str, Any]:
    """Bring values to what JSON gives back, so that the hash is the same after reading."""
    plain: dict[str, Any] = json.loads(json.dumps(values or {}, cls=DjangoJSONEncoder))
    return plain


@transaction.atomic
def record(
    action: str,
    about: models.Model,
    *,
    actor: Actor | None,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
    trial_id: UUID | int | str = "",
) -> AuditEvent:
    """Append one act to the trail, in the transaction of the act itself.

    1. Lock the head, so that two writers never take the same place.
    2. Write the line with the hash of the line before it.
    3. Move the head.
    """
    ChainHead.objects.get_or_create(pk=TRAIL, defaults={"hash": GENESIS})
    head = ChainHead.objects.select_for_update().get(pk=TRAIL)
    event = AuditEvent(
        sequence=head.sequence + 1,
        previous_hash=head.hash,
        at=datetime.now(UTC),
        actor_id=str(actor.pk) if actor else "",
        actor=actor.email if actor else "",
        action=action,
        object_type=about._meta.label,
        object_id=str(about.pk),
        trial_id=str(trial_id),
        old=_plain(old),
        new=_plain(new),
        ip=client_address(),
    )
    event.hash = hash_of(line_of(event))
    event.save(force_insert=True)
    head.sequence, head.hash = event.sequence, event.hash
    head.save(update_fields=["sequence", "hash"])
    return event


def line_of(event: AuditEvent) -> dict[str, Any]:
    """Return a line as it is hashed and exported."""
    return {
        "sequence": event.sequence,
        "previous_hash": event.previous_hash,
        "hash": event.hash,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_id": event.actor_id,
        "actor": event.actor,
        "action": event.action,
        "object_type": event.object_type,
        "object_id": event.object_id,
        "trial_id": event.trial_id,
        "old": event.old,
        "new": event.new,
        "ip": event.ip,
    }


def lines() -> Iterator[dict[str, Any]]:
    """Yield the whole trail in order, without holding it in memory."""
    for event in AuditEvent.objects.order_by("sequence").iterator(chunk_size=_BATCH):
        yield line_of(event)


def lines_of_trials(trial_ids: Collection[UUID]) -> Iterator[dict[str, Any]]:
    """Yield the whole chain with the lines of other trials closed; see ``chain``."""
    wanted = {str(trial_id) for trial_id in trial_ids}
    for line in lines():
        is_open = line["trial_id"] in wanted
        yield line if is_open else {name: line[name] for name in sorted(CLOSED)}


def written(chain: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield lines as an export holds them: one JSON object each."""
    for line in chain:
        yield json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n"


def last_hash() -> str:
    """Return the hash at the end of the trail, to be noted outside of the portal."""
    head = ChainHead.objects.filter(pk=TRAIL).first()
    return head.hash if head else ""


def table_lines() -> Iterator[dict[str, Any]]:
    """Yield the changes of tables that PostgreSQL recorded, in order; on SQLite there are none."""
    for change in TableChange.objects.order_by("sequence").iterator(chunk_size=_BATCH):
        yield {
            "sequence": change.sequence,
            "previous_hash": change.previous_hash,
            "hash": change.hash,
            "content": change.content,
        }


def verify() -> list[Break]:
    """Return every break of the trail and of the table changes, a missing tail included."""
    return [
        *breaks(lines()),
        *_tail(AuditEvent.objects.all(), TRAIL),
        *breaks(table_lines(), hash_of_change),
        *_tail(TableChange.objects.all(), TABLE_CHANGES),
    ]


def _tail(
    rows: models.QuerySet[AuditEvent] | models.QuerySet[TableChange], chain: int
) -> list[Break]:
    """Compare the last line with the head of its chain."""
    last = rows.order_by("sequence").last()
    head = ChainHead.objects.filter(pk=chain).first()
    recorded = (head.sequence, head.hash) if head else (0, GENESIS)
    present = (last.sequence, last.hash) if last else (0, GENESIS)
    if recorded == present:
        return []
    return [Break(present[0] + 1, "the last lines are missing or were added by hand")]
