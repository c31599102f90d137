"""What an administrator does to the running portal by hand, each act on record."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from portal.accounts.models import User
from portal.administration.room import remove_orphan_folders
from portal.audit.services import record
from portal.runs.sweeping import Swept, sweep
from portal.studies.tidying import tidy


@dataclass(frozen=True, slots=True)
class StorageTidied:
    uploads: int
    contents: int
    folders: int
    held_until: datetime | None = None  # after the clock has jumped nothing is removed


def sweep_queue(*, by: User) -> Swept:
    """Do at once what the scheduler does every few seconds, whose own acts are not on record."""
    swept = sweep()
    record("queue-swept", by, actor=by, new=asdict(swept))
    return swept


def tidy_storage(*, by: User) -> StorageTidied:
    """Give up expired uploads, remove what belongs to nobody."""
    tidied = tidy()
    folders = 0 if tidied.held_until else remove_orphan_folders()
    done = StorageTidied(tidied.uploads, tidied.files, folders, tidied.held_until)
    record("storage-tidied", by, actor=by, new=asdict(done))
    return done
