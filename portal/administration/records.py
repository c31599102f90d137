from __future__ import annotations

from portal.accounts.models import User
from portal.audit.services import record
from portal.studies.tidying import Tidied


def record_tidying(by: User, tidied: Tidied, folders: int) -> None:
    new = {"uploads": tidied.uploads, "contents": tidied.files, "folders": folders}
    record("storage-tidied", by, actor=by, new=new)
