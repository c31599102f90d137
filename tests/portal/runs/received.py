"""A study that was received as the portal does it, down to the storage."""

from __future__ import annotations

from portal.accounts.models import User
from portal.studies.filing import file_parts
from portal.studies.models import Study
from portal.studies.services import complete_upload, open_upload
from portal.studies.storage import current_storage
from portal.trials.models import Site
from tests.portal.conftest import line


def upload_study(site: Site, user: User, files: dict[str, bytes], subject: str = "S-1") -> Study:
    lines = [line(name, content) for name, content in files.items()]
    upload = open_upload(user, site, subject, "Baseline", lines)
    parts = {}
    for announced, content in zip(lines, files.values(), strict=True):
        part = current_storage().incoming / announced.sha256
        part.write_bytes(content)
        parts[announced.sha256] = part
    file_parts(upload, parts)
    return complete_upload(upload, by=user)
