from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable

import pytest

from portal.studies.models import Upload
from portal.studies.services import open_upload
from tests.portal.conftest import Cast, line

CONTENTS = {"series/IM1": b"first slice" * 50, "series/IM2": b"second slice" * 50}


def bundle_of(*contents: bytes) -> bytes:
    """Return a tar of the contents, each named by its SHA-256, as the browser sends it."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for content in contents:
            member = tarfile.TarInfo(hashlib.sha256(content).hexdigest())
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture
def open_upload_of(cast: Cast) -> Callable[..., Upload]:
    def opened(**contents: bytes) -> Upload:
        lines = [line(path, content) for path, content in (contents or CONTENTS).items()]
        return open_upload(cast.uma, cast.north, "S-001", "Baseline", lines)

    return opened


@pytest.fixture
def upload(open_upload_of: Callable[..., Upload]) -> Upload:
    return open_upload_of()
